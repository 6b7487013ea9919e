from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo, StoreSize
from opensearch_reindex.trigger.capacity import (
    Growth,
    disk_problems,
    growth_of,
    readable,
    shard_problems,
)
from opensearch_reindex.trigger.homes import homes_of
from opensearch_reindex.trigger.plan import PlannedIndex
from support.room import disks

GIB = 1024**3
LOW = "cluster.routing.allocation.disk.watermark.low"


def planned(**settings: Any) -> PlannedIndex:
    return PlannedIndex("indices[0]", "a_v1", "a_v2", "a_current", (settings, {}), "c")


def source(**settings: str) -> IndexInfo:
    return IndexInfo("u1", {}, {"number_of_shards": "2", "number_of_replicas": "1", **settings}, {})


def grown(index: PlannedIndex, info: IndexInfo, data_nodes: int = 3, **sizes: StoreSize) -> Growth:
    indices = {"a_v1": info, **({"a_v2": IndexInfo("u2", {}, {}, {})} if "a_v2" in sizes else {})}
    homes = homes_of(index, info, set(), disks(*[(1, 1)] * data_nodes), {})
    return growth_of(index, indices, {"a_v1": StoreSize(100, 200), **sizes}, homes)


def needs(position: int, size: int, freed: int, nodes: str = "0", source_nodes: str = "") -> Growth:
    """Make an index that needs as many shards as bytes, on nodes of one digit each."""
    homes = frozenset(nodes), frozenset(source_nodes or nodes)
    calculations = "1 x 1 copy", "1 B x 1 copy"
    return Growth(f"indices[{position}]", f"t{position}", size, freed, size, freed, *calculations, *homes)


def test_a_target_needs_what_its_source_has() -> None:
    found = grown(planned(), source())
    assert (found.shards, found.shards_freed, found.bytes, found.bytes_freed) == (4, 4, 200, 200)
    assert (found.shards_calculation, found.bytes_calculation) == ("2 x 2 copies", "100 B x 2 copies")


@pytest.mark.parametrize(
    ("changes", "data_nodes", "shards", "size"),
    [
        ({"number_of_replicas": 2}, 3, 6, 300),
        ({"index": {"number_of_replicas": 0}}, 3, 2, 100),
        ({"number_of_shards": 5}, 3, 10, 200),
        ({"number_of_shards": None, "number_of_replicas": None}, 3, 2, 200),  # OpenSearch's own choice, 1 and 1
        ({}, 1, 4, 100),  # a replica that no node can hold
        ({"auto_expand_replicas": "0-all"}, 3, 6, 300),
        ({"auto_expand_replicas": "0-1"}, 3, 4, 200),
        ({"auto_expand_replicas": "0-5"}, 2, 4, 200),
        ({"auto_expand_replicas": "false", "number_of_replicas": 0}, 3, 2, 100),
    ],
)
def test_changed_settings_and_the_number_of_nodes_count(
    changes: dict[str, Any], data_nodes: int, shards: int, size: int
) -> None:
    found = grown(planned(**changes), source(), data_nodes)
    assert (found.shards, found.bytes) == (shards, size)


def test_growth_counts_only_the_rest_when_the_target_is_half_done() -> None:
    found = grown(planned(), source(), a_v2=StoreSize(30, 60))
    assert (found.shards, found.bytes) == (0, 140)
    assert found.bytes_calculation == "100 B x 2 copies - 60 B already copied"
    assert grown(planned(), source(), a_v2=StoreSize(300, 600)).bytes == 0


@pytest.mark.parametrize(
    ("watermark", "free"),
    [
        ("85%", 70 * GIB),
        ("0.85", 70 * GIB),
        ("85.5%", 71 * GIB),
        ("20gb", 60 * GIB),
        ("20480mb", 60 * GIB),
        ("0.5GB", 99 * GIB),
        (f"{20 * GIB}b", 60 * GIB),
        ("1pb", 0),
    ],
)
def test_disk_problems_count_only_the_space_below_the_low_watermark(watermark: str, free: int) -> None:
    nodes = disks((100 * GIB, 60 * GIB), (100 * GIB, 40 * GIB))
    assert disk_problems([needs(0, free, 0, "01")], nodes, {LOW: watermark}, keep_source=False) == []
    (problem,) = disk_problems([needs(0, free + 1, 0, "01")], nodes, {LOW: watermark}, keep_source=False)
    assert problem == (
        f"indices[0]: target index 't0' needs {readable(free + 1)} of disk space (1 B x 1 copy), but only "
        f"{readable(free)} will be free when its turn comes; free now below the low watermark ({watermark}) of 2 data "
        f"nodes: {readable(free)}"
    )


def test_a_disk_above_the_watermark_takes_nothing_from_the_others() -> None:
    nodes = disks((100, 1), (100, 20))
    assert disk_problems([needs(0, 5, 0, "01")], nodes, {LOW: "85%"}, keep_source=False) == []
    assert disk_problems([needs(0, 6, 0, "01")], nodes, {}, keep_source=False)  # 85 % is OpenSearch's default


