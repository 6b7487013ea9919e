"""Blocks of an index: which of them stop a rebuild."""

from collections.abc import Iterator

from opensearch_reindex.index.index_info import IndexInfo

# The set of OpenSearch at flood stage: a disk is almost full.
FLOOD_STAGE = "read_only_allow_delete"


def blocks_of(info: IndexInfo, *, is_proven: bool) -> Iterator[str]:
    """List the blocks of an index that would stop a rebuild.

    The module sets a write block itself. It lifts the block of a full disk to finish an index whose target is proven,
    because the deletion of the source index frees the disk.

    Args:
        info: source or target index.
        is_proven: whether the copy was proven complete.
    """
    allowed = {"write", FLOOD_STAGE} if is_proven else {"write"}
    for block, value in info.settings.get("blocks", {}).items():
        if value == "true" and block not in allowed:
            yield block


def is_flooded(info: IndexInfo) -> bool:
    """Return whether OpenSearch blocks an index because a disk is almost full."""
    return bool(info.settings.get("blocks", {}).get(FLOOD_STAGE) == "true")
