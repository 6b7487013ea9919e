"""What an earlier execution finished is recognised, whatever changed since."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import Markers
from opensearch_reindex.trigger.admission import domain_problems
from opensearch_reindex.trigger.finished import Done, done_as, is_to_be_deleted, later_problem
from opensearch_reindex.trigger.plan import PlannedIndex

PLANNED = PlannedIndex("indices[0]", "a_v1", "a_v2", "a_current", (), "c")
KEPT = Markers(is_kept=True, is_proven=True, frozen_seq_no=7)


def index(uuid: str = "u1", **differences: Any) -> IndexInfo:
    return replace(IndexInfo(uuid, {}, {}, {}), **differences)


def target(markers: Markers | None = None, *, write_index: bool | None = True, **made_from: str) -> IndexInfo:
    """Return the finished target index of `a_v1`."""
    note = {"source_index": "a_v1", "source_uuid": "u1", "changes": "c", **made_from}
    aliases: dict[str, Any] = {"a_current": {} if write_index is None else {"is_write_index": write_index}}
    return index("u2", aliases=aliases, mappings={"_meta": {"opensearch_reindex": note}}, markers=markers or Markers())


@pytest.mark.parametrize("indices", [{}, {"a_v1": index()}])
@pytest.mark.parametrize("markers", [Markers(), KEPT])
@pytest.mark.parametrize("write_index", [True, False, None])
def test_done_as_tells_whether_the_changes_differ(
    indices: dict[str, IndexInfo], markers: Markers, write_index: bool | None
) -> None:
    assert done_as(PLANNED, {**indices, "a_v2": target(markers, write_index=write_index)}) == Done.AS_REQUESTED
    corrected = target(markers, write_index=write_index, changes="d")
    assert done_as(PLANNED, {**indices, "a_v2": corrected}) == Done.OTHERWISE


@pytest.mark.parametrize(
    "indices",
    [
        {},
        {"a_v1": index()},
        {"a_v2": index("u2", aliases={"a_current": {"is_write_index": True}})},
        {"a_v2": target(Markers(owner="arn:e"))},
        {"a_v2": target(Markers(owner="released"))},
        {"a_v2": target(Markers(copy_alias="c"))},  # half done, and without its owner
        {"a_v2": target(Markers(is_proven=True))},
        {"a_v2": target(source_index="b_v1")},
        {"a_v2": replace(target(), aliases={})},
        {"a_v2": replace(target(), aliases={"other": {"is_write_index": True}})},
        {"a_v1": index("u9"), "a_v2": target()},
        {"a_v1": index(aliases={"reader": {}}), "a_v2": target()},
        {"a_v1": index(aliases={"a_current": {}}), "a_v2": target(KEPT)},
    ],
)
def test_done_as_is_none_when_anything_is_missing(indices: dict[str, IndexInfo]) -> None:
    assert done_as(PLANNED, indices) is None


def test_a_kept_source_is_deleted_only_with_everything_that_proves_it() -> None:
    indices = {"a_v1": index(), "a_v2": target(KEPT)}
    assert is_to_be_deleted(PLANNED, indices, keep_source=False)
    assert not is_to_be_deleted(PLANNED, indices, keep_source=True)
    for without in (
        {"a_v2": target(KEPT)},
        {"a_v1": index(), "a_v2": target()},  # kept by a version that noted no proof
        {"a_v1": index(), "a_v2": target(replace(KEPT, frozen_seq_no=None))},
    ):
        assert not is_to_be_deleted(PLANNED, without, keep_source=False)


@pytest.mark.parametrize(
    ("indices", "problem"),
    [
        ({"a_v2": replace(target(), aliases={})}, "was rebuilt as 'a_v2', which is not in alias 'a_current'"),
        ({"a_v7": target()}, "source index 'a_v1' was rebuilt as 'a_v7'; correct index_replacement"),
        ({"a_v3": target(source_index="a_v2")}, "its target index 'a_v2' was rebuilt as 'a_v3' since"),
        (
            {"a_v1": index(aliases={"a_current": {}}), "a_v2": replace(target(), aliases={})},
            "source index 'a_v1' is in 'a_current' again, and its finished target index 'a_v2' exists",
        ),
        (
            {"a_v1": index(aliases={"x": {}, "reader": {}}), "a_v2": target(KEPT)},
            "source index 'a_v1' is in 'reader', 'x' again, and its finished",
        ),
        ({"a_v1": index(), "a_v2": replace(target(), aliases={})}, "is in no alias, and its finished target index"),
    ],
)
def test_later_problem_explains_what_happened_to_a_finished_index(indices: dict[str, IndexInfo], problem: str) -> None:
    found = later_problem(PLANNED, indices)
    assert found is not None
    assert problem in found
    assert "roll back" not in found
    assert domain_problems(PLANNED, indices, "arn:e", Engine(True, 2, 19)) == [f"indices[0]: {found}"]


@pytest.mark.parametrize(
    "indices",
    [
        {},
        {"a_v1": index()},
        {"a_v1": index("u9"), "a_v2": target()},  # a new index of that name
        {"a_v1": index(), "a_v2": target(Markers(owner="arn:e"))},
        {"a_v3": target(Markers(owner="arn:e"), source_index="a_v2")},
    ],
)
def test_later_problem_is_none_where_nothing_was_finished(indices: dict[str, IndexInfo]) -> None:
    assert later_problem(PLANNED, indices) is None


@pytest.mark.parametrize("alias_name", ["a_v1", None])
def test_an_index_whose_name_is_an_alias_now_is_done(alias_name: str | None) -> None:
    planned = replace(PLANNED, alias_name=alias_name, needs_alias=alias_name is None)
    done = replace(target(), aliases={"a_v1": {"is_write_index": True}})
    assert done_as(planned, {"a_v2": done}) == Done.AS_REQUESTED
    assert done_as(planned, {"a_v1": index("u9"), "a_v2": done}) is None
    assert done_as(planned, {"a_v2": replace(done, markers=Markers(owner="arn:e"))}) is None


def test_a_kept_source_is_not_deleted_while_no_client_finds_its_target() -> None:
    lonely = replace(PLANNED, alias_name=None, needs_alias=True)
    kept = replace(target(KEPT), aliases={})
    assert done_as(lonely, {"a_v1": index(), "a_v2": kept}) == Done.AS_REQUESTED
    assert not is_to_be_deleted(lonely, {"a_v1": index(), "a_v2": kept}, keep_source=False)
    named = replace(lonely, needs_alias=False)
    assert is_to_be_deleted(named, {"a_v1": index(), "a_v2": kept}, keep_source=False)
