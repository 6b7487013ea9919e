from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

import pytest

from opensearch_reindex.index.index_info import IndexInfo, StoreSize
from opensearch_reindex.index.markers import Markers
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.preflight import MAX_REFUSALS_SHOWN, check_domain, permission_problems
from support.room import disks, with_room

IAM = OpenSearchRequestError(403, "http_error", "POST /_aliases: not authorized to perform: es:ESHttpPost")
FORBIDDEN = OpenSearchRequestError(403, "security_exception", "POST /_aliases: no permissions for [x]")


def plans(count: int) -> list[PlannedIndex]:
    return [PlannedIndex(f"indices[{n}]", f"i{n}_v1", f"i{n}_v2", f"i{n}_current", ({}, {}), "c") for n in range(count)]


FILE: dict[str, Any] = {"keep_source": False, "readers_may_fail": False, "strategy": "redirect_writes", "reindex": {}}


def check(client: Any, file: dict[str, Any], planned: list[PlannedIndex]) -> tuple[list[PlannedIndex], list[str]]:
    """Return the indices that are not rebuilt yet, and all problems."""
    names = [index.source_index for index in planned]
    checked = check_domain(client, {"strategy": "block_writes", "indices": names, **file}, planned, "arn:e")
    return list(checked.pending), list(checked.problems)


def on_domain(client: Any, planned: list[PlannedIndex], **settings: Any) -> dict[str, IndexInfo]:
    """Let the domain have every source index, and return what it says of them."""
    indices = {index.source_index: IndexInfo("u", {}, {"number_of_shards": "1", **settings}, {}) for index in planned}
    client.get_indices.return_value = indices
    return indices


@pytest.fixture
def client() -> Any:
    return with_room(create_autospec(OpenSearchClient, instance=True))


def test_only_indices_with_other_shards_are_searched_for_custom_routing(client: Any) -> None:
    kept, changed, routed = plans(3)
    planned = [kept, *(replace(index, settings=({"number_of_shards": 1}, {})) for index in (changed, routed))]
    on_domain(client, planned, number_of_shards="2")
    client.indices_with_routing.return_value = {"i2_v1"}
    pending, (problem,) = check(client, FILE, planned)
    assert pending == planned
    client.indices_with_routing.assert_called_once_with(["i1_v1", "i2_v1"])
    assert problem.startswith("indices[2]: source index 'i2_v1' has documents with custom routing")
    assert "Use strategy block_writes" in problem


def test_with_blocked_writes_the_proof_decides_about_custom_routing(client: Any) -> None:
    planned = [replace(index, settings=({"number_of_shards": 1}, {})) for index in plans(1)]
    on_domain(client, planned, number_of_shards="2")
    client.indices_with_routing.return_value = {"i0_v1"}
    assert check(client, {**FILE, "strategy": "block_writes"}, planned) == (planned, [])


def test_check_domain_lists_disks_shards_and_unknown_sizes_together(client: Any) -> None:
    planned = plans(3)
    on_domain(client, planned)
    client.store_sizes.side_effect = None
    client.store_sizes.return_value = {"i0_v1": StoreSize(10**13, 10**13), "i2_v1": StoreSize(1, 1)}
    client.shards.return_value = (1, 999)
    _, problems = check(client, FILE, planned)
    assert [problem.partition(" needs ")[0] for problem in problems[1:]] == [
        "indices[0]: target index 'i0_v2'",
        "indices[0]: target index 'i0_v2'",
        "indices[2]: target index 'i2_v2'",
    ]
    assert problems[0].startswith("indices[1]: size of source index 'i1_v1' is unknown")


def test_source_indices_that_stay_need_room_beside_their_copies(client: Any) -> None:
    planned = plans(2)
    on_domain(client, planned)
    # 5100 below the watermark, and each copy has 2000.
    client.data_nodes.return_value = disks((3000, 3000), (3000, 3000))
    assert check(client, FILE, planned)[1] == []
    planned = plans(3)
    on_domain(client, planned)
    (problem,) = check(client, {**FILE, "keep_source": True}, planned)[1]
    assert problem.startswith("indices[2]: ")


