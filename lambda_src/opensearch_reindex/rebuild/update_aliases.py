"""The steps around the copy. Each checks, changes, confirms, and can run twice."""

from dataclasses import replace

from opensearch_reindex.index.alias_actions import switch_write_actions
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import (
    await_replicas,
    both_indices,
)
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import update_aliases_as_owner
from opensearch_reindex.rebuild.throttle import batch_size
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
