"""The copy, on answers about tasks that a healthy node seldom gives."""

import time
from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.markers import COPY_ALIAS_PREFIX
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild.check_reindex_status import POLL_SECONDS, check_reindex_status
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.throttle import Throttle
from opensearch_reindex.runtime import logs
from opensearch_reindex.runtime.errors import (
    OpenSearchRequestError,
    ReindexFailedError,
    ReindexStartError,
    TransientOpenSearchError,
    VerificationError,
)
from support.mocked_domain import (
    COPIED,
    COUNTERS,
    IN_USE,
    JOB,
    MADE_FROM,
    OWNED,
    MockedDomain,
    copied,
    index,
    proven,
    target,
    task_answer,
)
from support.rebuild import ENVIRONMENT

FROZEN = replace(JOB, task=Copy())
COPY = Copy(id="n:1", copy_alias="copy~1", status=CopyStatus.RUNNING, restarts=2)
RUNNING = replace(JOB, task=COPY)


def test_nothing_is_started_for_an_empty_index() -> None:
    domain = copied()
    task = start_reindex(domain.client, replace(FROZEN, source_count=0), ENVIRONMENT).task
    assert (task.status, task.counters) == (CopyStatus.COMPLETED, Counters())
    assert domain.changes == []


def test_a_target_that_lost_its_copy_alias_is_not_copied_to() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, replace(OWNED, copy_alias=None)))
    with pytest.raises(ReindexStartError, match="lost its copy alias"):
        start_reindex(domain.client, FROZEN, ENVIRONMENT)
    assert domain.changes == []


def test_a_copy_that_runs_already_is_found_and_not_started_again() -> None:
    domain = copied()
    domain.client.find_reindex_task.return_value = "n:7"
    domain.client.get_task.return_value = task_answer()
    task = Copy(id="n:7", copy_alias="copy~1", status=CopyStatus.COMPLETED, counters=Counters(**COUNTERS))
    assert start_reindex(domain.client, FROZEN, ENVIRONMENT).task == task
    domain.client.find_reindex_task.assert_called_once_with("copy~1")
    assert domain.changes == []


def test_where_no_copy_was_begun_none_is_looked_for() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE))
    domain.client.submit_reindex.return_value = "n:1"
    domain.client.get_task.return_value = None
    start_reindex(domain.client, FROZEN, ENVIRONMENT)
    domain.client.find_reindex_task.assert_not_called()
    assert domain.changes == ["apply_alias_actions", "submit_reindex", "put_meta"]


def test_what_is_noted_of_the_copy_is_added_to_what_was_noted_before() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE))
    domain.indices["a_v2"].mappings["_meta"]["team"] = "search"
    domain.client.submit_reindex.return_value = "n:1"
    domain.client.get_task.return_value = None
    start_reindex(domain.client, FROZEN, ENVIRONMENT)
    noted = {"team": "search", "opensearch_reindex": {**MADE_FROM, "task_id": "n:1"}}
    assert domain.indices["a_v2"].mappings["_meta"] == noted


@pytest.mark.parametrize(
    ("strategy", "domain", "next_step"),
    [
        ("redirect_writes", copied(), "Roll back"),
        ("block_writes", copied(), "creates the target index again"),
        ("block_writes", proven(), "Roll back"),
    ],
)
def test_a_copy_of_an_earlier_state_of_the_source_is_not_gone_on_with(
    strategy: str, domain: MockedDomain, next_step: str
) -> None:
    job = replace(FROZEN, strategy=Strategy(strategy), source_seq_no=JOB.source_seq_no + 1)
    with pytest.raises(VerificationError, match="written to after it had been frozen") as raised:
        start_reindex(domain.client, job, ENVIRONMENT)
    assert next_step in raised.value.next_step
    assert domain.changes == []


