"""Alias actions: the only place that writes one."""

from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.markers import owner_alias

_ALIAS_ATTRIBUTES = ("filter", "index_routing", "search_routing", "is_hidden", "is_write_index")


def take_over_actions(target_index: str, owner: str, new_owner: str) -> list[dict[str, Any]]:
    """Alias actions that give a target index from one owner to the other, or fail if it is not the first one's."""
    return [
        {"remove": {"index": target_index, "alias": owner_alias(owner), "must_exist": True}},
        {"add": {"index": target_index, "alias": owner_alias(new_owner), "is_hidden": True}},
    ]


def written_aliases(source_aliases: Mapping[str, Mapping[str, Any]], alias_name: str) -> list[str]:
    """The aliases whose write index moves first: the named one and those with the source as explicit write index."""
    explicit = [name for name, entry in source_aliases.items() if entry.get("is_write_index")]
    return list(dict.fromkeys([alias_name, *explicit]))


def switch_write_actions(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str,
) -> list[dict[str, Any]]:
    """Alias actions that send writes to the target index while reads still find both indices.

    An `add` replaces the whole entry, so filter, routing and hidden flag are repeated on both sides.
    """
    actions = []
    for alias in written_aliases(source_aliases, alias_name):
        if not target_aliases.get(alias, {}).get("is_write_index"):
            entry = source_aliases.get(alias, {})
            actions.append(_add_action(target_index, alias, {**entry, "is_write_index": True}))
            actions.append(_add_action(source_index, alias, {**entry, "is_write_index": False}))
    return actions


def move_alias_actions(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str,
) -> list[dict[str, Any]]:
    """Alias actions that take the source index out of every alias and put the target where it is not yet.

    The target becomes the write index of the named alias.
    """
    actions: list[dict[str, Any]] = []
    for alias, entry in {alias_name: {}, **source_aliases}.items():
        if alias not in target_aliases:
            writes = {"is_write_index": True} if alias == alias_name else {}
            actions.append(_add_action(target_index, alias, {**entry, **writes}))
    actions += [{"remove": {"index": source_index, "alias": alias, "must_exist": True}} for alias in source_aliases]
    return actions


def _add_action(index: str, alias: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {key: entry[key] for key in _ALIAS_ATTRIBUTES if key in entry}
    return {"add": {"index": index, "alias": alias, **attributes}}
