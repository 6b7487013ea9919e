"""The steps around the copy. Each checks, changes, confirms, and can run twice."""

from dataclasses import replace
from typing import Any

from aliases import move_alias_actions, owner_alias, source_alias, switch_write_actions
from errors import (
    ROLL_BACK,
    AliasRemovalError,
    AliasUpdateError,
    IndexDeletionError,
    OpenSearchRequestError,
    TransientOpenSearchError,
    VerificationError,
)
from guards import both_indices, prove, prove_source_unchanged
from job import Job
from logs import log
from opensearch_client import IndexInfo, OpenSearchClient
from utils import PROVENANCE_KEY, provenance_of


def update_aliases(client: OpenSearchClient, job: Job) -> Job:
    """Send writes to the target index, then freeze the source index and count it.

    Before: writers use the source. After: they use the target, reads find both; the source's documents are final.

    Raises:
        AliasUpdateError: the alias does not write to the target index.
        VerificationError: an index is not the one the run started with, or the source was written to since a freeze.
    """
    source, target = both_indices(client, job)
    made_from = provenance_of(target.mappings)
    if "proven" in made_from:
        # An execution before came as far as RemoveAlias. A second copy would bring back what was deleted since.
        proven = made_from["proven"]
        return replace(job, source_count=proven["total"], source_seq_no=made_from["frozen_seq_no"], task=proven)
    actions = switch_write_actions(job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name)
    if actions:
        client.update_aliases(actions)
        aliases = sorted({action["add"]["alias"] for action in actions})
        log.info("writes go to the target index", extra={"aliases": aliases})
    _, target = both_indices(client, job)
    if not target.aliases.get(job.alias_name, {}).get("is_write_index"):
        raise AliasUpdateError(f"{job.target_index!r} did not become the write index of alias {job.alias_name!r}")

    # Only in this order does the count hold every acknowledged document: a write that was on its way to the source
    # index is in before the block, and an unrefreshed one would be missed by the count and by the copy alike.
    client.block_writes(job.source_index)
    client.refresh(job.source_index)
    frozen = replace(
        job, source_count=client.count(job.source_index), source_seq_no=client.last_seq_no(job.source_index)
    )
    # What was copied after an earlier freeze may be outdated, and a second copy does not overwrite it.
    if made_from.get("frozen_seq_no", frozen.source_seq_no) != frozen.source_seq_no:
        raise VerificationError("the source index was written to after it had been frozen", next_step=ROLL_BACK)
    _note(client, job, target, frozen_seq_no=frozen.source_seq_no)
    return frozen


def remove_alias(client: OpenSearchClient, job: Job) -> Job:
    """Prove the copy, then move every alias from the source to the target index in one call.

    Before: the task succeeded. After: every alias that had the source index has the target index instead.

    Raises:
        VerificationError: the copy is not proven complete.
        AliasRemovalError: the aliases are not as asked.
    """
    source, target = both_indices(client, job)
    if "proven" in provenance_of(target.mappings):
        prove_source_unchanged(client, job)
    else:
        prove(client, job)
        # From here on writers may delete what was copied, so the documents are not compared again.
        _note(client, job, target, proven=job.task)
    actions = move_alias_actions(job.source_index, job.target_index, source.aliases, target.aliases)
    if actions:
        client.update_aliases(actions)
    moved_source, moved_target = both_indices(client, job)
    missing = sorted(source.aliases.keys() - moved_target.aliases.keys())
    if moved_source.aliases or missing:
        left = sorted(moved_source.aliases)
        raise AliasRemovalError(f"aliases left on the source index: {left}, missing on the target index: {missing}")
    log.info("aliases moved to the target index", extra={"aliases": sorted(source.aliases)})
    return job


def delete_index(client: OpenSearchClient, job: Job) -> Job:
    """Delete the source index, unless it is to be kept, and give up the ownership.

    Before: the copy is proven, and no alias points at the source index. After: the work on this index is done.

    Raises:
        VerificationError: the proof does not hold any more, or an alias still points at the source index.
        TransientOpenSearchError: a snapshot holds the index.
    """
    if _is_done(client, job):
        log.info("the index was done before")  # by this step, whose answer got lost
        return job
    source, target = prove_source_unchanged(client, job)
    if "proven" not in provenance_of(target.mappings):
        raise VerificationError("the copy was never proven complete")
    if source.aliases:
        raise VerificationError(f"aliases still point at the source index: {sorted(source.aliases)}")
    # One call, and only for the owner: either all of it happens or nothing does.
    actions: list[dict[str, Any]] = [
        {"remove": {"index": job.target_index, "alias": owner_alias(job.execution_id), "must_exist": True}},
        {"remove": {"index": job.target_index, "alias": source_alias(job.source_uuid)}},
    ]
    if not job.keep_source:
        actions.append({"remove_index": {"index": job.source_index}})
    try:
        client.update_aliases(actions)
    except OpenSearchRequestError as error:
        if error.error_type == "snapshot_in_progress_exception":
            raise TransientOpenSearchError(error.reason, status=error.status, error_type=error.error_type) from error
        raise
    if not _is_done(client, job):
        raise IndexDeletionError(
            f"{job.target_index!r} is still owned, or {job.source_index!r} is there, though OpenSearch says it is done"
        )
    log.info("index reindexed", extra={"documents": job.source_count, "task": job.task, "source_kept": job.keep_source})
    return job


def _is_done(client: OpenSearchClient, job: Job) -> bool:
    indices = client.get_indices([job.source_index, job.target_index], parts="aliases")
    target = indices.get(job.target_index)
    finished = target is not None and target.uuid == job.target_uuid and target.owner is None
    return finished and (job.keep_source or job.source_index not in indices)


def _note(client: OpenSearchClient, job: Job, target: IndexInfo, **facts: Any) -> None:
    """Write into the target index what an execution that takes over has to know."""
    meta = target.mappings.get("_meta", {})
    client.put_meta(job.target_index, {**meta, PROVENANCE_KEY: {**provenance_of(target.mappings), **facts}})
