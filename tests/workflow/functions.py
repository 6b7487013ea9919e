"""The Lambda functions: handlers that this process calls like Lambda."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import handlers
from workflow.interpreter import FunctionError

Event = dict[str, Any]
State = dict[str, Any]
Handler = Callable[[Event], State]
# Stands between Step Functions and a handler: may call it, twice or not at all, change its answer, or raise.
Hook = Callable[[Handler, Event], State]


@dataclass(frozen=True)
class Call:
    """One invocation.

    Attributes:
        step: key of the step, e.g. `create_index`.
        event: what the state machine sent.
        answer: what it got; None if the invocation failed.
        started, ended: seconds of the monotonic clock.
    """

    step: str
    event: Event
    answer: State | None
    started: float
    ended: float

    @property
    def source_index(self) -> str | None:
        """The index this is about; None for the trigger file."""
        name: str | None = self.event.get("source_index") or self.event.get("index", {}).get("source_index")
        return name


class Functions:
    """Every step's function, with a record of its calls.

    Attributes:
        calls: in the order in which they ended.
        hooks: by step, what stands between Step Functions and the handler.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._begun: list[str] = []
        self.hooks: dict[str, Hook] = {}

    def of(self, *steps: str) -> list[Call]:
        """Give the calls of these steps.

        Args:
            steps: keys of steps.
        """
        return [call for call in self.calls if call.step in steps]

    def are_idle(self) -> bool:
        """Tell whether every call has ended, also those of executions that were stopped."""
        return len(self.calls) == len(self._begun)

    def invoke(self, function_arn: str, body: bytes) -> bytes:
        """Answer an invocation: the plug point of the interpreter.

        Args:
            function_arn: ends with the step's key.
            body: the event as JSON.

        Raises:
            FunctionError: the handler raised.
        """
        step = function_arn.rpartition(":")[2]
        event = json.loads(body)
        self._begun.append(step)
        hook = self.hooks.get(step, _pass_on)
        answer, started = None, time.monotonic()
        try:
            answer = hook(partial(_call, step), event)
            return json.dumps(answer, ensure_ascii=False).encode()
        finally:
            self.calls.append(Call(step, event, answer, started, time.monotonic()))


def _pass_on(handler: Handler, event: Event) -> State:
    return handler(event)


def _call(step: str, event: Event) -> State:
    """Call a handler with JSON, and return its exception like the Lambda runtime."""
    handler: Callable[[Event, None], State] = getattr(handlers, f"{step}_handler")
    try:
        answer: State = json.loads(json.dumps(handler(json.loads(json.dumps(event)), None)))
    except Exception as error:
        payload = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
        raise FunctionError(json.dumps(payload).encode()) from error
    return answer
