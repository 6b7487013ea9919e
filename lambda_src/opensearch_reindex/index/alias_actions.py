"""Actions of an `_aliases` request: the only place that writes one."""

from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.markers import owner_alias

Action = dict[str, dict[str, Any]]
# An `add` replaces the whole entry of an alias, so every attribute has to be repeated.
_ATTRIBUTES = ("filter", "index_routing", "search_routing", "is_hidden", "is_write_index")


def add(index: str, alias: str, entry: Mapping[str, Any]) -> Action:
    """Put an index into an alias, or replace its entry.

    Args:
        index: index name.
        alias: alias name.
        entry: attributes of the alias entry, as `GET _alias` returns them.
    """
    return {"add": {"index": index, "alias": alias, **{key: entry[key] for key in _ATTRIBUTES if key in entry}}}


def add_marker(index: str, alias: str) -> Action:
    """Add a marker to an index."""
    return add(index, alias, {"is_hidden": True})


def remove(index: str, alias: str) -> Action:
    """Take an index out of an alias; the request fails if the index is not in it."""
    return {"remove": {"index": index, "alias": alias, "must_exist": True}}


def remove_if_present(index: str, alias: str) -> Action:
    """Take an index out of an alias, if it is in it."""
    return {"remove": {"index": index, "alias": alias}}


def remove_index(index: str) -> Action:
    """Delete an index."""
    return {"remove_index": {"index": index}}


def replace_marker(index: str, old: str, new: str) -> list[Action]:
    """Replace a marker; of two requests that replace it, exactly one succeeds."""
    return [remove(index, old), add_marker(index, new)]


def change_owner(target_index: str, owner: str, new_owner: str) -> list[Action]:
    """Pass on the ownership of a target index; fails if `owner` does not own it."""
    return replace_marker(target_index, owner_alias(owner), owner_alias(new_owner))


def switch_writes(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str,
) -> list[Action]:
    """Make the target the write index of every alias that writes to the source.

    Reads still find both indices.
    These are the named alias and each alias that has the source as its explicit write index.
    """
    explicit = [name for name, entry in source_aliases.items() if entry.get("is_write_index")]
    actions = []
    for alias in dict.fromkeys([alias_name, *explicit]):
        if not target_aliases.get(alias, {}).get("is_write_index"):
            entry = source_aliases.get(alias, {})
            actions.append(add(target_index, alias, {**entry, "is_write_index": True}))
            actions.append(add(source_index, alias, {**entry, "is_write_index": False}))
    return actions


def move_aliases(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str,
) -> list[Action]:
    """Replace the source by the target in every alias; the named one writes to it."""
    actions = []
    for alias, entry in {alias_name: {}, **source_aliases}.items():
        if alias not in target_aliases:
            writes = {"is_write_index": True} if alias == alias_name else {}
            actions.append(add(target_index, alias, {**entry, **writes}))
    return actions + [remove(source_index, alias) for alias in source_aliases]
