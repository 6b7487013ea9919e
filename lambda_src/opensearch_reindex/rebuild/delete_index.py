"""Step DeleteIndex: delete the source index, or keep it, and give up the ownership."""

from typing import Any

from opensearch_reindex.index.markers import owner_alias, proven_alias, source_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import (
    both_indices,
    prove_source_unchanged,
    require_health,
)
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexError, VerificationError
from opensearch_reindex.runtime.logs import log


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


def _is_done(client: OpenSearchClient, job: Job) -> bool:
    indices = client.get_indices([job.source_index, job.target_index], parts="aliases")
    target = indices.get(job.target_index)
    finished = target is not None and target.uuid == job.target_uuid and target.markers.owner is None
    return finished and (job.keep_source or job.source_index not in indices)
