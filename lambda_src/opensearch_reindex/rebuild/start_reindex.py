"""Step StartReindex: start the reindex task once, or find it again."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status, finish
from opensearch_reindex.rebuild.guards import both_indices, is_copy_of_frozen, why_outdated
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.ownership import note_task, open_copy
from opensearch_reindex.rebuild.pipelines import prove_pipelines
from opensearch_reindex.rebuild.proof import is_our_task, task_problems
from opensearch_reindex.rebuild.request import reindex_body, reindex_params
from opensearch_reindex.rebuild.routing import refuse_meeting_documents
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import ROLL_BACK, ReindexStartError, VerificationError
from opensearch_reindex.runtime.logs import log


def start_reindex(client: OpenSearchClient, job: Job, environment: Environment) -> Job:
    """Start the reindex task, or find a started one, and wait briefly for its end.

    Before: the source index is frozen. After: as for `check_reindex_status`.

    Args:
        client: the domain.
        job: state so far.
        environment: poll interval and stall timeout.

    Raises:
        ReindexFailedError: as for `check_reindex_status`.
        ReindexStartError: the target index has lost its copy alias.
        VerificationError: the source index was written to since an earlier copy began, or has a search pipeline.
        ConcurrentReindexError: another execution owns the target index.
    """
    source, target = both_indices(client, job)
    if not is_copy_of_frozen(job, target):
        # The copied documents may be outdated, and a second copy does not overwrite them.
        raise VerificationError(
            why_outdated(target),
            next_step="Upload the file again. The module then creates the target index again."
            if job.blocks_writes and not target.markers.is_proven
            else ROLL_BACK,
        )
    if target.markers.is_proven:
        # An earlier execution came as far as RemoveAlias. Another copy would bring back what was deleted since.
        return replace(job, task=Copy(status=CopyStatus.COMPLETED))
    copy_alias = target.markers.copy_alias
    if copy_alias is None:
        raise ReindexStartError(f"target index {job.target_index!r} has lost its copy alias", next_step=ROLL_BACK)
    if job.source_count == 0:
        # Slicing an empty index fails on some versions (OpenSearch#16549), and there is nothing to copy.
        return finish(client, replace(job, task=Copy(copy_alias=copy_alias, counters=Counters())), environment)
    if job.task.next_seq_no is not None:
        _refuse_unprovable(client, job, source, target)
        pieces = replace(job.task, copy_alias=open_copy(client, job, copy_alias), status=CopyStatus.RUNNING)
        return check_reindex_status(client, replace(job, task=pieces), environment)
    if task_id := _find_task(client, job, target, copy_alias):
        log.info("reindex task was started before", extra={"task_id": task_id})
    else:
        _refuse_unprovable(client, job, source, target)
        copy_alias = open_copy(client, job, copy_alias)
        task_id = client.submit_reindex(reindex_body(job, copy_alias), reindex_params(job))
        note_task(client, job, target, task_id)
        log.info("reindex task started", extra={"task_id": task_id, "documents": job.source_count})
    started = Copy(
        id=task_id,
        copy_alias=copy_alias,
        restarts=job.task.restarts,
        fruitless=job.task.fruitless,
        gentleness=job.task.gentleness,
        in_target=job.task.in_target,
        started_at=int(time.time()),
    )
    return check_reindex_status(client, replace(job, task=started), environment)


def _refuse_unprovable(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Refuse a copy that could not be proven, before it changes anything."""
    prove_pipelines(client, job, source, target)
    refuse_meeting_documents(client, job, source, target)


def _find_task(client: OpenSearchClient, job: Job, target: IndexInfo, copy_alias: str) -> str | None:
    """Find a running or successful task, by the id in the note or by its X-Opaque-Id."""
    if target.markers.frozen_seq_no is None:
        return None  # no copy was ever opened
    noted = target.provenance.task_id
    answer = client.get_task(noted) if noted else None
    if answer and is_our_task(answer["task"], job.source_index, copy_alias) and not task_problems(answer):
        if not _has_lost_documents(client, job, target, answer):
            return noted
        log.warning("the target index lost copied documents, which will be copied again", extra={"task_id": noted})
    return client.find_reindex_task(copy_alias)


def _has_lost_documents(client: OpenSearchClient, job: Job, target: IndexInfo, answer: Mapping[str, Any]) -> bool:
    """Return whether the target index lost documents since a task copied them.

    A primary shard may have been allocated empty since. With redirected writes a writer may have deleted documents,
    and another copy would bring them back.
    """
    if not answer["completed"] or not job.blocks_writes:
        return False
    counters = Counters.read(answer["response"])
    client.refresh(job.target_index)
    found = client.count(job.target_index, primaries=target.replicas_may_be_behind)
    return found < counters.total - counters.noops
