"""Step Functions on this machine: moto's interpreter, with shims for nesting.

moto follows the semantics of AWS that matter here (retries, catches, an inline Map that ends at its first failure).
Its `states:startExecution.sync:2` calls the API and needs two shims around that:

- The state's parameters and the nested execution's description are written `StateMachineArn`, `Output`, `Error` in a
  state machine and `stateMachineArn`, `output`, `error` in the API. Step Functions translates, moto does not.
  The same holds for what a state machine asks of the API itself (`aws-sdk:sfn`).
- The API names an execution that comes without a name. moto calls each of them "None", so that all nested executions
  would have one ARN, and the second would be answered with what became of the first.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import DefaultConfig
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_sfn,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.utils import encoding

# Interval between two polls of a nested execution; moto's half a second is too long for a small index.
_NESTED_POLL_SECONDS = 0.02

# Length at which Step Functions cuts a cause, such as the description of a nested execution with its whole input.
MAX_CAUSE_CHARACTERS = 32_768

Invoke = Callable[[str, bytes], bytes]


class FunctionError(Exception):
    """A function that was invoked and failed.

    Args:
        payload: the JSON object that Lambda answers: errorMessage, errorType, stackTrace.
    """

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload.decode())
        self.payload = payload


@contextmanager
def interpreted(invoke: Invoke, passthrough_urls: Iterable[str]) -> Iterator[None]:
    """Mock AWS in this process, run state machines, and call `invoke` for functions.

    Args:
        invoke: takes the ARN of a function and the event as JSON, and returns the answer as JSON. It raises
            FunctionError for a failed function, and a moto exception for an invocation that Lambda refuses.
        passthrough_urls: prefixes of URLs that are not mocked.
    """

    def invoke_function(
        _self: LambdaSimpleBackend,
        function_name: str,
        _qualifier: str | None,
        body: bytes,
        _headers: Any,
        response_headers: dict[str, str],
    ) -> bytes:
        try:
            return invoke(function_name, body)
        except FunctionError as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return error.payload

    config: DefaultConfig = {
        "core": {
            "mock_credentials": False,  # those of the functions' environment are verified
            "passthrough": {"urls": [re.escape(url) for url in passthrough_urls], "services": []},
        },
        "lambda": {"use_docker": False},
        "stepfunctions": {"execute_state_machine": True},
    }
    with pytest.MonkeyPatch.context() as patch, mock_aws(config=config):
        patch.setattr(LambdaSimpleBackend, "invoke", invoke_function)
        patch.setattr(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", _NESTED_POLL_SECONDS)
        _translate_nested_executions(patch)
        _translate_requests(patch)
        _cut_descriptions(patch)
        yield


def _translate_nested_executions(patch: pytest.MonkeyPatch) -> None:
    to_api = StateTaskServiceSfn._normalise_parameters

    def normalise_parameters(self: StateTaskServiceSfn, parameters: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        to_api(self, parameters, *args, **kwargs)
        _rename(parameters, str.lower)
        parameters.setdefault("name", str(uuid.uuid4()))

    def normalise_response(_self: StateTaskServiceSfn, response: Any, *_args: Any, **_kwargs: Any) -> None:
        _rename(response, str.upper)

    patch.setattr(StateTaskServiceSfn, "_normalise_parameters", normalise_parameters)
    patch.setattr(StateTaskServiceSfn, "_normalise_response", normalise_response)


def _translate_requests(patch: pytest.MonkeyPatch) -> None:
    to_api, from_api = StateTaskServiceAwsSdk._normalise_parameters, StateTaskServiceAwsSdk._normalise_response

    def normalise_parameters(
        self: StateTaskServiceAwsSdk, parameters: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        to_api(self, parameters, *args, **kwargs)
        if self.resource.api_name == "sfn":
            _rename(parameters, str.lower)

    def normalise_response(self: StateTaskServiceAwsSdk, response: Any, *args: Any, **kwargs: Any) -> None:
        from_api(self, response, *args, **kwargs)
        if self.resource.api_name == "sfn":
            _rename_all(response, str.upper)
            # moto gives the whole history in its order. The only request for a history asks for its last event.
            if "Events" in response:
                response["Events"] = response["Events"][-1:]

    patch.setattr(StateTaskServiceAwsSdk, "_normalise_parameters", normalise_parameters)
    patch.setattr(StateTaskServiceAwsSdk, "_normalise_response", normalise_response)


def _cut_descriptions(patch: pytest.MonkeyPatch) -> None:
    """Cut the description of a failed nested execution like Step Functions."""
    to_text = encoding.to_json_str

    def cut(value: Any, **options: Any) -> str:
        text: str = to_text(value, **options)
        return text[:MAX_CAUSE_CHARACTERS] if "ExecutionArn" in value else text

    patch.setattr(state_task_service_sfn, "to_json_str", cut)


def _rename_all(value: Any, change: Callable[[str], str]) -> None:
    """Change the first letter of every key, at every depth."""
    if isinstance(value, dict):
        _rename(value, change)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _rename_all(part, change)


def _rename(values: dict[str, Any], change: Callable[[str], str]) -> None:
    """Change the first letter of every key, in place as moto expects it."""
    renamed = {change(key[0]) + key[1:]: value for key, value in values.items()}
    values.clear()
    values.update(renamed)
