"""Step UpdateAliases: redirect writes with `redirect_writes`; freeze the source."""

from collections.abc import Set
from dataclasses import replace

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.alias_actions import Action
from opensearch_reindex.index.held_aliases import changed_entries, to_restore
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.allocation import UPLOAD_AGAIN, discard_unallocated
from opensearch_reindex.rebuild.guards import await_replicas, both_indices, free_to_finish
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.measure import size_copy
from opensearch_reindex.rebuild.ownership import apply_as_owner
from opensearch_reindex.rebuild.pipelines import prove_pipelines
from opensearch_reindex.rebuild.roles import shared_aliases
from opensearch_reindex.rebuild.write_block import mark_block
from opensearch_reindex.runtime.errors import AliasUpdateError
from opensearch_reindex.runtime.logs import log


def update_aliases(client: OpenSearchClient, job: Job) -> Job:
    """Freeze the source index and count its documents.

    Before: writers use the source index. After: its documents are final. With `redirect_writes`, writers use the target
    index and readers find both. With `block_writes`, writes are refused and readers find the source index.

    Raises:
        VerificationError: an index is not the one that the run started with, or a pipeline spoils the copy.
        ConcurrentReindexError: another execution owns the target index.
        AliasUpdateError: OpenSearch does not allocate the shards of the target index.
        DomainBusyError: replicas of the source index lag behind, or shards of the target index are being allocated.
    """
    source, target = both_indices(client, job)
    if not target.markers.is_proven:
        prove_pipelines(client, job, source, target)
    free_to_finish(client, job, source, target)
    _require_allocated(client, job, source, target)
    shared = shared_aliases(client, job.source_index, job.target_index, source, job.alias_name)
    switch = [] if job.blocks_writes else _redirect_writes(job, source, target, shared)
    aliases = None if job.blocks_writes else _written_aliases(job, source, target, shared)
    # Before the block: a run that is killed in between leaves no block that could be taken for the user's.
    restored = to_restore(job.source_index, source, changed_entries(source))  # of a run that lost the race to create
    if actions := [*restored, *switch, *mark_block(job.source_index, source, target)]:
        apply_as_owner(client, job, actions)
    if switch:
        log.info("writes go to the target index", extra={"aliases": aliases})
    # Only in this order does the count hold every acknowledged document. A write that is under way reaches the source
    # index before the block, or is refused. Without the refresh, the count and the copy would miss it.
    client.block_writes(job.source_index)
    client.refresh(job.source_index)
    await_replicas(client, job.source_index, source)  # the copy reads them
    count, shards = client.count(job.source_index), client.primary_shards(job.source_index, source.shards)
    reindex = size_copy(client, job, source, target, count, shards)
    return replace(job, source_count=count, source_seq_no=shards.last_seq_no, reindex=reindex, aliases=aliases)


def _require_allocated(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Refuse to send writers to a target index that lost its shards.

    Raises:
        AliasUpdateError: with the reason why OpenSearch does not allocate them.
        DomainBusyError: OpenSearch still allocates them.
    """
    if target.markers.is_proven or target.has_taken_writes:
        return  # writers use it
    if problem := discard_unallocated(
        client, job.source_health, job.source_index, source, job.target_index, job.execution_id, target
    ):
        raise AliasUpdateError(problem, next_step=UPLOAD_AGAIN)


def _written_aliases(job: Job, source: IndexInfo, target: IndexInfo, shared: Set[str]) -> list[str]:
    """List the aliases whose writes the target takes after this step, or took before."""
    switched = [alias for alias, entry in target.aliases.items() if "is_write_index" in entry]
    return sorted({*switched, *alias_actions.redirected(source.aliases, target.aliases, job.alias_name, shared)})


def _redirect_writes(job: Job, source: IndexInfo, target: IndexInfo, shared: Set[str]) -> list[Action]:
    """Return the actions that redirect the source's writes to the target."""
    actions = alias_actions.switch_writes(
        job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name, shared
    )
    if actions and (copy_alias := target.markers.copy_alias):
        # Replacing the copy alias by itself changes nothing, but fails once RemoveAlias has removed it. So a late run
        # of this step cannot switch writes.
        actions += alias_actions.replace_marker(job.target_index, copy_alias, copy_alias)
    return actions