def test_a_copy_that_noted_its_id_is_found_also_when_it_is_over() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, COPIED, task_id="n:7"))
    domain.client.get_task.return_value = task_answer()
    assert start_reindex(domain.client, FROZEN, ENVIRONMENT).task.id == "n:7"
    assert domain.changes == []


@pytest.mark.parametrize(
    "answer",
    [
        task_answer(task={**task_answer()["task"], "headers": {"X-Opaque-Id": "copy~2"}}),  # as after a restart
        task_answer(response={**COUNTERS, "canceled": "by user request", "failures": []}),
    ],
)
def test_the_result_of_another_task_or_of_a_failed_copy_is_not_taken_for_the_copy(answer: dict[str, Any]) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, COPIED, task_id="n:7"))
    domain.client.get_task.return_value = answer
    domain.client.find_reindex_task.return_value = None
    domain.client.submit_reindex.return_value = "n:8"
    assert start_reindex(domain.client, FROZEN, ENVIRONMENT).task.id == "n:8"


def test_the_options_of_the_trigger_file_reach_the_copy() -> None:
    domain = copied()
    domain.client.find_reindex_task.return_value = None
    domain.client.submit_reindex.return_value = "n:1"
    domain.client.get_task.return_value = None
    options = {
        "slices": 3,
        "batch_size": 5,
        "requests_per_second": 2.5,
        "pipeline": "p",
        "script": {"source": "ctx.op = 'noop'"},
    }
    start_reindex(domain.client, replace(FROZEN, reindex=options), ENVIRONMENT)
    *_, closed, opened = domain.client.apply_alias_actions.call_args.args[0]
    assert closed == {"remove": {"index": "a_v2", "alias": "copy~1", "must_exist": True}}
    new_alias = opened["add"]["alias"]
    assert new_alias.startswith(COPY_ALIAS_PREFIX)
    body = {
        "conflicts": "proceed",
        "source": {"index": "a_v1", "size": 5},
        "dest": {"index": new_alias, "op_type": "create", "pipeline": "p"},
        "script": {"source": "ctx.op = 'noop'"},
    }
    params = {"slices": "3", "requests_per_second": "2.5"}
    domain.client.submit_reindex.assert_called_once_with(body, params)


@pytest.mark.parametrize(("slices", "copied_documents"), [([5, 6], 13), ([], 2)])
def test_a_running_copy_tells_how_far_it_is(slices: list[int], copied_documents: int) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)  # with 2 documents of slices that are done
    domain.client.slice_statuses.return_value = [{"created": created, "total": 7} for created in slices]
    task = check_reindex_status(domain.client, RUNNING, ENVIRONMENT).task
    assert task.moved_at is not None
    assert task.throttle is not None
    assert task == replace(
        COPY,
        copied=copied_documents,
        running_seconds=10.0,
        wait_seconds=1,
        moved_at=task.moved_at,
        throttle=Throttle(slices=len(slices) or 1, best=task.throttle.best),
    )


def test_opensearch_waits_for_the_end_only_where_it_may_be_near() -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer()
    for wait_seconds in (29, 30):
        job = replace(RUNNING, task=replace(COPY, wait_seconds=wait_seconds))
        check_reindex_status(domain.client, job, replace(ENVIRONMENT, poll_interval_seconds=30))
    waits = [call.kwargs["wait_seconds"] for call in domain.client.get_task.call_args_list]
    assert waits == [POLL_SECONDS, 0]


