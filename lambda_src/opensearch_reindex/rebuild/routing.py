"""Guards where documents of one id and different routings could become one.

Everywhere else a version conflict of the copy proves a document: the target index holds one of the same id in the same
shard, and that is a copy of an earlier attempt or what a writer stored later. Two documents of the source index never
meet, because they differ in id, or in shard, and the shards of the target index divide the shards of the source index.

With other shards, two documents may meet, and the second one is a version conflict. What that means depends on the
strategy:

- Where no writer uses the target index, its count decides. It has only copies, so it lacks a document for each that met
  another one, however often the copy was started. Documents of a join and of one routing each never meet, so most
  indices with custom routing are rebuilt.
- With `redirect_writes`, new documents of writers hide it from the count. So documents with custom routing are not
  proven there at all, however few conflicts there were. CreateIndex has looked for them before writers were moved, but
  writers may have stored one since: before the freeze in the source index, and later in the target index.
"""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import keeps_documents_apart
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Counters, Job
from opensearch_reindex.runtime.errors import ROLL_BACK, VerificationError

# What `keeps_documents_apart` reads of an index.
ROUTING_PARTS = (
    "settings.index.number_of_routing_shards,settings.index.number_of_shards,settings.index.resize,"
    "settings.index.routing_partition_size,settings.index.shrink"
)
KEEP_SHARDS = "Keep number_of_shards, or double it."


def refuse_meeting_documents(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Refuse documents with custom routing where writers would hide that they met.

    Args:
        client: the domain.
        job: state so far.
        source: the source index, refreshed.
        target: the target index, refreshed if writers use it.

    Raises:
        VerificationError: an index has such documents.
    """
    if job.strategy != Strategy.REDIRECT_WRITES or keeps_documents_apart(source.settings, target.settings):
        return
    for name, info in ((job.source_index, source), (job.target_index, target)):
        if client.has_routed_documents(name, primaries=info.replicas_may_be_behind):
            raise VerificationError(
                f"index {name!r} has documents with custom routing, which came during the run. With {target.shards} "
                f"shards instead of {source.shards}, documents with one id and different routings become one",
                next_step=f"{KEEP_SHARDS} {ROLL_BACK}",
            )


def met_documents(
    client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo, counters: Counters, target_count: int
) -> str | None:
    """Say that copied documents met in one shard, where no writer uses the target.

    Args:
        client: the domain.
        job: state so far.
        source: the source index.
        target: the target index.
        counters: result of the copy.
        target_count: documents in the refreshed target index.
    """
    expected = counters.total - counters.noops
    # Without a conflict, every document was created, so that none met another one.
    if not counters.version_conflicts or target_count == expected or job.strategy == Strategy.REDIRECT_WRITES:
        return None
    if keeps_documents_apart(source.settings, target.settings):
        return None
    if not client.has_routed_documents(job.source_index, primaries=source.replicas_may_be_behind):
        return None
    return (
        f"documents with one id and different routings met in one shard ({target.shards} instead of {source.shards}): "
        f"the target index has {target_count} documents; expected exactly {expected}"
    )
