"""Upload a trigger file and read the cost of its executions."""

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.figures import BenchmarkError
from bench.stack import Stack
from support.waiting import wait_until

# Rarely, so that polling slows down no execution. All durations come from the executions themselves.
_PAUSE_SECONDS = 0.5

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """One successful execution.

    Attributes:
        description: answer of `DescribeExecution`.
        events: the whole history.
    """

    description: Mapping[str, Any]
    events: Sequence[Event]

    @property
    def started(self) -> float:
        """Start time in seconds since 1970."""
        return float(self.description["startDate"].timestamp())

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float((self.description["stopDate"] - self.description["startDate"]).total_seconds())

    @property
    def output(self) -> Any:
        """Output of the execution."""
        return json.loads(self.description["output"])

    @cached_property
    def states(self) -> list[str]:
        """Names of the entered states, in order."""
        entered = [event["stateEnteredEventDetails"] for event in self.events if "stateEnteredEventDetails" in event]
        return [details["name"] for details in entered]

    @property
    def nested(self) -> int:
        """Number of executions that this execution started.

        MiniStack writes no StateEntered event for the states within a Map.
        """
        tasks = [_details(event)["resource"] for event in self.events if event["type"] == "TaskScheduled"]
        return sum("startExecution" in resource for resource in tasks)

    @cached_property
    def calls(self) -> list[tuple[str, float]]:
        """Invocations of Lambda functions, each with the state's name and the seconds."""
        found: list[tuple[str, float]] = []
        state, since = "", None
        for event in self.events:
            if "stateEnteredEventDetails" in event:
                state = event["stateEnteredEventDetails"]["name"]
            elif event["type"] == "TaskScheduled" and "lambda" in _details(event)["resource"]:
                since = event["timestamp"]
            elif event["type"] in ("TaskSucceeded", "TaskFailed") and since is not None:
                found.append((state, (event["timestamp"] - since).total_seconds()))
                since = None
        return found

    @property
    def state_bytes(self) -> int:
        """Size of the largest input or output of a state, in bytes of JSON."""
        texts = [self.description["input"], self.description["output"]]
        texts += [
            details[part]
            for event in self.events
            for part in ("input", "output")
            if part in (details := _details(event))
        ]
        return max(len(text.encode()) for text in texts)


@dataclass(frozen=True)
class Run:
    """The executions of one trigger file.

    Attributes:
        parent: the execution of the file.
        indices: the nested executions, in order.
        upload_seconds: duration from the upload to the end of the execution.
    """

    parent: Execution
    indices: Sequence[Execution]
    upload_seconds: float

    @property
    def transitions(self) -> int:
        """Number of state transitions in all executions, which AWS charges for."""
        return len(self.parent.states) + self.parent.nested + sum(len(index.states) for index in self.indices)

    @property
    def lambda_calls(self) -> int:
        """Number of invocations of Lambda functions in all executions."""
        return sum(len(execution.calls) for execution in (self.parent, *self.indices))

    @property
    def lambda_seconds(self) -> float:
        """Duration of all Lambda invocations in all executions."""
        return sum(seconds for execution in (self.parent, *self.indices) for _, seconds in execution.calls)

    @property
    def seconds_of_indices(self) -> list[float]:
        """Durations from the start of each nested execution to the next start or the end."""
        starts = [index.started for index in self.indices] + [self.parent.started + self.parent.seconds]
        return [after - before for before, after in itertools.pairwise(starts)]


def run_file(stack: Stack, content: object, deadline_seconds: float) -> Run:
    """Upload a trigger file, wait for its execution, and return all executions.

    Args:
        stack: the running stack.
        content: content of the trigger file.
        deadline_seconds: longest time to wait.

    Raises:
        BenchmarkError: the execution failed or did not end in time.
    """
    stepfunctions = stack.deployment.ministack.client("stepfunctions")
    parents = stack.deployment.outputs["state_machine_arn"]
    before = {each["executionArn"] for each in _listed(stepfunctions, parents)}
    uploaded = time.time()
    stack.deployment.upload(content)

    def ended() -> dict[str, Any] | None:
        new = [each for each in _listed(stepfunctions, parents) if each["executionArn"] not in before]
        return new[0] if new and new[0]["status"] != "RUNNING" else None

    try:
        arn = wait_until(ended, deadline_seconds, _PAUSE_SECONDS)["executionArn"]
    except TimeoutError as error:
        raise BenchmarkError(f"the execution did not end within {deadline_seconds:.0f} s") from error
    parent = _execution(stepfunctions, arn)
    nested = _listed(stepfunctions, stack.deployment.outputs["index_state_machine_arn"])
    ours = sorted(
        (each for each in nested if each["startDate"] >= parent.description["startDate"]),
        key=lambda each: each["startDate"],
    )
    indices = [_execution(stepfunctions, each["executionArn"]) for each in ours]
    return Run(parent, indices, parent.started + parent.seconds - uploaded)


def _listed(stepfunctions: Any, state_machine_arn: str) -> list[dict[str, Any]]:
    pages = stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=state_machine_arn)
    return [execution for page in pages for execution in page["executions"]]


def _execution(stepfunctions: Any, arn: str) -> Execution:
    description = stepfunctions.describe_execution(executionArn=arn)
    if description["status"] != "SUCCEEDED":
        raise BenchmarkError(
            f"{arn} ended with {description['status']}; expected SUCCEEDED: {description.get('cause')}"
        )
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=arn, PaginationConfig={"PageSize": 1000}
    )
    return Execution(description, [event for page in pages for event in page["events"]])


def _details(event: Event) -> Mapping[str, Any]:
    """Return what an event has beside its id, type and time."""
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})
