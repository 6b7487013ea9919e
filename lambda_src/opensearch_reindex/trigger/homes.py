"""The nodes that may hold an index: which they are, and whether they are enough."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index.allocation_filters import (
    DataNode,
    allocation_filters,
    filters_in_force,
    usable_nodes,
)
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import flat_settings, target_settings
from opensearch_reindex.trigger.plan import PlannedIndex

# What `homes_of` reads of an index, as a part of a `filter_path`.
HOME_PARTS = ("settings.index.routing.allocation",)


@dataclass(frozen=True)
class Homes:
    """The nodes that may hold a target index and its source index.

    Attributes:
        settings: of the target index, flat names without `index.`.
        nodes: ids of the nodes that may hold the target index.
        source_nodes: ids of the nodes that may hold the source index.
        data_nodes: number of data nodes.
    """

    settings: Mapping[str, Any]
    nodes: frozenset[str]
    source_nodes: frozenset[str]
    data_nodes: int

    @property
    def copies(self) -> int:
        """Copies of each shard of the target index: the primary shard and its replicas."""
        return 1 + _replicas(self.settings, len(self.nodes))


def homes_of(
    planned: PlannedIndex,
    source: IndexInfo,
    holders: Set[str],
    nodes: Sequence[DataNode],
    cluster_settings: Mapping[str, str],
) -> Homes:
    """Find the nodes that may hold one target index.

    Args:
        planned: the planned index.
        source: the source index.
        holders: ids of the nodes with its shards; needed only if it has allocation filters.
        nodes: the data nodes.
        cluster_settings: settings of the cluster, flat.
    """
    kept = filters_in_force(flat_settings(source.settings), (node for node in nodes if node.id in holders))
    settings = target_settings(source.settings, *planned.settings, filters=kept)
    of_cluster = allocation_filters(cluster_settings, "cluster.")
    own, of_source = (
        frozenset(node.id for node in usable_nodes(nodes, filters, of_cluster))
        for filters in (allocation_filters(settings), kept)
    )
    return Homes(settings, own, of_source, len(nodes))


def home_problem(planned: PlannedIndex, homes: Homes) -> str | None:
    """Return why no node may hold the target index.

    Args:
        planned: the planned index.
        homes: the nodes that may hold it.
    """
    if homes.nodes:
        return None
    filters = ", ".join(f"{name} {value}" for name, value in sorted(allocation_filters(homes.settings).items()))
    return (
        f"{planned.path}: target index {planned.target_index!r} finds no data node; none of {homes.data_nodes} fits "
        f"the allocation filters ({filters or 'of the cluster'}) without being an UltraWarm node; "
        "expected filters that at least one node fits"
    )


def replica_problem(planned: PlannedIndex, homes: Homes) -> str | None:
    """Return why the target index would stay less healthy than a green source index.

    OpenSearch puts each copy of a shard on a node of its own.

    Args:
        planned: the planned index.
        homes: the nodes that may hold it.
    """
    copies, places = homes.copies, len(homes.nodes)
    per_node = int(homes.settings.get("routing.allocation.total_shards_per_node", -1))
    shards = copies * int(homes.settings.get("number_of_shards", 1))
    less_healthy = f"It would stay yellow, and source index {planned.source_index!r} is green; expected at most"
    if copies > places:
        return (
            f"{planned.path}: target index {planned.target_index!r} has number_of_replicas {copies - 1}, thus {copies} "
            f"copies of each shard, but {_places(homes)}. {less_healthy} {max(0, places - 1)}"
        )
    if per_node > 0 and shards > per_node * places:
        return (
            f"{planned.path}: target index {planned.target_index!r} has {shards} shards with their replicas, and "
            f"routing.allocation.total_shards_per_node {per_node}, but {_places(homes)}. {less_healthy} "
            f"{per_node * places} shards"
        )
    return None


def _places(homes: Homes) -> str:
    nodes = f"{homes.data_nodes} data node{'' if homes.data_nodes == 1 else 's'}"
    if len(homes.nodes) == homes.data_nodes:
        return f"the domain has {nodes}"
    return f"{len(homes.nodes)} of {nodes} may hold it (allocation filters, UltraWarm)"


def _replicas(settings: Mapping[str, object], nodes: int) -> int:
    _, expands, most = str(settings.get("auto_expand_replicas", "false")).partition("-")
    if not expands:
        return int(str(settings.get("number_of_replicas", 1)))
    others = max(0, nodes - 1)
    return others if most == "all" else min(int(most), others)
