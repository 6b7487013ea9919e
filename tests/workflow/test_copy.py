"""Copies that outlast the first wait: waiting, polling, and tasks that get lost."""

from itertools import pairwise
from urllib.parse import quote

import pytest

from support.trigger_file import trigger_file
from support.waiting import wait_until
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines

# Eight batches with half a second after each.
THROTTLED = {"slices": 1, "batch_size": 50, "requests_per_second": 100}


@pytest.fixture(autouse=True)
def _short_first_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)


def many_documents() -> Documents:
    return {str(number): {"number": number} for number in range(400)}


def test_a_long_copy_is_polled_at_the_poll_interval_until_it_is_done(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("slow", many_documents())

    execution = machines.run(trigger_file(indices.endpoint, source, reindex=THROTTLED))

    assert execution.status == "SUCCEEDED"
    polls = machines.functions.of("start_reindex", "check_reindex_status")
    tasks = [call.answer["task"] for call in polls if call.answer]
    assert len(polls) >= 3
    assert [task["status"] for task in tasks] == ["running"] * (len(polls) - 1) + ["completed"]
    assert {task["wait_seconds"] for task in tasks[:-1]} == {1}
    copied = [task["copied"] for task in tasks[:-1]]
    assert 0 < copied[0] < 400
    assert copied == sorted(copied)
    assert all(later.started - earlier.ended >= 1 for earlier, later in pairwise(polls))
    assert len({task["id"] for task in tasks}) == 1
    assert indices.documents(indices.target(source)) == many_documents()


def test_a_step_that_runs_again_while_the_copy_runs_starts_no_second_copy(
    machines: StateMachines, indices: Indices, requests_sent: list[tuple[str, str]]
) -> None:
    source = indices.create("slow", many_documents())

    def twice(handler: Handler, event: Event) -> State:
        requests_sent.clear()
        first = handler(event)
        assert first["task"]["status"] == "running"
        second = handler(event)
        assert second["task"]["id"] == first["task"]["id"]
        return second

    machines.functions.hooks["start_reindex"] = twice

    execution = machines.run(trigger_file(indices.endpoint, source, reindex=THROTTLED))

    assert execution.status == "SUCCEEDED"
    assert requests_sent.count(("POST", "/_reindex")) == 1
    assert indices.documents(indices.target(source)) == many_documents()


def test_a_task_that_no_node_knows_any_more_is_started_again_and_no_document_is_lost(
    machines: StateMachines, indices: Indices
) -> None:
    source = indices.create("slow", many_documents())
    target = indices.target(source)
    copied_by_lost_task: list[int] = []

    def result_is_deleted(path: str) -> bool:
        # Not there (404) before the end of the task, which then stores its result.
        return bool(indices("DELETE", path, ok=False).get("result") == "deleted")

    def lose_the_task(handler: Handler, event: Event) -> State:
        if not copied_by_lost_task:
            task_id = quote(event["task"]["id"], safe="")
            indices("POST", f"_tasks/{task_id}/_cancel")
            wait_until(lambda: result_is_deleted(f".tasks/_doc/{task_id}?refresh=true"))
            copied_by_lost_task.append(len(indices.documents(target)))
        return handler(event)

    machines.functions.hooks["check_reindex_status"] = lose_the_task

    execution = machines.run(trigger_file(indices.endpoint, source, reindex=THROTTLED))

    assert execution.status == "SUCCEEDED"
    assert 0 < copied_by_lost_task[0] < 400
    polls = machines.functions.of("start_reindex", "check_reindex_status")
    assert [call.step for call in polls[:3]] == ["start_reindex", "check_reindex_status", "start_reindex"]
    assert polls[1].answer is not None
    assert polls[1].answer["task"]["status"] == "lost"
    final = polls[-1].answer
    assert final is not None
    assert final["task"]["version_conflicts"] == copied_by_lost_task[0]
    assert final["task"]["created"] == 400 - copied_by_lost_task[0]
    assert indices.documents(target) == many_documents()
    assert indices.names() == {target}


def test_a_task_id_that_became_another_task_is_not_taken_for_the_copy(
    machines: StateMachines, indices: Indices
) -> None:
    """After a restart, the ids of a node start low: an id may belong to another copy."""
    source = indices.create("orders", {"1": {"number": 1}})
    other = indices.create("other", {"2": {"number": 2}}, aliases={})
    body = {"source": {"index": other}, "dest": {"index": f"{other}-copy"}}
    foreign_task = indices("POST", "_reindex?wait_for_completion=false", body)["task"]
    indices("GET", f"_tasks/{foreign_task}?wait_for_completion=true&timeout=30s")

    def answer_with_the_foreign_task(handler: Handler, event: Event) -> State:
        state = handler(event)
        if len(machines.functions.of("start_reindex")) == 0:
            return {**state, "task": {**state["task"], "id": foreign_task, "status": "running", "wait_seconds": 0}}
        return state

    machines.functions.hooks["start_reindex"] = answer_with_the_foreign_task

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert execution.status == "SUCCEEDED"
    assert [call.answer["task"]["status"] for call in machines.functions.of("check_reindex_status") if call.answer] == [
        "lost"
    ]
    assert len(machines.functions.of("start_reindex")) == 2
    assert indices.documents(indices.target(source)) == {"1": {"number": 1}}
