"""Measure the documents of a source index, and size the copy after them."""

from collections.abc import Iterator, Mapping
from typing import Any

from opensearch_reindex.index.index_info import MAX_RESULT_WINDOW, CopyLimits, IndexInfo, PrimaryShards
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.batch import SYSTEM_PIPELINE, batch_size, largest_batch, scroll_of, slices_of
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log

# Of each shard some documents are measured, old and new ones. Huge documents end the measuring early.
_MOST_SHARDS = 10
_DOCUMENTS_OF_PLACE = 10
_MOST_BYTES = 8 * 1024 * 1024


def size_copy(
    client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo, count: int, shards: PrimaryShards
) -> dict[str, Any]:
    """Return `reindex` of the trigger file with a batch size, slices and scroll.

    Args:
        client: the domain.
        job: state so far.
        source: the source index.
        target: the target index.
        count: documents in the source index.
        shards: its primary shards.
    """
    limits = _limits(client)
    pipelines = [*_pipelines(client, job.reindex, target), *([SYSTEM_PIPELINE] if job.asks_model else [])]
    slices, is_limited = slices_of(job.reindex["slices"], source.shards, shards, limits)
    sized: dict[str, Any] = {"slices": slices} if is_limited else {}
    if scroll := scroll_of(pipelines, limits):
        sized["scroll"] = scroll
    if "batch_size" in job.reindex:
        return {**job.reindex, **sized}
    window = int(source.settings.get("max_result_window", MAX_RESULT_WINDOW))
    sizes = list(_document_bytes(client, job, source.shards, shards)) if count else []
    size = batch_size(
        {**job.reindex, "slices": slices},
        sizes,
        shards.store_bytes // max(1, count),
        limits,
        largest_batch(job.reindex, pipelines, window),
    )
    log.info("copy sized", extra={"batch_size": size, "slices": slices, "measured_documents": len(sizes)})
    return {**job.reindex, **sized, "batch_size": size}


def _limits(client: OpenSearchClient) -> CopyLimits:
    try:
        return client.copy_limits()
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        log.warning("limits of the nodes could not be read", extra={"reason": str(error)})
        return CopyLimits()


def _document_bytes(client: OpenSearchClient, job: Job, number: int, shards: PrimaryShards) -> Iterator[int]:
    """Yield the lengths of a few documents of each shard."""
    middle = shards.last_seq_no // (2 * number)
    # The first answer has one document, because nothing is known of its length.
    places = [(0, 0), *((shard, seq_no) for shard in range(min(number, _MOST_SHARDS)) for seq_no in (0, middle))]
    rest, largest = _MOST_BYTES, 0
    for shard, seq_no in places:
        size = max(1, min(_DOCUMENTS_OF_PLACE, rest // (2 * largest))) if largest else 1
        try:
            found = client.source_bytes(job.source_index, size, shard=shard, from_seq_no=seq_no)
        except (OpenSearchRequestError, TransientOpenSearchError) as error:
            log.warning("documents could not be measured", extra={"reason": str(error)})
            return
        yield from found
        rest -= sum(found)
        largest = max([largest, *found])
        if rest <= 0:
            return


def _pipelines(client: OpenSearchClient, options: Mapping[str, Any], target: IndexInfo) -> Iterator[Mapping[str, Any]]:
    """Yield the definitions of all pipelines that run on copied documents.

    None of them calls another one: such a pipeline is refused.
    """
    for name in (options.get("pipeline"), target.settings.get("final_pipeline")):
        if name not in (None, "_none"):
            yield client.get_pipeline(str(name)) or {}
