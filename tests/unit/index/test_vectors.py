"""k-NN fields that no new index of OpenSearch 3 may have."""

from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.mappings import target_mappings
from opensearch_reindex.index.vectors import nmslib_problems

OLD, NEW = Engine(True, 2, 19), Engine(True, 3, 0)
METHOD = {"engine": "nmslib", "name": "hnsw", "space_type": "l2", "parameters": {"m": 16}}
VECTOR = {"type": "knn_vector", "dimension": 2, "method": METHOD}


def problems(mappings: dict[str, Any], engine: Engine = NEW) -> list[str]:
    return list(nmslib_problems(mappings, engine))


def test_fields_with_nmslib_are_refused_from_3_0_on_with_the_change_for_the_file() -> None:
    mappings = {"properties": {"a": {"properties": {"v": VECTOR}}, "w": VECTOR, "t": {"type": "text"}}}
    assert problems(mappings, OLD) == problems(mappings, Engine(False, 7, 10)) == []
    (problem,) = problems(mappings)
    assert problem.startswith("k-NN engine nmslib in field 'a.v', 'w', which OpenSearch 3.0 and later refuse;")
    change = '{"properties": {"a": {"properties": {"v": {"method": {"engine": "faiss"}}}}}}'
    assert problem.endswith(f"in mappings of the trigger file: {change}")


def test_many_fields_are_counted() -> None:
    (problem,) = problems({"properties": {f"v{number}": VECTOR for number in range(7)}})
    assert "in field 'v0', 'v1', 'v2', 'v3', 'v4' and 2 more, which" in problem


@pytest.mark.parametrize("engine", ["faiss", "lucene"])
def test_a_file_that_changes_the_engine_is_accepted(engine: str) -> None:
    patch = {"properties": {"v": {"method": {"engine": engine}}}}
    changed = target_mappings({"properties": {"v": VECTOR}}, patch)
    assert changed["properties"]["v"]["method"] == {**METHOD, "engine": engine}
    assert problems(changed) == []


@pytest.mark.parametrize(
    "field",
    [
        {"type": "knn_vector", "dimension": 2},  # engine faiss, the default
        {"type": "knn_vector", "model_id": "m"},
        {"type": "object", "properties": {"engine": {"type": "keyword"}}},
        {"type": "keyword", "method": METHOD},
    ],
)
def test_other_fields_are_accepted(field: dict[str, Any]) -> None:
    assert problems({"properties": {"v": field}}) == []


def test_a_space_of_nmslib_alone_needs_another_one() -> None:
    (_, problem) = problems({"properties": {"v": {**VECTOR, "method": {**METHOD, "space_type": "linf"}}}})
    assert problem == "space_type linf in field 'v', which no other k-NN engine has; expected another, such as l2"


def test_the_engine_beside_the_method_counts_and_is_changed_there() -> None:
    (problem,) = problems({"properties": {"v": {"type": "knn_vector", "dimension": 2, "engine": "NMSLIB"}}})
    assert problem.endswith(': {"properties": {"v": {"engine": "faiss"}}}')


def test_a_dynamic_template_with_nmslib_is_refused() -> None:
    templates = [{"vectors": {"match": "v*", "mapping": VECTOR}}, {"texts": {"mapping": {"type": "text"}}}]
    (problem,) = problems({"dynamic_templates": templates})
    assert problem.startswith("k-NN engine nmslib in dynamic template 'vectors'")
