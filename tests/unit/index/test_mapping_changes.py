"""Changes of a field that make readers of two indices fail."""

from typing import Any

import pytest

from opensearch_reindex.index.mapping_changes import reader_problems


def problems(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return list(reader_problems({"properties": {"f": before}}, {"properties": {"f": after}}))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"type": "keyword"}, {"type": "date"}, "from keyword to date"),
        ({"type": "keyword"}, {"type": "text"}, "from keyword to text"),
        ({"type": "long"}, {"type": "keyword"}, "from long to keyword"),
        ({"type": "long"}, {"type": "date"}, "from long to date"),
        ({"type": "long"}, {"type": "unsigned_long"}, "from long to unsigned_long"),
        ({"properties": {}}, {"type": "nested"}, "from object to nested"),
        ({"type": "keyword"}, {"type": "keyword", "index": "false"}, "to index: false"),
        ({"type": "keyword"}, {"type": "keyword", "doc_values": False}, "so that it cannot be sorted or aggregated"),
        ({"type": "text", "fielddata": True}, {"type": "text"}, "so that it cannot be sorted or aggregated"),
        ({"type": "text"}, {"type": "text", "index_options": "freqs"}, "to index_options: freqs"),
        ({"type": "date"}, {"type": "date", "format": "epoch_millis"}, "so that dates in format strict_date"),
    ],
)
def test_a_change_that_fails_readers_is_named(before: dict[str, Any], after: dict[str, Any], change: str) -> None:
    (problem,) = problems(before, after)
    assert problem.startswith(f"field 'f' changes {change}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "integer"}, {"type": "long"}),
        ({"type": "float"}, {"type": "scaled_float", "scaling_factor": 10}),
        ({"type": "scaled_float", "scaling_factor": 10}, {"type": "scaled_float", "scaling_factor": 100}),
        ({"type": "text"}, {"type": "text", "analyzer": "english", "fielddata": True}),
        ({"type": "text"}, {"type": "search_as_you_type"}),
        ({"type": "text", "index_options": "docs"}, {"type": "text", "index_options": "offsets"}),
        ({"type": "text", "index_options": "offsets"}, {"type": "text"}),
        ({"type": "keyword", "index": False, "doc_values": False}, {"type": "keyword", "ignore_above": 9}),
        ({"type": "date"}, {"type": "date", "format": "yyyy||strict_date_optional_time||epoch_millis"}),
        ({"type": "object", "dynamic": "strict"}, {"properties": {}}),
    ],
)
def test_a_harmless_change_is_none(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert problems(before, after) == []


def test_fields_of_one_index_alone_are_no_change() -> None:
    assert list(reader_problems({"properties": {"a": {"type": "text"}}}, {"properties": {"b": {"type": "date"}}})) == []


def test_multi_fields_and_sub_fields_count() -> None:
    before = {"properties": {"a": {"properties": {"b": {"type": "text", "fields": {"c": {"type": "keyword"}}}}}}}
    after = {"properties": {"a.b": {"type": "text", "fields": {"c": {"type": "text"}}}}}
    assert list(reader_problems(before, after)) == ["field 'a.b.c' changes from keyword to text"]
