from typing import Any

import pytest

from opensearch_reindex.index.allocation_filters import (
    DataNode,
    allocation_filters,
    filters_in_force,
    usable_nodes,
)

NODE = DataNode("id1", "node-1", "host.example", "10.0.0.1", {"zone": "a", "box": "hot"})
OTHER = DataNode("id2", "node-2", "other.example", "10.0.0.2", {"zone": "b"})


def filters(**values: str) -> dict[str, str]:
    return {f"routing.allocation.{name.replace('__', '.')}": value for name, value in values.items()}


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ({}, True),
        ({"require__zone": "a"}, True),
        ({"require__zone": "b"}, False),
        ({"require__zone": "a,b"}, False),  # no node is in both
        ({"require__zone": "*"}, True),
        ({"require__rack": "*"}, False),  # the node has none
        ({"require__zone": "a", "require__box": "hot"}, True),
        ({"require__zone": "a", "require__box": "warm"}, False),
        ({"include__zone": "b, a"}, True),
        ({"include__zone": "b,c"}, False),
        ({"include__zone": "b", "include__box": "h*"}, True),  # one filter of this kind is enough
        ({"exclude__zone": "a,b"}, False),
        ({"exclude__zone": "b"}, True),
        ({"exclude__rack": "*"}, True),
        ({"exclude__zone": "b", "exclude__box": "hot"}, False),
        ({"require___id": "id1"}, True),
        ({"require___name": "node-*"}, True),
        ({"exclude___name": "node.1"}, True),  # a dot is a dot
        ({"require___ip": "10.0.0.*"}, True),
        ({"exclude___ip": "10.0.0.1"}, False),
        ({"require___host": "host.example"}, True),
        ({"require___host": "10.0.0.1"}, True),
        ({"require___host_ip": "10.0.0.2"}, False),
        ({"require___publish_ip": "10.0.0.1"}, True),
    ],
)
def test_a_node_holds_an_index_as_opensearch_decides(given: dict[str, str], holds: bool) -> None:
    assert usable_nodes([NODE], filters(**given)) == ([NODE] if holds else [])


def test_every_node_with_shards_must_obey_a_filter_that_is_in_force() -> None:
    given = filters(exclude__zone="c", require__box="hot", include__zone="a,b", include__box="warm")
    assert filters_in_force(given, [NODE]) == given
    assert filters_in_force(given, [NODE, OTHER]) == {
        name: given[name] for name in given if name != "routing.allocation.require.box"
    }
    assert filters_in_force(filters(include__zone="a", include__box="warm"), [NODE, OTHER]) == {}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (filters(require__zone="a"), filters(require__zone="a")),
        (filters(require__zone=" , "), {}),  # how a filter is removed
        (filters(include___tier_preference="data_hot"), {}),
        (filters(total_shards_per_node="1", enable="none", initial_recovery___id="x"), {}),
    ],
)
def test_only_filters_of_a_person_are_filters(settings: dict[str, Any], found: dict[str, str]) -> None:
    assert allocation_filters(settings) == found


def test_filters_of_the_cluster_have_the_names_of_those_of_an_index() -> None:
    settings = {f"cluster.{name}": value for name, value in filters(exclude___ip="10.0.0.1").items()}
    assert allocation_filters(settings, "cluster.") == filters(exclude___ip="10.0.0.1")
