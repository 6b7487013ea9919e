"""Step RemoveAlias: prove the copy and move every alias to the target index."""

from opensearch_reindex.index.alias_actions import move_alias_actions
from opensearch_reindex.index.markers import proven_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import (
    both_indices,
    prove,
    prove_source_unchanged,
)
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import update_aliases_as_owner
from opensearch_reindex.runtime.logs import log


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
