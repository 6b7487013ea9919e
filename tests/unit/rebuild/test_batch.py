"""Batch size, slices and scrolls of a copy, from what was measured."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.index_info import CopyLimits, PrimaryShards
from opensearch_reindex.rebuild.batch import (
    asks_model,
    batch_size,
    largest_batch,
    scroll_of,
    slices_of,
)
from opensearch_reindex.rebuild.request import reindex_params
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from support.mocked_domain import IN_USE, JOB, MockedDomain, index, target

MIB = 1024 * 1024
GIB_OF_HEAP = CopyLimits(bulk_bytes=100 * MIB)


@pytest.mark.parametrize(
    ("slices", "sizes", "limits", "size"),
    [
        (2, [500], CopyLimits(), 5000),
        (2, [10_000], CopyLimits(), 1677),  # two slices of 16 MiB
        (20, [10_000], CopyLimits(), 167),
        (1, [100_000], GIB_OF_HEAP, 262),  # a quarter of the memory for write requests
        (1, [100_000], CopyLimits(bulk_bytes=10**12), 335),
        (1, [10, 200_000 - 10], CopyLimits(), 335),  # the mean
        (1, [200 * MIB], CopyLimits(), 1),
        (1, [0], CopyLimits(), 5000),
        (1, [], CopyLimits(), 4194),  # 1,000 bytes on disk, taken for 8,000 in memory
    ],
)
def test_the_batches_of_all_slices_fit_into_memory(
    slices: int, sizes: list[int], limits: CopyLimits, size: int
) -> None:
    assert batch_size({"slices": slices}, sizes, 1000, limits, 5000) == size


MODEL = {"processors": [{"foreach": {"field": "f", "processor": {"text_embedding": {"model_id": "m"}}}}]}
PLAIN = {"processors": [{"set": {"field": "model", "value": "text_embedding"}}]}


@pytest.mark.parametrize(
    ("options", "pipelines", "window", "most"),
    [
        ({}, [], 10_000, 5000),
        ({}, [], 700, 700),
        ({"script": {"source": ""}}, [], 10_000, 1000),
        ({}, [PLAIN], 10_000, 1000),
        ({}, [PLAIN, MODEL], 10_000, 100),
        ({}, [MODEL], 50, 50),
    ],
)
def test_a_batch_is_small_where_a_document_takes_time(options: Any, pipelines: Any, window: int, most: int) -> None:
    assert largest_batch(options, pipelines, window) == most


@pytest.mark.parametrize(
    ("limit", "is_open", "copies", "slices"),
    [
        (None, 0, 6, 6),
        (500, 0, 6, 6),
        (500, 220, 6, 5),
        (20, 0, 6, 1),
        (20, 0, 3, 3),
        (20, 99, 6, 1),  # never none
        (500, 0, 200, 1),
    ],
)
def test_slices_leave_half_of_the_scroll_contexts_of_the_fullest_node(
    limit: int | None, is_open: int, copies: int, slices: int
) -> None:
    limits = CopyLimits(scroll_contexts=limit, open_scroll_contexts={"n": is_open, "idle": 0})
    primaries = PrimaryShards(1, 1, {"idle": 1, "n": copies})
    assert slices_of("auto", 6, primaries, limits) == (slices, slices < 6)
    assert slices_of(7, 6, primaries, limits) == (7, False)
    assert slices_of("auto", 50, PrimaryShards(1, 1), CopyLimits()) == (20, False)


@pytest.mark.parametrize(
    ("pipelines", "longest", "scroll"),
    [
        ([], "24h", None),
        ([PLAIN], None, "30m"),
        ([PLAIN], "24h", "30m"),
        ([MODEL], "10m", "10m"),
        ([MODEL], "x", "30m"),
    ],
)
def test_scrolls_live_long_enough_for_a_pipeline(pipelines: Any, longest: str | None, scroll: str | None) -> None:
    assert scroll_of(pipelines, CopyLimits(longest_scroll=longest)) == scroll


@pytest.mark.parametrize(
    "processor", ["inference", "ml_inference", "sparse_encoding", "text_embedding", "text_image_embedding"]
)
def test_processors_that_ask_models_are_known(processor: str) -> None:
    assert asks_model({"processors": [{processor: {"model_id": "m"}}]})
    assert not asks_model(PLAIN)


@pytest.fixture
def domain() -> MockedDomain:
    domain = MockedDomain(a_v1=index("u1", IN_USE), a_v2=target())
    domain.client.primary_shards.return_value = PrimaryShards(3000, 2, {"n": 1})
    domain.client.replicas_behind.return_value = 0
    return domain


def freeze(domain: MockedDomain, *, asks_model: bool = False, **options: Any) -> dict[str, Any]:
    job = replace(JOB, reindex={"slices": "auto", **options}, asks_model=asks_model)
    return update_aliases(domain.client, job).reindex


def test_documents_are_measured_a_few_at_a_time_until_they_are_too_many_bytes(domain: MockedDomain) -> None:
    domain.client.source_bytes.side_effect = [[1000], [1000] * 10, [5 * MIB], [5 * MIB]]
    domain.client.get_indices.side_effect = None
    source = index("u1", IN_USE)
    source.settings["number_of_shards"] = "5"
    domain.client.get_indices.return_value = {"a_v1": source, "a_v2": target()}
    assert freeze(domain)["batch_size"] == 8  # six and a half MiB for each of five slices, and a mean of 826 KB
    calls = domain.client.source_bytes.call_args_list
    assert [call.args[1] for call in calls] == [1, 10, 10, 1]
    assert [(call.kwargs["shard"], call.kwargs["from_seq_no"]) for call in calls] == [(0, 0), (0, 0), (0, 0), (1, 0)]


@pytest.mark.parametrize("error", [TransientOpenSearchError("503"), OpenSearchRequestError(403, "x", "no")])
def test_a_copy_starts_also_where_nothing_can_be_measured(domain: MockedDomain, error: Exception) -> None:
    domain.client.copy_limits.side_effect = domain.client.source_bytes.side_effect = error
    assert freeze(domain) == {"slices": "auto", "batch_size": 4194}


def test_a_batch_size_of_the_trigger_file_is_kept_and_nothing_is_measured(domain: MockedDomain) -> None:
    assert freeze(domain, batch_size=7) == {"slices": "auto", "batch_size": 7}
    domain.client.source_bytes.assert_not_called()


def test_the_pipelines_of_request_and_target_reach_batch_and_scroll(domain: MockedDomain) -> None:
    domain.indices["a_v2"].settings["final_pipeline"] = "final"
    found: dict[str, Any] = {"p": MODEL, "final": {"processors": []}}
    domain.client.get_pipeline.side_effect = found.get
    options = freeze(domain, pipeline="p")
    assert options == {"slices": "auto", "pipeline": "p", "batch_size": 100, "scroll": "30m"}
    assert {call.args[0] for call in domain.client.get_pipeline.call_args_list} == {"p", "final"}
    assert reindex_params(replace(JOB, reindex=options)) == {"slices": "auto", "scroll": "30m"}


def test_a_copy_through_the_model_of_a_semantic_field_has_small_batches(
    domain: MockedDomain,
) -> None:
    assert freeze(domain, asks_model=True) == {"slices": "auto", "batch_size": 100, "scroll": "30m"}


def test_fewer_slices_reach_the_request(domain: MockedDomain) -> None:
    domain.client.copy_limits.return_value = CopyLimits(scroll_contexts=4, open_scroll_contexts={"n": 0})
    source = index("u1", IN_USE)
    source.settings["number_of_shards"] = "2"
    domain.indices["a_v1"] = source
    domain.client.primary_shards.return_value = PrimaryShards(3000, 2, {"n": 2})
    assert freeze(domain)["slices"] == 1
