"""The copy itself: started once, found again, looked at until it is done."""

from dataclasses import replace
from typing import Any

from errors import ReindexFailedError
from guards import both_indices
from job import Job
from logs import log
from opensearch_client import OpenSearchClient
from proof import OUTCOMES, is_our_task, task_problems

# Long enough for an index of some 100,000 small documents, which then needs no Wait state.
FIRST_WAIT_SECONDS = 5
# A task is lost when its node goes, as in a blue/green deployment; more often than this something is wrong.
MAX_RESTARTS = 5


def start_reindex(client: OpenSearchClient, job: Job, poll_interval_seconds: int) -> Job:
    """Start the copy, or find the one already running, and wait a few seconds for its end.

    Before: the source index is frozen. After: as for `check_reindex_status`.

    Args:
        client: the domain.
        job: state so far.
        poll_interval_seconds: pause before the next look.
    """
    both_indices(client, job)
    if job.task.get("status") == "completed":
        return job  # proven by an execution before, see update_aliases
    if job.source_count == 0:
        # Slicing an empty index fails on some versions (OpenSearch#16549), and there is nothing to copy.
        counters = dict.fromkeys(("total", *OUTCOMES, "deleted"), 0)
        return replace(job, task={"id": None, "status": "completed", **counters})
    task_id = client.find_reindex_task(job.opaque_id)
    if task_id:
        log.info("the copy is running already", extra={"task_id": task_id})
    else:
        task_id = client.start_reindex(_reindex_body(job), _reindex_params(job), job.opaque_id)
        log.info("copy started", extra={"task_id": task_id, "documents": job.source_count})
    started = replace(job, task={"id": task_id, "restarts": job.task.get("restarts", 0)})
    return check_reindex_status(client, started, poll_interval_seconds, wait_seconds=FIRST_WAIT_SECONDS)


def check_reindex_status(
    client: OpenSearchClient, job: Job, poll_interval_seconds: int, *, wait_seconds: int = 0
) -> Job:
    """Look at the copy once: running, completed, or lost with the node it ran on.

    Args:
        client: the domain.
        job: state so far.
        poll_interval_seconds: pause before the next look.
        wait_seconds: how long OpenSearch waits for the end before it answers.

    Raises:
        ReindexFailedError: the task ended with an error or failed documents, was cancelled, or is lost again and again.
    """
    task_id = job.task["id"]
    answer = client.get_task(task_id, wait_seconds=wait_seconds)
    if answer is None or not is_our_task(answer["task"], job.source_index, job.target_index, job.opaque_id):
        restarts = job.task.get("restarts", 0) + 1
        if restarts > MAX_RESTARTS:
            raise ReindexFailedError(
                f"the reindex task was lost {restarts} times: nodes restart, or its result cannot be stored in .tasks, "
                "for example because the disks are full"
            )
        log.warning("the reindex task is lost and will be started again", extra={"task_id": task_id})
        return replace(job, task={"id": task_id, "status": "lost", "restarts": restarts})
    if not answer["completed"] and not answer["task"].get("cancelled"):
        copied = client.copied_documents(task_id) or sum(answer["task"]["status"][outcome] for outcome in OUTCOMES)
        log.info("copying", extra={"task_id": task_id, "copied": copied, "documents": job.source_count})
        return replace(
            job,
            task={
                "id": task_id,
                "status": "running",
                "restarts": job.task.get("restarts", 0),
                "copied": copied,
                "wait_seconds": poll_interval_seconds,
            },
        )
    problems = task_problems(answer)
    if problems:
        raise ReindexFailedError(f"reindex task {task_id} did not copy every document", problems=problems)
    response = answer["response"]
    counters = {counter: response[counter] for counter in ("took", "total", *OUTCOMES, "deleted")}
    task = {"id": task_id, "status": "completed", **counters}
    log.info("copy done", extra={"task": task})
    return replace(job, task=task)


def _reindex_body(job: Job) -> dict[str, Any]:
    options = job.reindex
    body: dict[str, Any] = {
        # What a writer put into the target index meanwhile is newer, so it stays.
        "conflicts": "proceed",
        "source": {"index": job.source_index, "size": options["batch_size"]},
        # The documents went through the index's default pipeline when they were written.
        "dest": {
            "index": job.target_index,
            "op_type": "create",
            "pipeline": options.get("pipeline", "_none"),
        },
    }
    if "script" in options:
        body["script"] = options["script"]
    return body


def _reindex_params(job: Job) -> dict[str, str]:
    params = {"slices": str(job.reindex["slices"])}
    if "requests_per_second" in job.reindex:
        params["requests_per_second"] = str(job.reindex["requests_per_second"])
    return params