def test_disk_problems_ignores_disks_when_thresholds_are_disabled() -> None:
    settings = {"cluster.routing.allocation.disk.threshold_enabled": "false", LOW: "85%"}
    assert disk_problems([needs(0, 6, 0)], disks((100, 1)), settings, keep_source=False) == []


def test_source_indices_that_are_deleted_make_room_for_the_next() -> None:
    three = [needs(number, 10, 10) for number in range(3)]
    nodes, settings = disks((10, 10)), {LOW: "100%"}
    assert disk_problems(three, nodes, settings, keep_source=False) == []
    problems = disk_problems(three, nodes, settings, keep_source=True)
    assert [problem.split(":")[0] for problem in problems] == ["indices[1]", "indices[2]"]
    assert "but only 0 B will be free" in problems[0]
    assert problems[0].endswith("of 1 data node: 10 B")


def test_a_larger_copy_leaves_less_for_the_next() -> None:
    growths = [needs(0, 8, 4), needs(1, 7, 7), needs(2, 6, 6)]
    problems = disk_problems(growths, disks((10, 10)), {LOW: "100%"}, keep_source=False)
    assert [problem.split(":")[0] for problem in problems] == ["indices[1]"]
    assert "but only 6 B will be free" in problems[0]


def test_disk_problems_go_on_as_if_an_index_that_does_not_fit_were_not_listed() -> None:
    growths = [needs(0, 11, 11), needs(1, 6, 6), needs(2, 5, 5), needs(3, 4, 4)]
    problems = disk_problems(growths, disks((10, 10)), {LOW: "100%"}, keep_source=True)
    assert [problem.split(":")[0] for problem in problems] == ["indices[0]", "indices[2]"]


def test_only_disks_of_nodes_that_may_hold_the_index_count() -> None:
    nodes = disks((10, 10), (10, 4), (10, 10))
    assert disk_problems([needs(0, 14, 14, "01")], nodes, {LOW: "100%"}, keep_source=False) == []
    (problem,) = disk_problems([needs(0, 15, 15, "01")], nodes, {LOW: "100%"}, keep_source=False)
    assert problem.endswith("of 2 data nodes that may hold it, of 3: 14 B")


@pytest.mark.parametrize(
    ("earlier", "left"),
    [
        (needs(0, 4, 0, "01"), 6),  # may take all of it here
        (needs(0, 4, 0, "1"), 10),
        (needs(0, 0, 4, "01"), 10),  # may free all of it elsewhere
        (needs(0, 0, 4, "0"), 14),
        (needs(0, 5, 6, "01"), 10),
        (needs(0, 6, 5, "01"), 9),
        (needs(0, 4, 4, "1", "0"), 14),  # moves away
        (needs(0, 4, 4, "0", "1"), 6),
        (needs(0, 4, 4, "01", "0"), 10),
        (needs(0, 4, 4, "01", "1"), 6),
    ],
)
def test_earlier_indices_leave_less_where_they_share_a_node(earlier: Growth, left: int) -> None:
    nodes = disks((10, 10), (10, 10))
    for size, count in ((left, 0), (left + 1, 1)):
        growths = [earlier, needs(1, size, 0)]
        assert len(disk_problems(growths, nodes, {LOW: "100%"}, keep_source=False)) == count


def test_shards_are_counted_as_opensearch_counts_them() -> None:
    settings = {"cluster.max_shards_per_node": "10"}
    assert shard_problems([needs(0, 5, 0)], 15, 2, settings, keep_source=False) == []
    assert shard_problems([needs(0, 6, 0)], 15, 2, settings, keep_source=False) == [
        "indices[0]: target index 't0' needs 6 shards (1 x 1 copy), but only 5 will be free when its turn comes; "
        "in use now: 15 of 20 (cluster.max_shards_per_node 10 x 2 data nodes)"
    ]


def test_shards_of_source_indices_that_stay_are_not_free_again() -> None:
    settings = {"cluster.max_shards_per_node": "10"}
    two = [needs(0, 5, 5), needs(1, 5, 5)]
    assert shard_problems(two, 15, 2, settings, keep_source=False) == []
    assert len(shard_problems(two, 15, 2, settings, keep_source=True)) == 1


def test_what_needs_no_more_shards_fits_into_a_full_domain() -> None:
    settings = {"cluster.max_shards_per_node": "10"}
    assert shard_problems([needs(0, 0, 5)], 25, 2, settings, keep_source=False) == []
    assert "but only 0 will be free" in shard_problems([needs(0, 1, 5)], 25, 2, settings, keep_source=False)[0]


def test_shard_problems_is_empty_when_the_domain_has_no_limit_in_its_settings() -> None:
    assert shard_problems([needs(0, 10**6, 0)], 15, 2, {}, keep_source=False) == []


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1.5 * GIB, "1.5 GiB"), (5000 * 1024**5, "5000.0 PiB")],
)
def test_sizes_are_readable(size: float, text: str) -> None:
    assert readable(size) == text
