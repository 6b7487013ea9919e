"""The write block of a source index: who set it, and how to lift it."""

from collections.abc import Mapping

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.alias_actions import Action
from opensearch_reindex.index.blocks import FLOOD_STAGE, is_flooded
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import block_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.logs import log


def is_blocked_by_module(source: IndexInfo, target: IndexInfo | None) -> bool:
    """Return whether the module, not the user, set the write block of a source index.

    Args:
        source: with the settings of its blocks.
        target: target index that an earlier attempt created, with its provenance; None without one.
    """
    if not source.is_write_blocked:
        return False
    # Earlier versions set no marker. Their note in the target index tells it.
    noted = target.provenance.source_was_blocked if target else None
    return source.markers.blocked_uuid == source.uuid or noted is False


def mark_block(source_index: str, source: IndexInfo, target: IndexInfo) -> list[Action]:
    """Return the actions that claim the coming write block for the module.

    A write block of the user stays the user's.
    """
    if source.markers.blocked_uuid == source.uuid:
        return []
    if source.is_write_blocked and not is_blocked_by_module(source, target):
        return []
    return [alias_actions.add_marker(source_index, block_alias(source.uuid))]


def unmark_block(source_index: str, source: IndexInfo) -> list[Action]:
    """Return the actions that take the claim back."""
    if source.markers.blocked_uuid is None:
        return []
    return [alias_actions.remove_if_present(source_index, block_alias(source.markers.blocked_uuid))]


def mend_marker(source_index: str, source: IndexInfo, target: IndexInfo) -> list[Action]:
    """Return the actions that make the marker say who set the write block.

    A run that was killed may leave a marker without a block. Earlier versions left a block without a marker. A snapshot
    restores the marker of another index.
    """
    if is_blocked_by_module(source, target):
        return mark_block(source_index, source, target)
    return unmark_block(source_index, source)


def lift_block(client: OpenSearchClient, source_index: str, source: IndexInfo) -> None:
    """Let writers use the source index again."""
    client.allow_writes(source_index)
    # In this order: a kill in between leaves a marker without a block, which the next run removes.
    if actions := unmark_block(source_index, source):
        client.apply_alias_actions(actions)


def keeps_block(source: IndexInfo, target: IndexInfo | None) -> bool:
    """Return whether the target index is to get the write block of its source index.

    It gets a block that a person set, before the aliases move. Once it is proven, a person may have lifted its block.
    Once writers were redirected, as earlier versions did, a block would lock them out.
    """
    is_in_use = target is not None and (target.markers.is_proven or target.has_taken_writes)
    return source.is_write_blocked and not is_in_use and not is_blocked_by_module(source, target)


def lift_flood_blocks(client: OpenSearchClient, indices: Mapping[str, IndexInfo | None]) -> None:
    """Lift the block that OpenSearch sets when a disk is almost full.

    Only to free the disk, or to let writers go on. OpenSearch checks the disks every 30 seconds, and sets the block
    again while the disk is still full. With the block it refuses every other change of the index.
    """
    for name, info in indices.items():
        if info and is_flooded(info):
            client.put_settings(name, {f"blocks.{FLOOD_STAGE}": None})
            log.warning("lifted the block of a full disk, to finish the index", extra={"index": name})
