"""Step DeleteIndex: delete or keep the source index, and release the ownership."""

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.markers import KEPT, owner_alias, proven_alias, source_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import both_indices, free_to_finish, prove_source_unchanged, require_health
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.visibility import show_target
from opensearch_reindex.rebuild.write_block import unmark_block
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexError, VerificationError
from opensearch_reindex.runtime.logs import log


def delete_index(client: OpenSearchClient, job: Job) -> Job:
    """Delete the source index, unless it is to be kept, and give the ownership up.

    Before: the copy is proven, and the source index is in no alias. After: the work on this index is done.

    Raises:
        VerificationError: the proof does not hold any more, or the source index is still in an alias.
        DomainBusyError: a snapshot holds the source index, or the target index is less healthy than the source was.
    """
    try:
        _delete_source(client, job)
    except (ReindexError, OpenSearchRequestError):
        if not _is_done(client, job):  # by another run of this step
            raise
    log.info(
        "index rebuilt",
        extra={"documents": job.source_count, "task": job.task.to_dict(), "source_kept": job.keep_source},
    )
    return job


def _delete_source(client: OpenSearchClient, job: Job) -> None:
    require_health(client, job)  # may take long, so the proof follows it
    source, target = both_indices(client, job)
    free_to_finish(client, job, source, target)
    prove_source_unchanged(client, job, source, target)
    if not target.markers.is_proven:
        raise VerificationError("the copy was never proven complete")
    if source.aliases:
        raise VerificationError(f"the source index is still in aliases: {sorted(source.aliases)}")
    show_target(client, job, source, target)  # if an earlier version moved the aliases
    if job.settings_at_end:  # every shard is assigned by now
        client.put_settings(job.target_index, job.settings_at_end)
    # One request, and only for the owner: either all of it happens or nothing does.
    actions = [
        alias_actions.remove(job.target_index, owner_alias(job.execution_id)),
        alias_actions.remove_if_present(job.target_index, source_alias(job.source_uuid)),
    ]
    if job.keep_source:
        # With this and the proof, a later run with another `keep_source` deletes the source index.
        actions.append(alias_actions.add_marker(job.target_index, owner_alias(KEPT)))
        # The write block of the source index stays, and is the user's from here on.
        actions += unmark_block(job.source_index, source)
    else:
        actions += [
            alias_actions.remove_if_present(job.target_index, proven_alias(job.source_seq_no)),
            alias_actions.remove_index(job.source_index),
        ]
        if job.takes_source_name:  # in the same call, so that clients of this name never find it missing
            actions.append(alias_actions.add(job.target_index, job.source_index, alias_actions.WRITE_INDEX))
    client.apply_alias_actions(actions)


def _is_done(client: OpenSearchClient, job: Job) -> bool:
    indices = client.get_indices([job.source_index, job.target_index], parts="aliases")
    target = indices.get(job.target_index)
    is_finished = target is not None and target.uuid == job.target_uuid and target.markers.owner is None
    return is_finished and (job.keep_source or job.source_index not in indices)
