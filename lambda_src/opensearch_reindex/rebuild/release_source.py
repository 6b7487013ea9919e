"""State ReleaseSource: after a failed run with `block_writes`, let writers use the source index again."""

from opensearch_reindex.index.markers import RELEASED
from opensearch_reindex.index.provenance import provenance_of
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import release_ownership, stop_copy
from opensearch_reindex.runtime.logs import log


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
