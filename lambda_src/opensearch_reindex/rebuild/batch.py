"""Choose batch size, slices and scrolls of a copy from what was measured."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opensearch_reindex.index.index_info import CopyLimits, PrimaryShards

# All slices of a task run on one node, each with a batch in memory.
_BYTES_IN_BATCHES = 32 * 1024 * 1024
# A copy takes this part of the memory that its node has for write requests; the rest is for other writers.
_SHARE_OF_BULK_MEMORY = 4
# Stored documents are compressed; 8:1 is common. Only for indices whose documents cannot be measured.
_COMPRESSION = 8
# Measured: larger batches of small documents are no faster.
_MOST_IN_BATCH = 5000
# Scripts and pipelines take time for each document, and a batch without progress looks like a stalled copy.
_MOST_IN_CHANGED_BATCH = 1000
# A model may take seconds for a document.
_MOST_IN_BATCH_OF_MODEL = 100
# OpenSearch's upper limit for `slices: auto`.
_MOST_SLICES = 20
# A copy takes this part of the scroll contexts of a node.
_SHARE_OF_SCROLL_CONTEXTS = 2
# A scroll lives for five minutes after each batch. A pipeline may take longer for a batch.
_SCROLL_OF_PIPELINE = "30m"
# Processors that ask a model, or another service.
_PROCESSORS_WITH_MODELS = {
    "inference",
    "ml_inference",
    "sparse_encoding",
    "text_embedding",
    "text_image_embedding",
}
# What the plugin adds to an index with a `semantic` field; no request returns its definition.
SYSTEM_PIPELINE: Mapping[str, Any] = {"processors": [{"text_embedding": {}}]}
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def batch_size(
    options: Mapping[str, Any], sizes: Sequence[int], fallback_bytes: int, limits: CopyLimits, most: int
) -> int:
    """Return the documents of a batch; the batches of all slices fit into memory.

    Args:
        options: `reindex` of the trigger file, with a number of slices.
        sizes: lengths of measured documents, in bytes.
        fallback_bytes: disk space of a document, for when none was measured.
        limits: what the nodes allow.
        most: largest batch.
    """
    document = sum(sizes) / len(sizes) if sizes else fallback_bytes * _COMPRESSION
    memory = _BYTES_IN_BATCHES
    if limits.bulk_bytes:
        memory = min(memory, limits.bulk_bytes // _SHARE_OF_BULK_MEMORY)
    return max(1, min(most, int(memory / max(1, int(options["slices"]) * document))))


def largest_batch(options: Mapping[str, Any], pipelines: Sequence[Mapping[str, Any]], window: int) -> int:
    """Return the most documents in a batch, whatever their size.

    Args:
        options: `reindex` of the trigger file.
        pipelines: definitions of the pipelines that run on copied documents.
        window: `max_result_window` of the source index.
    """
    if any(asks_model(pipeline) for pipeline in pipelines):
        return min(window, _MOST_IN_BATCH_OF_MODEL)
    return min(window, _MOST_IN_CHANGED_BATCH if pipelines or "script" in options else _MOST_IN_BATCH)


def slices_of(requested: int | str, shards: int, primaries: PrimaryShards, limits: CopyLimits) -> tuple[int, bool]:
    """Return the number of slices, and whether it is less than requested.

    Every slice opens a scroll context on every shard.

    Args:
        requested: `slices` of the trigger file; only `auto` is limited.
        shards: number of primary shards of the source index.
        primaries: where its shards are.
        limits: what the nodes allow.
    """
    if requested != "auto":
        return int(requested), False
    wanted = min(shards, _MOST_SLICES)
    if limits.scroll_contexts is None:
        return wanted, False
    fitting = (
        (limits.scroll_contexts // _SHARE_OF_SCROLL_CONTEXTS - limits.open_scroll_contexts.get(node, 0)) // copies
        for node, copies in primaries.copies_on_nodes.items()
    )
    allowed = max(1, min(wanted, min(fitting, default=wanted)))
    return allowed, allowed < wanted


def scroll_of(pipelines: Sequence[Mapping[str, Any]], limits: CopyLimits) -> str | None:
    """Return the lifetime of the scrolls between two batches; None means the default.

    Args:
        pipelines: definitions of the pipelines that run on copied documents.
        limits: what the nodes allow.
    """
    if not pipelines:
        return None
    longest = limits.longest_scroll
    is_too_long = longest and _seconds(longest) < _seconds(_SCROLL_OF_PIPELINE)
    return longest if is_too_long else _SCROLL_OF_PIPELINE


def asks_model(definition: Any) -> bool:
    """Tell whether a processor of a pipeline asks a model, at any depth.

    Args:
        definition: of a pipeline, or a part of it.
    """
    return any(key in _PROCESSORS_WITH_MODELS for key, _ in _items(definition))


def _items(definition: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(definition, Mapping):
        for key, value in definition.items():
            yield key, value
            yield from _items(value)
    elif isinstance(definition, list):
        for part in definition:
            yield from _items(part)


def _seconds(duration: str) -> float:
    """Return the seconds of a duration such as `24h`; an unknown unit is long."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|[dhms])", duration)
    return float(match[1]) * _SECONDS[match[2]] if match else float("inf")
