"""A trigger file is refused whole, before anything is changed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from support.trigger_file import trigger_file
from workflow.indices import Indices
from workflow.machines import StateMachines


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        pytest.param(
            {"strategie": "redirect_writes", "keep_source": "yes", "reindex": {"slices": 0}},
            ["'strategie' was unexpected", "keep_source: ", "reindex.slices: "],
            id="against the schema",
        ),
        pytest.param(
            {
                "opensearch_endpoint": "https://elsewhere.example.com",
                "indices": ["no-version", "*_v1", "FIRST"],
                "settings": {"uuid": "x"},
            },
            ["opensearch_endpoint: ", "indices[0]: ", "indices[1]: ", "settings: 'uuid'"],
            id="on paper",
        ),
        pytest.param(
            {"indices": ["missing_v1", "FIRST", "SECOND"]},
            ["indices[0]: source index 'missing_v1' does not exist", "indices[2]: target index "],
            id="against the domain",
        ),
    ],
)
def test_all_problems_of_a_file_are_reported_at_once_and_nothing_is_changed(
    machines: StateMachines,
    indices: Indices,
    requests_sent: list[tuple[str, str]],
    changes: Mapping[str, Any],
    problems: list[str],
) -> None:
    first, second = (indices.create(base, {"1": {}}) for base in ("first", "second"))
    indices("PUT", f"{indices.target(second)}")  # of another application
    before = {name: indices.get(name) for name in indices.names()}
    changes = json.loads(json.dumps(changes).replace("FIRST", first).replace("SECOND", second))

    execution = machines.run({**trigger_file(indices.endpoint, first, second), **changes})

    assert (execution.status, execution.error) == ("FAILED", "TriggerFileError")
    message = execution.message()
    assert message["step"] == "GetTriggerFile"
    assert message["execution_id"] == execution.arn
    assert message["reason"] == f"the trigger file has {len(problems)} problems"
    assert len(message["problems"]) == len(problems)
    for problem in problems:
        assert any(problem in told for told in message["problems"])
    assert "No changes were made" in message["next"]
    # The first step tries to create the target index of `first`, with a request that OpenSearch refuses at its end.
    tried = {
        ("PUT", f"/{indices.target(first)}"),
        ("POST", f"/_index_template/_simulate_index/{indices.target(first)}"),
    }
    assert {sent for sent in requests_sent if sent[0] != "GET"} <= (
        tried if "missing_v1" in changes.get("indices", []) else set()
    )
    assert {name: indices.get(name) for name in indices.names()} == before
    assert [call.step for call in machines.functions.calls] == ["get_trigger_file"]
    assert machines.nested() == []
