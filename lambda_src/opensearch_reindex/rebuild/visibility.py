"""Which of the two indices a wildcard finds once the aliases have moved."""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.settings import HIDDEN
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job


def show_target(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Hide the source index from wildcards, then let them find the target index.

    In this order a wildcard finds no document twice, also if the run is killed in between. It may find none for a
    moment. An index that is as it should be gets no request.

    Args:
        client: the domain.
        job: state so far.
        source: the source index, which is in no alias any more.
        target: the target index, whose copy is proven.
    """
    if not source.is_hidden:
        client.put_settings(job.source_index, {HIDDEN: True})
    if target.is_hidden and job.is_hidden_at_end is False:
        client.put_settings(job.target_index, {HIDDEN: None})
