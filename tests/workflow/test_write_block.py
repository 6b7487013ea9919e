"""No failed execution leaves a write block of the module."""

from typing import Any

import pytest

from opensearch_reindex.index.markers import BLOCK_ALIAS_PREFIX
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import TransientOpenSearchError
from support.trigger_file import trigger_file
from support.waiting import wait_until
from workflow.faults import domain_fails, status
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import Execution, StateMachines

DOCUMENTS: Documents = {str(number): {"amount": str(number)} for number in range(200)}
INTEGER = {"properties": {"amount": {"type": "integer"}}}
SLOW = {"slices": 1, "batch_size": 10, "requests_per_second": 20}


def run(machines: StateMachines, indices: Indices, *names: str, **changes: Any) -> Execution:
    return machines.run(trigger_file(indices.endpoint, *names, strategy="block_writes", **changes))


def kill_in_the_copy(machines: StateMachines, indices: Indices, source: str) -> None:
    arn = machines.start(machines.upload(trigger_file(indices.endpoint, source, strategy="block_writes", reindex=SLOW)))
    wait_until(lambda: machines.functions.of("start_reindex"))
    machines.abort(arn)
    assert indices.is_write_blocked(source)


@pytest.fixture
def left(machines: StateMachines, indices: Indices) -> str:
    """A source index whose execution was killed in the copy."""
    source = indices.create("orders", {**DOCUMENTS, "bad": {"amount": "many"}})
    kill_in_the_copy(machines, indices, source)
    return source


def is_free(indices: Indices, source: str) -> bool:
    is_marked = any(alias.startswith(BLOCK_ALIAS_PREFIX) for alias in indices.get(source)["aliases"])
    return not is_marked and not indices.is_write_blocked(source)


def test_no_failed_execution_leaves_a_block_of_a_killed_one(
    machines: StateMachines, indices: Indices, left: str
) -> None:
    refused = run(machines, indices, left, mappings={"properties": {"amount": {"type": "no-such-type"}}})
    assert refused.status == "FAILED"
    assert is_free(indices, left)
    failed = run(machines, indices, left, mappings=INTEGER)
    assert failed.status == "FAILED"
    assert is_free(indices, left)
    indices("DELETE", f"{indices.alias(left)}/_doc/bad")
    assert run(machines, indices, left, mappings=INTEGER).status == "SUCCEEDED"
    assert indices.documents(indices.alias(left)) == DOCUMENTS


@pytest.mark.parametrize("changes", [{"settings": {"number_of_shards": "many"}}, {"mappings": "none"}])
def test_a_file_that_is_refused_on_paper_lifts_the_block_of_a_killed_execution(
    machines: StateMachines, indices: Indices, left: str, changes: dict[str, Any]
) -> None:
    refused = run(machines, indices, left, **changes)
    assert refused.error == "TriggerFileError"
    assert is_free(indices, left)


def test_create_index_that_fails_lifts_the_block_of_a_killed_execution(
    machines: StateMachines, indices: Indices, left: str
) -> None:
    machines.functions.hooks["create_index"] = domain_fails(lambda: status(403))
    assert run(machines, indices, left).error == "IndexCreationError"
    assert is_free(indices, left)


def test_a_later_index_of_the_file_does_not_wait_under_the_block_of_a_killed_run(
    machines: StateMachines, indices: Indices, left: str
) -> None:
    first = indices.create("first", DOCUMENTS)
    free: list[bool] = []

    def write(handler: Handler, event: Event) -> State:
        free.append(is_free(indices, left))
        return handler(event)

    machines.functions.hooks["create_index"] = write
    run(machines, indices, first, left)
    assert free[0]


def test_a_refused_file_lifts_no_block_of_a_running_execution(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("busy", DOCUMENTS)
    event = machines.upload(trigger_file(indices.endpoint, source, strategy="block_writes", reindex=SLOW))
    arn = machines.start(event)
    wait_until(lambda: machines.functions.of("start_reindex"))
    refused = run(machines, indices, source, settings={"number_of_shards": "many"})
    assert refused.error == "TriggerFileError"
    assert indices.is_write_blocked(source)
    machines.abort(arn)


def test_a_block_that_cannot_be_lifted_is_among_the_problems_with_the_call(
    machines: StateMachines, indices: Indices, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TransientOpenSearchError("no answer")

    monkeypatch.setattr(OpenSearchClient, "allow_writes", fail)
    refused = run(machines, indices, left, settings={"number_of_shards": "many"})
    assert refused.error == "TriggerFileError"
    (problem,) = [each for each in refused.message()["problems"] if "write block" in each]
    assert f'PUT /{left}/_settings {{"index.blocks.write": null}}' in problem
