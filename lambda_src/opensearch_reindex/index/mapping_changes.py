"""Which changes of a field make readers of source and target index together fail.

Under `redirect_writes`, a search through the alias reads both indices until the copy is proven. OpenSearch cannot sort
or aggregate a field that has incompatible types in them, and no query fits both. The rule is the result of trying every
pair of types on a node.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from opensearch_reindex.index.mappings import field_type, fields_by_name

_NUMBERS = ("byte", "double", "float", "half_float", "integer", "long", "scaled_float", "short", "token_count")
# Searches, sorts and aggregations that work on the first type work on both together.
_HARMLESS = {("text", "search_as_you_type")} | {(before, after) for before in _NUMBERS for after in _NUMBERS}
# By the type of a field: what searches of it need, and the default. Another type has `index` and `doc_values`.
_DATE_FORMATS = {
    "date": "strict_date_optional_time||epoch_millis",
    "date_nanos": "strict_date_optional_time_nanos||epoch_millis",
    "date_range": "strict_date_optional_time||epoch_millis",
}
_WITHOUT_DOC_VALUES = ("completion", "nested", "object", "percolator", "search_as_you_type", "text", "wildcard")


def reader_problems(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Find changes of fields with which searches of both indices fail or find less.

    A field that is in one index alone is no such change: the file removes it, or readers do not know it yet.

    Args:
        before: mappings of the source index.
        after: mappings of the target index.
    """
    for section in ("properties", "derived"):
        old, new = fields_by_name(before, section), fields_by_name(after, section)
        for name in sorted(old.keys() & new.keys()):
            if change := _harmful_change(old[name], new[name]):
                yield f"field {name!r} changes {change}"


def _harmful_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    types = field_type(before), field_type(after)
    if types[0] != types[1] and types not in _HARMLESS:
        return f"from {types[0]} to {types[1]}"
    if _is_on(before, "index", default=True) and not _is_on(after, "index", default=True):
        return "to index: false"
    if _has_positions(before) and not _has_positions(after):
        return f"to index_options: {after.get('index_options')}, with which no phrase is found"
    if _has_values(before) and not _has_values(after):
        return "so that it cannot be sorted or aggregated"
    if lost := [each for each in _formats(before) if each not in _formats(after)]:
        return f"so that dates in format {lost[0]} are refused"
    return None


def _has_positions(field: Mapping[str, Any]) -> bool:
    """Return whether a query for a phrase finds a text."""
    options = str(field.get("index_options", "positions"))
    return field_type(field) in ("text", "search_as_you_type") and options in ("positions", "offsets")


def _has_values(field: Mapping[str, Any]) -> bool:
    """Return whether OpenSearch can sort and aggregate a field."""
    if field_type(field) in ("text", "search_as_you_type"):
        return _is_on(field, "fielddata", default=False)
    return _is_on(field, "doc_values", default=field_type(field) not in _WITHOUT_DOC_VALUES)


def _formats(field: Mapping[str, Any]) -> list[str]:
    """Return the formats in which a query may give a date."""
    default = _DATE_FORMATS.get(field_type(field))
    return str(field.get("format", default)).split("||") if default else []


def _is_on(field: Mapping[str, Any], parameter: str, *, default: bool) -> bool:
    return str(field.get(parameter, default)).lower() == "true"
