from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.allocation_filters import DataNode
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.trigger.homes import Homes, home_problem, homes_of, replica_problem
from opensearch_reindex.trigger.plan import PlannedIndex
from support.room import disks

REQUIRE, PER_NODE = "routing.allocation.require.box", "routing.allocation.total_shards_per_node"
NODES = [
    DataNode("h1", attributes={"box": "hot", "zone": "a"}),
    DataNode("h2", attributes={"box": "hot", "zone": "b"}),
    DataNode("w1", attributes={"box": "warm", "zone": "a"}),
]


def planned(**settings: Any) -> PlannedIndex:
    return PlannedIndex("indices[0]", "a_v1", "a_v2", "a_current", (settings, {}), "c")


def source(**settings: str) -> IndexInfo:
    return IndexInfo("u1", {}, {"number_of_shards": "2", "number_of_replicas": "1", **settings}, {})


def homes(index: PlannedIndex, info: IndexInfo, *holders: str, **cluster: str) -> Homes:
    settings = {f"cluster.routing.allocation.{name.replace('__', '.')}": value for name, value in cluster.items()}
    return homes_of(index, info, {*holders}, NODES, settings)


@pytest.mark.parametrize(
    ("changes", "holders", "nodes", "source_nodes"),
    [
        ({}, ["h1", "h2"], "h1 h2", "h1 h2"),
        ({}, ["h1", "w1"], "h1 h2 w1", "h1 h2 w1"),  # left out of the target, because w1 does not obey it
        ({REQUIRE: "warm"}, ["h1"], "w1", "h1 h2"),
        ({REQUIRE: None}, ["h1"], "h1 h2 w1", "h1 h2"),
        ({"routing.allocation.exclude.zone": "a"}, ["h1"], "h2", "h1 h2"),
    ],
)
def test_homes_are_the_nodes_that_the_filters_of_the_target_allow(
    changes: dict[str, Any], holders: list[str], nodes: str, source_nodes: str
) -> None:
    found = homes(planned(**changes), source(**{REQUIRE: "hot"}), *holders)
    assert (found.nodes, found.source_nodes) == (frozenset(nodes.split()), frozenset(source_nodes.split()))


def test_a_node_that_the_cluster_drains_is_no_home() -> None:
    found = homes(planned(), source(), exclude__zone="a")
    assert (found.nodes, found.data_nodes) == (frozenset({"h2"}), 3)


def test_a_filter_that_no_node_fits_is_refused() -> None:
    assert home_problem(planned(), homes(planned(), source())) is None
    cold = planned(**{REQUIRE: "cold"})
    problem = home_problem(cold, homes(cold, source()))
    assert problem is not None
    assert "none of 3 fits the allocation filters (routing.allocation.require.box cold)" in problem
    problem = home_problem(planned(), homes(planned(), source(), require__box="cold"))
    assert problem is not None
    assert "(of the cluster)" in problem


@pytest.mark.parametrize(
    ("changes", "data_nodes", "numbers"),
    [
        ({"number_of_replicas": 2}, 3, None),
        ({"number_of_replicas": 3}, 3, "number_of_replicas 3, thus 4 copies of each shard, but the domain has 3 data"),
        ({"auto_expand_replicas": "0-5"}, 3, None),
        ({"auto_expand_replicas": "0-all"}, 3, None),
        ({}, 1, "number_of_replicas 1, thus 2 copies of each shard, but the domain has 1 data node."),
        ({PER_NODE: 2}, 2, None),
        ({PER_NODE: -1}, 2, None),
        ({PER_NODE: 1}, 2, "has 4 shards with their replicas, and routing.allocation.total_shards_per_node 1, but the"),
    ],
)
def test_more_replicas_than_nodes_are_named_with_the_numbers(
    changes: dict[str, Any], data_nodes: int, numbers: str | None
) -> None:
    index = planned(**changes)
    problem = replica_problem(index, homes_of(index, source(), set(), disks(*[(1, 1)] * data_nodes), {}))
    assert (problem is None) if numbers is None else (problem is not None and numbers in problem)


def test_replicas_need_nodes_that_may_hold_them() -> None:
    warm = planned(**{REQUIRE: "warm"})
    problem = replica_problem(warm, homes(warm, source()))
    assert problem is not None
    assert "but 1 of 3 data nodes may hold it (allocation filters, UltraWarm)" in problem


def test_ultrawarm_nodes_are_no_homes_unless_a_filter_asks_for_them() -> None:
    nodes = [replace(node, attributes={"box_type": node.attributes["box"]}) for node in NODES]
    assert homes_of(planned(), source(), set(), nodes, {}).nodes == {"h1", "h2"}
    asking = planned(**{"routing.allocation.require.box_type": "warm"})
    assert homes_of(asking, source(), set(), nodes, {}).nodes == {"w1"}
