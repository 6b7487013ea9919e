"""Merge the changes of a trigger file into the mappings of a source index."""

from collections.abc import Mapping, Sequence
from typing import Any

from opensearch_reindex.utils import merge_patch

# Parts of a mapping that hold fields by name.
FIELD_SECTIONS = ("properties", "fields", "derived", "runtime")
# Both hold sub-fields, so a change from one to the other keeps these parameters.
OBJECT_TYPES = ("object", "nested")
_OBJECT_PARAMETERS = ("dynamic", "properties")


def target_mappings(source_mappings: Mapping[str, Any], *patches: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mappings of the target: patches merged over the source's mappings.

    A field whose type a patch changes takes the patch's definition alone, because most parameters belong to one type.

    Args:
        source_mappings: as stored.
        patches: `mappings` of the trigger file, then of the index entry.
    """
    mappings: Mapping[str, Any] = source_mappings
    for patch in patches:
        mappings = _merge(mappings, patch)
    return dict(mappings)


def field_type(field: Mapping[str, Any]) -> str:
    """Return the type of a field; without one, it is an object."""
    return str(field.get("type") or "object")


def fields_by_name(mappings: Mapping[str, Any], section: str) -> dict[str, dict[str, Any]]:
    """Return all fields, sub-objects and multi-fields of a section by full names.

    Args:
        mappings: as stored or requested.
        section: `properties`, `derived` or `runtime`.
    """
    fields: dict[str, dict[str, Any]] = {}
    _collect(fields, mappings, (section,), "")
    return fields


def _collect(
    fields: dict[str, dict[str, Any]], definition: Mapping[str, Any], sections: Sequence[str], prefix: str
) -> None:
    inner = ("properties", "fields") if "properties" in sections else ()
    for name, field in (item for section in sections for item in definition.get(section, {}).items()):
        if isinstance(field, Mapping):
            steps = f"{prefix}{name}".split(".")
            for end in range(1, len(steps) + 1):  # a dotted name has objects
                fields.setdefault(".".join(steps[:end]), {})
            fields[".".join(steps)] |= field
            _collect(fields, field, inner, f"{prefix}{name}.")


def _merge(definition: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a patch into mappings or into one field."""
    sections = {
        section: _merge_fields(definition.get(section, {}), patch[section])
        for section in FIELD_SECTIONS
        if isinstance(patch.get(section), Mapping) and isinstance(definition.get(section, {}), Mapping)
    }
    rest = {key: value for key, value in patch.items() if key not in sections}
    merged: dict[str, Any] = merge_patch(definition, rest)
    return merged | sections


def _merge_fields(fields: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(fields)
    for dotted, change in patch.items():
        name, nested = _undotted(merged, dotted, change)
        if nested is None:
            merged.pop(name, None)
        elif isinstance(nested, Mapping):
            merged[name] = _merge_field(merged.get(name), nested)
        else:
            merged[name] = nested  # OpenSearch refuses it and says why
    return merged


def _undotted(fields: Mapping[str, Any], name: str, change: Any) -> tuple[str, Any]:
    """Return a change of `a.b` as a change of the object `a`, if there is one."""
    parent, _, rest = name.partition(".")
    found = fields.get(parent)
    if name in fields or not rest or not isinstance(found, Mapping) or field_type(found) not in OBJECT_TYPES:
        return name, change
    return parent, {"properties": {rest: change}}


def _merge_field(field: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(field, Mapping):
        return _merge({}, patch)
    before, after = field_type(field), _type_after(field, patch)
    if before == after:
        return _merge(field, patch)
    kept = _OBJECT_PARAMETERS if before in OBJECT_TYPES and after in OBJECT_TYPES else ()
    return _merge({key: field[key] for key in kept if key in field}, patch)


def _type_after(field: Mapping[str, Any], patch: Mapping[str, Any]) -> str:
    if "type" in patch:
        return field_type(patch)
    # Only objects have sub-fields.
    has_sub_fields = isinstance(patch.get("properties"), Mapping) and field_type(field) not in OBJECT_TYPES
    return "object" if has_sub_fields else field_type(field)
