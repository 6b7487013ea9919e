"""What must hold before a step changes anything; deletion has the strictest gate."""

import time

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.proof import copy_problems
from opensearch_reindex.runtime.errors import ConcurrentReindexError, DomainBusyError, VerificationError

REPLACED = "Somebody else deleted or replaced an index of this run. Nothing more was changed; look at both by hand."

PARTS_NEEDED = (
    "mappings._meta,settings.index.blocks,settings.index.max_result_window,settings.index.number_of_shards,"
    "settings.index.replication"
)
# Replicas follow within a second or so; when they do not, the step comes back later.
REPLICA_LOOKS = 40
REPLICA_PAUSE_SECONDS = 0.25


def await_replicas(client: OpenSearchClient, name: str, info: IndexInfo) -> None:
    """Wait until every replica shows what the refresh showed on its primary; of an index that nobody writes to.

    Raises:
        DomainBusyError: replicas are still behind.
    """
    if not info.replicas_may_be_behind:
        return
    for _ in range(REPLICA_LOOKS):
        if not client.replicas_behind(name):
            return
        time.sleep(REPLICA_PAUSE_SECONDS)
    raise DomainBusyError(f"replicas of index {name!r} are behind their primary shards still")


def both_indices(client: OpenSearchClient, job: Job) -> tuple[IndexInfo, IndexInfo]:
    """Source and target, for as long as they are the very indices the run started with, and this execution's.

    Raises:
        VerificationError: an index is gone, or another one has its name.
        ConcurrentReindexError: another execution took over.
    """
    indices = client.get_indices([job.source_index, job.target_index], parts=PARTS_NEEDED)
    for name, uuid in ((job.source_index, job.source_uuid), (job.target_index, job.target_uuid)):
        if name not in indices:
            raise VerificationError(f"index {name!r} is gone", next_step=REPLACED)
        if indices[name].uuid != uuid:
            raise VerificationError(f"index {name!r} was deleted and created anew meanwhile", next_step=REPLACED)
    owner = indices[job.target_index].markers.owner
    if owner != job.execution_id:
        raise ConcurrentReindexError(
            f"target index {job.target_index!r} is no longer owned by this execution, but by {owner or 'none'}"
        )
    return indices[job.source_index], indices[job.target_index]


def prove(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Make sure that every document of the source index is in the target index.

    Args:
        client: the domain.
        job: state so far.
        source: as `both_indices` gave it in this step.
        target: likewise.

    Raises:
        VerificationError: it is not proven; every doubt is listed.
        DomainBusyError: replicas of the target are behind.
    """
    prove_source_unchanged(client, job, source, target)
    problems = []
    if job.task["status"] != "completed":
        problems.append(f"the reindex task is {job.task['status']}")
    client.refresh(job.target_index)
    counts = [
        client.count(name, primaries=info.replicas_may_be_behind)
        for name, info in ((job.source_index, source), (job.target_index, target))
    ]
    problems += copy_problems(job.task, job.source_count, *counts)
    if problems:
        raise VerificationError("the copy is not proven complete", problems=problems)
    if not _is_in_use(job, target):
        await_replicas(client, job.target_index, target)


def prove_source_unchanged(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Make sure that the source index is as it was when it was frozen, and the target index in use if it should be.

    Args:
        client: the domain.
        job: state so far.
        source: as `both_indices` gave it in this step.
        target: likewise.

    Raises:
        VerificationError: it is not so; every doubt is listed.
    """
    problems = []
    if source.settings.get("blocks", {}).get("write") != "true":
        problems.append("the source index is no longer write-blocked")
    last_seq_no = client.last_seq_no(job.source_index, source.shards)
    if not is_copy_of_frozen(job, target) or last_seq_no != job.source_seq_no:
        problems.append("the source index was written to after it had been frozen")
    if _is_in_use(job, target) and not target.aliases.get(job.alias_name, {}).get("is_write_index"):
        problems.append(f"the target index is not the write index of alias {job.alias_name!r}")
    if problems:
        raise VerificationError("the copy is not proven complete", problems=problems)


def is_copy_of_frozen(job: Job, target: IndexInfo) -> bool:
    """Whether what the target index holds was copied from the source index as it is frozen now, or nothing was yet."""
    return target.markers.frozen_seq_no in (None, job.source_seq_no)


def require_health(client: OpenSearchClient, job: Job) -> None:
    """Wait until the target index is as healthy as the source index was.

    Raises:
        DomainBusyError: it is not yet.
        VerificationError: it is gone, or another index has its name.
        ConcurrentReindexError: another execution took over.
    """
    health = client.health(job.target_index, wait_for_status=job.source_health)
    if not is_as_healthy(health, job):
        both_indices(client, job)  # an index that is gone looks as if it were red
        raise DomainBusyError(f"the target index is {health} still, the source index was {job.source_health}")


def _is_in_use(job: Job, target: IndexInfo) -> bool:
    # With blocked writes the alias moves only after the proof.
    return not job.blocks_writes or target.markers.is_proven


def is_as_healthy(health: str, job: Job) -> bool:
    """Whether the target index is as healthy as the source index was."""
    ranks = ("red", "yellow", "green")
    return ranks.index(health) >= ranks.index(job.source_health)
