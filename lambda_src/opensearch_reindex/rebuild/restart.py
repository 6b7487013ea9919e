"""Start a copy again after a fault of the domain, or give up without progress."""

from collections.abc import Sequence
from dataclasses import replace

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Job
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexFailedError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log

# A copy of hours may lose a node every hour, so only restarts in a row that copied nothing count. With the pauses
# between them they take 20 minutes: a node of the domain is replaced within that time.
MAX_FRUITLESS_RESTARTS = 10
# After these, restarts and polls keep to the poll interval, so that the history of the execution has room for them.
QUICK_RESTARTS = 5
# A copy that gets on is not made gentler than this, however often it is interrupted: an eighth of the batch size.
MAX_GENTLENESS_WITH_PROGRESS = 3
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5, 300


def start_again(
    client: OpenSearchClient,
    job: Job,
    poll_interval_seconds: int,
    *,
    fault: str,
    problems: Sequence[str] = (),
    created: int | None = None,
) -> Job:
    """Return the state from which StartReindex starts the copy again.

    The copied documents stay: op type `create` makes another copy incremental.

    Args:
        client: the domain.
        job: state so far.
        poll_interval_seconds: longest pause between two polls.
        fault: what happened to the reindex task.
        problems: OpenSearch's reasons; empty if the task was lost with its node.
        created: documents that the ended task created; None if unknown.

    Raises:
        ReindexFailedError: no restart of many copied a document.
    """
    copy = job.task
    in_target = _documents_in_target(client, job)
    has_progress = (in_target or 0) > (copy.in_target or 0) if created is None else created > 0
    fruitless = 0 if has_progress else copy.fruitless + 1
    if fruitless > MAX_FRUITLESS_RESTARTS:
        raise ReindexFailedError(
            f"the copy ended {fruitless} times in a row without copying a document of {job.source_index!r}: {fault}",
            problems=problems,
            next_step="The source index is complete and still in its aliases. Remove the fault of the domain: inspect "
            "its nodes, disks, memory and queues, and ask _cluster/allocation/explain for shards that are not "
            "assigned. Then upload the trigger file again, which continues the copy.",
        )
    pause = _pause_seconds(copy.restarts + 1, fruitless, poll_interval_seconds)
    again = replace(
        copy,
        status=CopyStatus.PAUSED if pause else CopyStatus.LOST,
        restarts=copy.restarts + 1,
        fruitless=fruitless,
        gentleness=_gentleness(copy, is_fault=bool(problems), has_progress=has_progress),
        in_target=max(in_target or 0, copy.in_target or 0),
        wait_seconds=pause,
    )
    log.warning(
        "the copy will be started again",
        extra={"fault": fault, "problems": list(problems), "task_id": copy.id, "task": again.to_dict()},
    )
    return replace(job, task=again)


def end_pause(job: Job) -> Job:
    """Return the state after the pause: StartReindex starts the copy again."""
    return replace(job, task=replace(job.task, status=CopyStatus.LOST))


def _gentleness(copy: Copy, *, is_fault: bool, has_progress: bool) -> int:
    """Return how often the batch size is halved."""
    if not has_progress:
        return copy.gentleness + 1
    if is_fault:
        return min(copy.gentleness + 1, max(copy.gentleness, MAX_GENTLENESS_WITH_PROGRESS))
    return copy.gentleness


def _pause_seconds(restarts: int, fruitless: int, poll_interval_seconds: int) -> int:
    pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (fruitless - 2)) if fruitless > 1 else 0
    return max(pause, 2 * poll_interval_seconds) if restarts > QUICK_RESTARTS else pause


def _documents_in_target(client: OpenSearchClient, job: Job) -> int | None:
    """Count the documents of the target index; None while a shard is missing."""
    try:
        client.refresh(job.target_index)
        # With segment replication, replicas show a document later.
        return client.count(job.target_index, primaries=True)
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        log.warning("documents of the target index could not be counted", extra={"reason": str(error)})
        return None
