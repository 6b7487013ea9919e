"""Allocation filters: settings that say which nodes may hold an index."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opensearch_reindex.utils import is_below

_KINDS = tuple(f"routing.allocation.{kind}" for kind in ("exclude", "include", "require"))
# Elasticsearch 7.10 sets it by itself, and OpenSearch knows no tiers of this kind.
_OF_ENGINE = "routing.allocation.include._tier_preference"
# What a node is called in filters, beside its attributes, by the key in `GET _nodes/stats`.
_NAMES = {"_id": "id", "_name": "name", "_host": "host", "_ip": "ip", "_host_ip": "ip", "_publish_ip": "ip"}


def allocation_filters(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the allocation filters of an index that a person set.

    Args:
        settings: of the index, flat names without `index.`.
    """
    return {
        name: str(value)
        for name, value in settings.items()
        if name != _OF_ENGINE and any(is_below(name, kind) for kind in _KINDS)
    }


def filters_in_force(filters: Mapping[str, str], nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the filters under which the shards of an index are allocated.

    OpenSearch leaves shards where they are if no node fits. Of such a filter nothing follows for a new index but that
    its shards find no node.

    Args:
        filters: as `allocation_filters` returns them.
        nodes: the nodes that hold the shards, as `GET _nodes/stats` describes them.
    """
    held = list(nodes)
    includes = {name: value for name, value in filters.items() if ".include." in name}
    # One of them is enough for a node.
    are_included = all(any(_fits(node, *each) for each in includes.items()) for node in held)
    kept = includes if are_included else {}
    others = {name: value for name, value in filters.items() if name not in includes}
    return {
        **kept,
        **{name: value for name, value in others.items() if all(_obeys(node, name, value) for node in held)},
    }


def _obeys(node: Mapping[str, Any], name: str, value: str) -> bool:
    return not _fits(node, name, value) if ".exclude." in name else _fits(node, name, value, every=True)


def _fits(node: Mapping[str, Any], name: str, value: str, *, every: bool = False) -> bool:
    """Return whether a node has one of the values that a filter names, or every."""
    attribute = name.split(".", 3)[3]
    found = str(node.get(_NAMES[attribute], "") if attribute in _NAMES else node.get("attributes", {}).get(attribute))
    if attribute.endswith("_ip"):
        found = found.rpartition(":")[0] or found
    values = [re.escape(each.strip()).replace(r"\*", ".*") for each in value.split(",") if each.strip()]
    return (all if every else any)(re.fullmatch(each, found) is not None for each in values)
