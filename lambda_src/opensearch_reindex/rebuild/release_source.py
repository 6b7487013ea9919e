"""State ReleaseSource: allow writes again after a failed run with `block_writes`."""

from opensearch_reindex.index.markers import RELEASED
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import release_ownership, stop_copy
from opensearch_reindex.runtime.logs import log


def release_source(client: OpenSearchClient, job: Job) -> None:
    """Let writers use the source index again, unless the aliases have moved.

    Before: a step failed. After: the copy is stopped, this execution can change nothing more, and the source index has
    no write block but the user's.
    """
    if not job.blocks_writes:
        return
    indices = client.get_indices([job.source_index, job.target_index], parts="mappings._meta")
    source, target = indices.get(job.source_index), indices.get(job.target_index)
    ours = source and target and (source.uuid, target.uuid) == (job.source_uuid, job.target_uuid)
    if not target or not ours or target.markers.is_proven or target.markers.owner not in (job.execution_id, RELEASED):
        log.warning("the write block stays: the work on this index is done, or another execution owns it")
        return
    if target.markers.owner == job.execution_id:
        # Before anything else: a late RemoveAlias that moved the aliases after the block is lifted would lose writes.
        release_ownership(client, job)
    stop_copy(client, target.markers.copy_alias)
    if not target.provenance.source_was_blocked:
        client.allow_writes(job.source_index)
        log.warning("the run failed: the write block of the source index was lifted")
