"""The copy itself: started once, found again, looked at until it is done."""

import time
from dataclasses import replace
from typing import Any

from aliases import new_copy_alias
from environment import Environment
from errors import ROLL_BACK, ReindexFailedError, ReindexStartError
from guards import both_indices, is_as_healthy
from job import Job
from logs import log
from opensearch_client import IndexInfo, OpenSearchClient
from ownership import note, update_aliases_as_owner
from proof import OUTCOMES, is_our_task, task_problems
from utils import provenance_of

# Long enough for an index of some 100,000 small documents, which then needs no Wait state.
FIRST_WAIT_SECONDS = 5
# A task is lost when its node goes, as in a blue/green deployment; more often than this something is wrong.
MAX_RESTARTS = 5


def start_reindex(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Start the copy, or find the one already started, and wait a few seconds for its end.

    Before: the source index is frozen. After: as for `check_reindex_status`.

    Args:
        client: the domain.
        job: state so far.
        environment: the pause before the next look, and when a copy is given up.

    Raises:
        ReindexFailedError: as `check_reindex_status`.
        ReindexStartError: somebody took the copy alias away.
        ConcurrentReindexError: another execution works on the target index.
    """
    _, target = both_indices(client, job)
    if job.task.get("status") == "completed":
        return job  # proven by an execution before, see update_aliases
    restarts = job.task.get("restarts", 0)
    copy_alias = target.markers.copy_alias
    if copy_alias is None:
        raise ReindexStartError(f"target index {job.target_index!r} has lost its copy alias", next_step=ROLL_BACK)
    if job.source_count == 0:
        # Slicing an empty index fails on some versions (OpenSearch#16549), and there is nothing to copy.
        counters = dict.fromkeys(("total", *OUTCOMES, "deleted"), 0)
        return _finish(client, replace(job, task={"id": None, "copy_alias": copy_alias, **counters}), environment)
    task_id = _find_copy(client, job, target, copy_alias)
    if task_id:
        log.info("the copy was started before", extra={"task_id": task_id})
    else:
        copy_alias = _open_copy(client, job, copy_alias)
        task_id = client.start_reindex(_reindex_body(job, copy_alias), _reindex_params(job))
        note(client, job, target, task_id=task_id)
        log.info("copy started", extra={"task_id": task_id, "documents": job.source_count})
    started = replace(job, task={"id": task_id, "copy_alias": copy_alias, "restarts": restarts})
    return check_reindex_status(client, started, environment, wait_seconds=FIRST_WAIT_SECONDS)


def check_reindex_status(client: OpenSearchClient, job: Job, environment: Environment, *, wait_seconds: int = 0) -> Job:
    """Look at the copy once: running, recovering (its shards are being built), completed, or lost with its node.

    Args:
        client: the domain.
        job: state so far.
        environment: the pause before the next look, and when a copy is given up.
        wait_seconds: how long OpenSearch waits for the end before it answers.

    Raises:
        ReindexFailedError: the task ended with an error or failed documents, was cancelled, stalled, or is lost again
            and again.
    """
    if job.task.get("status") == "recovering":
        return _finish(client, job, environment)
    task_id, copy_alias = job.task["id"], job.task["copy_alias"]
    answer = client.get_task(task_id, wait_seconds=wait_seconds)
    if answer is None or not is_our_task(answer["task"], job.source_index, copy_alias):
        return _lost(job, "the reindex task is lost with its node, and will be started again")
    if not answer["completed"] and not answer["task"].get("cancelled"):
        return _running(client, job, answer["task"]["status"], environment)
    problems = task_problems(answer)
    if problems:
        _, target = both_indices(client, job)
        if target.markers.copy_alias != copy_alias:
            return _lost(job, "another attempt at this step started the copy anew, and is followed from now on")
        raise ReindexFailedError(f"reindex task {task_id} did not copy every document", problems=problems)
    response = answer["response"]
    counters = {counter: response[counter] for counter in ("took", "total", *OUTCOMES, "deleted")}
    log.info("copy done", extra={"task": {"id": task_id, **counters}})
    return _finish(client, replace(job, task={"id": task_id, "copy_alias": copy_alias, **counters}), environment)


def stop_copy(client: OpenSearchClient, copy_alias: str | None) -> None:
    """Cancel the running copy that writes through an alias, if there is one."""
    task_id = client.find_reindex_task(copy_alias) if copy_alias else None
    if task_id:
        client.cancel_task(task_id)
        log.warning("the copy was cancelled", extra={"task_id": task_id})


def _find_copy(client: OpenSearchClient, job: Job, target: IndexInfo, copy_alias: str) -> str | None:
    """The latest copy, if it runs or has done its work: by the id it noted, or by its X-Opaque-Id."""
    noted: str | None = provenance_of(target.mappings).get("task_id")
    answer = client.get_task(noted) if noted else None
    if answer and is_our_task(answer["task"], job.source_index, copy_alias) and not task_problems(answer):
        return noted
    return client.find_reindex_task(copy_alias)


def _open_copy(client: OpenSearchClient, job: Job, copy_alias: str) -> str:
    """Put an alias for a new copy in the place of the latest one's, which can write no more. Of two callers one can."""
    opened = new_copy_alias()
    actions: list[dict[str, Any]] = [
        {"remove": {"index": job.target_index, "alias": copy_alias, "must_exist": True}},
        {"add": {"index": job.target_index, "alias": opened, "is_hidden": True}},
    ]
    update_aliases_as_owner(client, job, actions)
    return opened


def _lost(job: Job, message: str) -> Job:
    restarts = job.task.get("restarts", 0) + 1
    if restarts > MAX_RESTARTS:
        raise ReindexFailedError(
            f"the reindex task was lost {restarts} times: nodes restart, or its result cannot be stored in .tasks, "
            "for example because the disks are full"
        )
    log.warning(message, extra={"task_id": job.task["id"]})
    return replace(job, task={**job.task, "status": "lost", "restarts": restarts})


def _running(client: OpenSearchClient, job: Job, status: dict[str, Any], environment: Environment) -> Job:
    """Note how far the copy is, and give it up if it has come no further for too long."""
    statuses = client.slice_statuses(job.task["id"]) or [status]
    copied = sum(each.get(outcome, 0) for each in statuses for outcome in OUTCOMES)
    # A copy that waits for its requests_per_second is as fast as it was asked to be.
    is_throttled = any(each.get("throttled_until_millis", 0) > 0 for each in statuses)
    now = int(time.time())
    moved_at = job.task.get("moved_at", now)
    if is_throttled or copied != job.task.get("copied"):
        moved_at = now
    if now - moved_at > environment.stall_timeout_seconds:
        stop_copy(client, job.task["copy_alias"])
        raise ReindexFailedError(
            f"the copy stalled: for {now - moved_at} s it stayed at {copied} of {job.source_count} documents, and was "
            "cancelled. Look at the domain's write queue, disks and nodes"
        )
    log.info("copying", extra={"task_id": job.task["id"], "copied": copied, "documents": job.source_count})
    progress = {"copied": copied, "moved_at": moved_at, "wait_seconds": environment.poll_interval_seconds}
    return replace(job, task={**job.task, "status": "running", **progress})


def _finish(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Give the filled target index its own settings, and let it become as healthy as the source index was."""
    if job.settings_after_copy:
        client.put_settings(job.target_index, job.settings_after_copy)
    health = client.health(job.target_index, wait_for_status=job.source_health, timeout_seconds=FIRST_WAIT_SECONDS)
    if is_as_healthy(health, job):
        return replace(job, task={**job.task, "status": "completed"})
    log.info("waiting for the shards of the target index", extra={"health": health})
    return replace(job, task={**job.task, "status": "recovering", "wait_seconds": environment.poll_interval_seconds})


def _reindex_body(job: Job, copy_alias: str) -> dict[str, Any]:
    options = job.reindex
    body: dict[str, Any] = {
        # What a writer put into the target index meanwhile is newer, so it stays.
        "conflicts": "proceed",
        "source": {"index": job.source_index, "size": options["batch_size"]},
        # The documents went through the index's default pipeline when they were written.
        "dest": {"index": copy_alias, "op_type": "create", "pipeline": options.get("pipeline", "_none")},
    }
    if "script" in options:
        body["script"] = options["script"]
    return body


def _reindex_params(job: Job) -> dict[str, str]:
    params = {"slices": str(job.reindex["slices"])}
    if "requests_per_second" in job.reindex:
        params["requests_per_second"] = str(job.reindex["requests_per_second"])
    return params
