from typing import Any

import pytest

from opensearch_reindex.rebuild.job import Counters
from opensearch_reindex.rebuild.proof import copy_problems, is_our_task, task_problems

TASK = {
    "action": "indices:data/write/reindex",
    "description": "reindex from [s] to [copy~1]",
    "headers": {"X-Opaque-Id": "copy~1"},
    "cancelled": False,
}
RESPONSE: dict[str, Any] = {"total": 3, "created": 3, "timed_out": False, "failures": []}
COUNTERS = {"total": 10, "created": 6, "updated": 0, "version_conflicts": 4, "noops": 0, "deleted": 0}


def test_our_task_is_recognised() -> None:
    assert is_our_task(TASK, "s", "copy~1")
    scripted = {**TASK, "description": "reindex from [s] updated with Script{type=inline} to [copy~1]"}
    assert is_our_task(scripted, "s", "copy~1")


@pytest.mark.parametrize(
    "difference",
    [
        {"action": "indices:data/write/update/byquery"},
        {"description": "reindex from [s2] to [copy~1]"},
        {"description": "reindex from [s] to [t2]"},
        {"headers": {"X-Opaque-Id": "another"}},
        {"headers": {}},
    ],
)
def test_a_task_that_got_the_id_after_a_restart_is_not_ours(difference: dict[str, Any]) -> None:
    assert not is_our_task({**TASK, **difference}, "s", "copy~1")


def test_a_task_that_did_its_work_has_no_problem() -> None:
    assert task_problems({"completed": True, "task": TASK, "response": RESPONSE}) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"error": {"type": "index_not_found_exception", "reason": "no such index [s]"}}, "no such index [s]"),
        (
            {
                "error": {
                    "type": "script_exception",
                    "reason": "runtime error",
                    "caused_by": {"type": "c", "reason": "a"},
                }
            },
            "script_exception: runtime error caused by c",
        ),
        ({"response": {**RESPONSE, "canceled": "by user request"}}, "cancelled: by user request"),
        ({"response": RESPONSE, "task": {**TASK, "cancelled": True}}, "cancelled"),
        ({"completed": False, "task": {**TASK, "cancelled": True}}, "cancelled: OpenSearch gives no reason"),
        ({"response": {**RESPONSE, "timed_out": True}}, "timed out"),
        ({}, "no result"),
    ],
)
def test_completed_alone_is_no_success(answer: dict[str, Any], problem: str) -> None:
    problems = task_problems({"completed": True, "task": TASK, **answer})
    assert any(problem in text for text in problems), problems


def test_failed_documents_are_grouped_by_reason_without_their_content() -> None:
    def failure(number: int, reason: str) -> dict[str, Any]:
        return {
            "id": str(number),
            "status": 400,
            "cause": {"type": "mapper_parsing_exception", "reason": reason.format(number)},
        }

    parse = "failed to parse field [n] of type [long] in document with id '{}'. Preview of field's value: 'secret'"
    failures = [*(failure(number, parse) for number in range(11)), failure(12, "strange")]
    problems = task_problems({"completed": True, "task": TASK, "response": {**RESPONSE, "failures": failures}})
    assert problems[0] == "documents failed: 12 with status 400"
    assert len(problems) == 3
    assert problems[1].endswith("(documents 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more)")
    assert problems[2].endswith("(documents 12)")
    assert "secret" not in str(problems)


def test_a_failure_without_a_document_is_reported_too() -> None:
    cause = {"type": "node_disconnected_exception", "reason": "gone"}
    failure = {"shard": 0, "node": "n", "reason": cause}
    problems = task_problems({"completed": True, "task": TASK, "response": {**RESPONSE, "failures": [failure]}})
    assert any("node_disconnected_exception: gone" in problem for problem in problems)


def test_a_complete_copy_has_no_problem() -> None:
    assert copy_problems(Counters(**COUNTERS), 10, 10, 10) == []
    assert copy_problems(Counters(**COUNTERS), 10, 10, 25) == []  # writers added more


def test_a_script_may_drop_documents() -> None:
    assert copy_problems(Counters(**{**COUNTERS, "created": 4, "noops": 2}), 10, 10, 8) == []


@pytest.mark.parametrize(
    ("counters", "source_count", "current_source_count", "target_count", "problem"),
    [
        ({"created": 5}, 10, 10, 10, "the reindex task accounts for 9"),
        ({"total": 9}, 10, 10, 10, "the reindex task accounts for 10"),
        ({}, 11, 11, 11, "the source index has 11 documents"),
        ({}, 10, 11, 10, "has 11 documents; expected 10"),
        ({}, 10, 10, 9, "the target index has 9 documents; expected at least 10"),
        ({"created": 5, "deleted": 1}, 10, 10, 10, "deleted 1"),
        ({"created": 5, "updated": 1}, 10, 10, 10, "the pipeline dropped 1 documents"),
    ],
)
def test_a_copy_that_misses_a_document_is_not_proven(
    counters: dict[str, int], source_count: int, current_source_count: int, target_count: int, problem: str
) -> None:
    problems = copy_problems(Counters(**{**COUNTERS, **counters}), source_count, current_source_count, target_count)
    assert any(problem in text for text in problems), problems
