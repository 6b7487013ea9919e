"""Strategy `block_writes`: writers can continue after any failure before the move."""

from collections.abc import Callable
from typing import Any

import pytest

from support.trigger_file import trigger_file
from workflow.faults import domain_fails, first_calls, function_dies, lambda_refuses, status
from workflow.functions import Event, Handler, Hook, State
from workflow.indices import Documents, Indices
from workflow.machines import Execution, StateMachines

DOCUMENTS: Documents = {str(number): {"amount": str(number)} for number in range(30)}
INTEGER = {"properties": {"amount": {"type": "integer"}}}


@pytest.fixture
def source(indices: Indices) -> str:
    return indices.create("orders", DOCUMENTS, mappings={"properties": {"amount": {"type": "keyword"}}})


def run(machines: StateMachines, indices: Indices, source: str, **changes: Any) -> Execution:
    return machines.run(trigger_file(indices.endpoint, source, strategy="block_writes", **changes))


def test_an_index_is_rebuilt_with_writes_refused(machines: StateMachines, indices: Indices, source: str) -> None:
    refused: list[int] = []

    def write(handler: Handler, event: Event) -> State:
        answer = indices("PUT", f"{indices.alias(source)}/_doc/1", {"amount": "-1"}, ok=False)
        refused.append(answer["status"])
        return handler(event)

    for step in ("start_reindex", "remove_alias"):
        machines.functions.hooks[step] = write

    execution = run(machines, indices, source)

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert refused == [403, 403]
    assert indices.aliases() == {indices.target(source): {indices.alias(source): {}}}
    assert indices.documents(indices.target(source)) == DOCUMENTS


@pytest.mark.usefixtures("past_the_trial")
def test_a_failed_copy_lifts_the_block_and_a_file_with_other_mappings_finishes(
    machines: StateMachines, indices: Indices, source: str
) -> None:
    indices.bulk(source, {"bad": {"amount": "many"}})

    failed = run(machines, indices, source, mappings=INTEGER)

    assert (failed.status, failed.error) == ("FAILED", "ReindexFailedError")
    assert failed.message()["step"] == "StartReindex"
    assert not indices.is_write_blocked(source)
    indices("POST", f"{indices.alias(source)}/_update/1", {"doc": {"amount": "-1"}})
    indices("DELETE", f"{indices.alias(source)}/_doc/2")
    assert run(machines, indices, source).status == "SUCCEEDED"
    expected = {**DOCUMENTS, "bad": {"amount": "many"}, "1": {"amount": "-1"}}
    del expected["2"]
    assert indices.documents(indices.alias(source)) == expected
    assert indices.aliases() == {indices.target(source): {indices.alias(source): {}}}


@pytest.mark.parametrize("step", ["update_aliases", "start_reindex", "remove_alias"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda: domain_fails(lambda: status(503), calls=9), id="outage"),
        pytest.param(lambda: lambda_refuses(["TooManyRequestsException"] * 7), id="throttled"),
        pytest.param(lambda: first_calls(3, function_dies("Sandbox.Timedout", "Task timed out")), id="time-out"),
    ],
)
def test_whatever_ends_the_execution_before_the_aliases_move_the_block_is_lifted(
    machines: StateMachines, indices: Indices, source: str, step: str, fault: Callable[[], Any]
) -> None:
    machines.functions.hooks[step] = fault()

    failed = run(machines, indices, source)

    assert failed.status == "FAILED"
    assert not indices.is_write_blocked(source)
    assert indices.documents(indices.alias(source)) == DOCUMENTS
    assert run(machines, indices, source).status == "SUCCEEDED"
    assert indices.documents(indices.alias(source)) == DOCUMENTS
    assert indices.names() == {indices.target(source)}


@pytest.mark.parametrize(
    ("step", "fault", "error"),
    [
        ("start_reindex", domain_fails(lambda: status(403)), "ReindexStartError"),
        ("start_reindex", function_dies("Runtime.ImportModuleError", "no module"), "Runtime.ImportModuleError"),
        ("create_index", domain_fails(lambda: status(403)), "IndexCreationError"),
    ],
)
@pytest.mark.parametrize(
    ("release_fault", "why"),
    [
        (domain_fails(lambda: status(503)), "a fault with status 503"),
        (domain_fails(lambda: status(403)), "a fault with status 403"),
        (function_dies("Runtime.ImportModuleError", "no module"), "Runtime.ImportModuleError"),
    ],
    ids=["outage", "permission", "function"],
)
def test_a_block_that_cannot_be_lifted_is_in_the_error_of_the_step(
    machines: StateMachines,
    indices: Indices,
    source: str,
    step: str,
    fault: Hook,
    error: str,
    release_fault: Hook,
    why: str,
) -> None:
    machines.functions.hooks[step] = fault
    machines.functions.hooks["update_aliases"] = lambda handler, event: (
        release_fault(handler, event) if "release_source" in event else handler(event)
    )

    failed = run(machines, indices, source)

    assert failed.error == error
    lift = f'PUT /{source}/_settings {{"index.blocks.write": null}}'
    message = failed.message()
    assert message["source_index"] == source
    assert why in message["write_block"]
    assert f"To lift it, send {lift}" in message["write_block"]
    assert lift in message["next"]
    # If neither function works, the cause has both errors as text.
    assert error in message["reason"] or message["step"].replace("_", "").lower() == step.replace("_", "")
    assert indices.is_write_blocked(source) is (step != "create_index")
    indices("PUT", f"{source}/_settings", {"index.blocks.write": None})
    indices("PUT", f"{indices.alias(source)}/_doc/1", DOCUMENTS["1"])
    machines.functions.hooks.clear()
    assert run(machines, indices, source).status == "SUCCEEDED"
    assert indices.documents(indices.alias(source)) == DOCUMENTS


def test_after_the_aliases_have_moved_a_failure_lifts_no_block(
    machines: StateMachines, indices: Indices, source: str
) -> None:
    machines.functions.hooks["delete_index"] = domain_fails(lambda: status(503), calls=9)

    assert run(machines, indices, source).status == "FAILED"

    assert indices.is_write_blocked(source)
    indices("DELETE", f"{indices.alias(source)}/_doc/1")
    assert run(machines, indices, source).status == "SUCCEEDED"
    assert "1" not in indices.documents(indices.alias(source))
    assert indices.names() == {indices.target(source)}
