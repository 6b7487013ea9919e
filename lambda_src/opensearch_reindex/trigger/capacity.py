"""Whether the domain has room for the target indices: disk and shards. No I/O."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opensearch_reindex.index.index_info import IndexInfo, StoreSize
from opensearch_reindex.index.target_index import target_settings
from opensearch_reindex.trigger.plan import PlannedIndex

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_BYTES = re.compile(r"([\d.]+)([kmgtp]?)b", re.IGNORECASE)
_NOTHING = StoreSize(0, 0)


@dataclass(frozen=True)
class Growth:
    """What the rebuild of one index adds to the domain, until the source index is deleted.

    Attributes:
        path: place in the file, e.g. `indices[3]`.
        target_index: index to be created, or half done.
        shards: shards of the target index that are not there yet.
        shards_freed: shards of the source index.
        bytes: disk space for what is not copied yet.
        bytes_freed: disk space of the source index.
        shards_reckoned: how `shards` comes about.
        bytes_reckoned: how `bytes` comes about.
    """

    path: str
    target_index: str
    shards: int
    shards_freed: int
    bytes: int
    bytes_freed: int
    shards_reckoned: str
    bytes_reckoned: str


def growth(
    planned: PlannedIndex, indices: Mapping[str, IndexInfo], sizes: Mapping[str, StoreSize], data_nodes: int
) -> Growth:
    """Reckon what one index needs. A copy is taken to be as large as its source.

    Args:
        planned: names worked out from the file.
        indices: source index, and target index if it is there.
        sizes: disk space of the same.
        data_nodes: how many the domain has.
    """
    source = indices[planned.source_index]
    settings = target_settings(source.settings, *planned.settings)
    primaries = int(settings.get("number_of_shards", 1))
    copies = 1 + _replicas(settings, data_nodes)
    # What finds no node takes no disk: a replica on a domain of one node. Its shard counts all the same.
    copies_on_disk = min(copies, max(1, data_nodes))
    size, copied = sizes[planned.source_index], sizes.get(planned.target_index, _NOTHING)
    source_copies = 1 + int(source.settings.get("number_of_replicas", 1))
    less = f" - {readable(copied.total)} copied before" if copied.total else ""
    return Growth(
        path=planned.path,
        target_index=planned.target_index,
        shards=0 if planned.target_index in indices else primaries * copies,
        shards_freed=source.shards * source_copies,
        bytes=max(0, size.primaries * copies_on_disk - copied.total),
        bytes_freed=size.total,
        shards_reckoned=f"{primaries} x {copies} copies",
        bytes_reckoned=f"{readable(size.primaries)} x {copies_on_disk} copies{less}",
    )


def disk_problems(
    growths: Sequence[Growth], disks: Sequence[tuple[int, int]], settings: Mapping[str, str], *, keep_source: bool
) -> list[str]:
    """The indices for which the disks have no room.

    Measured against the low watermark: above it OpenSearch gives a node no replica, so that the target index would
    never be as healthy as its source. The space above is left to merges and to what is written meanwhile.

    Args:
        growths: in the order in which the indices are rebuilt.
        disks: total and available bytes of each data node.
        settings: of the cluster, flat.
        keep_source: whether the source indices stay.
    """
    if settings.get("cluster.routing.allocation.disk.threshold_enabled") == "false":
        return []
    watermark = settings.get("cluster.routing.allocation.disk.watermark.low", "85%")
    free = sum(max(0, available - _reserve(watermark, total)) for total, available in disks)
    needs = [(growth, growth.bytes, 0 if keep_source else growth.bytes_freed) for growth in growths]
    return [
        f"{growth.path}: target index {growth.target_index!r} needs {readable(growth.bytes)} of disk space "
        f"({growth.bytes_reckoned}), and there will be {readable(left)}: {readable(free)} are free now below the low "
        f"watermark ({watermark}) of {len(disks)} data nodes"
        for growth, left in _misfits(needs, free)
    ]


def shard_problems(
    growths: Sequence[Growth], open_shards: int, data_nodes: int, settings: Mapping[str, str], *, keep_source: bool
) -> list[str]:
    """The indices for which the domain may not have shards enough.

    Args:
        growths: in the order in which the indices are rebuilt.
        open_shards: shards of all open indices, unassigned ones too.
        data_nodes: how many the domain has.
        settings: of the cluster, flat.
        keep_source: whether the source indices stay.
    """
    per_node = settings.get("cluster.max_shards_per_node")
    if per_node is None:  # Amazon's limit depends on version and instance type: without a figure there is no check
        return []
    limit = int(per_node) * data_nodes
    needs = [(growth, growth.shards, 0 if keep_source else growth.shards_freed) for growth in growths]
    return [
        f"{growth.path}: target index {growth.target_index!r} needs {growth.shards} shards ({growth.shards_reckoned}), "
        f"and there will be {max(0, left)}: the domain has {open_shards} of {limit} now (cluster.max_shards_per_node "
        f"{per_node} x {data_nodes} data nodes)"
        for growth, left in _misfits(needs, limit - open_shards)
    ]


def readable(size: float) -> str:
    """A size in the unit that fits.

    Args:
        size: in bytes.
    """
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} B"


def _misfits(needs: Iterable[tuple[Growth, int, int]], left: int) -> Iterator[tuple[Growth, int]]:
    """What does not fit when its turn comes. It is not counted further: without it, the rest of the file fits."""
    for growth, added, freed in needs:
        if added > left and added > 0:
            yield growth, left
        else:
            left += freed - added


def _replicas(settings: Mapping[str, object], data_nodes: int) -> int:
    _, expands, most = str(settings.get("auto_expand_replicas", "false")).partition("-")
    if not expands:
        return int(str(settings.get("number_of_replicas", 1)))
    others = max(0, data_nodes - 1)
    return others if most == "all" else min(int(most), others)


def _reserve(watermark: str, total: int) -> int:
    """Bytes of a disk that have to stay free: `85%` and `0.85` say how much may be used, `25gb` how much may not."""
    if size := _BYTES.fullmatch(watermark):
        return int(float(size[1]) * 1024.0 ** " kmgtp".index(size[2].lower() or " "))
    used = float(watermark.removesuffix("%")) / (100 if watermark.endswith("%") else 1)
    return int(total * (1 - used))
