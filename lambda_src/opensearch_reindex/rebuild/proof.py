"""Whether a copy is complete. Pure decisions on what OpenSearch answered; the source index is deleted on their word."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.markers import REINDEX_ACTION
from opensearch_reindex.runtime.redaction import document_error

MAX_FAILURES_SHOWN = 10
# Every document that the task read ended in exactly one of these. `deleted` is not among them: a script that sets
# ctx.op to "delete" would delete by id in the target index, also what a writer stored there a moment ago.
OUTCOMES = ("created", "updated", "version_conflicts", "noops")


def is_our_task(task: Mapping[str, Any], source_index: str, copy_alias: str) -> bool:
    """Whether this is the copy that was started, and not another task that got its id after a restart.

    Args:
        task: `task` of `GET _tasks/<id>`.
        source_index: name in the task's description.
        copy_alias: alias that the copy writes through, and its X-Opaque-Id.
    """
    description = str(task.get("description"))
    return (
        task.get("action") == REINDEX_ACTION
        and task.get("headers", {}).get("X-Opaque-Id") == copy_alias
        # A script is described between the two names.
        and description.startswith(f"reindex from [{source_index}]")
        and description.endswith(f" to [{copy_alias}]")
    )


def task_problems(answer: Mapping[str, Any]) -> list[str]:
    """Why a task did not do its work; empty if it succeeded. `completed: true` alone is no success.

    Args:
        answer: of `GET _tasks/<id>`, with `completed: true` or `task.cancelled: true`.
    """
    response = answer.get("response", {})
    problems = []
    if error := answer.get("error"):
        problems.append(" caused by ".join(document_error(each) for each in (error, error.get("caused_by")) if each))
    # A task cancelled while it backs off from 429 can stay `completed: false, cancelled: true` for ever.
    if response.get("canceled") or answer["task"].get("cancelled"):
        problems.append(f"the task was cancelled: {response.get('canceled') or 'no reason given'}")
    if response.get("timed_out"):
        problems.append("the task timed out")
    problems += _failures(response.get("failures") or [])
    if answer.get("completed") and not error and not response:
        problems.append("the task has no result")
    return problems


def copy_problems(
    task: Mapping[str, Any], source_count: int, current_source_count: int, target_count: int
) -> list[str]:
    """Why a successful task does not prove that every document is in the target index; empty if it does.

    Args:
        task: the task's counters: `total` and one for each outcome.
        source_count: documents in the source index when it was frozen.
        current_source_count: documents in it now.
        target_count: documents in the refreshed target index.
    """
    problems = []
    accounted = sum(task[outcome] for outcome in OUTCOMES)
    if not accounted == task["total"] == source_count:
        counters = ", ".join(f"{outcome} {task[outcome]}" for outcome in ("total", *OUTCOMES, "deleted"))
        problems.append(
            f"the source index has {source_count} documents, but the task accounts for {accounted} ({counters})"
        )
    if current_source_count != source_count:
        problems.append(
            f"the source index had {source_count} documents when it was frozen, and has {current_source_count} now"
        )
    # With op_type create nothing is updated: this is a document that an ingest pipeline dropped.
    if task["updated"]:
        problems.append(f"{task['updated']} documents were dropped by the pipeline")
    # A no-op is a document that a script dropped; every other one, also a conflicting one, is in the target.
    expected = task["total"] - task["noops"]
    if target_count < expected:
        problems.append(f"the target index has {target_count} documents, {expected} are the least it must have")
    return problems


def _failures(failures: list[dict[str, Any]]) -> list[str]:
    """The first failed documents by id, grouped by reason."""
    if not failures:
        return []
    reasons: dict[str, list[str]] = {}
    for failure in failures[:MAX_FAILURES_SHOWN]:
        cause = failure.get("cause") or failure.get("reason") or {}
        reasons.setdefault(document_error(cause), []).append(str(failure.get("id")))
    shown = [f"{reason} (documents {', '.join(ids)})" for reason, ids in reasons.items()]
    kinds = Counter(str(failure.get("status")) for failure in failures)
    total = ", ".join(f"{count} with status {status}" for status, count in kinds.items())
    return [f"documents failed: {total}", *shown]
