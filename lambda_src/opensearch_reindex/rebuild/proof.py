"""Decide from OpenSearch's answers whether a copy is complete, before a deletion."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.markers import REINDEX_ACTION
from opensearch_reindex.rebuild.job import Counters
from opensearch_reindex.runtime.redaction import document_error

MAX_FAILURES_SHOWN = 10
# Every document that the task read ended in exactly one of these. `deleted` is not among them: a script that sets
# ctx.op to "delete" deletes by id in the target index, also a document that a writer stored there a moment ago.
OUTCOMES = ("created", "updated", "version_conflicts", "noops")


def is_our_task(task: Mapping[str, Any], source_index: str, copy_alias: str) -> bool:
    """Return whether a task is the started copy, not another one with the same id.

    Args:
        task: `task` of `GET _tasks/<id>`.
        source_index: name in the task's description.
        copy_alias: alias that the copy writes through, which is also its X-Opaque-Id.
    """
    description = str(task.get("description"))
    return (
        task.get("action") == REINDEX_ACTION
        and task.get("headers", {}).get("X-Opaque-Id") == copy_alias
        # The description of a script stands between the two names. Before OpenSearch 2.0, the type follows.
        and description.startswith(f"reindex from [{source_index}]")
        and description.removesuffix("[_doc]").endswith(f" to [{copy_alias}]")
    )


def task_problems(answer: Mapping[str, Any]) -> list[str]:
    """List why a task failed; empty if it succeeded.

    `completed: true` alone is no success.

    Args:
        answer: of `GET _tasks/<id>`, with `completed: true` or `task.cancelled: true`.
    """
    response = answer.get("response", {})
    problems = []
    if error := answer.get("error"):
        problems.append(document_error(error))
    # A task that is cancelled while it backs off from status 429 can stay `completed: false, cancelled: true`.
    if response.get("canceled") or answer["task"].get("cancelled"):
        problems.append(f"the reindex task was cancelled: {response.get('canceled') or 'OpenSearch gives no reason'}")
    if response.get("timed_out"):
        problems.append("the reindex task timed out")
    problems += _failures(response.get("failures") or [])
    if lacks_result(answer):
        problems.append("the reindex task has no result")
    return problems


def lacks_result(answer: Mapping[str, Any]) -> bool:
    """Tell whether a task ended and OpenSearch could not store its result in .tasks."""
    return bool(answer.get("completed") and not answer.get("error") and not answer.get("response"))


def with_result_of_status(answer: Mapping[str, Any], source_count: int) -> Mapping[str, Any]:
    """Return an answer that lacks a result with the result that its last status shows.

    A request that waits for the end of a task gets its last status, also when the result cannot be stored. The status
    counts a document only once OpenSearch has answered for it, and failed documents not at all. So a status that
    accounts for every document is the counters of a complete copy. From any other status nothing follows.

    Args:
        answer: of `GET _tasks/<id>`, which lacks a result.
        source_count: documents in the frozen source index.
    """
    status = answer["task"].get("status") or {}
    # A slice that failed is its exception in place of its status.
    failed = [slice_ for slice_ in status.get("slices") or [] if slice_ and "slice_id" not in slice_]
    if failed:
        return {**answer, "error": failed[0]}
    if sum(status.get(outcome, 0) for outcome in OUTCOMES) == status.get("total") == source_count:
        return {**answer, "response": status}
    return answer


def copy_problems(counters: Counters, source_count: int, current_source_count: int, target_count: int) -> list[str]:
    """List why a successful task does not prove a complete copy; empty if it does.

    Args:
        counters: result of the task.
        source_count: documents in the source index when it was frozen.
        current_source_count: documents in the source index now.
        target_count: documents in the refreshed target index.
    """
    problems = []
    accounted = sum(getattr(counters, outcome) for outcome in OUTCOMES)
    if not accounted == counters.total == source_count:
        shown = ", ".join(f"{name} {getattr(counters, name)}" for name in ("total", *OUTCOMES, "deleted"))
        problems.append(
            f"the source index has {source_count} documents, but the reindex task accounts for {accounted} ({shown})"
        )
    if current_source_count != source_count:
        problems.append(
            f"the source index has {current_source_count} documents; expected {source_count}, as when it was frozen"
        )
    # With op type create no document is updated: this one was dropped by an ingest pipeline.
    if counters.updated:
        problems.append(f"the pipeline dropped {counters.updated} documents")
    # A no-op is a document that a script dropped. Every other document, also a conflicting one, is in the target.
    expected = counters.total - counters.noops
    if target_count < expected:
        problems.append(f"the target index has {target_count} documents; expected at least {expected}")
    return problems


def _failures(failures: list[dict[str, Any]]) -> list[str]:
    """Group failed documents and searches by reason, and name the first ones."""
    problems = []
    for what, place in (("documents", _document), ("searches", _shard)):
        failed = [failure for failure in failures if ("id" in failure) == (what == "documents")]
        reasons: dict[str, list[str]] = {}
        for failure in failed:
            cause = failure.get("cause") or failure.get("reason") or {}
            reasons.setdefault(document_error(cause), []).append(place(failure))
        kinds = Counter(str(failure.get("status", "unknown")) for failure in failed)
        if failed:
            total = ", ".join(f"{count} with status {status}" for status, count in kinds.items())
            problems.append(f"{what} failed: {total}")
        problems += [f"{reason} ({what} {_listed(places)})" for reason, places in reasons.items()]
    return problems


def _document(failure: Mapping[str, Any]) -> str:
    return str(failure["id"])


def _shard(failure: Mapping[str, Any]) -> str:
    return f"of shard {failure.get('shard', 'unknown')} on node {failure.get('node') or 'unknown'}"


def _listed(places: list[str]) -> str:
    shown = list(dict.fromkeys(places))
    more = len(shown) - MAX_FAILURES_SHOWN
    return ", ".join(shown[:MAX_FAILURES_SHOWN]) + (f" and {more} more" if more > 0 else "")