def test_check_domain_asks_for_sizes_only_of_indices_that_exist(client: Any) -> None:
    planned = plans(2)
    indices = on_domain(client, planned)
    made_from = {"source_uuid": "u", "changes": "c"}
    meta = {"_meta": {"opensearch_reindex": made_from}}
    client.get_indices.return_value = {**indices, "i1_v2": IndexInfo("t", {}, {}, meta, markers=Markers(owner="arn:e"))}
    assert check(client, FILE, planned) == (planned, [])
    client.store_sizes.assert_called_once_with(["i0_v1", "i1_v1", "i1_v2"])


def test_check_domain_skips_capacity_when_an_index_has_other_problems(client: Any) -> None:
    client.get_indices.return_value = {}
    assert len(check(client, FILE, plans(3))[1]) == 3
    assert not client.store_sizes.called


def test_without_indices_no_permission_is_asked_for(client: Any) -> None:
    assert permission_problems(client, []) == []
    assert not client.refused_actions.called


def test_with_all_permissions_a_thousand_indices_are_asked_for_at_once(client: Any) -> None:
    assert permission_problems(client, plans(1000)) == []
    assert client.refused_alias_change.call_count == client.refused_actions.call_count == 1


def test_permission_problems_lists_every_refused_action(client: Any) -> None:
    reasons = ["PUT /i0_v2: no permissions for [indices:admin/create]", "POST /_reindex: no permissions for [y]"]
    client.refused_actions.return_value = [
        OpenSearchRequestError(403, "security_exception", reason) for reason in reasons
    ]
    assert permission_problems(client, plans(2)) == [f"indices[0]: {reason}" for reason in reasons]
    client.refused_actions.assert_called_once_with("i0_v1", "i0_v2")


@pytest.mark.parametrize("name", ["i700_v1", "i700_v2"])
def test_the_index_that_no_pattern_of_the_role_matches_is_found(client: Any, name: str) -> None:
    client.refused_alias_change.side_effect = lambda names: FORBIDDEN if name in [*names] else None
    assert permission_problems(client, plans(1000)) == [
        "indices[700]: 'i700_v1' or 'i700_v2': POST /_aliases: no permissions for [x]"
    ]
    assert client.refused_alias_change.call_count < 25


def test_permission_problems_lists_the_first_of_many_after_few_requests(client: Any) -> None:
    client.refused_alias_change.return_value = FORBIDDEN
    problems = permission_problems(client, plans(1000))
    assert [problem.split(":")[0] for problem in problems] == [f"indices[{n}]" for n in range(MAX_REFUSALS_SHOWN)]
    assert client.refused_alias_change.call_count < 60


def test_permission_problems_lists_a_refusal_of_iam_once(client: Any) -> None:
    client.refused_alias_change.return_value = IAM
    assert len(permission_problems(client, plans(1000))) == 1
    assert client.refused_alias_change.call_count == 1


def test_check_domain_checks_the_pipeline_of_the_file(client: Any) -> None:
    planned = plans(1)
    on_domain(client, planned)
    client.get_pipeline.return_value = None
    (problem,) = check(client, {**FILE, "reindex": {"pipeline": "p"}}, planned)[1]
    assert problem == "reindex.pipeline: 'p' does not exist"


@pytest.mark.parametrize("setting", ["final_pipeline", "default_pipeline", "search.default_pipeline"])
def test_check_domain_demands_every_pipeline_of_an_index_once(setting: str, client: Any) -> None:
    planned = [replace(index, settings=({f"index.{setting}": "p"}, {})) for index in plans(3)]
    on_domain(client, planned)
    client.get_pipeline.return_value = None
    client.has_search_pipeline.return_value = False
    (problem,) = check(client, FILE, planned)[1]
    assert problem.startswith(f"indices[0]: settings.{setting}: 'p' does not exist")
    assert client.get_pipeline.call_count + client.has_search_pipeline.call_count == 1


