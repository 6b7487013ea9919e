"""Step CheckReindexStatus: poll the reindex task, then the target's health."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.faults import is_final
from opensearch_reindex.rebuild.guards import both_indices, is_as_healthy
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.ownership import stop_copy
from opensearch_reindex.rebuild.proof import OUTCOMES, is_our_task, task_problems
from opensearch_reindex.rebuild.restart import QUICK_RESTARTS, end_pause, start_again
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

# How long OpenSearch holds a poll open when the task may end soon. With it, an index of some 100,000 small documents
# needs no Wait state.
POLL_SECONDS = 5


def check_reindex_status(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Poll the reindex task once.

    Before: StartReindex has returned. After: the copy is running, recovering (shards are being built), completed, or
    lost: its node is gone, or a fault of the domain ended it. Before many restarts there is a pause.

    Args:
        client: the domain.
        job: state so far.
        environment: poll interval and stall timeout.

    Raises:
        ReindexFailedError: documents do not fit; the task was cancelled or stalled; many restarts in a row copied
            nothing; or OpenSearch does not build the shards of the target index.
    """
    copy = job.task
    if copy.status == CopyStatus.PAUSED:
        return end_pause(job)
    if copy.status == CopyStatus.RECOVERING:
        return finish(client, job, environment)
    if copy.id is None or copy.copy_alias is None:
        raise ReindexFailedError("the state names no reindex task")
    is_end_near = copy.wait_seconds < environment.poll_interval_seconds
    answer = client.get_task(copy.id, wait_seconds=POLL_SECONDS if is_end_near else 0)
    if answer is None or not is_our_task(answer["task"], job.source_index, copy.copy_alias):
        return start_again(
            client, job, environment.poll_interval_seconds, fault="the reindex task was lost with its node"
        )
    if not answer["completed"] and not answer["task"].get("cancelled"):
        return _running(client, job, copy.id, answer["task"], environment)
    problems = task_problems(answer)
    if problems:
        return _failed(client, job, answer, problems, environment)
    counters = Counters.read(answer["response"])
    ended = replace(job, task=Copy(id=copy.id, copy_alias=copy.copy_alias, counters=counters))
    rate = round(counters.total / max(counters.took, 1) * 1000)
    log.info("reindex task succeeded", extra={"task": ended.task.to_dict(), "documents_per_second": rate})
    return finish(client, ended, environment)


def finish(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Give the filled target its own settings, and await the health of the source.

    Raises:
        ReindexFailedError: it stays less healthy, and OpenSearch builds no shard.
    """
    completed = replace(job, task=replace(job.task, status=CopyStatus.COMPLETED))
    if not job.settings_after_copy:
        return completed
    client.put_settings(job.target_index, job.settings_after_copy)
    health = client.health(job.target_index, wait_for_status=job.source_health, timeout_seconds=POLL_SECONDS)
    if is_as_healthy(health, job):
        return completed
    now = int(time.time())
    # Shards of other indices count too: OpenSearch builds them before the shards of the target index.
    last_progress = now if client.is_building() or job.task.moved_at is None else job.task.moved_at
    if now - last_progress > environment.stall_timeout_seconds:
        raise ReindexFailedError(
            f"the copy is complete, but the target index is {health}; expected {job.source_health}, like the source "
            f"index. OpenSearch has built no shard of the domain for {now - last_progress} s: ask "
            "_cluster/allocation/explain for the reason"
        )
    log.info("waiting for the shards of the target index", extra={"health": health})
    recovering = replace(
        job.task,
        status=CopyStatus.RECOVERING,
        moved_at=last_progress,
        wait_seconds=environment.poll_interval_seconds,
    )
    return replace(job, task=recovering)


def _failed(
    client: OpenSearchClient, job: Job, answer: Mapping[str, Any], problems: Sequence[str], environment: Environment
) -> Job:
    """Start a copy again that the domain ended, or that another run replaced.

    Raises:
        ReindexFailedError: another attempt would end in the same way.
    """
    _, target = both_indices(client, job)
    if target.markers.copy_alias != job.task.copy_alias:
        log.warning("another run of StartReindex started the copy again, and will be followed")
        return replace(job, task=replace(job.task, status=CopyStatus.LOST, restarts=job.task.restarts + 1))
    fault = f"reindex task {job.task.id} did not copy every document"
    if is_final(answer):
        raise ReindexFailedError(fault, problems=problems)
    return start_again(
        client,
        job,
        environment.poll_interval_seconds,
        fault=fault,
        problems=problems,
        created=(answer.get("response") or {}).get("created"),
    )


def _running(
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
