"""The copy itself: started once, found again, looked at until it is done."""

import time
from dataclasses import asdict, replace
from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import both_indices, is_as_healthy
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import stop_copy
from opensearch_reindex.rebuild.proof import OUTCOMES, is_our_task, task_problems
from opensearch_reindex.rebuild.throttle import UNLIMITED, Look, Pace, is_same, is_throttled, pause_seconds
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import (
    OpenSearchRequestError,
    ReindexFailedError,
    TransientOpenSearchError,
)
from opensearch_reindex.runtime.logs import log

# How long OpenSearch waits for the end of a copy before it answers, where that may be near. Long enough for an index of
# some 100,000 small documents, which then needs no Wait state.
LOOK_SECONDS = 5
# A task is lost when its node goes, as in a blue/green deployment; more often than this something is wrong.
MAX_RESTARTS = 5


def check_reindex_status(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Look at the copy once: running, recovering (its shards are being built), completed, or lost with its node.

    Args:
        client: the domain.
        job: state so far.
        environment: the pause before the next look, and when a copy is given up.

    Raises:
        ReindexFailedError: the task ended with an error or failed documents, was cancelled, stalled, or is lost again
            and again; or nobody builds the shards of the target index.
    """
    if job.task.get("status") == "recovering":
        return finish(client, job, environment)
    task_id, copy_alias = job.task["id"], job.task["copy_alias"]
    is_end_near = job.task.get("wait_seconds", 0) < environment.poll_interval_seconds
    answer = client.get_task(task_id, wait_seconds=LOOK_SECONDS if is_end_near else 0)
    if answer is None or not is_our_task(answer["task"], job.source_index, copy_alias):
        return _lost(job, "the reindex task is lost with its node, and will be started again")
    if not answer["completed"] and not answer["task"].get("cancelled"):
        return _running(client, job, answer["task"], environment)
    problems = task_problems(answer)
    if problems:
        _, target = both_indices(client, job)
        if target.markers.copy_alias != copy_alias:
            return _lost(job, "another attempt at this step started the copy anew, and is followed from now on")
        raise ReindexFailedError(f"reindex task {task_id} did not copy every document", problems=problems)
    response = answer["response"]
    counters = {counter: response[counter] for counter in ("took", "total", *OUTCOMES, "deleted")}
    rate = round(counters["total"] / max(counters["took"], 1) * 1000)
    log.info("copy done", extra={"task": {"id": task_id, **counters}, "documents_per_second": rate})
    return finish(client, replace(job, task={"id": task_id, "copy_alias": copy_alias, **counters}), environment)


def _lost(job: Job, message: str) -> Job:
    restarts = job.task.get("restarts", 0) + 1
    if restarts > MAX_RESTARTS:
        raise ReindexFailedError(
            f"the reindex task was lost {restarts} times: nodes restart, or its result cannot be stored in .tasks, "
            "for example because the disks are full"
        )
    log.warning(message, extra={"task_id": job.task["id"]})
    return replace(job, task={**job.task, "status": "lost", "restarts": restarts})


def _running(client: OpenSearchClient, job: Job, task: dict[str, Any], environment: Environment) -> Job:
    """Note how far the copy is, let it go as fast as the domain can bear, and give it up if it stands still."""
    whole, slices = task["status"], client.slice_statuses(job.task["id"])
    statuses = slices or [whole]
    # The whole task counts the slices that are done. One that ends between the two requests is in neither answer.
    copied = max(job.task.get("copied", 0), sum(map(_copied, [whole, *slices])))
    # A copy that waits for its requests_per_second is as fast as it was asked to be.
    now = int(time.time())
    moved_at = now if is_throttled(statuses) or copied != job.task.get("copied") else job.task["moved_at"]
    if now - moved_at > environment.stall_timeout_seconds:
        stop_copy(client, job.task["copy_alias"])
        raise ReindexFailedError(
            f"the copy stalled: for {now - moved_at} s it stayed at {copied} of {job.source_count} documents, and was "
            "cancelled. Look at the domain's write queue, disks and nodes"
        )
    running_seconds = task["running_time_in_nanos"] / 1e9
    rate = _rate(job, copied, running_seconds)
    pace = _keep_pace(client, job, whole, slices, rate)
    log.info(
        "copying",
        extra={
            "task_id": job.task["id"],
            "copied": copied,
            "documents": job.source_count,
            "documents_per_second": round(rate),
        },
    )
    progress = {
        "copied": copied,
        "running_seconds": round(running_seconds, 1),
        "moved_at": moved_at,
        **({"pace": asdict(pace)} if pace else {}),
        "wait_seconds": pause_seconds(
            [(_copied(status), status.get("total", 0)) for status in statuses],
            running_seconds,
            environment.poll_interval_seconds,
        ),
    }
    return replace(job, task={**job.task, "status": "running", **progress})


def _copied(status: dict[str, Any]) -> int:
    return sum(status.get(outcome, 0) for outcome in OUTCOMES)


def _rate(job: Job, copied: int, running_seconds: float) -> float:
    """Documents a second since the last look."""
    seconds = running_seconds - job.task.get("running_seconds", 0.0)
    return (copied - job.task.get("copied", 0)) / seconds if seconds > 0 else 0.0


def _keep_pace(
    client: OpenSearchClient, job: Job, whole: dict[str, Any], slices: list[dict[str, Any]], rate: float
) -> Pace | None:
    """Slow the copy down when the domain refuses requests or has many waiting, for itself or for anybody else.

    No copy is to fail for this. None: the domain could not be asked yet.
    """
    before = Pace(**job.task["pace"]) if "pace" in job.task else None
    try:
        queues = client.write_queues()
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        log.warning("the copy's pace could not be looked after", extra={"reason": str(error)})
        return before
    look = Look.at(whole, slices, queues, rate)
    asked = job.reindex.get("requests_per_second", 0) / look.slices or UNLIMITED
    pace = before.next(look) if before else Pace(asked, asked, look.limit, look.slices, look.refused, look.rate)
    if not is_same(pace.limit, look.limit):
        per_second = pace.limit if pace.limit == UNLIMITED else pace.limit * look.slices
        try:
            if client.rethrottle(job.task["id"], per_second):
                log.warning("the copy's pace was changed", extra={"requests_per_second": per_second})
        except (OpenSearchRequestError, TransientOpenSearchError) as error:
            # It may be changed all the same: the next look knows both limits for its own.
            log.warning("the copy's pace could not be changed", extra={"reason": str(error)})
    return pace


def finish(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Give the filled target index its own settings, and let it become as healthy as the source index was.

    Raises:
        ReindexFailedError: it does not, and no shard is being built.
    """
    completed = replace(job, task={**job.task, "status": "completed"})
    if not job.settings_after_copy:
        return completed
    client.put_settings(job.target_index, job.settings_after_copy)
    health = client.health(job.target_index, wait_for_status=job.source_health, timeout_seconds=LOOK_SECONDS)
    if is_as_healthy(health, job):
        return completed
    now = int(time.time())
    # Shards of other indices, too: those of the target wait in line behind them.
    moved_at = now if client.is_building() else job.task.get("moved_at", now)
    if now - moved_at > environment.stall_timeout_seconds:
        raise ReindexFailedError(
            f"the copy is complete, but the target index is {health} still, the source index was {job.source_health}, "
            f"and for {now - moved_at} s no shard of the domain was being built. Look at _cluster/allocation/explain"
        )
    log.info("waiting for the shards of the target index", extra={"health": health})
    waiting = {"status": "recovering", "moved_at": moved_at, "wait_seconds": environment.poll_interval_seconds}
    return replace(job, task={**job.task, **waiting})
