"""Allocation filters: settings that say which nodes may hold an index."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opensearch_reindex.utils import is_below

_KINDS = ("exclude", "include", "require")
# Elasticsearch 7.10 gives this one to an index by itself, and OpenSearch ignores it.
TIER_PREFERENCE = "routing.allocation.include._tier_preference"
# Amazon marks UltraWarm nodes with it. Only an index that asks for it finds room there.
_BOX_TYPE, _WARM = "box_type", "warm"


@dataclass(frozen=True)
class DataNode:
    """A data node, with the names that a filter may give it.

    Attributes:
        id: node id.
        name: node name.
        host: host name.
        ip: address without port.
        attributes: custom attributes, such as `zone` or `box_type`.
        total_bytes: size of its disk.
        available_bytes: what is free on its disk.
    """

    id: str
    name: str = ""
    host: str = ""
    ip: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    total_bytes: int = 0
    available_bytes: int = 0

    def names(self, attribute: str) -> list[str]:
        """Return what a filter on this attribute is compared with."""
        own = {
            "_host": [self.host, self.ip],
            "_host_ip": [self.ip],
            "_id": [self.id],
            "_ip": [self.ip],
            "_name": [self.name],
            "_publish_ip": [self.ip],
        }
        if attribute in own:
            return own[attribute]
        return [self.attributes[attribute]] if attribute in self.attributes else []


def allocation_filters(settings: Mapping[str, Any], scope: str = "") -> dict[str, str]:
    """Return the allocation filters that a person set; an empty value is none.

    Args:
        settings: flat names without `index.`.
        scope: `cluster.` for settings of the cluster.
    """
    return {
        name.removeprefix(scope): str(value)
        for name, value in settings.items()
        if any(is_below(name, f"{scope}routing.allocation.{kind}") for kind in _KINDS)
        and name != TIER_PREFERENCE
        and _values(str(value))
    }


def filters_in_force(settings: Mapping[str, Any], nodes: Iterable[DataNode]) -> dict[str, str]:
    """Return the filters of an index that all its shards obey.

    OpenSearch leaves shards where they are while no other node may have them. Under a filter of this kind the shards of
    a new index would find no node, or too few.

    Args:
        settings: of the index, flat names without `index.`.
        nodes: the nodes that hold its shards.
    """
    filters, held = allocation_filters(settings), list(nodes)
    includes = _of_kind(filters, "include")
    kept = includes if all(_is_included(node, includes) for node in held) else {}
    others = {name: value for name, value in filters.items() if name not in includes}
    return kept | {name: value for name, value in others.items() if all(_obeys(node, name, value) for node in held)}


def usable_nodes(nodes: Iterable[DataNode], *settings: Mapping[str, str]) -> list[DataNode]:
    """Return the nodes that may hold an index.

    Args:
        nodes: the data nodes of the domain.
        settings: allocation filters of the index, and of the cluster.
    """
    asks_for_box = any(name.endswith(f".{_BOX_TYPE}") for filters in settings for name in filters)
    return [
        node
        for node in nodes
        if all(_may_hold(node, filters) for filters in settings)
        and (asks_for_box or node.attributes.get(_BOX_TYPE) != _WARM)
    ]


def _may_hold(node: DataNode, filters: Mapping[str, str]) -> bool:
    includes = _of_kind(filters, "include")
    others = ((name, value) for name, value in filters.items() if name not in includes)
    return _is_included(node, includes) and all(_obeys(node, *each) for each in others)


def _of_kind(filters: Mapping[str, str], kind: str) -> dict[str, str]:
    return {name: value for name, value in filters.items() if is_below(name, f"routing.allocation.{kind}")}


def _is_included(node: DataNode, includes: Mapping[str, str]) -> bool:
    """Return whether a node fits one of these filters; one is enough."""
    return not includes or any(any(_fits(node, name, value)) for name, value in includes.items())


def _obeys(node: DataNode, name: str, value: str) -> bool:
    """Return whether a node obeys a filter of the kinds `exclude` and `require`."""
    fits = _fits(node, name, value)
    return not any(fits) if is_below(name, "routing.allocation.exclude") else all(fits)


def _fits(node: DataNode, name: str, value: str) -> list[bool]:
    """Tell of each value of a filter whether the node has it; `*` stands for any text."""
    found = node.names(name.split(".", 3)[3])
    patterns = [re.escape(each).replace(r"\*", ".*") for each in _values(value)]
    return [any(re.fullmatch(pattern, each) for each in found) for pattern in patterns]


def _values(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]
