"""What must hold before a step changes anything. Deletion has the strictest guard."""

import time
from collections.abc import Iterator

from opensearch_reindex.index.alias_actions import WRITE_INDEX, how_to_rejoin
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.allocation import is_at_least
from opensearch_reindex.rebuild.job import CopyStatus, Job
from opensearch_reindex.rebuild.pipelines import prove_pipelines
from opensearch_reindex.rebuild.proof import copy_problems
from opensearch_reindex.rebuild.routing import KEEP_SHARDS, ROUTING_PARTS, met_documents, refuse_meeting_documents
from opensearch_reindex.rebuild.write_block import lift_flood_blocks
from opensearch_reindex.runtime.errors import ROLL_BACK, ConcurrentReindexError, DomainBusyError, VerificationError

INSPECT_BOTH_INDICES = "No further changes were made. Inspect both indices before you retry."

# What `both_indices`, the guards and the steps after it read of an index.
PARTS_NEEDED = (
    f"{ROUTING_PARTS},mappings._meta,settings.index.blocks,settings.index.hidden,"
    "settings.index.max_result_window,settings.index.final_pipeline,settings.index.replication,"
    "settings.index.search.default_pipeline,settings.index.*.index_state_management.rollover_alias"
)
# Uploading again changes nothing: the copy does not bring back what writers deleted in the target index.
_LESS_DOCUMENTS = (
    "The source index was not deleted. If applications deleted documents in the target index during the copy, the "
    f"module cannot tell them from lost ones. {ROLL_BACK}"
)
_AGAIN = "Then upload the trigger file again."
# Replicas follow within a second or so. Otherwise the state machine repeats the step later.
REPLICA_POLLS = 40
REPLICA_PAUSE_SECONDS = 0.25


def both_indices(client: OpenSearchClient, job: Job) -> tuple[IndexInfo, IndexInfo]:
    """Return source and target index, after a check of their UUIDs and the owner.

    Raises:
        VerificationError: an index is gone, or another index has its name.
        ConcurrentReindexError: another execution took over.
    """
    indices = client.get_indices([job.source_index, job.target_index], parts=PARTS_NEEDED)
    for name, uuid in ((job.source_index, job.source_uuid), (job.target_index, job.target_uuid)):
        if name not in indices:
            raise VerificationError(f"index {name!r} was deleted during the run", next_step=INSPECT_BOTH_INDICES)
        if indices[name].uuid != uuid:
            raise VerificationError(
                f"index {name!r} was deleted and created again during the run", next_step=INSPECT_BOTH_INDICES
            )
    owner = indices[job.target_index].markers.owner
    if owner != job.execution_id:
        raise ConcurrentReindexError(
            f"target index {job.target_index!r} has owner {owner or 'none'}; expected this execution"
        )
    return indices[job.source_index], indices[job.target_index]


