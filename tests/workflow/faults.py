"""Faults around a handler, as hooks of a function."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import opensearchpy
import pytest
from moto.core.exceptions import JsonRESTError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from workflow.functions import Event, Handler, Hook, State
from workflow.interpreter import FunctionError

# What Lambda's API answers when the role of the state machine may not invoke the function.
ACCESS_DENIED = "User is not authorized to perform: lambda:InvokeFunction because no identity-based policy allows it"
# Step Functions' own words for a function that ran into its time-out.
TIMED_OUT = (
    "The cause could not be determined because Lambda did not return an error type. "
    'Returned payload: {"errorMessage":"2026-11-22T10:00:00.000Z Task timed out after 300.00 seconds"}'
)


def no_connection() -> Exception:
    """OpenSearch does not answer."""
    return opensearchpy.ConnectionError("N/A", "Connection refused", Exception("Connection refused"))


def status(code: int) -> Exception:
    """OpenSearch answers with an error.

    Args:
        code: HTTP status.
    """
    info = {"error": {"type": "fault_exception", "reason": f"a fault with status {code}"}, "status": code}
    return opensearchpy.TransportError(code, "fault_exception", info)


def domain_fails(fault: Callable[[], Exception], *, calls: int | None = None) -> Hook:
    """Let every request of a handler fail.

    Args:
        fault: makes the error that the connection raises.
        calls: in the first so many calls of the handler; None: in all of them.
    """

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise fault()

    def call_during_fault(handler: Handler, event: Event) -> State:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(opensearchpy.RequestsHttpConnection, "perform_request", fail)
            return handler(event)

    return call_during_fault if calls is None else first_calls(calls, call_during_fault)


def lambda_refuses(codes: Iterable[str], message: str = "Rate exceeded") -> Hook:
    """Let Lambda refuse to invoke the function, once for each error code.

    Args:
        codes: error codes of Lambda's API.
        message: of the error.
    """
    remaining = iter(codes)

    def refuse(handler: Handler, event: Event) -> State:
        for code in remaining:
            raise JsonRESTError(code, message)
        return handler(event)

    return refuse


def function_dies(error_type: str, message: str) -> Hook:
    """End the function without an exception of its own, with an error of the runtime.

    Args:
        error_type: type of Lambda's error.
        message: message of Lambda's error.
    """

    def die(_handler: Handler, _event: Event) -> State:
        raise FunctionError(json.dumps({"errorType": error_type, "errorMessage": message}).encode())

    return die


def refuse_nested_starts(patch: pytest.MonkeyPatch, times: int, code: str = "ExecutionLimitExceeded") -> list[str]:
    """Let Step Functions refuse nested executions, and return the refused inputs.

    Args:
        patch: undoes it.
        times: how many starts.
        code: error code of the API.
    """
    refused: list[str] = []
    start = StepFunctionsParserBackend.start_execution

    def refuse(self: Any, state_machine_arn: str, name: Any = None, execution_input: Any = None, *rest: Any) -> Any:
        if state_machine_arn.endswith("-index") and len(refused) < times:
            refused.append(execution_input)
            raise JsonRESTError(code, "refused")
        return start(self, state_machine_arn, name, execution_input, *rest)

    patch.setattr(StepFunctionsParserBackend, "start_execution", refuse)
    return refused


def first_calls(calls: int, hook: Hook) -> Hook:
    """Use a hook in the first calls only.

    Args:
        calls: how many.
        hook: the hook.
    """
    made = 0

    def count(handler: Handler, event: Event) -> State:
        nonlocal made
        made += 1
        return hook(handler, event) if made <= calls else handler(event)

    return count


def poll_once(handler: Handler, event: Event) -> State:
    """Answer StartReindex with a running copy, so that CheckReindexStatus is called."""
    state = handler(event)
    return {**state, "task": {**state["task"], "status": "running", "wait_seconds": 0}}
