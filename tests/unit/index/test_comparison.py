"""Mappings are compared by value."""

from typing import Any

import pytest

from opensearch_reindex.index.comparison import is_same, mapping_differences, with_template

TEXT = {"type": "text"}


@pytest.mark.parametrize(
    ("found", "requested"),
    [
        (True, "true"),
        ("false", False),
        (1, "1"),
        (100.0, 100),
        ("nan", "NaN"),
        (["a"], "a"),
        ([], []),
        ({"a": True}, {"a": "true", "b": 1}),
        ("CATEGORY", "category"),
    ],
)
def test_one_value_in_two_spellings_is_the_same(found: Any, requested: Any) -> None:
    assert is_same(found, requested)


@pytest.mark.parametrize(
    ("found", "requested"), [(True, False), (1, 2), (["a", "b"], ["a"]), (["a"], ["b"]), ({"a": 1}, {}), ("a", None)]
)
def test_other_values_are_not_the_same(found: Any, requested: Any) -> None:
    assert not is_same(found, requested)


def field(definition: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"f": definition}}


@pytest.mark.parametrize(
    ("found", "requested", "differences"),
    [
        (field({**TEXT, "analyzer": "english"}), field(TEXT), ["parameter analyzer of field f"]),
        (field({**TEXT, "analyzer": "default"}), field(TEXT), []),
        (field({"type": "nested"}), field({}), ["type nested of field f"]),
        (field({"type": "keyword", "index": False}), field({"type": "keyword"}), ["parameter index of field f"]),
        # A plugin may store any default.
        (field({"type": "knn_vector", "mode": "in_memory"}), field({"type": "knn_vector"}), []),
        (field({**TEXT, "fields": {"f": TEXT}}), field({**TEXT}), ["field f.f"]),
        ({"properties": {"a": {"properties": {"b": TEXT}}}}, {"properties": {"a.b": TEXT}}, []),
        ({"dynamic": "true"}, {"dynamic": True}, []),
        ({"dynamic": "true"}, {}, ["mapping parameter dynamic"]),
        ({}, {"_routing": {"required": False}}, []),
        ({"_meta": {"opensearch_reindex": {}, "a": 1}}, {"_meta": {"a": 2}}, ["key a of _meta"]),
        (
            {"dynamic_templates": [{"a": {}}, {"b": {}}]},
            {"dynamic_templates": [{"b": {}}, {"a": {}}]},
            ["another order of dynamic_templates"],
        ),
        (
            {"dynamic_templates": [{"a": {"match": "x"}}, {"b": {}}]},
            {"dynamic_templates": [{"a": {}}]},
            ["dynamic template a", "dynamic template b"],
        ),
    ],
)
def test_only_what_was_not_requested_is_a_difference(
    found: dict[str, Any], requested: dict[str, Any], differences: list[str]
) -> None:
    assert mapping_differences(found, requested) == differences


def test_a_requested_field_replaces_the_field_of_a_composable_template() -> None:
    template = {"dynamic": "strict", **field({**TEXT, "analyzer": "english"}), "_meta": {"a": 1}}
    requested = {"dynamic": "false", **field(TEXT), "_meta": {"b": 1}}
    assert with_template(requested, template) == {"dynamic": "false", **field(TEXT), "_meta": {"a": 1, "b": 1}}


@pytest.mark.parametrize(
    ("asked", "info"),
    [({"type": "semantic"}, "title_semantic_info"), ({"type": "semantic", "semantic_info_field_name": "t"}, "t")],
)
def test_the_field_that_opensearch_adds_to_a_semantic_one_is_no_difference(asked: dict[str, Any], info: str) -> None:
    added = {info: {"properties": {"embedding": {"type": "knn_vector", "dimension": 4}}}}
    requested = {"properties": {"a": {"properties": {"title": asked}}}}
    found = {"properties": {"a": {"properties": {"title": asked, **added}}}}
    assert mapping_differences(found, requested) == []
    found["properties"]["b"] = {"type": "text"}  # type: ignore[dict-item]
    assert mapping_differences(found, requested) == ["field b"]


def test_star_trees_are_compared_by_name_because_opensearch_adds_defaults() -> None:
    asked = {"composite": {"tree": {"type": "star_tree", "config": {"metrics": [{"name": "n"}]}}}}
    stored = {"type": "star_tree", "config": {"max_leaf_docs": 10000, "metrics": [{"name": "n", "stats": ["sum"]}]}}
    assert mapping_differences({"composite": {"tree": stored}}, asked) == []
    assert mapping_differences({"composite": {"tree": stored, "other": stored}}, asked)
    assert mapping_differences({"composite": {"tree": stored}}, {})


def test_grouping_by_context_is_compared_by_its_fields() -> None:
    asked = {"context_aware_grouping": {"fields": ["a"], "script": {"source": "x"}}}
    stored = {"fields": ["a"], "script": {"source": "x", "lang": "painless"}}
    assert mapping_differences({"context_aware_grouping": stored}, asked) == []
    assert mapping_differences({"context_aware_grouping": {**stored, "fields": ["b"]}}, asked)
