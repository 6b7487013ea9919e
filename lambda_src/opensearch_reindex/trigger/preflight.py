"""Check a trigger file against the domain, with requests that change nothing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.trigger.admission import (
    ADMISSION_PARTS,
    ROUTING_PARTS,
    domain_problems,
    is_done,
    may_merge_documents,
)
from opensearch_reindex.trigger.capacity import CAPACITY_PARTS, disk_problems, growth_of, shard_problems
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.transforms import pipeline_problems

# The complete settings and mappings of a thousand indices would be far too large.
_PARTS = ",".join(dict.fromkeys((*ADMISSION_PARTS, *ROUTING_PARTS, *CAPACITY_PARTS)))
# Enough to show which pattern of the role is missing, and few enough to ask for one by one.
MAX_REFUSALS_SHOWN = 20


def check_domain(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex]
) -> tuple[list[PlannedIndex], list[str]]:
    """Check indices, pipeline, custom routing, disk space and shards.

    Args:
        client: the domain.
        file: the trigger file, with defaults filled in.
        planned: all indices of the file.

    Returns:
        The indices that are not rebuilt yet, and all problems with their places in the file.
    """
    names = [name for index in planned for name in (index.source_index, index.target_index, index.alias_name)]
    indices = client.get_indices(names, parts=_PARTS)
    pending = [index for index in planned if not is_done(index, indices)]
    admitted, problems = [], []
    for index in pending:
        if found := domain_problems(index, indices):
            problems += found
        else:
            admitted.append(index)
    if pipeline := file["reindex"].get("pipeline"):
        found = pipeline_problems(client.get_pipeline(pipeline))
        problems += [f"reindex.pipeline: {pipeline!r} {problem}" for problem in found]
    if admitted:
        problems += _routing_problems(client, admitted, indices)
        problems += _capacity_problems(client, admitted, indices, keep_source=file["keep_source"])
    return pending, problems


def permission_problems(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> list[str]:
    """Find what this role must be allowed and is not.

    A role lists its actions once for many patterns. So one index shows which actions are missing, and one action shows
    which patterns are missing. Hidden documents would be lost, so that check asks for every index.

    Args:
        client: the domain.
        planned: the indices to rebuild.
    """
    if not planned:
        return []
    first = planned[0]
    problems = [
        f"{first.path}: {refusal.reason}" for refusal in client.refused_actions(first.source_index, first.target_index)
    ]
    problems += islice(_refused_aliases(client, planned), MAX_REFUSALS_SHOWN)
    restricted = (index for index in planned if client.is_restricted(index.source_index))
    return problems + [
        f"{index.path}: this role cannot see all of source index {index.source_index!r} (document-level security, "
        "field-level security or masked fields); a copy would silently lack what the role cannot see"
        for index in islice(restricted, MAX_REFUSALS_SHOWN)
    ]


def _refused_aliases(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> Iterator[str]:
    """Ask for all indices at once, and for each half only after a refusal."""
    refusal = client.refused_alias_change(
        name for index in planned for name in (index.source_index, index.target_index)
    )
    if not refusal:
        return
    if len(planned) == 1 or refusal.error_type != "security_exception":  # IAM and blocks ignore the names
        index = planned[0]
        yield f"{index.path}: {index.source_index!r} or {index.target_index!r}: {refusal.reason}"
        return
    middle = len(planned) // 2
    yield from _refused_aliases(client, planned[:middle])
    yield from _refused_aliases(client, planned[middle:])


def _routing_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo]
) -> Iterator[str]:
    """Find custom routing by a search; CreateIndex checks again after a refresh."""
    resharded = [index for index in planned if may_merge_documents(index, indices[index.source_index])]
    routed = client.indices_with_routing([index.source_index for index in resharded])
    for index in resharded:
        if index.source_index in routed:
            yield (
                f"{index.path}: source index {index.source_index!r} has documents with custom routing; with this "
                "number of shards, documents that share an id under different routings would become one document. Keep "
                "number_of_shards, or double it. Neither helps an index that was shrunk or split, which has its own "
                "routing"
            )


def _capacity_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo], *, keep_source: bool
) -> Iterator[str]:
    names = [name for index in planned for name in (index.source_index, index.target_index) if name in indices]
    sizes = client.store_sizes(names)
    for index in planned:
        if index.source_index not in sizes:
            yield (
                f"{index.path}: size of source index {index.source_index!r} is unknown; expected assigned shards, and "
                "indices:monitor/stats among the role's permissions"
            )
    settings = client.cluster_settings()
    data_nodes, open_shards = client.shards()
    growths = [growth_of(index, indices, sizes, data_nodes) for index in planned if index.source_index in sizes]
    yield from disk_problems(growths, client.data_disks(), settings, keep_source=keep_source)
    yield from shard_problems(growths, open_shards, data_nodes, settings, keep_source=keep_source)
