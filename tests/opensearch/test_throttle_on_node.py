"""The throttle of a copy on an idle node, a busy node, and after a manual change."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
import requests
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.throttle import UNLIMITED, Throttle
from opensearch_reindex.runtime.endpoint import parse_endpoint
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild
from support.waiting import wait_until

DOCUMENTS = {str(number): {"n": number} for number in range(8000)}
SLOW = {"slices": 2, "batch_size": 20, "requests_per_second": 400}


@pytest.fixture(scope="module")
def narrow_node() -> Iterator[OpenSearchNode]:
    """A node on which more than one waiting write request is too many."""
    with OpenSearchNode(settings={"thread_pool.write.size": "1", "thread_pool.write.queue_size": "2"}) as running:
        yield running


@pytest.fixture
def domain(narrow_node: OpenSearchNode) -> Iterator[Domain]:
    domain = Domain(narrow_node.url)
    domain("PUT", "throttled_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"throttled_current": {}}})
    domain.bulk("throttled_v1", DOCUMENTS)
    yield domain
    for path in domain.holdings():
        domain("DELETE", path)


@pytest.fixture
def client(domain: Domain) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(domain.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def running(client: OpenSearchClient, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A copy that takes 20 s unless its throttle changes."""
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)
    job = Rebuild(client, domain.url).freeze("throttled_v1", reindex=SLOW)
    return start_reindex(client, job, ENVIRONMENT)


@contextmanager
def many_writers(domain: Domain) -> Iterator[None]:
    """More write requests at a time than the node takes."""
    stopped = Event()

    def write(writer: int) -> None:
        with requests.Session() as session:
            while not stopped.is_set():
                lines = f'{{"index":{{"_id":"{writer}"}}}}\n{{"n":0}}\n' * 50
                session.post(
                    f"{domain.url}/busy/_bulk", data=lines, headers={"Content-Type": "application/x-ndjson"}, timeout=30
                )

    with ThreadPoolExecutor(12) as pool:
        writers = [pool.submit(write, number) for number in range(12)]
        try:
            yield
        finally:
            stopped.set()
    for writer in writers:
        writer.result()


def limit_on_node(domain: Domain, job: Job) -> float:
    """What the node itself says: documents a second of all slices together."""
    listed = domain("GET", f"_tasks?detailed&parent_task_id={job.task.id}")
    tasks = [task for node in listed["nodes"].values() for task in node["tasks"].values()]
    return float(sum(task["status"]["requests_per_second"] for task in tasks if "status" in task))


def throttle_of(job: Job) -> Throttle:
    """The throttle that the latest poll left."""
    assert job.task.throttle is not None
    return job.task.throttle


def test_a_copy_is_throttled_while_others_write_and_gets_its_full_speed_back(
    client: OpenSearchClient, domain: Domain, running: Job
) -> None:
    job = running
    assert limit_on_node(domain, job) == pytest.approx(400)

    def poll() -> Job:
        nonlocal job
        job = check_reindex_status(client, job, ENVIRONMENT)
        return job

    with many_writers(domain):
        wait_until(lambda: throttle_of(poll()).limit < 200)
        slower = job
    assert throttle_of(slower).requested == pytest.approx(200)  # of two slices
    assert limit_on_node(domain, slower) == pytest.approx(2 * throttle_of(slower).limit, rel=0.01)
    wait_until(lambda: throttle_of(poll()).limit == pytest.approx(200))
    assert limit_on_node(domain, job) == pytest.approx(400)


def test_a_limit_that_a_person_sets_is_kept_and_the_copy_ends_soon(
    client: OpenSearchClient, domain: Domain, running: Job
) -> None:
    domain("POST", f"_reindex/{running.task.id}/_rethrottle?requests_per_second=300")
    polled = check_reindex_status(client, running, ENVIRONMENT)
    assert throttle_of(polled).requested == pytest.approx(150)
    assert limit_on_node(domain, polled) == pytest.approx(300)
    domain("POST", f"_reindex/{running.task.id}/_rethrottle?requests_per_second=-1")
    ended = polled

    def is_completed() -> bool:
        nonlocal ended
        ended = check_reindex_status(client, polled, ENVIRONMENT)
        return ended.task.status == "completed"

    wait_until(is_completed)
    assert ended.task.to_dict()["total"] == len(DOCUMENTS)


def test_without_a_limit_every_slice_goes_as_fast_as_it_can(client: OpenSearchClient, running: Job) -> None:
    assert client.rethrottle(str(running.task.id), UNLIMITED)
    assert {status["requests_per_second"] for status in client.slice_statuses(str(running.task.id))} <= {UNLIMITED}