def free_to_finish(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Lift the blocks of a full disk, if only the deletion of the source is left."""
    if target.markers.is_proven and not job.keep_source:
        lift_flood_blocks(client, {job.source_index: source, job.target_index: target})


def await_replicas(client: OpenSearchClient, name: str, info: IndexInfo) -> None:
    """Wait until the replicas of an index without writers match its primary shards.

    Raises:
        DomainBusyError: replicas still lag behind.
    """
    if not info.replicas_may_be_behind:
        return
    for _ in range(REPLICA_POLLS):
        if not client.replicas_behind(name):
            return
        time.sleep(REPLICA_PAUSE_SECONDS)
    raise DomainBusyError(f"replicas of index {name!r} still lag behind their primary shards")


def require_health(client: OpenSearchClient, job: Job) -> None:
    """Wait until the target index is as healthy as the source index was.

    Raises:
        DomainBusyError: the target index is less healthy.
        VerificationError: the target index is gone, or another index has its name.
        ConcurrentReindexError: another execution took over.
    """
    health = client.health(job.target_index, wait_for_status=job.source_health)
    if not is_as_healthy(health, job):
        both_indices(client, job)  # OpenSearch reports an index that is gone as red
        raise DomainBusyError(f"the target index is {health}; expected {job.source_health}, like the source index")


def is_as_healthy(health: str, job: Job) -> bool:
    """Tell whether a health is at least the one that the source index had."""
    return is_at_least(health, job.source_health)


def prove(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Prove that every document of the source index is in the target index.

    Args:
        client: the domain.
        job: state so far.
        source: as `both_indices` returned it in this step.
        target: as `both_indices` returned it in this step.

    Raises:
        VerificationError: with everything that the proof lacks.
        DomainBusyError: replicas of the target index still lag behind.
    """
    prove_source_unchanged(client, job, source, target)
    prove_pipelines(client, job, source, target)
    client.refresh(job.target_index)
    refuse_meeting_documents(client, job, source, target)
    source_count, target_count = (
        client.count(name, primaries=info.replicas_may_be_behind)
        for name, info in ((job.source_index, source), (job.target_index, target))
    )
    problems, next_step = [], None
    if job.task.status != CopyStatus.COMPLETED:
        problems.append(f"the reindex task is {job.task.status}; expected completed")
    if job.task.counters is None:
        problems.append("the result of the reindex task is unknown")
    else:
        problems += copy_problems(job.task.counters, job.source_count, source_count, target_count)
        if met := met_documents(client, job, source, target, job.task.counters, target_count):
            problems.append(met)
            next_step = f"The source index is complete, and keeps its aliases. {KEEP_SHARDS} {_AGAIN}"
    if problems:
        if _is_in_use(job, target) and target_count < source_count:
            next_step = _LESS_DOCUMENTS
        raise VerificationError("the copy is not proven complete", problems=problems, next_step=next_step)
    if not _is_in_use(job, target):
        await_replicas(client, job.target_index, target)


def prove_source_unchanged(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Prove that the frozen source index is unchanged, and a required target in use.

    Args:
        client: the domain.
        job: state so far.
        source: as `both_indices` returned it in this step.
        target: as `both_indices` returned it in this step.

    Raises:
        VerificationError: with everything that the proof lacks.
    """
    problems = []
    if not source.is_write_blocked:
        problems.append("the source index is no longer write-blocked")
    last_seq_no = client.last_seq_no(job.source_index, source.shards)
    if not is_copy_of_frozen(job, target) or last_seq_no != job.source_seq_no:
        problems.append(why_outdated(target))
    if _is_in_use(job, target):
        problems += _alias_problems(job, source, target)
    if problems:
        raise VerificationError("the copy is not proven complete", problems=problems)


def _alias_problems(job: Job, source: IndexInfo, target: IndexInfo) -> Iterator[str]:
    """Find aliases that a target index in use lacks, or that write to the source.

    A rollover may have moved the writes on to a newer index.
    """
    for alias in job.required_aliases:
        entry = source.aliases.get(alias, {})
        writes = {} if target.markers.is_proven else WRITE_INDEX
        rejoin = how_to_rejoin(job.target_index, alias, {**entry, **writes})
        if alias not in target.aliases:
            yield f"the target index is not in alias {alias!r}; to put it back, send {rejoin}"
        elif entry.get("is_write_index"):
            yield f"the source index is the write index of alias {alias!r} again; expected the target index"


def is_copy_of_frozen(job: Job, target: IndexInfo) -> bool:
    """Return whether the target index has no copies, or copies of the frozen source."""
    return target.markers.frozen_seq_no in (None, job.source_seq_no)


def why_outdated(target: IndexInfo) -> str:
    """Say why the target index holds no copies of the frozen source index."""
    if target.markers.is_spoiled:
        return "a pipeline that was changed during the run may have changed the copied documents"
    return "the source index was written to after it had been frozen"


def _is_in_use(job: Job, target: IndexInfo) -> bool:
    # With blocked writes the alias moves only after the proof.
    return not job.blocks_writes or target.markers.is_proven