def test_copy_is_throttled_when_the_domain_pushes_back_and_its_rate_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logs.log.name)
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    # 10 s after the last poll: 2 documents of completed slices, 3,998 of these two.
    slices = [{"created": 1999, "total": 9999, "requests_per_second": -1.0, "retries": {"bulk": 1}} for _ in range(2)]
    domain.client.slice_statuses.return_value = slices
    job = replace(RUNNING, task=replace(COPY, copied=2000, running_seconds=5.0, throttle=Throttle()))
    task = check_reindex_status(domain.client, job, ENVIRONMENT).task
    assert task.throttle == Throttle(limit=100, slices=2, refused=2, best=200)
    domain.client.rethrottle.assert_called_once_with("n:1", 200.0)
    (told,) = [record for record in caplog.records if record.getMessage() == "reindex task is running"]
    assert told.documents_per_second == 400  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "in_force", "changes"), [({}, 50.0, [-1.0]), ({"requests_per_second": 300}, 150.0, []), ({}, -1.0, [])]
)
def test_execution_that_finds_a_throttled_copy_restores_the_requested_limit(
    asked: dict[str, int], in_force: float, changes: list[float]
) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    slices = [{"created": 1, "total": 9, "requests_per_second": in_force}] * 2
    domain.client.slice_statuses.return_value = slices
    job = replace(RUNNING, reindex={**RUNNING.reindex, **asked})
    check_reindex_status(domain.client, job, ENVIRONMENT)
    assert [call.args[1] for call in domain.client.rethrottle.call_args_list] == changes


NOT_ASKED = [TransientOpenSearchError("429"), OpenSearchRequestError(403, "security_exception", "no")]


@pytest.mark.parametrize("error", NOT_ASKED)
@pytest.mark.parametrize("throttle", [None, Throttle(requested=7.0)])
def test_a_copy_goes_on_when_its_domain_cannot_be_asked_how_busy_it_is(
    error: Exception, throttle: Throttle | None
) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.slice_statuses.return_value = [{"created": 1, "total": 9, "retries": {"bulk": 1}}]
    domain.client.write_queues.side_effect = error
    job = replace(RUNNING, task=replace(COPY, throttle=throttle))
    task = check_reindex_status(domain.client, job, ENVIRONMENT).task
    # Without a throttle the next poll is the first one: it knows what was refused before the copy, and undoes a limit.
    assert (task.status, task.throttle) == (CopyStatus.RUNNING, throttle)


@pytest.mark.parametrize("error", NOT_ASKED)
@pytest.mark.parametrize("in_force", [-1.0, 50.0], ids=["as-before", "changed"])
def test_a_copy_whose_slowing_was_not_answered_is_as_fast_as_before_in_the_end(
    error: Exception, in_force: float
) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    status = {"created": 1, "total": 9, "retries": {"bulk": 1}}
    domain.client.slice_statuses.return_value = [{**status, "requests_per_second": -1.0}]
    domain.client.rethrottle.side_effect = error
    job = replace(RUNNING, task=replace(COPY, throttle=Throttle()))
    job = check_reindex_status(domain.client, job, ENVIRONMENT)
    assert job.task.throttle is not None
    assert job.task.throttle.limit == 50.0
    domain.client.slice_statuses.return_value = [{**status, "requests_per_second": in_force}]
    job = check_reindex_status(domain.client, job, ENVIRONMENT)
    assert job.task.throttle is not None
    assert (job.task.status, job.task.throttle.requested, job.task.throttle.limit) == ("running", -1.0, -1.0)


def test_a_limit_that_is_needed_no_more_is_lifted_for_the_whole_copy() -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.slice_statuses.return_value = [{"created": 1, "total": 9, "requests_per_second": 100.0}] * 2
    job = replace(RUNNING, task=replace(COPY, copied=2, running_seconds=5.0, throttle=Throttle(limit=100.0)))
    check_reindex_status(domain.client, job, ENVIRONMENT)
    domain.client.rethrottle.assert_called_once_with("n:1", -1.0)


@pytest.mark.parametrize("answer", [None, task_answer(task={"action": "indices:data/write/reindex"})])
def test_a_task_that_is_gone_or_another_one_is_lost(answer: dict[str, Any] | None) -> None:
    domain = copied()
    domain.client.get_task.return_value = answer
    assert check_reindex_status(domain.client, RUNNING, ENVIRONMENT).task == replace(
        COPY, status=CopyStatus.LOST, restarts=3, in_target=3
    )


