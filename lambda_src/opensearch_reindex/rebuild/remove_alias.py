"""Step RemoveAlias: prove the copy, and move every alias from source to target."""

from dataclasses import replace

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.markers import proven_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.guards import both_indices, free_to_finish, prove, prove_source_unchanged
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import apply_as_owner
from opensearch_reindex.rebuild.policies import hand_over_policy
from opensearch_reindex.rebuild.roles import shared_aliases
from opensearch_reindex.rebuild.visibility import show_target
from opensearch_reindex.rebuild.write_block import keeps_block
from opensearch_reindex.runtime.blocks import how_to_lift
from opensearch_reindex.runtime.errors import VerificationError
from opensearch_reindex.runtime.logs import log

_BLOCK_KEPT = "the target index has a write block, which the source index had before the run. To lift it, send {}"


def remove_alias(client: OpenSearchClient, job: Job) -> Job:
    """Prove the copy, then move every alias from source to target in one request.

    Before: the reindex task succeeded. After: the target index is in every alias that the source index was in, and
    wildcards find it in place of the source index. The policy of the source index manages it too.

    Raises:
        VerificationError: the copy is not proven complete.
        ConcurrentReindexError: another execution owns the target index.
    """
    source, target = both_indices(client, job)
    free_to_finish(client, job, source, target)
    shared = shared_aliases(client, job.source_index, job.target_index, source, job.alias_name)
    actions = alias_actions.move_aliases(
        job.source_index, job.target_index, source.aliases, target.aliases, job.alias_name, shared
    )
    is_blocked = job.blocks_writes and keeps_block(source, target)
    if is_blocked or (job.blocks_writes and target.markers.is_proven and target.is_write_blocked):
        job = job.warn(_BLOCK_KEPT.format(how_to_lift(job.target_index, "write")))
    if target.markers.is_proven:
        prove_source_unchanged(client, job, source, target)
    else:
        prove(client, job, source, target)
        if is_blocked:
            # Before the aliases move: no writer gets in whom the source index refused before the run.
            client.block_writes(job.target_index)
        copy_alias = job.task.copy_alias
        if copy_alias is None:
            raise VerificationError("the state names no copy alias")
        # From here on writers may delete copied documents. So documents are not compared again, and the copy alias
        # goes: a copy that was started twice could bring deleted documents back.
        actions += alias_actions.replace_marker(job.target_index, copy_alias, proven_alias(job.source_seq_no))
    if actions:
        apply_as_owner(client, job, actions)
    # Now, because DeleteIndex may wait for a snapshot, or for shards.
    show_target(client, job, source, target)
    aliases = sorted({*source.aliases, *target.aliases, *([job.alias_name] if job.alias_name else [])})
    log.info("aliases moved to the target index", extra={"aliases": aliases})
    # While the source index is there, which alone says in which state its policy is.
    return hand_over_policy(client, replace(job, aliases=aliases), source, target)
