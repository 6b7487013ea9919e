"""A file of 1,000 indices fits into 256 KiB of state and 25,000 history events."""

import json
import sys
from collections.abc import Iterator

import pytest

from opensearch_reindex.index.index_info import IndexInfo, StoreSize
from opensearch_reindex.opensearch_client import OpenSearchClient
from support.history import MAX_EVENTS
from support.trigger_file import trigger_file
from workflow.indices import Indices
from workflow.machines import StateMachines

MAX_STATE_BYTES = 256 * 1024
NAMES = [f"{number:04}-{'x' * 52}_v1" for number in range(1000)]

# Stands for the rebuilding of an index, which is not what these tests are about.
DO_NOTHING = {
    "StartAt": "Done",
    "States": {"Done": {"Type": "Pass", "Parameters": {"source_index.$": "$.index.source_index"}, "End": True}},
}


@pytest.fixture(autouse=True)
def _thousand_indices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mock 1,000 indices, whose creation would take minutes and too many shards."""
    found = {name: IndexInfo(name, {}, {"number_of_shards": "1"}, {}) for name in NAMES}
    monkeypatch.setattr(OpenSearchClient, "get_indices", lambda *_args, **_kwargs: found)
    monkeypatch.setattr(OpenSearchClient, "green_indices", lambda *_: set())
    monkeypatch.setattr(OpenSearchClient, "refused_creation", lambda *_: None)
    monkeypatch.setattr(OpenSearchClient, "simulate_template", lambda *_: None)
    monkeypatch.setattr(OpenSearchClient, "store_sizes", lambda _, names: dict.fromkeys(names, StoreSize(0, 0)))


@pytest.fixture
def _deep_stack() -> Iterator[None]:
    """Let moto, which calls itself for each item of a Map, reach the 1,000th item."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10 * limit)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("_deep_stack")
def test_a_thousand_indices_with_long_names_fit_into_one_execution(machines: StateMachines, indices: Indices) -> None:
    assert {len(name) for name in NAMES} == {60}
    machines.replace_index_definition(DO_NOTHING)

    execution = machines.run(trigger_file(indices.endpoint, *NAMES), deadline_seconds=120)

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert [nested.input["index"]["source_index"] for nested in machines.nested()] == NAMES
    assert len(json.dumps(execution.output).encode()) < MAX_STATE_BYTES
    assert machines.event_count(execution) < MAX_EVENTS


def test_a_file_that_makes_too_much_state_is_refused_and_says_to_split_it(
    machines: StateMachines, indices: Indices
) -> None:
    changes = {"properties": {f"field_{number}": {"type": "keyword"} for number in range(6)}}

    execution = machines.run(trigger_file(indices.endpoint, *({"name": name, "mappings": changes} for name in NAMES)))

    assert (execution.status, execution.error) == ("FAILED", "TriggerFileError")
    assert "bytes of state; expected at most 225280" in execution.message()["reason"]
    assert "Split the file" in execution.message()["next"]
    assert machines.nested() == []
