"""Vectors: what the plugins misread, create no longer, or compute for every copy."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.mappings import field_type, fields_by_name
from opensearch_reindex.index.target_index import flat_settings

# OpenSearch sets this bit in the ids of its versions, which distinguishes them from Elasticsearch's.
_VERSION_MASK = 0x08000000
_NMSLIB = "nmslib"
_FIRST_WITHOUT_NMSLIB = Engine(True, 3, 0)
# Of all engines, only nmslib has these.
_SPACES_OF_NMSLIB = ("l1", "linf")
_MAX_SHOWN = 5


def may_misread_vectors(source: IndexInfo) -> bool:
    """Return whether k-NN vectors may be read with other values than were stored.

    With derived source, the default since 3.0, OpenSearch stores vectors outside of _source and puts them back at every
    read, also for _reindex. Before 3.6, it forgot to do so for fields that a dynamic template created while a segment
    was written (https://github.com/opensearch-project/k-NN/issues/3012, fixed by #3035).
    """
    settings = flat_settings(source.settings)
    templates = [each for named in source.mappings.get("dynamic_templates", []) for each in named.values()]
    return (
        settings.get("knn.derived_source.enabled") == "true"
        and any(template.get("mapping", {}).get("type") == "knn_vector" for template in templates)
        and int(settings.get("version.created", 0)) ^ _VERSION_MASK < 3_06_00_00
    )


def has_semantic_field(mappings: Mapping[str, Any]) -> bool:
    """Return whether every document of an index passes a model, also in a copy.

    The neural-search plugin adds a system ingest pipeline to an index with such a field. A request cannot keep it out:
    `pipeline: _none` keeps out the default pipeline alone. It writes embeddings beside the field, and nothing else.

    Args:
        mappings: of the target index.
    """
    return any(field_type(field) == "semantic" for field in fields_by_name(mappings, "properties").values())


def nmslib_problems(mappings: Mapping[str, Any], engine: Engine) -> Iterator[str]:
    """Find k-NN fields whose engine no new index may have.

    Args:
        mappings: of the target index, with the changes of the trigger file.
        engine: the oldest engine of the domain.
    """
    if engine < _FIRST_WITHOUT_NMSLIB:
        return
    fields = {name: field for name, field in fields_by_name(mappings, "properties").items() if _is_nmslib(field)}
    if fields:
        shown = ", ".join(map(repr, list(fields)[:_MAX_SHOWN]))
        more = f" and {len(fields) - _MAX_SHOWN} more" if len(fields) > _MAX_SHOWN else ""
        patch = json.dumps(_patch(next(iter(fields)), next(iter(fields.values()))))
        yield (
            f"k-NN engine nmslib in field {shown}{more}, which OpenSearch 3.0 and later refuse; expected engine faiss "
            f"or lucene. Change each such field in mappings of the trigger file: {patch}"
        )
    for name, field in fields.items():
        if (space := _method(field).get("space_type", field.get("space_type"))) in _SPACES_OF_NMSLIB:
            yield f"space_type {space} in field {name!r}, which no other k-NN engine has; expected another, such as l2"
    for template in mappings.get("dynamic_templates", []):
        for name, body in template.items():
            if _is_nmslib(body.get("mapping", {})):
                yield (
                    f"k-NN engine nmslib in dynamic template {name!r}, which OpenSearch 3.0 and later refuse; expected "
                    "dynamic_templates with engine faiss or lucene in mappings of the trigger file"
                )


def _is_nmslib(field: Mapping[str, Any]) -> bool:
    engine = _method(field).get("engine", field.get("engine"))
    return field_type(field) == "knn_vector" and str(engine).lower() == _NMSLIB


def _method(field: Mapping[str, Any]) -> Mapping[str, Any]:
    method = field.get("method")
    return method if isinstance(method, Mapping) else {}


def _patch(name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change of one field, as a trigger file has it."""
    engine = {"engine": "faiss"}
    patch: dict[str, Any] = engine if "engine" in field else {"method": engine}
    for part in reversed(name.split(".")):
        patch = {"properties": {part: patch}}
    return patch
