"""Guards where documents of one id and different routings could become one.

Everywhere else a version conflict of the copy proves a document: the target index holds one of the same id in the same
shard, and that is a copy of an earlier attempt or what a writer stored later. Two documents of the source index never
meet, because they differ in id, or in shard, and the shards of the target index divide the shards of the source index.

With other shards, a conflict may hide a document that never arrived, and new documents of writers hide it from the
counts too. So documents with custom routing are not proven there at all, however few conflicts there were. CreateIndex
has looked for them before writers were moved, but writers may have stored one since: before the freeze in the source
index, and with `redirect_writes` later in the target index.
"""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import keeps_documents_apart
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.runtime.errors import ROLL_BACK, VerificationError

# What `keeps_documents_apart` reads of an index.
ROUTING_PARTS = (
    "settings.index.number_of_routing_shards,settings.index.number_of_shards,settings.index.resize,"
    "settings.index.routing_partition_size,settings.index.shrink"
)


def refuse_meeting_documents(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Refuse documents with custom routing where they could replace each other.

    Args:
        client: the domain.
        job: state so far.
        source: the source index, refreshed.
        target: the target index, refreshed if writers use it.

    Raises:
        VerificationError: an index has such documents.
    """
    if keeps_documents_apart(source.settings, target.settings):
        return
    for name, info in ((job.source_index, source), (job.target_index, target)):
        if client.has_routed_documents(name, primaries=info.replicas_may_be_behind):
            raise VerificationError(
                f"index {name!r} has documents with custom routing, which came during the run. With {target.shards} "
                f"shards instead of {source.shards}, documents with one id and different routings become one",
                next_step=f"Keep number_of_shards, or double it. {ROLL_BACK}",
            )
