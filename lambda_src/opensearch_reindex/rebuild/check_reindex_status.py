"""Step CheckReindexStatus: poll the reindex task, then the target's health."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.faults import is_final
from opensearch_reindex.rebuild.guards import both_indices, is_as_healthy
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.pieces import NO_RESULTS, copy_pieces, switch_to_pieces
from opensearch_reindex.rebuild.progress import record_progress
from opensearch_reindex.rebuild.proof import is_our_task, lacks_result, task_problems, with_result_of_status
from opensearch_reindex.rebuild.restart import end_pause, start_again
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
    if copy.next_seq_no is not None:
        job = copy_pieces(client, job, environment.poll_interval_seconds)
        return finish(client, job, environment) if job.task.status == CopyStatus.COMPLETED else job
    if copy.id is None or copy.copy_alias is None:
        raise ReindexFailedError("the state names no reindex task")
    is_end_near = copy.wait_seconds < environment.poll_interval_seconds
    answer = client.get_task(copy.id, wait_seconds=POLL_SECONDS if is_end_near else 0)
    if answer is None and _has_node(client, copy.id, copy.started_at):
        return switch_to_pieces(job)  # the task ended, and left no result
    if answer is None or not is_our_task(answer["task"], job.source_index, copy.copy_alias):
        return start_again(
            client, job, environment.poll_interval_seconds, fault="the reindex task was lost with its node"
        )
    if not answer["completed"] and not answer["task"].get("cancelled"):
        return record_progress(client, job, copy.id, answer["task"], environment)
    return _after_end(client, job, answer, environment)


def _after_end(client: OpenSearchClient, job: Job, answer: Mapping[str, Any], environment: Environment) -> Job:
    """Decide what the result of the ended task means for the copy."""
    if lacks_result(answer):
        answer = with_result_of_status(answer, job.source_count)
        if lacks_result(answer):
            return switch_to_pieces(job)
        log.warning(NO_RESULTS, extra={"task_id": job.task.id})
        job = job.warn(NO_RESULTS)
    problems = task_problems(answer)
    if problems:
        return _failed(client, job, answer, problems, environment)
    counters = Counters.read(answer["response"])
    ended = replace(job, task=Copy(id=job.task.id, copy_alias=job.task.copy_alias, counters=counters))
    rate = round(counters.total / max(counters.took, 1) * 1000)
    log.info("reindex task succeeded", extra={"task": ended.task.to_dict(), "documents_per_second": rate})
    return finish(client, ended, environment)


def _has_node(client: OpenSearchClient, task_id: str, started_at: int | None) -> bool:
    """Tell whether the node of a task has run since the task was started."""
    if started_at is None:
        return False
    try:
        return client.has_run_for(task_id.partition(":")[0], time.time() - started_at)
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        log.warning("the node of the task could not be asked for its age", extra={"reason": str(error)})
        return False


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