def test_check_domain_demands_the_default_pipeline_of_a_source(client: Any) -> None:
    planned = plans(1)
    on_domain(client, planned, default_pipeline="p")
    client.get_pipeline.return_value = None
    (problem,) = check(client, FILE, planned)[1]
    assert "settings.default_pipeline: 'p' does not exist, so every write would fail" in problem


def test_check_domain_refuses_a_final_pipeline_that_moves_documents(client: Any) -> None:
    planned = [replace(index, settings=({}, {"final_pipeline": "p"})) for index in plans(1)]
    on_domain(client, planned)
    client.get_pipeline.return_value = {"processors": [{"set": {"field": "_id", "value": "{{k}}"}}]}
    (problem,) = check(client, FILE, planned)[1]
    assert problem.startswith("indices[0]: settings.final_pipeline: 'p' must not set _id, _index or _routing")


def test_a_role_that_hides_something_of_an_index_is_refused(client: Any) -> None:
    client.is_restricted.side_effect = lambda name: name == "i1_v1"
    (problem,) = permission_problems(client, plans(3))
    assert problem.startswith("indices[1]: this role cannot see all of source index 'i1_v1' (document-level security")
    assert client.is_restricted.call_count == 3
    client.is_restricted.side_effect = None
    client.is_restricted.return_value = True
    assert len(permission_problems(client, plans(100))) == MAX_REFUSALS_SHOWN


def test_a_role_that_may_not_ask_whether_it_sees_all_is_refused(client: Any) -> None:
    client.is_restricted.side_effect = OpenSearchRequestError(403, "security_exception", "no permissions for [x]")
    assert permission_problems(client, plans(2)) == [f"indices[{n}]: no permissions for [x]" for n in range(2)]
    client.is_restricted.side_effect = OpenSearchRequestError(400, "x", "y")
    with pytest.raises(OpenSearchRequestError):
        permission_problems(client, plans(2))


@pytest.mark.parametrize(("health", "problems"), [("green", 1), ("yellow", 0)])
def test_more_replicas_than_nodes_are_refused_where_the_source_is_green(
    client: Any, health: str, problems: int
) -> None:
    planned = plans(1)
    on_domain(client, planned, number_of_replicas="2")
    client.green_indices.side_effect = lambda names: set(names) if health == "green" else set()
    assert len(check(client, FILE, planned)[1]) == problems


def test_a_proven_target_needs_no_room_and_no_source_without_a_full_disk(client: Any) -> None:
    (planned,) = plans(1)
    indices = on_domain(client, [planned], blocks={"read_only_allow_delete": "true"}, number_of_replicas="2")
    assert len(check(client, FILE, [planned])[1]) == 1
    meta = {"_meta": {"opensearch_reindex": {"source_index": "i0_v1", "source_uuid": "u", "changes": "c"}}}
    markers = Markers(owner="arn:e", is_proven=True, frozen_seq_no=1)
    aliases = {"i0_current": {"is_write_index": True}}
    indices["i0_v2"] = IndexInfo("u2", aliases, {"number_of_shards": "1"}, meta, markers=markers)
    client.green_indices.side_effect = set
    assert check(client, FILE, [planned]) == ([planned], [])


def test_nodes_that_an_index_may_not_use_give_it_no_room(client: Any) -> None:
    planned = plans(1)
    allocation = {"require": {"box": "hot"}, "include": {"_tier_preference": "data_content"}}
    on_domain(client, planned, number_of_replicas="0", routing={"allocation": allocation})
    small, large = disks((3000, 500), (10**12, 10**12))
    client.data_nodes.return_value = [replace(small, attributes={"box": "hot"}), large]
    client.nodes_of_shards.return_value = {"i0_v1": {"0"}}
    (problem,) = check(client, FILE, planned)[1]
    assert problem.endswith("of 1 data node that may hold it, of 2: 50 B")
    client.nodes_of_shards.assert_called_once_with(["i0_v1"])
    elsewhere = [replace(index, settings=({"routing.allocation.require.box": "cold"}, {})) for index in planned]
    (problem,) = check(client, FILE, elsewhere)[1]
    assert problem.startswith("indices[0]: target index 'i0_v2' finds no data node")
