"""The index template of a target index: what it gives, and where a copy differs.

`_simulate_index` shows what a composable template gives. A legacy template applies where no composable one matches, and
OpenSearch has no request that shows its effect.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from opensearch_reindex.index.comparison import is_same, mapping_differences
from opensearch_reindex.index.mappings import OBJECT_TYPES, field_type
from opensearch_reindex.index.settings import OF_OPENSEARCH
from opensearch_reindex.utils import is_below

# A template may say what its mappings need: names of analyzers and similarities, limits of fields, k-NN.
_NEEDED_BY_MAPPINGS = ("analysis", "knn", "mapping", "similarity")
# Parts of a name that name one analyzer or similarity; its parameters follow.
_PARTS_OF_A_NAME = {"analysis": 3, "similarity": 2}
# Enough to see what kind of template it is; the result of an execution has a limit.
_MAX_SHOWN, _MAX_CHARACTERS = 10, 120


def legacy_template(templates: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return what legacy templates give to a new index, as `_simulate_index` would.

    Args:
        templates: every legacy template by name, as `GET _template` returns them.
        name: of the new index.
    """
    merged: dict[str, Any] = {}
    matching = [
        each
        for each in templates.values()
        if any(_matches(name, pattern) for pattern in each.get("index_patterns", []))
    ]
    for template in sorted(matching, key=lambda each: int(each.get("order", 0))):
        aliases = {alias.replace("{index}", name): entry for alias, entry in template.get("aliases", {}).items()}
        merged = {
            "aliases": {**merged.get("aliases", {}), **aliases},
            "mappings": over_copied(merged.get("mappings", {}), template.get("mappings", {})),
            "settings": _merged(merged.get("settings", {}), template.get("settings", {})),
        }
    return merged


def over_copied(copied: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """Return copied mappings in which those of a template win, field by field.

    A field of the template replaces the whole copied one, as in a new index; objects are merged. Rules of the template
    come first, which is OpenSearch's order too. The template's `_source` is left to the comparison of what was created.

    Args:
        copied: mappings of the source index, as stored.
        template: mappings of the template.
    """
    own = {key: value for key, value in template.items() if key not in ("_source", "dynamic_templates", "properties")}
    merged = {**copied, **own}
    for key in ("_meta", "derived"):
        if key in own:
            merged[key] = {**copied.get(key, {}), **own[key]}
    theirs, ours = (
        {name: body for named in each.get("dynamic_templates", []) for name, body in named.items()}
        for each in (template, copied)
    )
    if theirs:
        merged["dynamic_templates"] = [{name: body} for name, body in {**theirs, **ours, **theirs}.items()]
    fields = dict(copied.get("properties", {}))
    for name, field in template.get("properties", {}).items():
        _put_field(fields, name, field)
    return {**merged, "properties": fields} if fields else merged


def needed_settings(template: Mapping[str, Any], copied: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that a template's mappings may need and the source index lacks.

    Args:
        template: flat settings of the template.
        copied: flat settings of the source index.
    """
    present = set(map(_owner_of, copied))
    return {
        name: value
        for name, value in template.items()
        if any(is_below(name, each) for each in _NEEDED_BY_MAPPINGS) and _owner_of(name) not in present
    }


def differing_settings(template: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[str]:
    """List settings of a template that the target index does not have as such.

    Args:
        template: flat settings of the template.
        target: flat settings of the target index.
    """
    for name, value in template.items():
        if any(is_below(name, each) for each in OF_OPENSEARCH):
            continue
        if name not in target or not is_same(value, target[name]):
            yield f"setting {name}"


def differing_mappings(template: Mapping[str, Any], target: Mapping[str, Any]) -> list[str]:
    """List where mappings differ from those of a template.

    A field that the template does not have is no difference: documents and people add fields.

    Args:
        template: mappings of the template.
        target: mappings of the target index.
    """
    both_ways = mapping_differences(template, target), mapping_differences(_shared(target, template), template)
    return list(dict.fromkeys(each for one_way in both_ways for each in one_way))


def takes_mappings(trigger_file: Mapping[str, Any]) -> bool:
    """Return whether mappings of the template win over the source's."""
    return bool(trigger_file.get("mappings_from") == "template")


def template_problem(target_index: str, template: Mapping[str, Any] | None) -> str | None:
    """Return why a target index cannot get the mappings of its index template.

    Args:
        target_index: name of the target index.
        template: of the target index; empty without one, None for a role that may not ask.
    """
    name = f"the index template of target index {target_index!r}"
    if template is None:
        return (
            f"{name} cannot be read; expected the permissions indices:admin/index_template/simulate_index and "
            'indices:admin/template/get, or "mappings_from": "source"'
        )
    return None if template else f'{name} does not exist; expected one, or "mappings_from": "source"'


def template_warning(target_index: str, found: Sequence[str], trigger_file: Mapping[str, Any]) -> str:
    """Return the warning that a target index differs from its index template.

    Args:
        target_index: name of the target index.
        found: what differs.
        trigger_file: with or without `mappings_from`.
    """
    shown = ", ".join(each[:_MAX_CHARACTERS] for each in found[:_MAX_SHOWN])
    more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
    way = "" if takes_mappings(trigger_file) else '. With "mappings_from": "template" the mappings of the template win'
    return (
        f"the index template of target index {target_index!r} differs from what was copied from the source index: "
        f"{shown}{more}{way}"
    )


def _matches(name: str, pattern: str) -> bool:
    """Return whether an index name matches a pattern, in which only `*` has a meaning."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


def _merged(settings: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for key, value in more.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return merged


def _put_field(fields: dict[str, Any], name: str, field: Any) -> None:
    first, _, rest = name.partition(".")
    if rest and name not in fields:
        _put_field(fields, first, {"properties": {rest: field}})
        return
    before = fields.get(name)
    is_object = all(isinstance(each, Mapping) and field_type(each) in OBJECT_TYPES for each in (before, field))
    fields[name] = over_copied(before, field) if is_object and isinstance(before, Mapping) else field


def _owner_of(setting: str) -> str:
    parts = setting.split(".")
    return ".".join(parts[: _PARTS_OF_A_NAME.get(parts[0], len(parts))])


def _shared(mappings: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of mappings that others have too."""
    shared: dict[str, Any] = {}
    for section in ("properties", "derived"):
        others = other.get(section, {})
        shared[section] = {
            name: {key: value for key, value in field.items() if key != "properties"} | _shared(field, others[name])
            for name, field in mappings.get(section, {}).items()
            if isinstance(field, Mapping) and isinstance(others.get(name), Mapping)
        }
    return {section: fields for section, fields in shared.items() if fields}
