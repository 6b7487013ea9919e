"""Actions of an `_aliases` request: the only place that writes one."""

import json
from collections.abc import Mapping, Set
from typing import Any

from opensearch_reindex.index.markers import owner_alias

Action = dict[str, dict[str, Any]]
# An `add` replaces the whole entry of an alias, so every attribute has to be repeated.
_ATTRIBUTES = ("filter", "index_routing", "search_routing", "is_hidden", "is_write_index")
_WRITES = "is_write_index"
# The entry of an alias that the module creates. It takes writes also once another index joins the alias.
WRITE_INDEX = {_WRITES: True}


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


def redirected(
    source_aliases: Mapping[str, Any], target_aliases: Mapping[str, Any], alias_name: str | None, shared: Set[str]
) -> list[str]:
    """List the aliases whose writes go to the source index, and the one to create.

    An alias without a write index takes writes while it has one index alone.

    Args:
        source_aliases: entries of the source index by alias.
        target_aliases: entries of the target index by alias.
        alias_name: alias that is created if it does not exist.
        shared: aliases that have an index beside the two.
    """
    written = [alias for alias, entry in source_aliases.items() if entry.get(_WRITES, alias not in shared)]
    is_created = alias_name and alias_name not in {*source_aliases, *target_aliases, *shared}
    return [*written, alias_name] if alias_name and is_created else written


def switch_writes(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str | None,
    shared: Set[str],
) -> list[Action]:
    """Make the target the write index of every alias that writes to the source.

    Reads find both indices. A source index without `is_write_index` stays without it, and its entry then tells
    `move_aliases` what the target's entry has to be in the end.
    """
    actions = []
    for alias in redirected(source_aliases, target_aliases, alias_name, shared):
        if _WRITES in target_aliases.get(alias, {}):
            continue  # switched earlier
        entry = source_aliases.get(alias, {})
        actions.append(add(target_index, alias, {**entry, _WRITES: True}))
        if _WRITES in entry or alias not in source_aliases:
            actions.append(add(source_index, alias, {**entry, _WRITES: False}))
    return actions


def move_aliases(
    source_index: str,
    target_index: str,
    source_aliases: Mapping[str, Any],
    target_aliases: Mapping[str, Any],
    alias_name: str | None,
    shared: Set[str],
) -> list[Action]:
    """Replace the source by the target in every alias, in the role that it had."""
    actions = []
    for alias, entry in source_aliases.items():
        switched = target_aliases.get(alias)
        if switched is None:
            actions.append(add(target_index, alias, entry))
        elif _WRITES in switched and _WRITES not in entry and alias not in shared:
            actions.append(add(target_index, alias, {key: switched[key] for key in switched if key != _WRITES}))
    if alias_name and alias_name not in {*source_aliases, *target_aliases}:
        actions.append(add(target_index, alias_name, {} if alias_name in shared else WRITE_INDEX))
    return actions + [remove(source_index, alias) for alias in source_aliases]


def how_to_rejoin(target_index: str, alias: str, entry: Mapping[str, Any]) -> str:
    """Return the request that puts a target index back into an alias."""
    return f"POST /_aliases {json.dumps({'actions': [add(target_index, alias, entry)]})}"
