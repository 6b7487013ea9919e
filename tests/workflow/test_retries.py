"""What is tried again, how often, and what is not."""

from collections.abc import Callable
from typing import Any

import pytest

from support.trigger_file import trigger_file
from workflow.definitions import STEPS, Definition, tasks
from workflow.faults import (
    domain_fails,
    first_calls,
    function_dies,
    lambda_refuses,
    no_connection,
    poll_once,
    refuse_nested_starts,
    status,
)
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines, definition, index_definition

DOCUMENTS: Documents = {str(number): {"number": number} for number in range(20)}
LAMBDA_ERRORS = (
    "ClientExecutionTimeoutException",
    "ServiceException",
    "AWSLambdaException",
    "SdkClientException",
    "TooManyRequestsException",
)
LAMBDA_RETRY = {
    "ErrorEquals": [f"Lambda.{error}" for error in LAMBDA_ERRORS],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
OPENSEARCH_RETRY = {
    "ErrorEquals": ["TransientOpenSearchError"],
    "IntervalSeconds": 2,
    "MaxAttempts": 8,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
# A function that was idle for weeks, or whose network interface is missing: five minutes.
NOT_READY = (
    "ResourceNotReadyException",
    "ENINotReadyException",
    "ResourceConflictException",
    "CodeArtifactUserPendingException",
    "EC2ThrottledException",
    "EC2UnexpectedException",
    "SubnetIPAddressLimitReachedException",
    "ENILimitReachedException",
)
DEAD = ("Lambda.Unknown", "Sandbox.Timedout", "Sandbox.Failure", "Runtime.ExitError", "Runtime.OutOfMemory")
DEAD_RETRY = {
    "ErrorEquals": [*DEAD],
    "IntervalSeconds": 5,
    "MaxAttempts": 2,
    "BackoffRate": 2,
    "JitterStrategy": "NONE",
}
# A snapshot, or shards that are being built: 40 minutes.
BUSY_RETRY = {"ErrorEquals": ["DomainBusyError"], "IntervalSeconds": 60, "MaxAttempts": 40, "BackoffRate": 1}


def retries_by_task(machine: Definition) -> dict[str, list[dict[str, Any]]]:
    return {name: task["Retry"] for name, task in tasks(machine)}


def test_every_function_is_retried_for_minutes_on_faults_that_pass() -> None:
    retries = {**retries_by_task(definition()), **retries_by_task(index_definition())}
    nested = retries.pop("ReindexIndex")
    assert [retry["ErrorEquals"] for retry in retries.pop("ReadIndexHistory")] == [["States.TaskFailed"]]

    assert len(retries) == len(STEPS) + 1  # the source is released by the function that froze it
    not_ready = retries["GetTriggerFile"][1]
    function_retries = [LAMBDA_RETRY, not_ready, DEAD_RETRY, OPENSEARCH_RETRY]
    assert retries.pop("GetTriggerFile") == function_retries
    assert all(retry == [*function_retries, BUSY_RETRY] for retry in retries.values())
    assert not_ready["IntervalSeconds"] * not_ready["MaxAttempts"] == 300
    assert not_ready["BackoffRate"] == 1
    assert {f"Lambda.{error}" for error in NOT_READY} <= set(not_ready["ErrorEquals"])
    assert nested == [{**LAMBDA_RETRY, "ErrorEquals": nested[0]["ErrorEquals"]}]
    assert all(name.startswith("StepFunctions.") for name in nested[0]["ErrorEquals"])


def test_the_map_is_not_retried_because_that_would_run_every_index_again() -> None:
    assert "Retry" not in definition()["States"]["ReindexIndices"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(no_connection, id="no connection"),
        pytest.param(lambda: status(429), id="429"),
        pytest.param(lambda: status(503), id="503"),
    ],
)
def test_every_step_is_tried_again_when_opensearch_fails_for_a_moment(
    machines: StateMachines, indices: Indices, fault: Callable[[], Exception]
) -> None:
    source = indices.create("orders", DOCUMENTS)
    for step in STEPS:
        machines.functions.hooks[step] = domain_fails(fault, calls=1)
    fail_at_first = machines.functions.hooks["start_reindex"]
    machines.functions.hooks["start_reindex"] = lambda handler, event: poll_once(
        lambda event: fail_at_first(handler, event), event
    )

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    for step in STEPS:
        assert [call.answer is not None for call in machines.functions.of(step)] == [False, True], step
    assert indices.documents(indices.target(source)) == DOCUMENTS
    assert indices.names() == {indices.target(source)}


def test_a_long_outage_ends_the_execution_after_all_attempts_with_the_last_error(
    machines: StateMachines, indices: Indices
) -> None:
    first, second = (indices.create(base, DOCUMENTS) for base in ("first", "second"))
    machines.functions.hooks["remove_alias"] = domain_fails(lambda: status(503))

    execution = machines.run(trigger_file(indices.endpoint, first, second))

    assert (execution.status, execution.error) == ("FAILED", "TransientOpenSearchError")
    message = execution.message()
    assert (message["step"], message["source_index"], message["status"]) == ("RemoveAlias", first, 503)
    assert "a fault with status 503" in message["reason"]
    assert "The state machine retries this step" in message["next"]
    assert len(machines.functions.of("remove_alias")) == 1 + 8
    assert {call.source_index for call in machines.functions.of("create_index")} == {first}
    assert indices.documents(first) == DOCUMENTS


def test_a_step_is_tried_again_when_lambda_fails_for_a_moment(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks["get_trigger_file"] = lambda_refuses(LAMBDA_ERRORS)
    machines.functions.hooks["delete_index"] = lambda_refuses(LAMBDA_ERRORS)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert execution.status == "SUCCEEDED"
    assert len(machines.functions.of("get_trigger_file")) == 1 + len(LAMBDA_ERRORS)
    assert len(machines.functions.of("delete_index")) == 1 + len(LAMBDA_ERRORS)
    assert indices.names() == {indices.target(source)}


@pytest.mark.parametrize("step", ["get_trigger_file", "update_aliases"])
def test_a_step_waits_for_a_function_that_was_idle_for_weeks(
    machines: StateMachines, indices: Indices, step: str
) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks[step] = lambda_refuses(NOT_READY, "The function is in the state Inactive")

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert len(machines.functions.of(step)) == 1 + len(NOT_READY)


@pytest.mark.parametrize("error_type", DEAD[1:])
@pytest.mark.parametrize("step", ["get_trigger_file", "remove_alias"])
def test_a_step_whose_function_died_runs_twice_more(
    machines: StateMachines, indices: Indices, step: str, error_type: str
) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks[step] = first_calls(2, function_dies(error_type, "RequestId: 1"))

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert len(machines.functions.of(step)) == 1 + 2
    assert indices.documents(indices.target(source)) == DOCUMENTS


def test_a_step_that_died_after_its_work_is_done_again(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("orders", DOCUMENTS)

    def die_after_work(handler: Handler, event: Event) -> State:
        handler(event)
        return function_dies("Sandbox.Timedout", "RequestId: 1")(handler, event)

    for step in STEPS:
        machines.functions.hooks[step] = first_calls(1, die_after_work)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert indices.documents(indices.target(source)) == DOCUMENTS
    assert indices.names() == {indices.target(source)}


def test_the_start_of_a_nested_execution_is_tried_again(
    machines: StateMachines, indices: Indices, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = indices.create("orders", DOCUMENTS)
    refused = refuse_nested_starts(monkeypatch, 2)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert len(refused) == 2
    assert len(machines.nested()) == 1


def test_an_index_whose_execution_has_a_name_that_is_taken_gets_another(
    machines: StateMachines, indices: Indices, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = indices.create("orders", DOCUMENTS)
    refused = refuse_nested_starts(monkeypatch, 1, "ExecutionAlreadyExists")  # as after a redrive

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause, len(refused)) == ("SUCCEEDED", None, 1)
    assert [nested.status for nested in machines.nested()] == ["SUCCEEDED"]


def test_a_lambda_that_stays_throttled_ends_the_execution_after_all_attempts(
    machines: StateMachines, indices: Indices
) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks["update_aliases"] = lambda_refuses(["TooManyRequestsException"] * 100)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.error) == ("FAILED", "Lambda.TooManyRequestsException")
    assert "Rate exceeded" in str(execution.cause)
    # ReleaseSource invokes the same function.
    tried = [call for call in machines.functions.of("update_aliases") if "release_source" not in call.event]
    assert len(tried) == 1 + 6


def test_a_permanent_error_is_not_tried_again(machines: StateMachines, indices: Indices) -> None:
    first, second = (indices.create(base, DOCUMENTS) for base in ("first", "second"))

    def close(handler: Handler, event: Event) -> State:
        indices("POST", f"{first}/_close")  # since the first step, which would have refused it
        indices("GET", f"_cluster/health/{first}?wait_for_status=green&timeout=30s")  # its shard starts as a closed one
        return handler(event)

    machines.functions.hooks["create_index"] = close

    execution = machines.run(trigger_file(indices.endpoint, first, second))

    assert (execution.status, execution.error) == ("FAILED", "IndexCreationError")
    assert len(machines.functions.of("create_index")) == 1
    message = execution.message()
    assert (message["status"], message["type"]) == (400, "index_closed_exception")
    assert indices.names() == {first, second}
    indices("POST", f"{first}/_open")
    assert indices.documents(first) == DOCUMENTS


def test_a_refused_permission_is_not_tried_again_and_says_what_to_allow(
    machines: StateMachines, indices: Indices
) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks["create_index"] = domain_fails(lambda: status(403))

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.error) == ("FAILED", "IndexCreationError")
    assert len(machines.functions.of("create_index")) == 1
    assert "es:ESHttpPut" in execution.message()["next"]


def test_every_step_can_run_twice_with_the_same_event(machines: StateMachines, indices: Indices) -> None:
    sources = [indices.create(base, DOCUMENTS) for base in ("first", "second")]
    indices("PUT", f"{sources[0]}/_alias/{indices.prefix}extra", {"filter": {"term": {"number": 1}}})

    def twice(handler: Handler, event: Event) -> State:
        handler(event)
        return handler(event)

    for step in STEPS:
        machines.functions.hooks[step] = twice
    machines.functions.hooks["start_reindex"] = lambda handler, event: poll_once(
        lambda event: twice(handler, event), event
    )

    execution = machines.run(trigger_file(indices.endpoint, *sources))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    first, second = (indices.target(source) for source in sources)
    assert indices.aliases() == {
        first: {
            indices.alias(first): {},
            f"{indices.prefix}extra": {"filter": {"term": {"number": 1}}},
        },
        second: {indices.alias(second): {}},
    }
    assert indices.documents(first) == indices.documents(second) == DOCUMENTS
