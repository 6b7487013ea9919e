"""Alias actions, and the hidden aliases that keep two executions apart. No I/O."""

from collections.abc import Mapping
from typing import Any

OWNER_ALIAS_PREFIX = "opensearch-reindex-owner~"
SOURCE_ALIAS_PREFIX = "opensearch-reindex-source~"
_ALIAS_ATTRIBUTES = ("filter", "index_routing", "search_routing", "is_hidden", "is_write_index")


def owner_alias(execution_id: str) -> str:
    """The hidden alias that names the execution at work on a target index.

    An alias, because of two executions that replace it at the same moment exactly one succeeds. Names of executions
    hold no `~`, and names of aliases no `:`.
    """
    return OWNER_ALIAS_PREFIX + execution_id.replace(":", "~")


def source_alias(source_uuid: str) -> str:
    """The hidden alias that every target index of a source index has as its write index.

    An alias has one write index, so of two executions that make different targets of one source exactly one succeeds.
    """
    return SOURCE_ALIAS_PREFIX + source_uuid


def is_own_alias(alias: str) -> bool:
    """Whether an alias is one of this module's, not of the user's."""
    return alias.startswith((OWNER_ALIAS_PREFIX, SOURCE_ALIAS_PREFIX))


def owner_of(alias: str) -> str | None:
    """The execution that an alias names, if it is an owner alias."""
    return alias.removeprefix(OWNER_ALIAS_PREFIX).replace("~", ":") if alias.startswith(OWNER_ALIAS_PREFIX) else None


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
    source_index: str, target_index: str, source_aliases: Mapping[str, Any], target_aliases: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Alias actions that take the source index out of every alias and put the target where it is not yet."""
    actions: list[dict[str, Any]] = []
    for alias, entry in source_aliases.items():
        if alias not in target_aliases:
            actions.append(_add_action(target_index, alias, entry))
        actions.append({"remove": {"index": source_index, "alias": alias, "must_exist": True}})
    return actions


def _add_action(index: str, alias: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {key: entry[key] for key in _ALIAS_ATTRIBUTES if key in entry}
    return {"add": {"index": index, "alias": alias, **attributes}}
