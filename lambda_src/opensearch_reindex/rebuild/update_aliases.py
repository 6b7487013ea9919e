"""The steps around the copy. Each checks, changes, confirms, and can run twice."""

from dataclasses import replace
from typing import Any

from opensearch_reindex.index.markers import (
    RELEASED,
    move_alias_actions,
    owner_alias,
    proven_alias,
    source_alias,
    switch_write_actions,
)
from opensearch_reindex.index.target_index import provenance_of
from opensearch_reindex.opensearch_client import IndexInfo, OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import stop_copy
from opensearch_reindex.rebuild.guards import (
    await_replicas,
    both_indices,
    prove,
    prove_source_unchanged,
    require_health,
)
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import release_ownership, update_aliases_as_owner
from opensearch_reindex.rebuild.throttle import batch_size
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexError, VerificationError
from opensearch_reindex.runtime.logs import log


def update_aliases(client: OpenSearchClient, job: Job) -> Job:
    """Freeze the source index and count it; with `redirect_writes`, writes go to the target index from now on.

    Before: writers use the source. After: the source's documents are final. Writers use the target and reads find both
    (`redirect_writes`), or writes are refused and reads find the source (`block_writes`).

    Raises:
        VerificationError: an index is not the one the run started with.
        ConcurrentReindexError: another execution works on the target index.
        DomainBusyError: replicas of the source are behind.
    """
    source, target = both_indices(client, job)
    if not job.blocks_writes:
        _redirect_writes(client, job, source, target)
    # Only in this order does the count hold every acknowledged document: a write that was on its way to the source
    # index is in before the block, and an unrefreshed one would be missed by the count and by the copy alike.
    client.block_writes(job.source_index)
    client.refresh(job.source_index)
    await_replicas(client, job.source_index, source)  # the copy reads them
    count, shards = client.count(job.source_index), client.primary_shards(job.source_index, source.shards)
    size = batch_size(count, shards.store_bytes, source.shards, job.reindex, source.settings)
    return replace(
        job, source_count=count, source_seq_no=shards.last_seq_no, reindex={"batch_size": size, **job.reindex}
    )


def release_source(client: OpenSearchClient, job: Job) -> None:
    """Let writers use the source index again, after a run with `block_writes` failed before the aliases moved.

    After: the copy is stopped and this execution can do nothing more; the source index is as it was.
    """
    if not job.blocks_writes:
        return
    indices = client.get_indices([job.source_index, job.target_index], parts="mappings._meta")
    source, target = indices.get(job.source_index), indices.get(job.target_index)
    ours = source and target and (source.uuid, target.uuid) == (job.source_uuid, job.target_uuid)
    if not target or not ours or target.markers.is_proven or target.markers.owner not in (job.execution_id, RELEASED):
        log.warning("writes are not allowed again: the work on this index is another execution's, or done")
        return
    if target.markers.owner == job.execution_id:
        # First of all: aliases that a late RemoveAlias moved after the block is lifted would lose what is written.
        release_ownership(client, job, [])
    stop_copy(client, target.markers.copy_alias)
    if not provenance_of(target.mappings).get("source_was_blocked"):
        client.allow_writes(job.source_index)
        log.warning("the run failed; writes to the source index are allowed again")


def remove_alias(client: OpenSearchClient, job: Job) -> Job:
    """Prove the copy, then move every alias from the source to the target index in one call.

    Before: the task succeeded. After: every alias that had the source index has the target index instead.

    Raises:
        VerificationError: the copy is not proven complete.
        ConcurrentReindexError: another execution works on the target index.
    """
    source, target = both_indices(client, job)
    actions = move_alias_actions(job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name)
    if target.markers.is_proven:
        prove_source_unchanged(client, job, source, target)
    else:
        prove(client, job, source, target)
        # From here on writers may delete what was copied: documents are not compared again, and no copy that was
        # started twice may bring them back.
        copy_alias = job.task["copy_alias"]
        actions.append({"remove": {"index": job.target_index, "alias": copy_alias, "must_exist": True}})
        proof = proven_alias(job.source_seq_no)
        actions.append({"add": {"index": job.target_index, "alias": proof, "is_hidden": True}})
    if actions:
        update_aliases_as_owner(client, job, actions)
    log.info("aliases moved to the target index", extra={"aliases": sorted({job.alias_name, *source.aliases})})
    return job


def delete_index(client: OpenSearchClient, job: Job) -> Job:
    """Delete the source index, unless it is to be kept, and give up the ownership.

    Before: the copy is proven, and no alias points at the source index. After: the work on this index is done.

    Raises:
        VerificationError: the proof does not hold any more, or an alias still points at the source index.
        DomainBusyError: a snapshot holds the index, or the target index is not yet as healthy as the source was.
    """
    try:
        _delete_source(client, job)
    except (ReindexError, OpenSearchRequestError):
        if not _is_done(client, job):  # by another run of this step
            raise
    log.info("index reindexed", extra={"documents": job.source_count, "task": job.task, "source_kept": job.keep_source})
    return job


def _delete_source(client: OpenSearchClient, job: Job) -> None:
    require_health(client, job)  # may take its time, so that what is proven comes after it
    source, target = both_indices(client, job)
    prove_source_unchanged(client, job, source, target)
    if not target.markers.is_proven:
        raise VerificationError("the copy was never proven complete")
    if source.aliases:
        raise VerificationError(f"aliases still point at the source index: {sorted(source.aliases)}")
    # One call, and only for the owner: either all of it happens or nothing does.
    actions: list[dict[str, Any]] = [
        {"remove": {"index": job.target_index, "alias": owner_alias(job.execution_id), "must_exist": True}},
        {"remove": {"index": job.target_index, "alias": source_alias(job.source_uuid)}},
        {"remove": {"index": job.target_index, "alias": proven_alias(job.source_seq_no)}},
    ]
    if not job.keep_source:
        actions.append({"remove_index": {"index": job.source_index}})
    client.update_aliases(actions)


def _redirect_writes(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Make the target index the write index of the alias, and of those that name the source as theirs."""
    actions = switch_write_actions(job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name)
    if not actions:
        return
    if copy_alias := target.markers.copy_alias:  # gone when the aliases have moved: this must not come later
        actions.append({"remove": {"index": job.target_index, "alias": copy_alias, "must_exist": True}})
        actions.append({"add": {"index": job.target_index, "alias": copy_alias, "is_hidden": True}})
    update_aliases_as_owner(client, job, actions)
    log.info("writes go to the target index", extra={"alias": job.alias_name})


def _is_done(client: OpenSearchClient, job: Job) -> bool:
    indices = client.get_indices([job.source_index, job.target_index], parts="aliases")
    target = indices.get(job.target_index)
    finished = target is not None and target.uuid == job.target_uuid and target.markers.owner is None
    return finished and (job.keep_source or job.source_index not in indices)
