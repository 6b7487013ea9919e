"""What is tried again, how often, and what is not."""

from collections.abc import Callable

import pytest

from support.trigger_file import trigger_file
from workflow.definitions import STEPS, Definition, tasks
from workflow.faults import domain_fails, lambda_refuses, no_connection, poll_once, status
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
# A snapshot, or shards that are being built: 40 minutes.
BUSY_RETRY = {"ErrorEquals": ["DomainBusyError"], "IntervalSeconds": 60, "MaxAttempts": 40, "BackoffRate": 1}


def retries_by_task(machine: Definition) -> dict[str, object]:
    return {name: task["Retry"] for name, task in tasks(machine)}


def test_every_function_is_retried_for_minutes_on_faults_that_pass() -> None:
    retries = {**retries_by_task(definition()), **retries_by_task(index_definition())}
    nested = retries.pop("ReindexIndex")

    assert len(retries) == len(STEPS) + 1  # the source is released by the function that froze it
    assert retries.pop("GetTriggerFile") == [LAMBDA_RETRY, OPENSEARCH_RETRY]
    assert all(retry == [LAMBDA_RETRY, OPENSEARCH_RETRY, BUSY_RETRY] for retry in retries.values())
    assert nested == [
        {**LAMBDA_RETRY, "ErrorEquals": ["StepFunctions.ExecutionLimitExceeded", "StepFunctions.ThrottlingException"]}
    ]


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


def test_a_lambda_that_stays_throttled_ends_the_execution_after_all_attempts(
    machines: StateMachines, indices: Indices
) -> None:
    source = indices.create("orders", DOCUMENTS)
    machines.functions.hooks["update_aliases"] = lambda_refuses(["TooManyRequestsException"] * 100)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.error) == ("FAILED", "Lambda.TooManyRequestsException")
    assert "Rate exceeded" in str(execution.cause)
    assert len(machines.functions.of("update_aliases")) == 1 + 6


def test_a_permanent_error_is_not_tried_again(machines: StateMachines, indices: Indices) -> None:
    first, second = (indices.create(base, DOCUMENTS) for base in ("first", "second"))

    execution = machines.run(trigger_file(indices.endpoint, first, second, settings={"no_such_setting": 1}))

    assert (execution.status, execution.error) == ("FAILED", "IndexCreationError")
    assert len(machines.functions.of("create_index")) == 1
    message = execution.message()
    assert (message["status"], message["type"]) == (400, "illegal_argument_exception")
    assert "unknown setting [index.no_such_setting]" in message["reason"]
    assert indices.names() == {first, second}
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
            indices.alias(first): {"is_write_index": True},
            f"{indices.prefix}extra": {"filter": {"term": {"number": 1}}},
        },
        second: {indices.alias(second): {"is_write_index": True}},
    }
    assert indices.documents(first) == indices.documents(second) == DOCUMENTS