def test_a_copy_that_was_proven_before_is_not_started_again() -> None:
    domain = proven()
    assert start_reindex(domain.client, FROZEN, ENVIRONMENT).task == Copy(status=CopyStatus.COMPLETED)
    assert domain.changes == []


@pytest.mark.parametrize("completed", [True, False])
def test_a_cancelled_copy_fails(*, completed: bool) -> None:
    domain = copied()
    answer = task_answer(completed=completed)
    answer["task"]["cancelled"] = True
    domain.client.get_task.return_value = answer
    with pytest.raises(ReindexFailedError) as caught:
        check_reindex_status(domain.client, RUNNING, ENVIRONMENT)
    assert "cancelled" in caught.value.problems[0]


def test_a_copy_that_another_attempt_replaced_is_left_for_that_one() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, replace(OWNED, copy_alias="copy~2")))
    failure = {"id": "1", "status": 400, "cause": {"type": "invalid_index_name_exception", "reason": "x"}}
    domain.client.get_task.return_value = task_answer(response={**COUNTERS, "failures": [failure]})
    assert check_reindex_status(domain.client, RUNNING, ENVIRONMENT).task.status == "lost"


@pytest.mark.parametrize(
    ("progress", "stalled"),
    [
        ({"created": 3}, True),
        ({"created": 4}, False),
        ({"created": 3, "throttled_until_millis": 5}, False),
    ],
)
def test_a_copy_without_progress_is_given_up(progress: dict[str, int], *, stalled: bool) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.slice_statuses.return_value = [{"total": 9, **progress}]
    domain.client.find_reindex_task.return_value = "n:1"
    job = replace(RUNNING, task=replace(COPY, copied=5, moved_at=0))
    if stalled:
        with pytest.raises(ReindexFailedError, match="stalled at 5 of 3 documents"):
            check_reindex_status(domain.client, job, ENVIRONMENT)
        assert domain.changes == ["cancel_task"]
    else:
        assert check_reindex_status(domain.client, job, ENVIRONMENT).task.moved_at


def test_a_slice_that_ends_between_two_requests_takes_nothing_back() -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.slice_statuses.return_value = [{"created": 1, "total": 9}]
    job = replace(RUNNING, task=replace(COPY, copied=5, moved_at=int(time.time())))
    assert check_reindex_status(domain.client, job, ENVIRONMENT).task.copied == 5


@pytest.mark.parametrize("is_building", [True, False])
def test_shards_that_are_not_being_built_are_given_up(*, is_building: bool) -> None:
    domain = copied()
    domain.client.health.return_value = "yellow"
    domain.client.is_building.return_value = is_building
    recovering = replace(COPY, status=CopyStatus.RECOVERING, moved_at=0)
    job = replace(RUNNING, task=recovering, settings_after_copy={"number_of_replicas": "1"})
    if is_building:
        task = check_reindex_status(domain.client, job, ENVIRONMENT).task
        assert (task.status, bool(task.moved_at)) == ("recovering", True)
    else:
        with pytest.raises(
            ReindexFailedError,
            match=r"is yellow; expected green, like the source index. OpenSearch has built no shard of the",
        ):
            check_reindex_status(domain.client, job, ENVIRONMENT)


def test_target_whose_shards_are_being_built_is_waited_for_between_two_polls() -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer()
    domain.client.health.side_effect = ["yellow", "yellow", "green"]
    job = replace(RUNNING, settings_after_copy={"number_of_replicas": "1"})
    statuses = []
    for _ in range(3):
        job = check_reindex_status(domain.client, job, ENVIRONMENT)
        statuses.append(job.task.status)
    assert statuses == ["recovering", "recovering", "completed"]
    assert job.task.to_dict()["created"] == COUNTERS["created"]
    domain.client.put_settings.assert_called_with("a_v2", {"number_of_replicas": "1"})
    domain.client.get_task.assert_called_once()
