"""What GetTriggerFile tries on each index, and what it leaves to later steps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.trigger import probe
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.preflight import check_domain
from support.room import with_room


def plans(count: int) -> list[PlannedIndex]:
    return [PlannedIndex(f"indices[{n}]", f"i{n}_v1", f"i{n}_v2", f"i{n}_current", ({}, {}), "c") for n in range(count)]


@pytest.fixture
def client() -> Any:
    """A domain with every source index."""
    client = with_room(create_autospec(OpenSearchClient, instance=True))
    client.get_indices.side_effect = lambda names, **_: {
        name: IndexInfo("u", {}, {"number_of_shards": "1"}, {}) for name in names if name.endswith("_v1")
    }
    return client


def problems_of(client: Any, planned: Sequence[PlannedIndex], **changes: Any) -> Sequence[str]:
    names = [index.source_index for index in planned]
    file = {"keep_source": False, "reindex": {}, "strategy": "block_writes", "indices": names, **changes}
    return check_domain(client, file, planned, "arn:e").problems


def test_a_pipeline_that_was_refused_is_not_tried(client: Any) -> None:
    planned = plans(2)
    client.get_pipeline.return_value = {"processors": [{"drop": {}}]}
    assert problems_of(client, planned, reindex={"pipeline": "p"})
    assert not client.failed_documents.called


def test_the_pipeline_that_runs_on_copied_documents_is_tried(client: Any) -> None:
    final = {"index.final_pipeline": "f"}
    choices: list[tuple[dict[str, Any], dict[str, Any]]] = [({}, final), (final, {"final_pipeline": None}), ({}, {})]
    planned = [replace(index, settings=choice) for index, choice in zip(plans(3), choices, strict=True)]
    client.get_pipeline.return_value = {"processors": []}
    client.failed_documents.return_value = [{"type": "fail_processor_exception", "reason": "value"}]
    (problem,) = problems_of(client, planned[:1])
    assert problem.startswith("indices[0]: documents of source index 'i0_v1' do not pass pipeline 'f': fail_processor")
    assert "value" not in problem
    assert problems_of(client, planned[1:]) == []
    assert client.failed_documents.call_count == 1
    script = {"script": {"source": "ctx._source.a = 1"}}
    problems = problems_of(client, planned, reindex={**script, "pipeline": "p"})
    assert ["reindex.script and pipeline 'p'" in problem for problem in problems] == [True] * 3


def test_a_pipeline_that_takes_too_long_is_ended_and_left_to_the_trial(client: Any) -> None:
    client.get_pipeline.return_value = {"processors": []}
    client.failed_documents.side_effect = TransientOpenSearchError("no answer", error_type="ConnectionTimeout")
    assert problems_of(client, plans(2), reindex={"pipeline": "p"}) == []
    client.cancel_trial.assert_called_once_with("i0_v2")
    client.failed_documents.side_effect = TransientOpenSearchError("429", status=429)
    with pytest.raises(TransientOpenSearchError):
        problems_of(client, plans(2), reindex={"pipeline": "p"})


def test_a_slow_domain_tries_each_kind_of_target_index_only_once(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MAX_SECONDS", -1.0)
    planned = plans(3)
    other = {"name": "i2_v1", "mappings": {"dynamic": "strict"}}
    names: list[Any] = ["i0_v1", "i1_v1", other]
    assert problems_of(client, planned, indices=names) == []
    assert [call.args[0] for call in client.refused_creation.call_args_list] == ["i0_v2", "i2_v2"]
    assert problems_of(client, planned, reindex={"script": {"source": "x"}}) == []
    assert not client.failed_documents.called


def test_nmslib_is_refused_with_the_way_out_in_place_of_the_words_of_the_plugin(client: Any) -> None:
    vector = {"type": "knn_vector", "dimension": 2, "method": {"engine": "nmslib", "name": "hnsw"}}
    client.get_indices.side_effect = lambda names, **_: {
        name: IndexInfo("u", {}, {"number_of_shards": "1", "knn": "true"}, {"properties": {"v": vector}})
        for name in names
        if name.endswith("_v1")
    }
    client.refused_creation.return_value = OpenSearchRequestError(400, "mapper_parsing_exception", "nmslib engine is")
    client.engine.return_value = Engine(True, 3, 5)
    (problem,) = problems_of(client, plans(1))
    assert problem.startswith("indices[0]: target index 'i0_v2' would have k-NN engine nmslib in field 'v'")
    patch = {"properties": {"v": {"method": {"engine": "faiss"}}}}
    (problem,) = problems_of(client, plans(1), mappings=patch)
    assert problem == "indices[0]: target index 'i0_v2' cannot be created: nmslib engine is"
    assert client.refused_creation.call_args.args[1]["mappings"]["properties"]["v"]["method"]["engine"] == "faiss"


def test_a_role_that_may_not_simulate_is_asked_once(client: Any) -> None:
    planned = plans(3)
    assert problems_of(client, planned) == []
    assert client.simulate_template.call_count == 1
    client.simulate_template.return_value = {"aliases": {"surprise": {}}}
    problems = problems_of(client, planned)
    assert ["alias surprise" in problem for problem in problems] == [True] * 3
    assert problems[2].startswith("indices[2]: target index 'i2_v2' would get from an index template")
