"""Copies that a fault of the domain ended: how gently they start again, how often."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import Copy, CopyStatus
from opensearch_reindex.rebuild.restart import MAX_FRUITLESS_RESTARTS, QUICK_RESTARTS
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.throttle import Throttle
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexFailedError, TransientOpenSearchError
from support.mocked_domain import COUNTERS, JOB, MockedDomain, copied, task_answer
from support.rebuild import ENVIRONMENT

COPY = Copy(id="n:1", copy_alias="copy~1", status=CopyStatus.RUNNING, in_target=3)
SLOW_POLLS = replace(ENVIRONMENT, poll_interval_seconds=30)


def refused() -> dict[str, Any]:
    """A copy that the domain refused; only the fatal form, which has no counters."""
    error = {"type": "rejected_execution_exception", "reason": "rejected execution of coordinating operation"}
    answer = task_answer(error=error)
    del answer["response"]
    return answer


def poll(domain: MockedDomain, **copy: Any) -> Copy:
    job = replace(JOB, task=replace(COPY, **copy))
    return check_reindex_status(domain.client, job, SLOW_POLLS).task


@pytest.fixture
def domain() -> MockedDomain:
    domain = copied()
    domain.client.get_task.return_value = refused()
    domain.client.count.return_value = 3  # no more than at the restart before
    return domain


def test_a_refused_copy_starts_again_with_half_the_batch_and_half_the_rate(domain: MockedDomain) -> None:
    lost = poll(domain, throttle=Throttle(slices=2, best=400.0))
    assert (lost.status, lost.restarts, lost.gentleness) == (CopyStatus.LOST, 1, 1)
    domain.client.find_reindex_task.return_value = None
    domain.client.submit_reindex.return_value = "n:2"
    domain.client.get_task.return_value = task_answer(completed=False)
    start_reindex(domain.client, replace(JOB, task=lost), ENVIRONMENT)
    body, params = domain.client.submit_reindex.call_args.args
    assert body["source"]["size"] == 500
    assert params == {"slices": "auto", "requests_per_second": "400"}


def test_a_rate_of_the_trigger_file_is_not_exceeded_after_a_fault() -> None:
    assert Throttle(requested=30.0, limit=30.0, slices=2, best=500.0).after_fault() == 60
    assert Throttle(requested=300.0, limit=300.0, slices=2).after_fault() == 300
    assert Throttle().after_fault() is None


def test_a_batch_has_at_least_one_document(domain: MockedDomain) -> None:
    domain.client.find_reindex_task.return_value = None
    domain.client.submit_reindex.return_value = "n:2"
    start_reindex(domain.client, replace(JOB, task=replace(COPY, gentleness=40)), ENVIRONMENT)
    assert domain.client.submit_reindex.call_args.args[0]["source"]["size"] == 1


@pytest.mark.parametrize(("in_target", "gentleness"), [(3, [1, 2, 3, 4, 5]), (4, [1, 2, 3, 3, 3])])
def test_a_copy_that_gets_on_is_made_only_a_little_gentler(
    domain: MockedDomain, in_target: int, gentleness: list[int]
) -> None:
    domain.client.count.return_value = in_target
    found, before = [], 0
    for _ in range(5):
        before = poll(domain, gentleness=before).gentleness
        found.append(before)
    assert found == gentleness


def test_a_task_that_was_lost_with_its_node_after_progress_stays_as_fast(domain: MockedDomain) -> None:
    domain.client.get_task.return_value = None
    domain.client.count.return_value = 4
    assert poll(domain, gentleness=1).gentleness == 1


def test_restarts_without_progress_have_growing_pauses_until_the_end(
    domain: MockedDomain,
) -> None:
    pauses, copy = [], COPY
    for _ in range(MAX_FRUITLESS_RESTARTS):
        copy = poll(domain, restarts=copy.restarts, fruitless=copy.fruitless)
        pauses.append(copy.wait_seconds)
        assert copy.status == (CopyStatus.PAUSED if copy.wait_seconds else CopyStatus.LOST)
    assert pauses == [0, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    with pytest.raises(ReindexFailedError, match=f"ended {MAX_FRUITLESS_RESTARTS + 1} times in a row") as caught:
        poll(domain, fruitless=copy.fruitless)
    assert caught.value.problems == ["rejected_execution_exception: rejected execution of coordinating operation"]
    assert "nodes, disks, memory and queues" in caught.value.next_step


def test_a_pause_ends_with_another_start(domain: MockedDomain) -> None:
    paused = replace(COPY, status=CopyStatus.PAUSED, restarts=3, fruitless=2, gentleness=2, wait_seconds=5)
    job = check_reindex_status(domain.client, replace(JOB, task=paused), ENVIRONMENT)
    assert job.task == replace(paused, status=CopyStatus.LOST)
    domain.client.get_task.assert_not_called()


def test_progress_gives_a_copy_all_its_restarts_back(domain: MockedDomain) -> None:
    domain.client.count.return_value = 4
    again = poll(domain, restarts=99, fruitless=MAX_FRUITLESS_RESTARTS)
    assert (again.restarts, again.fruitless, again.in_target) == (100, 0, 4)


def test_many_restarts_keep_to_the_poll_interval(domain: MockedDomain) -> None:
    domain.client.count.return_value = 4
    assert poll(domain, restarts=QUICK_RESTARTS - 1).wait_seconds == 0
    assert poll(domain, restarts=QUICK_RESTARTS).wait_seconds == 60
    domain.client.get_task.return_value = task_answer(completed=False)
    assert poll(domain, restarts=QUICK_RESTARTS).wait_seconds < 30
    assert poll(domain, restarts=QUICK_RESTARTS + 1).wait_seconds == 30


@pytest.mark.parametrize(("created", "fruitless"), [(0, 3), (1, 0)])
def test_documents_of_writers_are_no_progress_where_the_task_counted_its_own(
    domain: MockedDomain, created: int, fruitless: int
) -> None:
    domain.client.count.return_value = 1000
    failure = {"id": "1", "status": 503, "cause": {"type": "unavailable_shards_exception", "reason": "x"}}
    domain.client.get_task.return_value = task_answer(response={**COUNTERS, "created": created, "failures": [failure]})
    assert poll(domain, fruitless=2).fruitless == fruitless


@pytest.mark.parametrize("error", [TransientOpenSearchError("503"), OpenSearchRequestError(403, "x", "no")])
def test_a_target_that_cannot_be_counted_has_no_progress(domain: MockedDomain, error: Exception) -> None:
    domain.client.count.side_effect = error
    again = poll(domain, fruitless=1)
    assert (again.fruitless, again.in_target) == (2, 3)


def test_a_gentler_copy_gets_faster_gradually(domain: MockedDomain) -> None:
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.slice_statuses.return_value = [{"created": 1, "total": 9, "requests_per_second": 100.0}] * 2
    first = poll(domain, gentleness=1)
    assert first.throttle is not None
    assert first.throttle.limit == 100
    domain.client.rethrottle.assert_not_called()
