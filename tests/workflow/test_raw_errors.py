"""Errors from outside the handlers end both executions with error and cause."""

import pytest

from support.trigger_file import trigger_file
from support.waiting import wait_until
from workflow.faults import ACCESS_DENIED, TIMED_OUT, function_dies, lambda_refuses
from workflow.functions import Event, Handler, State
from workflow.indices import Indices
from workflow.machines import Execution, StateMachines, index_definition

EITHER_MACHINE = pytest.mark.parametrize("step", ["get_trigger_file", "update_aliases"])


@EITHER_MACHINE
@pytest.mark.parametrize(
    ("code", "cause"),
    [pytest.param("Unknown", TIMED_OUT, id="time-out"), pytest.param("AccessDeniedException", ACCESS_DENIED, id="IAM")],
)
def test_an_error_without_json_ends_the_execution_with_its_own_error_and_cause(
    machines: StateMachines, indices: Indices, step: str, code: str, cause: str
) -> None:
    source = indices.create("orders", {"1": {}})
    machines.functions.hooks[step] = lambda_refuses([code] * (3 if code == "Unknown" else 1), cause)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.error) == ("FAILED", f"Lambda.{code}")
    assert str(execution.cause).startswith(cause)
    for nested in machines.nested():
        assert (nested.status, nested.error, nested.cause) == (execution.status, execution.error, execution.cause)


@EITHER_MACHINE
@pytest.mark.parametrize(
    ("error_type", "message", "calls"),
    [
        ("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 300.00 seconds", 3),
        ("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed", 3),
        ("Runtime.ImportModuleError", "Unable to import module 'handlers': No module named 'opensearchpy'", 1),
    ],
)
def test_a_function_that_dies_ends_the_execution_with_the_runtimes_message(
    machines: StateMachines, indices: Indices, step: str, error_type: str, message: str, calls: int
) -> None:
    source = indices.create("orders", {"1": {}})
    machines.functions.hooks[step] = function_dies(error_type, message)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.error) == ("FAILED", error_type)
    if step == "update_aliases":  # ReleaseSource is a state of the same function, and dies too
        assert f"a step failed with {error_type}: " in execution.message()["reason"]
        assert message in execution.message()["reason"]
        assert "its write block could not be lifted" in execution.message()["write_block"]
    else:
        assert execution.cause == message
    tried = [call for call in machines.functions.of(step) if "release_source" not in call.event]
    assert len(tried) == calls


def test_a_nested_execution_that_is_aborted_ends_the_parent_and_names_the_index(
    machines: StateMachines, indices: Indices
) -> None:
    first, second = (indices.create(base, {"1": {"a": 1}}) for base in ("first", "second"))

    def abort(handler: Handler, event: Event) -> State:
        machines.abort_nested()
        return handler(event)

    machines.functions.hooks["update_aliases"] = abort
    # The description of an execution holds its input: a field of that name must not be taken for the error.
    mappings = {"properties": {"Error": {"type": "keyword"}}}

    execution = machines.run(trigger_file(indices.endpoint, first, second, mappings=mappings))

    assert [nested.status for nested in machines.nested()] == ["ABORTED"]
    assert_tells_of_nested_execution(execution, machines.nested()[0], first)
    assert indices.documents(first) == {"1": {"a": 1}}
    assert indices.names() == {first, indices.target(first), second}


@pytest.mark.parametrize("step", ["create_index", "start_reindex"])
def test_a_nested_execution_that_times_out_ends_the_parent_and_names_the_index(
    machines: StateMachines, indices: Indices, step: str
) -> None:
    first, second = (indices.create(base, {"1": {"a": 1}}) for base in ("first", "second"))
    machines.replace_index_definition({**index_definition(), "TimeoutSeconds": 1})

    def outlast_the_execution(handler: Handler, event: Event) -> State:
        wait_until(lambda: machines.nested()[0].status == "TIMED_OUT")
        return handler(event)

    machines.functions.hooks[step] = outlast_the_execution

    execution = machines.run(trigger_file(indices.endpoint, first, second))

    assert [nested.status for nested in machines.nested()] == ["TIMED_OUT"]
    assert_tells_of_nested_execution(execution, machines.nested()[0], first)
    assert indices.documents(first) == {"1": {"a": 1}}
    assert indices.target(second) not in indices.names()


def test_nested_execution_that_step_functions_fails_ends_the_parent_with_the_index(
    machines: StateMachines, indices: Indices
) -> None:
    first, second = (indices.create(base, {"1": {}}) for base in ("first", "second"))
    machines.replace_index_definition(
        {"StartAt": "Break", "States": {"Break": {"Type": "Pass", "InputPath": "$.missing", "End": True}}}
    )

    execution = machines.run(trigger_file(indices.endpoint, first, second))

    assert [(nested.status, nested.error) for nested in machines.nested()] == [("FAILED", "States.Runtime")]
    assert_tells_of_nested_execution(execution, machines.nested()[0], first)


def assert_tells_of_nested_execution(execution: Execution, nested: Execution, source_index: str) -> None:
    """A Fail state must not use the prefix `States.`, which belongs to Step Functions."""
    assert (execution.status, execution.error) == ("FAILED", "ExecutionError")
    description = execution.message()
    assert description["Status"] == nested.status
    assert description["ExecutionArn"] == nested.arn
    assert description["Input"]["index"] == {"source_index": source_index}
