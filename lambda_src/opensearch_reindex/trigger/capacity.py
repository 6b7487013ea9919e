"""Calculate whether the domain has room for the target indices: disk and shards."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opensearch_reindex.index.allocation_filters import DataNode
from opensearch_reindex.index.index_info import IndexInfo, StoreSize
from opensearch_reindex.trigger.homes import Homes
from opensearch_reindex.trigger.plan import PlannedIndex

# What `growth_of` reads of an index, as parts of a `filter_path`.
CAPACITY_PARTS = (
    "settings.index.auto_expand_replicas",
    "settings.index.number_of_replicas",
    "settings.index.number_of_shards",
)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_BYTES = re.compile(r"([\d.]+)([kmgtp]?)b", re.IGNORECASE)
_NOTHING = StoreSize(0, 0)
_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Growth:
    """Hold what one rebuild adds to the domain until its source index is deleted.

    Attributes:
        path: place in the file, e.g. `indices[3]`.
        target_index: index to create or to complete.
        shards: shards of the target index that do not exist yet.
        shards_freed: shards of the source index.
        bytes: disk space of the documents that are not copied yet.
        bytes_freed: disk space of the source index.
        shards_calculation: how `shards` was calculated, for people.
        bytes_calculation: how `bytes` was calculated, for people.
        nodes: ids of the nodes that may hold the target index.
        source_nodes: ids of the nodes that may hold the source index.
    """

    path: str
    target_index: str
    shards: int
    shards_freed: int
    bytes: int
    bytes_freed: int
    shards_calculation: str
    bytes_calculation: str
    nodes: frozenset[str]
    source_nodes: frozenset[str]


def growth_of(
    planned: PlannedIndex, indices: Mapping[str, IndexInfo], sizes: Mapping[str, StoreSize], homes: Homes
) -> Growth:
    """Calculate what one index needs, if the copy becomes as large as its source.

    Args:
        planned: the planned index.
        indices: the source index, and the target index if it exists.
        sizes: disk space of these indices.
        homes: the nodes that may hold the target index.
    """
    source = indices[planned.source_index]
    primaries, copies = int(homes.settings.get("number_of_shards", 1)), homes.copies
    # A replica that no node can hold takes no disk, but it counts as a shard.
    copies_on_disk = min(copies, max(1, len(homes.nodes)))
    size, copied = sizes[planned.source_index], sizes.get(planned.target_index, _NOTHING)
    source_copies = 1 + int(source.settings.get("number_of_replicas", 1))
    less = f" - {readable(copied.total)} already copied" if copied.total else ""
    return Growth(
        path=planned.path,
        target_index=planned.target_index,
        shards=0 if planned.target_index in indices else primaries * copies,
        shards_freed=source.shards * source_copies,
        bytes=max(0, size.primaries * copies_on_disk - copied.total),
        bytes_freed=size.total,
        shards_calculation=f"{primaries} x {_count(copies, 'copy', 'copies')}",
        bytes_calculation=f"{readable(size.primaries)} x {_count(copies_on_disk, 'copy', 'copies')}{less}",
        nodes=homes.nodes,
        source_nodes=homes.source_nodes,
    )


def disk_problems(
    growths: Sequence[Growth], nodes: Sequence[DataNode], settings: Mapping[str, str], *, keep_source: bool
) -> list[str]:
    """Find the indices for which the disks have no room.

    The disks are those of the nodes that may hold the index. The limit is the low watermark. Above it OpenSearch
    allocates no replica to a node, so the target index would never become as healthy as its source. Merges and writers
    keep the space above it.

    Args:
        growths: what each index needs, in the order of the rebuilds.
        nodes: the data nodes.
        settings: settings of the cluster, flat.
        keep_source: whether the source indices stay.
    """
    if settings.get("cluster.routing.allocation.disk.threshold_enabled") == "false":
        return []
    watermark = settings.get("cluster.routing.allocation.disk.watermark.low", "85%")
    free = {node.id: max(0, node.available_bytes - _reserve(watermark, node.total_bytes)) for node in nodes}
    problems = []
    before: Counter[tuple[frozenset[str], frozenset[str]]] = Counter()
    for growth in growths:
        now = sum(free[node] for node in growth.nodes)
        left = now + sum(_change(homes, change, growth.nodes) for homes, change in before.items())
        if growth.bytes > max(0, left):
            where = _count(len(growth.nodes), "data node", "data nodes")
            where += "" if len(growth.nodes) == len(nodes) else f" that may hold it, of {len(nodes)}"
            problems.append(
                f"{growth.path}: target index {growth.target_index!r} needs {readable(growth.bytes)} of disk space "
                f"({growth.bytes_calculation}), but only {readable(max(0, left))} will be free when its turn comes; "
                f"free now below the low watermark ({watermark}) of {where}: {readable(now)}"
            )
            continue  # as if the file did not name it
        freed = 0 if keep_source else growth.bytes_freed
        if growth.nodes == growth.source_nodes:
            before[growth.nodes, growth.nodes] += freed - growth.bytes
        else:
            before[growth.nodes, _NOWHERE] -= growth.bytes
            before[_NOWHERE, growth.source_nodes] += freed
    return problems


def _change(homes: tuple[frozenset[str], frozenset[str]], change: int, nodes: frozenset[str]) -> int:
    """Return how earlier indices change the space of some nodes, in the worst case.

    What they take may be taken on any node that both may use. What they free counts if all of it is on these nodes.

    Args:
        homes: nodes on which the earlier indices take space, and free it.
        change: of the space of these nodes.
        nodes: the nodes that the next index may use.
    """
    taken, freed = homes
    if change < 0:
        return 0 if nodes.isdisjoint(taken) else change
    return change if freed <= nodes else 0


def shard_problems(
    growths: Sequence[Growth], open_shards: int, data_nodes: int, settings: Mapping[str, str], *, keep_source: bool
) -> list[str]:
    """Find the indices whose shards would exceed the domain's limit.

    Args:
        growths: what each index needs, in the order of the rebuilds.
        open_shards: shards of all open indices, including unassigned shards.
        data_nodes: number of data nodes.
        settings: settings of the cluster, flat.
        keep_source: whether the source indices stay.
    """
    per_node = settings.get("cluster.max_shards_per_node")
    if per_node is None:  # Amazon's limit depends on version and instance type; without a figure there is no check
        return []
    limit = int(per_node) * data_nodes
    needs = [(growth, growth.shards, 0 if keep_source else growth.shards_freed) for growth in growths]
    return [
        f"{growth.path}: target index {growth.target_index!r} needs {growth.shards} shards "
        f"({growth.shards_calculation}), but only {max(0, left)} will be free when its turn comes; in use now: "
        f"{open_shards} of {limit} (cluster.max_shards_per_node {per_node} x "
        f"{_count(data_nodes, 'data node', 'data nodes')})"
        for growth, left in _misfits(needs, limit - open_shards)
    ]


def readable(size: float) -> str:
    """Format a size in the unit that fits.

    Args:
        size: number of bytes.
    """
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} B"


def _misfits(needs: Iterable[tuple[Growth, int, int]], left: int) -> Iterator[tuple[Growth, int]]:
    """Find each index that does not fit when its turn comes, with the room left then.

    The calculation goes on as if the file did not name that index.

    Args:
        needs: each index with what it adds, and what the deletion of its source frees.
        left: what is free now.
    """
    for growth, added, freed in needs:
        if added > left and added > 0:
            yield growth, left
        else:
            left += freed - added


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _reserve(watermark: str, total: int) -> int:
    """Return how many bytes of a disk must stay free.

    `85%` and `0.85` are the share that may be used, `25gb` is the space that must stay free.
    """
    if size := _BYTES.fullmatch(watermark):
        return int(float(size[1]) * 1024.0 ** " kmgtp".index(size[2].lower() or " "))
    used = float(watermark.removesuffix("%")) / (100 if watermark.endswith("%") else 1)
    return int(total * (1 - used))
