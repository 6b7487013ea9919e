"""Step StartReindex: start the reindex task once, or find it again."""

from dataclasses import replace
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import new_copy_alias
from opensearch_reindex.index.provenance import provenance_of
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status, finish
from opensearch_reindex.rebuild.guards import both_indices, is_copy_of_frozen
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import note, update_aliases_as_owner
from opensearch_reindex.rebuild.proof import OUTCOMES, is_our_task, task_problems
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import (
    ROLL_BACK,
    ReindexStartError,
    VerificationError,
)
from opensearch_reindex.runtime.logs import log


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
        VerificationError: the source index was written to since an earlier copy began.
        ConcurrentReindexError: another execution works on the target index.
    """
    _, target = both_indices(client, job)
    if not is_copy_of_frozen(job, target):
        # What was copied then may be outdated, and a second copy does not overwrite it.
        raise VerificationError(
            "the source index was written to after it had been frozen",
            next_step="Upload the file again: the copy is made anew."
            if job.blocks_writes and not target.markers.is_proven
            else ROLL_BACK,
        )
    if target.markers.is_proven:
        # An execution before came as far as RemoveAlias. A second copy would bring back what was deleted since.
        return replace(job, task={"status": "completed"})
    restarts = job.task.get("restarts", 0)
    copy_alias = target.markers.copy_alias
    if copy_alias is None:
        raise ReindexStartError(f"target index {job.target_index!r} has lost its copy alias", next_step=ROLL_BACK)
    if job.source_count == 0:
        # Slicing an empty index fails on some versions (OpenSearch#16549), and there is nothing to copy.
        counters = dict.fromkeys(("total", *OUTCOMES, "deleted"), 0)
        return finish(client, replace(job, task={"id": None, "copy_alias": copy_alias, **counters}), environment)
    if task_id := _find_copy(client, job, target, copy_alias):
        log.info("the copy was started before", extra={"task_id": task_id})
    else:
        copy_alias = _open_copy(client, job, copy_alias)
        task_id = client.start_reindex(_reindex_body(job, copy_alias), _reindex_params(job))
        note(client, job, target, task_id=task_id)
        log.info("copy started", extra={"task_id": task_id, "documents": job.source_count})
    started = replace(job, task={"id": task_id, "copy_alias": copy_alias, "restarts": restarts})
    return check_reindex_status(client, started, environment)


def _find_copy(client: OpenSearchClient, job: Job, target: IndexInfo, copy_alias: str) -> str | None:
    """The latest copy, if it runs or has done its work: by the id it noted, or by its X-Opaque-Id."""
    if target.markers.frozen_seq_no is None:
        return None  # none was ever opened
    noted: str | None = provenance_of(target.mappings).get("task_id")
    answer = client.get_task(noted) if noted else None
    if answer and is_our_task(answer["task"], job.source_index, copy_alias) and not task_problems(answer):
        return noted
    return client.find_reindex_task(copy_alias)


def _open_copy(client: OpenSearchClient, job: Job, copy_alias: str) -> str:
    """Put an alias for a new copy in the place of the latest one's, which can write no more. Of two callers one can."""
    opened = new_copy_alias(job.source_seq_no)
    actions: list[dict[str, Any]] = [
        {"remove": {"index": job.target_index, "alias": copy_alias, "must_exist": True}},
        {"add": {"index": job.target_index, "alias": opened, "is_hidden": True}},
    ]
    update_aliases_as_owner(client, job, actions)
    return opened


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
