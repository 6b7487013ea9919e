"""Copies without a result in .tasks: by the last status, or in pieces."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.rebuild import pieces
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.pieces import NO_RESULTS, copy_pieces, switch_to_pieces
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexFailedError, TransientOpenSearchError
from support.mocked_domain import COPIED, COUNTERS, IN_USE, JOB, MockedDomain, copied, target, task_answer
from support.rebuild import ENVIRONMENT

COPY = Copy(id="n:1", copy_alias="copy~1", status=CopyStatus.RUNNING, started_at=1)
RUNNING = replace(JOB, task=COPY)
IN_PIECES = replace(COPY, next_seq_no=0, window=10, counters=Counters())
SOURCE = {str(seq_no) for seq_no in range(100)}


def without_result(**status: Any) -> dict[str, Any]:
    answer = task_answer()
    del answer["response"]
    answer["task"]["status"] = {**COUNTERS, **status}
    return answer


@pytest.fixture
def domain() -> MockedDomain:
    domain = copied()
    domain.client.has_run_for.return_value = True
    domain.client.find_reindex_task.return_value = None
    return domain


@pytest.fixture
def ranges(domain: MockedDomain) -> list[range]:
    """The sequence numbers that each piece asked for; each stands for one document."""
    asked: list[range] = []

    def reindex(body: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        bounds = body["source"]["query"]["range"]["_seq_no"]
        asked.append(range(bounds["gte"], bounds["lt"]))
        found = len(SOURCE & {str(number) for number in asked[-1]})
        assert params["slices"] == "1"
        return {**COUNTERS, "total": found, "created": 0, "version_conflicts": found, "failures": []}

    domain.client.reindex.side_effect = reindex
    return asked


def test_the_last_status_is_the_result_where_it_accounts_for_every_document(domain: MockedDomain) -> None:
    domain.client.get_task.return_value = without_result(slices=[{"slice_id": 0}, {"slice_id": 1}])
    job = check_reindex_status(domain.client, RUNNING, ENVIRONMENT)
    assert (job.task.status, job.task.counters) == (CopyStatus.COMPLETED, Counters(**COUNTERS))
    assert job.warnings == [NO_RESULTS]


@pytest.mark.parametrize("status", [{"created": 2}, {"total": 4}, {"created": 2, "total": 2}, {"noops": 1}])
def test_another_last_status_proves_nothing_and_the_copy_is_repeated(
    domain: MockedDomain, status: dict[str, int]
) -> None:
    domain.client.get_task.return_value = without_result(**status)
    task = check_reindex_status(domain.client, RUNNING, ENVIRONMENT).task
    assert (task.status, task.next_seq_no, task.restarts) == (CopyStatus.LOST, 0, 0)


def test_a_slice_that_failed_is_classified_also_without_a_result(domain: MockedDomain) -> None:
    scripted = {"type": "script_exception", "reason": "runtime error"}
    # The status of the whole task leaves it out, and may be complete.
    domain.client.get_task.return_value = without_result(slices=[{"slice_id": 0}, scripted])
    with pytest.raises(ReindexFailedError, match="did not copy every document"):
        check_reindex_status(domain.client, RUNNING, ENVIRONMENT)
    lost_scroll = {"type": "search_context_missing_exception", "reason": "x"}
    domain.client.get_task.return_value = without_result(slices=[{"slice_id": 0}, lost_scroll])
    assert check_reindex_status(domain.client, RUNNING, ENVIRONMENT).task.restarts == 1


@pytest.mark.parametrize(
    ("started_at", "has_run", "in_pieces"),
    [(1, [True], True), (1, [False], False), (None, [True], False), (1, TransientOpenSearchError("x"), False)],
    ids=["same-node", "restarted", "before-upgrade", "not-asked"],
)
def test_a_task_that_is_gone_was_lost_with_its_node_or_left_no_result(
    domain: MockedDomain, started_at: int | None, has_run: Any, *, in_pieces: bool
) -> None:
    domain.client.get_task.return_value = None
    domain.client.has_run_for.side_effect = has_run
    job = replace(RUNNING, task=replace(COPY, started_at=started_at))
    task = check_reindex_status(domain.client, job, ENVIRONMENT).task
    assert task.status == CopyStatus.LOST
    assert (task.next_seq_no is not None) == in_pieces
    assert task.restarts == (0 if in_pieces else 1)


def test_pieces_hold_every_sequence_number_once(domain: MockedDomain, ranges: list[range]) -> None:
    domain.indices["a_v2"] = target(IN_USE, replace(COPIED, frozen_seq_no=100))
    job = replace(switch_to_pieces(RUNNING), source_seq_no=100)
    done = start_reindex(domain.client, replace(job, task=replace(job.task, window=7)), ENVIRONMENT)
    numbers = [number for piece in ranges for number in piece]
    assert numbers[:100] == list(range(100))
    assert len(numbers) == len(set(numbers))
    assert done.task.status == CopyStatus.COMPLETED
    assert done.task.counters
    assert done.task.counters.total == done.task.counters.version_conflicts == len(SOURCE)
    assert domain.changes == ["apply_alias_actions"]  # an earlier run of this step can write no more


def test_pieces_go_on_in_the_next_poll_where_they_ended(
    domain: MockedDomain, ranges: list[range], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_SECONDS_IN_FUNCTION", -1)
    job: Job = replace(JOB, source_seq_no=100, task=replace(IN_PIECES, next_seq_no=40))
    paused = copy_pieces(domain.client, job, 30)
    assert (paused.task.status, paused.task.next_seq_no, ranges) == (CopyStatus.RUNNING, 40, [])
    monkeypatch.undo()
    assert copy_pieces(domain.client, paused, 30).task.copied == 60
    assert ranges[0].start == 40


def test_pieces_keep_to_a_requested_rate(domain: MockedDomain, ranges: list[range]) -> None:
    job = replace(JOB, source_seq_no=100, reindex={**JOB.reindex, "requests_per_second": 2}, task=COPY)
    done = copy_pieces(domain.client, switch_to_pieces(job), 30)
    assert done.task.status == CopyStatus.COMPLETED
    assert {len(piece) for piece in ranges} == {16}
    assert domain.client.reindex.call_args.args[1]["requests_per_second"] == "2"


@pytest.mark.parametrize(
    "fault",
    [
        TransientOpenSearchError("429", status=429, error_type="rejected_execution_exception"),
        TransientOpenSearchError("no answer", error_type="ConnectionTimeout"),
        OpenSearchRequestError(404, "search_context_missing_exception", "No search context"),
    ],
)
def test_a_piece_that_the_domain_refused_is_smaller_next_time(domain: MockedDomain, fault: Exception) -> None:
    domain.client.reindex.side_effect = fault
    job = replace(JOB, source_seq_no=100, task=replace(IN_PIECES, next_seq_no=20))
    again = copy_pieces(domain.client, job, 30).task
    assert (again.status, again.next_seq_no, again.window, again.gentleness) == (CopyStatus.LOST, 20, 2, 1)
    assert again.fruitless == 1


def test_a_piece_with_documents_that_do_not_fit_is_final(domain: MockedDomain) -> None:
    failure = {"id": "7", "status": 400, "cause": {"type": "mapper_parsing_exception", "reason": "x"}}
    domain.client.reindex.side_effect = None
    domain.client.reindex.return_value = {**COUNTERS, "failures": [failure]}
    with pytest.raises(ReindexFailedError, match="from sequence number 0 of 'a_v1'") as caught:
        copy_pieces(domain.client, replace(JOB, task=IN_PIECES), 30)
    assert caught.value.problems[0] == "documents failed: 1 with status 400"
