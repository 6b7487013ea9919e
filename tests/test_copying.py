"""The copy, on answers about tasks that a healthy node seldom gives."""

from dataclasses import replace
from typing import Any

import pytest

import copying
from errors import ReindexFailedError
from support.mocked_domain import COUNTERS, JOB, copied, task_answer

FROZEN = replace(JOB, task={})
RUNNING = replace(JOB, task={"id": "n:1", "status": "running", "restarts": 2})


def test_nothing_is_started_for_an_empty_index() -> None:
    domain = copied()
    task = copying.start_reindex(domain.client, replace(FROZEN, source_count=0), 30).task
    assert task["status"] == "completed"
    assert domain.changes == []


def test_a_copy_that_runs_already_is_found_and_not_started_again() -> None:
    domain = copied()
    domain.client.find_reindex_task.return_value = "n:7"
    domain.client.get_task.return_value = task_answer()
    assert copying.start_reindex(domain.client, FROZEN, 30).task == {"id": "n:7", "status": "completed", **COUNTERS}
    domain.client.find_reindex_task.assert_called_once_with(JOB.opaque_id)
    assert domain.changes == []


def test_the_options_of_the_trigger_file_reach_the_copy() -> None:
    domain = copied()
    domain.client.find_reindex_task.return_value = None
    domain.client.start_reindex.return_value = "n:1"
    domain.client.get_task.return_value = task_answer()
    options = {
        "slices": 3,
        "batch_size": 5,
        "requests_per_second": 2.5,
        "pipeline": "p",
        "script": {"source": "ctx.op = 'noop'"},
    }
    copying.start_reindex(domain.client, replace(FROZEN, reindex=options), 30)
    body = {
        "conflicts": "proceed",
        "source": {"index": "a_v1", "size": 5},
        "dest": {"index": "a_v2", "op_type": "create", "pipeline": "p"},
        "script": {"source": "ctx.op = 'noop'"},
    }
    params = {"slices": "3", "requests_per_second": "2.5"}
    domain.client.start_reindex.assert_called_once_with(body, params, JOB.opaque_id)


@pytest.mark.parametrize(("in_slices", "copied_documents"), [(5, 5), (0, 2)])
def test_a_running_copy_tells_how_far_it_is(in_slices: int, copied_documents: int) -> None:
    domain = copied()
    domain.client.get_task.return_value = task_answer(completed=False)
    domain.client.copied_documents.return_value = in_slices
    task = copying.check_reindex_status(domain.client, RUNNING, 30).task
    assert task == {**RUNNING.task, "copied": copied_documents, "wait_seconds": 30}


@pytest.mark.parametrize("answer", [None, task_answer(task={"action": "indices:data/write/reindex"})])
def test_a_task_that_is_gone_or_another_one_is_lost(answer: dict[str, Any] | None) -> None:
    domain = copied()
    domain.client.get_task.return_value = answer
    assert copying.check_reindex_status(domain.client, RUNNING, 30).task == {
        "id": "n:1",
        "status": "lost",
        "restarts": 3,
    }


def test_a_task_that_is_lost_too_often_is_given_up() -> None:
    domain = copied()
    domain.client.get_task.return_value = None
    often = replace(JOB, task={**RUNNING.task, "restarts": copying.MAX_RESTARTS})
    with pytest.raises(ReindexFailedError, match="lost 6 times"):
        copying.check_reindex_status(domain.client, often, 30)


def test_a_copy_that_was_proven_before_is_not_started_again() -> None:
    domain = copied()
    assert copying.start_reindex(domain.client, JOB, 30) == JOB
    assert domain.changes == []


@pytest.mark.parametrize("completed", [True, False])
def test_a_cancelled_copy_fails(*, completed: bool) -> None:
    domain = copied()
    answer = task_answer(completed=completed)
    answer["task"]["cancelled"] = True
    domain.client.get_task.return_value = answer
    with pytest.raises(ReindexFailedError) as caught:
        copying.check_reindex_status(domain.client, RUNNING, 30)
    assert "cancelled" in caught.value.problems[0]
