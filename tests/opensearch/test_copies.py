"""Copies that start twice, late or in vain: one writes, and its result is found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from opensearchpy import RequestsHttpConnection

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild import ownership
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import open_copy
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.request import reindex_body, reindex_params
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    DomainBusyError,
    ReindexFailedError,
    TransientOpenSearchError,
)
from support.domain import Domain
from support.opensearch_node import ExternalNode, OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until

PREFIX = "copies"

DOCUMENTS = {str(number): {"n": number} for number in range(300)}
SLOW = {"slices": 1, "batch_size": 10, "requests_per_second": 20}
FAST = {"slices": "auto", "batch_size": 1000}


@pytest.fixture(autouse=True)
def source(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)
    domain("PUT", "copies_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"copies_current": {}}})
    domain.bulk("copies_v1", DOCUMENTS)


@pytest.fixture
def copies_started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of every request that starts a reindex task; the trial copy is none."""
    started: list[str] = []
    perform_request = RequestsHttpConnection.perform_request

    def record(self: RequestsHttpConnection, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if url.startswith("/_reindex?") and "wait_for_completion=false" in url:
            started.append(url)
        return perform_request(self, method, url, *args, **kwargs)

    monkeypatch.setattr(RequestsHttpConnection, "perform_request", record)
    return started


def count(domain: Domain, index: str) -> int:
    domain("POST", f"{index}/_refresh")
    return int(domain("GET", f"{index}/_count")["count"])


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_copy_whose_answer_got_lost_is_found_again_also_when_it_is_over(
    strategy: str, client: OpenSearchClient, rebuild: Rebuild, copies_started: list[str]
) -> None:
    job = rebuild.freeze("copies_v1", strategy=strategy)
    tasks = [rebuild.copy(job).task for _ in range(3)]
    assert tasks[0] == tasks[1] == tasks[2]
    assert len(copies_started) == 1
    again = create_index(
        client, {**event("copies_v1", rebuild.url, strategy=strategy), "execution_id": "arn:2"}, no_execution_runs
    )
    assert rebuild.copy(update_aliases(client, again)).task.id == tasks[0].id
    assert len(copies_started) == 1


def test_of_copies_started_at_the_same_moment_one_fills_the_target(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.freeze("copies_v1")
    barrier = Barrier(8)

    def start(_: int) -> Job | None:
        barrier.wait()
        try:
            return start_reindex(client, job, ENVIRONMENT)
        except TransientOpenSearchError:  # which the state machine tries again
            return None

    with ThreadPoolExecutor(8) as pool:
        started = [each for each in pool.map(start, range(8)) if each]
    # Whichever answer the state machine goes on with, it comes to a good end.
    assert started
    for each in started:
        followed = each
        while followed.task.status != "completed":
            step = start_reindex if followed.task.status == "lost" else check_reindex_status
            followed = step(client, followed, ENVIRONMENT)
    # The aliases move for the latest of them alone, which every further attempt finds.
    latest = rebuild.copy(job)
    assert rebuild.copy(job).task.id == latest.task.id
    rebuild.finish(latest)
    assert domain.documents("copies_current") == DOCUMENTS


def test_a_copy_whose_alias_was_taken_away_writes_no_more_and_creates_no_index(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.freeze("copies_v1", reindex=SLOW)
    first = start_reindex(client, job, ENVIRONMENT)
    opened = open_copy(client, job, str(first.task.copy_alias))
    before = count(domain, "copies_v2")
    domain("POST", f"_reindex/{first.task.id}/_rethrottle?requests_per_second=-1")
    ended = wait_until(lambda: (task := domain("GET", f"_tasks/{first.task.id}"))["completed"] and task)
    assert ended["response"]["failures"]
    assert before - 10 <= count(domain, "copies_v2") <= before + 10 < len(DOCUMENTS)
    assert not [name for name in domain.state() if "opensearch-reindex" in name]
    with pytest.raises(TransientOpenSearchError, match="aliases changed during the step"):
        open_copy(client, job, str(first.task.copy_alias))
    assert client.get_indices(["copies_v2"])["copies_v2"].markers.copy_alias == opened
    # The next execution starts the copy again and completes it.
    lost = check_reindex_status(client, first, ENVIRONMENT)
    assert lost.task.status == "lost"
    rebuild.finish(rebuild.copy(replace(lost, reindex=FAST)))
    assert domain.documents("copies_current") == DOCUMENTS


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_copy_that_is_started_after_the_aliases_have_moved_brings_nothing_back(
    strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.copy(rebuild.freeze("copies_v1", strategy=strategy, keep_source=True))
    body, params = (
        reindex_body(job, str(job.task.copy_alias)),
        reindex_params(job),
    )
    remove_alias(client, job)
    domain("DELETE", "copies_current/_doc/1")
    task_id = client.submit_reindex(body, params)  # the request that a stuck function sends at last
    ended = wait_until(lambda: (task := domain("GET", f"_tasks/{task_id}"))["completed"] and task)
    assert ended["error"]["type"] == "index_not_found_exception"
    delete_index(client, job)
    assert domain.documents("copies_current") == {key: each for key, each in DOCUMENTS.items() if key != "1"}


def test_a_dead_execution_starts_no_copy(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    job = rebuild.freeze("copies_v1")
    copy_alias = client.get_indices(["copies_v2"])["copies_v2"].markers.copy_alias
    assert copy_alias
    create_index(client, {**event("copies_v1", domain.url), "execution_id": "arn:2"}, no_execution_runs)
    # It had read the owner of the target before the other execution took over.
    with pytest.raises(ConcurrentReindexError, match="took target index"):
        open_copy(client, job, copy_alias)
    assert client.get_indices(["copies_v2"])["copies_v2"].markers.copy_alias == copy_alias


def test_the_aliases_do_not_move_for_a_copy_that_was_replaced(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.copy(rebuild.freeze("copies_v1"))
    open_copy(client, job, str(job.task.copy_alias))
    with pytest.raises(TransientOpenSearchError, match="aliases changed during the step"):
        remove_alias(client, job)
    assert "copies_current" in domain("GET", "copies_v1/_alias")["copies_v1"]["aliases"]


def test_a_target_that_is_deleted_during_the_copy_is_not_made_by_guessing(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    started = start_reindex(client, rebuild.freeze("copies_v1", reindex=SLOW), ENVIRONMENT)
    domain("DELETE", "copies_v2")
    domain("POST", f"_reindex/{started.task.id}/_rethrottle?requests_per_second=-1")
    wait_until(lambda: domain("GET", f"_tasks/{started.task.id}")["completed"])
    with pytest.raises(Exception, match="'copies_v2' was deleted during the run"):
        check_reindex_status(client, started, ENVIRONMENT)
    assert set(domain.state()) >= {"copies_v1"}
    assert not domain.exists("copies_v2")


def test_a_copy_that_comes_no_further_is_cancelled_and_named(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    # Each document takes long, so that a batch lasts for more than one poll.
    script = {"source": "double x = 0; for (int i = 0; i < 900000; i++) { x += Math.sin(i) } ctx._source.x = x"}
    job = rebuild.freeze("copies_v1", reindex={"slices": 1, "batch_size": 300, "script": script})
    impatient = replace(ENVIRONMENT, stall_timeout_seconds=0)
    started = start_reindex(client, job, impatient)
    with pytest.raises(ReindexFailedError, match=r"stalled at 0 of 300 documents for \d s") as caught:
        wait_until(lambda: check_reindex_status(client, started, impatient).task.status != "running")
    assert "write queue" in caught.value.reason
    wait_until(lambda: client.find_reindex_task(str(started.task.copy_alias)) is None)


def test_a_copy_that_waits_for_its_requests_per_second_has_not_stalled(
    client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.freeze("copies_v1", reindex={"slices": 1, "batch_size": 100, "requests_per_second": 1})
    impatient = replace(ENVIRONMENT, stall_timeout_seconds=0)
    polled = start_reindex(client, job, impatient)
    polled = replace(polled, task=replace(polled.task, moved_at=0))
    for _ in range(2):
        polled = check_reindex_status(client, polled, impatient)
        assert polled.task.status == "running"
        assert polled.task.moved_at
    ownership.stop_copy(client, polled.task.copy_alias)


def test_a_source_that_a_snapshot_holds_is_deleted_when_the_snapshot_is_over(
    domain: Domain, node: OpenSearchNode, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    if isinstance(node, ExternalNode):
        pytest.skip("needs a node that may write snapshots to its disk")
    slow = {"location": str(node.run_dir / "snapshots"), "max_snapshot_bytes_per_sec": "1kb"}
    domain("PUT", "_snapshot/slow", {"type": "fs", "settings": slow})
    job = rebuild.copy(rebuild.freeze("copies_v1"))
    remove_alias(client, job)
    domain("PUT", "_snapshot/slow/one", {"indices": "copies_v1"})
    try:
        for _ in range(2):
            with pytest.raises(DomainBusyError, match="snapshot") as caught:
                delete_index(client, job)
        assert caught.value.error_type == "snapshot_in_progress_exception"
        assert domain.documents("copies_v1") == domain.documents("copies_v2") == DOCUMENTS
    finally:
        domain("DELETE", "_snapshot/slow/one")  # ends it, too
    delete_index(client, job)
    domain("DELETE", "_snapshot/slow")
    assert not domain.exists("copies_v1")
    assert domain.documents("copies_current") == DOCUMENTS
