"""What to do about a block of an index or of the cluster."""

import re

_FLOOD_STAGE = "read_only_allow_delete"
# Ids of the blocks in OpenSearch's reasons.
_BLOCKS = {"5": "read_only", "7": "read", "8": "write", "9": "metadata", "12": _FLOOD_STAGE}
_CLUSTER_BLOCKS = {"6": "read_only", "10": "create_index", "13": _FLOOD_STAGE}
_REASON = re.compile(r"(?:index \[(?P<index>[^\]]+)\] )?blocked by: \[\w+/(?P<id>\d+)/")
_FREE_DISK_SPACE = "OpenSearch sets this block when a disk is almost full. Free disk space. "


def how_to_lift(index: str, block: str) -> str:
    """Return the request that lifts a block by hand."""
    return f'PUT /{index}/_settings {{"index.blocks.{block}": null}}'


def block_hint(reason: str) -> str | None:
    """Return what to do about a block that a reason of OpenSearch names, or None.

    Args:
        reason: of a `cluster_block_exception`.
    """
    if not (found := _REASON.search(reason)):
        return None
    index, name = found["index"], (_BLOCKS if found["index"] else _CLUSTER_BLOCKS).get(found["id"])
    if name is None:
        return None
    lift = (
        how_to_lift(index, name)
        if index
        else f'PUT /_cluster/settings {{"persistent": {{"cluster.blocks.{name}": null}}}}'
    )
    first = _FREE_DISK_SPACE if name in (_FLOOD_STAGE, "create_index") else ""
    return f"{first}To lift the block, send {lift}. Then upload the trigger file again."
