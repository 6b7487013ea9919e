"""A changed type takes the new definition; every other change is a merge patch."""

from typing import Any

import pytest

from opensearch_reindex.index.mappings import target_mappings

PRICE = {"type": "scaled_float", "scaling_factor": 100}
SKU = {"type": "text", "analyzer": "english", "fields": {"raw": {"type": "keyword", "ignore_above": 9}}}
PERSON = {"dynamic": "strict", "enabled": True, "properties": {"name": SKU}}


@pytest.mark.parametrize(
    ("field", "patch", "expected"),
    [
        pytest.param(PRICE, {"type": "double"}, {"type": "double"}, id="another type"),
        pytest.param(PRICE, {"type": "double", "scaling_factor": None}, {"type": "double"}, id="with a null"),
        pytest.param(SKU, {"type": "keyword"}, {"type": "keyword"}, id="multi-fields go"),
        pytest.param(
            SKU,
            {"type": "keyword", "fields": {"words": {"type": "text"}}},
            {"type": "keyword", "fields": {"words": {"type": "text"}}},
            id="named multi-fields stay",
        ),
        pytest.param(PRICE, {"type": "scaled_float", "index": False}, {**PRICE, "index": False}, id="the same type"),
        pytest.param(PRICE, {"scaling_factor": 10}, {**PRICE, "scaling_factor": 10}, id="no type"),
        pytest.param(
            SKU,
            {"fields": {"raw": {"type": "wildcard"}}},
            {**SKU, "fields": {"raw": {"type": "wildcard"}}},
            id="a multi-field",
        ),
        pytest.param(
            PERSON,
            {"properties": {"name": {"type": "keyword"}}},
            {**PERSON, "properties": {"name": {"type": "keyword"}}},
            id="a sub-field",
        ),
        pytest.param(
            PERSON,
            {"type": "nested"},
            {"type": "nested", "dynamic": "strict", "properties": {"name": SKU}},
            id="object to nested keeps sub-fields",
        ),
        pytest.param(
            {"type": "nested", "include_in_root": True, "properties": {"name": SKU}},
            {"type": "object", "properties": {"name": None, "n": {"type": "long"}}},
            {"type": "object", "properties": {"n": {"type": "long"}}},
            id="nested to object",
        ),
        pytest.param(
            {"type": "nested", "include_in_root": True, "properties": {"name": SKU}},
            {"type": None},
            {"properties": {"name": SKU}},
            id="a null is the type object",
        ),
        pytest.param(PERSON, {"type": "object"}, {**PERSON, "type": "object"}, id="object is the default"),
        pytest.param(PERSON, {"type": "flat_object"}, {"type": "flat_object"}, id="object to a leaf"),
        pytest.param(
            SKU,
            {"properties": {"n": {"type": "long"}}},
            {"properties": {"n": {"type": "long"}}},
            id="sub-fields make an object",
        ),
        pytest.param(
            {"type": "long", "script": "emit(1)"},
            {"type": "keyword", "script": "emit('1')"},
            {"type": "keyword", "script": "emit('1')"},
            id="a script",
        ),
        pytest.param({}, {"type": "long", "store": None}, {"type": "long"}, id="from an empty object"),
    ],
)
@pytest.mark.parametrize("section", ["properties", "derived", "runtime"])
def test_a_field_takes_the_new_definition_when_its_type_changes(
    section: str, field: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    source = {section: {"f": field, "other": PRICE}}
    assert target_mappings(source, {section: {"f": patch}}) == {section: {"f": expected, "other": PRICE}}


def test_the_entry_s_patch_changes_what_the_file_s_patch_left() -> None:
    source = {"properties": {"f": PRICE}}
    general = {"properties": {"f": {"type": "keyword", "ignore_above": 9}, "g": {"type": "long"}}}

    def merged(own: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = target_mappings(source, general, {"properties": own})["properties"]
        return fields

    assert merged({"f": {"store": True}})["f"] == {"type": "keyword", "ignore_above": 9, "store": True}
    assert merged({"f": {"type": "keyword"}})["f"] == {"type": "keyword", "ignore_above": 9}
    assert merged({"f": {"type": "text"}})["f"] == {"type": "text"}
    assert merged({"f": PRICE})["f"] == PRICE
    assert merged({"f": None, "g": {"type": "date"}}) == {"g": {"type": "date"}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"person.name": {"type": "keyword"}}, {"person": {**PERSON, "properties": {"name": {"type": "keyword"}}}}),
        ({"person.name": None}, {"person": {**PERSON, "properties": {}}}),
        (
            {"person.n.m": {"type": "long"}},
            {"person": {**PERSON, "properties": {"name": SKU, "n.m": {"type": "long"}}}},
        ),
        ({"unknown.n": {"type": "long"}}, {"person": PERSON, "unknown.n": {"type": "long"}}),
        ({"unknown.n": None}, {"person": PERSON}),
    ],
)
def test_a_dotted_name_changes_the_sub_field_of_an_object(patch: dict[str, Any], expected: dict[str, Any]) -> None:
    assert target_mappings({"properties": {"person": PERSON}}, {"properties": patch})["properties"] == expected


def test_a_dotted_name_below_a_leaf_stays_for_opensearch_to_refuse() -> None:
    source = {"properties": {"sku": SKU, "a.b": PRICE}}
    patch = {"properties": {"sku.raw": {"type": "long"}, "a.b": {"type": "long"}}}
    assert target_mappings(source, patch)["properties"] == {
        "sku": SKU,
        "sku.raw": {"type": "long"},
        "a.b": {"type": "long"},
    }


def test_names_of_fields_are_no_parameters() -> None:
    names = {"type": PRICE, "properties": PRICE, "fields": SKU}
    patch = {"type": {"type": "long"}, "properties": {"type": "long"}, "fields": {"index": False}}
    assert target_mappings({"properties": names}, {"properties": patch})["properties"] == {
        "type": {"type": "long"},
        "properties": {"type": "long"},
        "fields": {**SKU, "index": False},
    }


def test_other_parts_of_the_mappings_are_merged() -> None:
    templates = [{"a": {"mapping": {"type": "text", "analyzer": "english"}}}]
    source = {"dynamic_templates": templates, "_meta": {"properties": {"f": SKU}}, "_routing": {"required": True}}
    other = [{"a": {"mapping": {"type": "keyword"}}}]
    patch = {"dynamic_templates": other, "_meta": {"properties": {"f": {"type": "x"}}}, "_routing": None}
    assert target_mappings(source, patch) == {
        "dynamic_templates": other,
        "_meta": {"properties": {"f": {**SKU, "type": "x"}}},
    }


@pytest.mark.parametrize("broken", ["keyword", 5, ["a"], {"properties": 5}, {"fields": [1]}])
def test_a_broken_patch_is_left_to_opensearch(broken: Any) -> None:
    merged = target_mappings({"properties": {"f": SKU}}, {"properties": {"f": broken, "g": broken}})
    assert merged["properties"]["g"] == broken


@pytest.mark.parametrize("section", ["properties", "derived", "runtime"])
def test_a_section_is_removed_by_a_null(section: str) -> None:
    assert target_mappings({section: {"f": SKU}, "dynamic": "false"}, {section: None}) == {"dynamic": "false"}
