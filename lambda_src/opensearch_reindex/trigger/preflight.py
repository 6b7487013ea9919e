"""What the domain has against a trigger file: asked before anything changes, with requests that change nothing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.trigger.admission import domain_problems, is_done, may_collapse
from opensearch_reindex.trigger.capacity import disk_problems, growth, shard_problems
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.transforms import pipeline_problems

# All that is looked at in the indices; the whole of a thousand indices would be far too much.
PARTS_CHECKED = (
    "data_stream",
    "mappings._meta.opensearch_reindex",
    "mappings._source",
    "mappings.dynamic_templates.*.mapping.type",
    "settings.index.auto_expand_replicas",
    "settings.index.blocks",
    "settings.index.final_pipeline",
    "settings.index.knn*",
    "settings.index.number_of_*",
    "settings.index.resize",
    "settings.index.routing_partition_size",
    "settings.index.shrink",
    "settings.index.verified_before_close",
    "settings.index.version.created",
)
# Enough to see which pattern of the role is missing, and few enough to be asked for one by one.
MAX_REFUSALS_SHOWN = 20


def check_domain(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex]
) -> tuple[list[PlannedIndex], list[str]]:
    """Ask for everything that can be read: the indices, their documents' routing, disk space and shards.

    Args:
        client: the domain.
        file: the trigger file, defaults filled in.
        planned: its indices.

    Returns:
        The indices that are not rebuilt yet, and every problem found.
    """
    names = [name for index in planned for name in (index.source_index, index.target_index, index.alias_name)]
    indices = client.get_indices(names, parts=",".join(PARTS_CHECKED))
    pending, sound, problems = [], [], []
    for index in planned:
        if not is_done(index, indices):
            pending.append(index)
            found = domain_problems(index, indices)
            problems += found
            sound += [] if found else [index]
    if pipeline := file["reindex"].get("pipeline"):
        found = pipeline_problems(client.get_pipeline(pipeline))
        problems += [f"reindex.pipeline: {pipeline!r} {problem}" for problem in found]
    if sound:
        problems += _routing_problems(client, sound, indices)
        problems += _capacity_problems(client, sound, indices, keep_source=file["keep_source"])
    return pending, problems


def permission_problems(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> list[str]:
    """What this role may not do: every action on the first index, alias changes on all, and to see all of each.

    A role names its actions once for many patterns, so one index shows which actions are missing, and one action
    which patterns. What it hides is asked for index by index: documents would be lost.

    Args:
        client: the domain.
        planned: indices that are to be rebuilt.
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
        f"{index.path}: this role does not see all of source index {index.source_index!r} (document-level security, "
        "field-level security or masked fields): a copy would lack what it does not see, and nothing would tell"
        for index in islice(restricted, MAX_REFUSALS_SHOWN)
    ]


def _refused_aliases(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> Iterator[str]:
    """Ask for all at once, and by halves only where that is refused."""
    refusal = client.refused_alias_change(
        name for index in planned for name in (index.source_index, index.target_index)
    )
    if not refusal:
        return
    if len(planned) == 1 or refusal.error_type != "security_exception":  # IAM and blocks do not look at the names
        index = planned[0]
        yield f"{index.path}: {index.source_index!r} or {index.target_index!r}: {refusal.reason}"
        return
    middle = len(planned) // 2
    yield from _refused_aliases(client, planned[:middle])
    yield from _refused_aliases(client, planned[middle:])


def _routing_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo]
) -> Iterator[str]:
    """Documents of one id could become one, as far as a search finds them; CreateIndex looks again, after a refresh."""
    resharded = [index for index in planned if may_collapse(index, indices[index.source_index])]
    routed = client.indices_with_routing([index.source_index for index in resharded])
    for index in resharded:
        if index.source_index in routed:
            yield (
                f"{index.path}: source index {index.source_index!r} has documents with custom routing, and with this "
                "number of shards those of one id under different routings would become one: keep number_of_shards, "
                "or double it (neither helps an index that was shrunk or split: it has a routing of its own)"
            )


def _capacity_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo], *, keep_source: bool
) -> Iterator[str]:
    names = [name for index in planned for name in (index.source_index, index.target_index) if name in indices]
    sizes = client.store_sizes(names)
    for index in planned:
        if index.source_index not in sizes:
            yield (
                f"{index.path}: source index {index.source_index!r} does not tell its size: its shards are unassigned, "
                "or indices:monitor/stats is not allowed"
            )
    settings = client.cluster_settings()
    data_nodes, open_shards = client.shards()
    growths = [growth(index, indices, sizes, data_nodes) for index in planned if index.source_index in sizes]
    yield from disk_problems(growths, client.data_disks(), settings, keep_source=keep_source)
    yield from shard_problems(growths, open_shards, data_nodes, settings, keep_source=keep_source)
