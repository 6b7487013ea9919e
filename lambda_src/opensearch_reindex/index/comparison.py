"""Compare mappings that an index has with mappings that were requested, by value.

OpenSearch stores mappings in a form of its own: it leaves out defaults, adds some of them, and changes the spelling of
values. None of this is a difference. A key that only the request has is no difference either, because no index template
can remove one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opensearch_reindex.index.mappings import FIELD_SECTIONS, field_type, fields_by_name
from opensearch_reindex.index.provenance import PROVENANCE_KEY

# Defaults that OpenSearch 1.3 to 3.8 write into a stored definition, by type and parameter; each may be any of these.
_DEFAULTS_STORED: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "completion": {
        "analyzer": ("simple",),
        "max_input_length": (50,),
        "preserve_position_increments": (True,),
        "preserve_separators": (True,),
    },
    "geo_shape": {"strategy": ("recursive",)},
    "join": {"eager_global_ordinals": (True,)},
    "search_as_you_type": {"doc_values": (False,), "max_shingle_size": (3,)},
    "text": {"analyzer": ("default",), "search_analyzer": ("default",)},
    "version": {"index": (True,)},
    "wildcard": {"doc_values": (False, True)},
}
# Defaults inside of a parameter.
_NESTED_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "fielddata_frequency_filter": {"max": 2**31 - 1, "min": 0, "min_segment_size": 0},
    "index_prefixes": {"max_chars": 5, "min_chars": 2},
    "script": {"lang": "painless"},
}
# OpenSearch spells these in too many ways, and a request always overrides the value of a template.
_NOT_COMPARED = ("contexts", "distance_error_pct", "locale", "null_value", "orientation", "precision", "relations")
# Types of OpenSearch itself and of its modules. A plugin may store any default with its own types.
_KNOWN_TYPES = {
    *("alias", "binary", "boolean", "byte", "completion", "constant_keyword", "date", "date_nanos", "date_range"),
    *("double", "double_range", "flat_object", "float", "float_range", "geo_point", "geo_shape", "half_float"),
    *("hll", "integer", "integer_range", "ip", "ip_range", "join", "keyword", "long", "long_range", "match_only_text"),
    *("nested", "object", "percolator", "rank_feature", "rank_features", "scaled_float", "search_as_you_type"),
    *("short", "text", "token_count", "unsigned_long", "version", "wildcard"),
}


def mapping_differences(found: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """List what mappings have that was not requested.

    Args:
        found: as stored.
        requested: as in the body of the create request; without a note of their provenance.
    """
    differences = [*_parameter_differences(found, requested), *_template_differences(found, requested)]
    for section in FIELD_SECTIONS:
        differences += sorted(_field_differences(*(fields_by_name(each, section) for each in (found, requested))))
    return differences


def is_same(found: Any, requested: Any) -> bool:
    """Return whether two JSON values mean the same to OpenSearch."""
    if isinstance(found, Mapping) and isinstance(requested, Mapping):
        return all(key in requested and is_same(value, requested[key]) for key, value in found.items())
    if isinstance(found, list) or isinstance(requested, list):
        lists = [value if isinstance(value, list) else [value] for value in (found, requested)]
        return len(lists[0]) == len(lists[1]) and all(map(is_same, *lists))
    return bool(_scalar(found) == _scalar(requested))


def _scalar(value: Any) -> Any:
    """Return a value in one spelling: `true` and "true", 1, 1.0 and "1"."""
    text = str(value).lower()
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _parameter_differences(found: Mapping[str, Any], requested: Mapping[str, Any]) -> Iterator[str]:
    for key, value in found.items():
        if key in FIELD_SECTIONS or key == "dynamic_templates":
            continue
        if key == "_meta":
            yield from (f"key {name} of _meta" for name in _added_meta(value, requested.get("_meta", {})))
        elif key not in requested or not _is_same_parameter(key, value, requested[key]):
            yield f"mapping parameter {key}"


def _is_same_parameter(key: str, found: Any, requested: Any) -> bool:
    """Compare a parameter of mappings, without the defaults that OpenSearch adds."""
    if key == "composite":  # star trees by name
        return all(name in requested for name in found)
    if key == "context_aware_grouping":
        return is_same(found.get("fields"), requested.get("fields"))
    return is_same(found, requested)


def _added_meta(found: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, value in found.items()
        if name != PROVENANCE_KEY and (name not in requested or not is_same(value, requested[name]))
    ]


def _template_differences(found: Mapping[str, Any], requested: Mapping[str, Any]) -> Iterator[str]:
    """Compare `dynamic_templates`, whose order decides which of them applies."""
    was, asked = (
        {name: body for each in mappings.get("dynamic_templates", []) for name, body in each.items()}
        for mappings in (found, requested)
    )
    for name, body in was.items():
        if name not in asked or not is_same(body, asked[name]):
            yield f"dynamic template {name}"
    if was.keys() == asked.keys() and list(was) != list(asked):
        yield "another order of dynamic_templates"


def _field_differences(
    found: Mapping[str, Mapping[str, Any]], requested: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    added_by_engine = [_semantic_info(name, field) for name, field in requested.items()]
    for name, field in found.items():
        if any(each and f"{name}.".startswith(f"{each}.") for each in added_by_engine):
            continue
        if name not in requested:
            yield f"field {name}"
        elif field_type(field) != field_type(requested[name]):
            yield f"type {field_type(field)} of field {name}"
        elif field_type(field) in _KNOWN_TYPES:
            yield from (f"parameter {key} of field {name}" for key in _added_parameters(field, requested[name]))


def _semantic_info(name: str, field: Mapping[str, Any]) -> str | None:
    """Return the field for embeddings that OpenSearch adds to a `semantic` field."""
    if field_type(field) != "semantic":
        return None
    parent, dot, own = name.rpartition(".")
    return f"{parent}{dot}{field.get('semantic_info_field_name', f'{own}_semantic_info')}"


def _added_parameters(found: Mapping[str, Any], requested: Mapping[str, Any]) -> Iterator[str]:
    stored = _DEFAULTS_STORED.get(field_type(found), {})
    for key, value in found.items():
        if key == "type" or key in FIELD_SECTIONS:
            continue
        if key in requested:
            asked = requested[key]
            if key in _NESTED_DEFAULTS:
                asked = {**_NESTED_DEFAULTS[key], **(asked if isinstance(asked, Mapping) else {"source": asked})}
            if key not in _NOT_COMPARED and not is_same(value, asked):
                yield key
        elif not any(is_same(value, default) for default in stored.get(key, ())) and not (
            # Without a search analyzer, OpenSearch stores the analyzer.
            key == "search_analyzer" and is_same(value, found.get("analyzer"))
        ):
            yield key


def with_template(requested: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mappings that a composable index template makes of requested ones.

    As OpenSearch merges them: a requested field replaces the template's whole field, objects are merged, and the
    template's `dynamic_templates` come first.

    Args:
        requested: mappings in the body of a create request.
        template: mappings of the template, as `_simulate_index` returns them.
    """
    merged: dict[str, Any] = {**template, **requested}
    templates = [named for each in (template, requested) for named in each.get("dynamic_templates", [])]
    by_name = {name: body for named in templates for name, body in named.items()}
    merged["dynamic_templates"] = [{name: body} for name, body in by_name.items()]
    for key in ("_meta", "_routing", "_source"):
        if key in merged:
            merged[key] = {**template.get(key, {}), **requested.get(key, {})}
    fields, theirs = (_nested_fields(each.get("properties", {})) for each in (requested, template))
    merged["properties"] = {**theirs, **fields}
    for name in fields.keys() & theirs.keys():
        if field_type(fields[name]) == field_type(theirs[name]) == "object":
            merged["properties"][name] = with_template(fields[name], theirs[name])
    merged["derived"] = {**template.get("derived", {}), **requested.get("derived", {})}
    return {key: value for key, value in merged.items() if value not in ({}, [])}


def _nested_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields without dots in their names, as OpenSearch stores them."""
    nested: dict[str, Any] = {}
    for name, field in fields.items():
        first, _, rest = name.partition(".")
        if rest:
            field = {"properties": {rest: field}}
        if first in nested and isinstance(field, Mapping):
            parts = [nested[first].get("properties", {}), field.get("properties", {})]
            field = {**nested[first], **field, "properties": {**parts[0], **parts[1]}}
        nested[first] = field
    return nested
