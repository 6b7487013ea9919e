"""Follow a running reindex task: progress, throttle and stalls."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Job
from opensearch_reindex.rebuild.ownership import stop_copy
from opensearch_reindex.rebuild.proof import OUTCOMES
from opensearch_reindex.rebuild.restart import QUICK_RESTARTS
from opensearch_reindex.rebuild.throttle import (
    UNLIMITED,
    Poll,
    Throttle,
    is_same_limit,
    is_throttled,
    poll_pause_seconds,
)
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexFailedError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log


def record_progress(
    client: OpenSearchClient, job: Job, task_id: str, task: Mapping[str, Any], environment: Environment
) -> Job:
    """Record the progress of a task, adapt its throttle, and give it up if it stalls."""
    copy = job.task
    whole, slices = task["status"], client.slice_statuses(task_id)
    statuses = slices or [whole]
    # The whole task counts the slices that are done. A slice that ends between the two requests is in neither answer.
    copied = max(copy.copied or 0, sum(map(_copied, [whole, *slices])))
    now = int(time.time())
    # A task that waits because of its limit is as fast as requested.
    moves = is_throttled(statuses) or copied != copy.copied
    last_progress = now if moves or copy.moved_at is None else copy.moved_at
    if now - last_progress > environment.stall_timeout_seconds:
        stop_copy(client, copy.copy_alias)
        raise ReindexFailedError(
            f"the copy stalled at {copied} of {job.source_count} documents for {now - last_progress} s, and was "
            "cancelled. Inspect the write queue, the disks and the nodes of the domain"
        )
    running_seconds = task["running_time_in_nanos"] / 1e9
    rate = _rate(copy, copied, running_seconds)
    throttle = _adapt_throttle(client, job, task_id, whole, slices, rate)
    log.info(
        "reindex task is running",
        extra={
            "task_id": task_id,
            "copied": copied,
            "documents": job.source_count,
            "documents_per_second": round(rate),
        },
    )
    running = replace(
        copy,
        status=CopyStatus.RUNNING,
        copied=copied,
        running_seconds=round(running_seconds, 1),
        moved_at=last_progress,
        throttle=throttle,
        wait_seconds=environment.poll_interval_seconds
        if copy.restarts > QUICK_RESTARTS
        else poll_pause_seconds(
            [(_copied(status), status.get("total", 0)) for status in statuses],
            running_seconds,
            environment.poll_interval_seconds,
        ),
    )
    return replace(job, task=running)


def _copied(status: Mapping[str, Any]) -> int:
    return sum(status.get(outcome, 0) for outcome in OUTCOMES)


def _rate(copy: Copy, copied: int, running_seconds: float) -> float:
    """Return the documents a second since the poll before."""
    seconds = running_seconds - copy.running_seconds
    return (copied - (copy.copied or 0)) / seconds if seconds > 0 else 0.0


def _adapt_throttle(
    client: OpenSearchClient,
    job: Job,
    task_id: str,
    whole: Mapping[str, Any],
    slices: Sequence[Mapping[str, Any]],
    rate: float,
) -> Throttle | None:
    """Throttle the task when the domain refuses write requests or has a long queue.

    Requests of other applications count too.
    No copy fails because of its throttle. None means that the domain could not be asked yet.
    """
    before = job.task.throttle
    try:
        queues = client.write_queues()
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        log.warning("write queues could not be read", extra={"reason": str(error)})
        return before
    poll = Poll.read(whole, slices, queues, rate)
    if before:
        throttle = before.next(poll)
    else:
        throttle = Throttle.first(job.reindex.get("requests_per_second"), poll, is_gentle=job.task.gentleness > 0)
    if not is_same_limit(throttle.limit, poll.limit):
        per_second = throttle.limit if throttle.limit == UNLIMITED else throttle.limit * poll.slices
        try:
            if client.rethrottle(task_id, per_second):
                log.warning("throttle of the reindex task changed", extra={"requests_per_second": per_second})
        except (OpenSearchRequestError, TransientOpenSearchError) as error:
            # The change may have arrived: the next poll takes either limit for the module's own.
            log.warning("throttle of the reindex task could not be changed", extra={"reason": str(error)})
    return throttle
