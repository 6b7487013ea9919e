"""Copies while .tasks takes no results, or cannot be read: proven without them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild import check_reindex_status as polls
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import CopyStatus, Job
from opensearch_reindex.rebuild.pieces import NO_RESULTS
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import ReindexFailedError
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild
from support.waiting import wait_until
from support.writer import Writer, small_writes

STRATEGIES = ["redirect_writes", "block_writes"]
DOCUMENTS = {str(number): {"n": number, "parts": [{"p": 1}, {"p": 2}]} for number in range(3000)}
# With this version OpenSearch does not replace the mapping by its own.
STRICT = {"dynamic": "strict", "_meta": {"version": 99}, "properties": {"completed": {"type": "boolean"}}}


@pytest.fixture(scope="module")
def own_node() -> Iterator[OpenSearchNode]:
    """A node whose .tasks belongs to these tests alone."""
    with OpenSearchNode() as running:
        yield running


@pytest.fixture
def domain(own_node: OpenSearchNode) -> Iterator[Domain]:
    domain = Domain(own_node.url)
    settings = {"number_of_shards": 2, "number_of_replicas": 0}
    body = {"settings": settings, "mappings": {"properties": {"parts": {"type": "nested"}}}}
    domain("PUT", "tasks_v1", {**body, "aliases": {"tasks_current": {"is_write_index": True}}})
    domain.bulk("tasks_v1", DOCUMENTS)
    yield domain
    for path in [*domain.holdings(), ".tasks"]:
        domain("DELETE", path, ok=False)


@pytest.fixture
def client(domain: Domain) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(domain.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, domain: Domain) -> Rebuild:
    return Rebuild(client, domain.url)


def create_tasks_index(domain: Domain, **body: Any) -> None:
    domain("PUT", ".tasks", {"settings": {"number_of_replicas": 0}, **body})


def block(domain: Domain) -> None:
    create_tasks_index(domain)
    domain("PUT", ".tasks/_settings", {"index.blocks.write": True})


def block_reads(domain: Domain) -> None:
    create_tasks_index(domain)
    domain("PUT", ".tasks/_settings", {"index.blocks.read": True})


def close(domain: Domain) -> None:
    create_tasks_index(domain)
    domain("POST", ".tasks/_close")


def make_strict(domain: Domain) -> None:
    create_tasks_index(domain, mappings=STRICT)


def add_template(domain: Domain) -> None:
    """Give .tasks a pipeline that refuses its documents, as a template can."""
    domain("PUT", "_ingest/pipeline/tasks_none", {"processors": [{"fail": {"message": "no"}}]})
    domain("PUT", ".tasks", {"settings": {"final_pipeline": "tasks_none", "number_of_replicas": 0}})


FAULTS = [block, block_reads, close, make_strict, add_template]


def follow(client: OpenSearchClient, job: Job) -> Job:
    """Follow a copy like the state machine, until it is completed."""
    while job.task.status != CopyStatus.COMPLETED:
        step = start_reindex if job.task.status == CopyStatus.LOST else check_reindex_status
        job = step(client, job, ENVIRONMENT)
    return job


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_copy_without_a_result_ends_well_and_warns(
    fault: Callable[[Domain], None], strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    fault(domain)
    job = follow(client, start_reindex(client, rebuild.freeze("tasks_v1", strategy=strategy), ENVIRONMENT))
    assert job.warnings == [NO_RESULTS]
    assert job.task.restarts == 0
    rebuild.finish(job)
    assert domain.documents("tasks_current") == DOCUMENTS
    assert not domain.exists("tasks_v1")


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_copy_whose_result_is_gone_is_proven_in_pieces(
    fault: Callable[[Domain], None],
    strategy: str,
    domain: Domain,
    client: OpenSearchClient,
    rebuild: Rebuild,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The task ends between two polls, so that no request sees its last status."""
    fault(domain)
    monkeypatch.setattr(polls, "POLL_SECONDS", 0)
    with ExitStack() as stack:
        if strategy == "redirect_writes":
            stack.enter_context(Writer(domain.url, "tasks_current", small_writes(1, updates_and_deletes=False)))
        slow = {"requests_per_second": 1000, "batch_size": 500}
        job = rebuild.freeze("tasks_v1", strategy=strategy, reindex=slow)
        started = start_reindex(client, job, ENVIRONMENT)
        assert started.task.status == CopyStatus.RUNNING
        domain("POST", f"_reindex/{started.task.id}/_rethrottle?requests_per_second=-1")
        wait_until(lambda: not domain("GET", "_tasks?actions=*reindex")["nodes"])
        lost = check_reindex_status(client, started, ENVIRONMENT)
        assert (lost.task.status, lost.task.next_seq_no, lost.task.restarts) == (CopyStatus.LOST, 0, 0)
        done = follow(client, replace(lost, reindex={**lost.reindex, "requests_per_second": 10000}))
        counters = done.task.to_dict()
        assert counters["total"] == counters["version_conflicts"] == job.source_count >= len(DOCUMENTS)
        assert done.warnings == [NO_RESULTS]
        rebuild.finish(done)
    found = domain.all_documents("tasks_current")
    assert {key: found.get(key) for key in DOCUMENTS} == DOCUMENTS


def test_pieces_complete_what_a_task_without_result_left_out(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    block(domain)
    monkeypatch.setattr(polls, "POLL_SECONDS", 0)
    slow = {"requests_per_second": 500, "batch_size": 100}
    started = start_reindex(client, rebuild.freeze("tasks_v1", reindex=slow), ENVIRONMENT)
    domain("DELETE", "_search/scroll/_all")
    domain("POST", f"_reindex/{started.task.id}/_rethrottle?requests_per_second=-1")
    wait_until(lambda: not domain("GET", "_tasks?actions=*reindex")["nodes"])
    done = follow(client, check_reindex_status(client, started, ENVIRONMENT))
    counters = done.task.to_dict()
    assert counters["created"] > 0
    assert counters["created"] + counters["version_conflicts"] == counters["total"] == len(DOCUMENTS)
    rebuild.finish(done)
    assert domain.documents("tasks_current") == DOCUMENTS


def test_a_document_that_does_not_fit_is_named_also_without_results(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    domain("PUT", "tasks_v1/_doc/odd", {"n": 1, "extra": {"x": 1}})
    mappings = {"dynamic": "strict", "properties": {"extra": None}}
    block(domain)
    with pytest.raises(ReindexFailedError, match=r"from sequence number \d+ of 'tasks_v1' was not copied") as caught:
        follow(client, start_reindex(client, rebuild.freeze("tasks_v1", mappings=mappings), ENVIRONMENT))
    assert "introduction of [extra] within [_doc] is not allowed (documents odd)" in caught.value.problems[1]
