"""The steps around the copy. Each checks, changes, confirms, and can run twice."""

from dataclasses import replace
from typing import Any

from aliases import PROVEN_ALIAS, RELEASED, move_alias_actions, owner_alias, source_alias, switch_write_actions
from copying import stop_copy
from errors import (
    ROLL_BACK,
    AliasRemovalError,
    AliasUpdateError,
    IndexDeletionError,
    OpenSearchRequestError,
    ReindexError,
    VerificationError,
)
from guards import await_replicas, both_indices, prove, prove_source_unchanged
from job import Job
from logs import log
from opensearch_client import IndexInfo, OpenSearchClient
from ownership import note, release_ownership, update_aliases_as_owner
from utils import provenance_of


def update_aliases(client: OpenSearchClient, job: Job) -> Job:
    """Freeze the source index and count it; with `redirect_writes`, writes go to the target index from now on.

    Before: writers use the source. After: the source's documents are final. Writers use the target and reads find both
    (`redirect_writes`), or writes are refused and reads find the source (`block_writes`).

    Raises:
        AliasUpdateError: the alias does not write to the target index.
        VerificationError: an index is not the one the run started with, or the source was written to since a freeze.
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
    frozen = replace(
        job, source_count=client.count(job.source_index), source_seq_no=client.last_seq_no(job.source_index)
    )
    _, target = both_indices(client, job)
    # What was copied after an earlier freeze may be outdated, and a second copy does not overwrite it.
    frozen_before = provenance_of(target.mappings).get("frozen_seq_no")
    if frozen_before not in (None, frozen.source_seq_no):
        raise VerificationError(
            "the source index was written to after it had been frozen",
            next_step="Upload the file again: the copy is made anew." if job.blocks_writes else ROLL_BACK,
        )
    if target.markers.is_proven:
        # An execution before came as far as RemoveAlias. A second copy would bring back what was deleted since.
        return replace(frozen, task={"status": "completed"})
    if frozen_before is None:
        note(client, job, target, frozen_seq_no=frozen.source_seq_no)
    return frozen


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
        AliasRemovalError: the aliases are not as asked.
    """
    source, target = both_indices(client, job)
    actions = move_alias_actions(job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name)
    if target.markers.is_proven:
        prove_source_unchanged(client, job)
    else:
        prove(client, job)
        # From here on writers may delete what was copied: documents are not compared again, and no copy that was
        # started twice may bring them back.
        copy_alias = job.task["copy_alias"]
        actions.append({"remove": {"index": job.target_index, "alias": copy_alias, "must_exist": True}})
        actions.append({"add": {"index": job.target_index, "alias": PROVEN_ALIAS, "is_hidden": True}})
    if actions:
        update_aliases_as_owner(client, job, actions)
    moved_source, moved_target = both_indices(client, job)
    missing = sorted({job.alias_name, *source.aliases} - moved_target.aliases.keys())
    if moved_source.aliases or missing:
        left = sorted(moved_source.aliases)
        raise AliasRemovalError(f"aliases left on the source index: {left}, missing on the target index: {missing}")
    log.info("aliases moved to the target index", extra={"aliases": sorted(moved_target.aliases)})
    return job


def delete_index(client: OpenSearchClient, job: Job) -> Job:
    """Delete the source index, unless it is to be kept, and give up the ownership.

    Before: the copy is proven, and no alias points at the source index. After: the work on this index is done.

    Raises:
        VerificationError: the proof does not hold any more, or an alias still points at the source index.
        DomainBusyError: a snapshot holds the index.
    """
    try:
        if not _is_done(client, job):
            _delete_source(client, job)
    except (ReindexError, OpenSearchRequestError):
        if not _is_done(client, job):  # by another run of this step at the same moment
            raise
    if not _is_done(client, job):
        raise IndexDeletionError(
            f"{job.target_index!r} is still owned, or {job.source_index!r} is there, though OpenSearch says it is done"
        )
    log.info("index reindexed", extra={"documents": job.source_count, "task": job.task, "source_kept": job.keep_source})
    return job


def _delete_source(client: OpenSearchClient, job: Job) -> None:
    source, target = prove_source_unchanged(client, job)
    if not target.markers.is_proven:
        raise VerificationError("the copy was never proven complete")
    if source.aliases:
        raise VerificationError(f"aliases still point at the source index: {sorted(source.aliases)}")
    # One call, and only for the owner: either all of it happens or nothing does.
    actions: list[dict[str, Any]] = [
        {"remove": {"index": job.target_index, "alias": owner_alias(job.execution_id), "must_exist": True}},
        {"remove": {"index": job.target_index, "alias": source_alias(job.source_uuid)}},
        {"remove": {"index": job.target_index, "alias": PROVEN_ALIAS}},
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
    _, target = both_indices(client, job)
    if not target.aliases.get(job.alias_name, {}).get("is_write_index"):
        raise AliasUpdateError(f"{job.target_index!r} did not become the write index of alias {job.alias_name!r}")
    log.info("writes go to the target index", extra={"alias": job.alias_name})


def _is_done(client: OpenSearchClient, job: Job) -> bool:
    indices = client.get_indices([job.source_index, job.target_index], parts="aliases")
    target = indices.get(job.target_index)
    finished = target is not None and target.uuid == job.target_uuid and target.markers.owner is None
    return finished and (job.keep_source or job.source_index not in indices)
