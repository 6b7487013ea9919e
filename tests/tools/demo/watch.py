"""Follow an execution in Step Functions, and its copy in OpenSearch."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opensearchpy import OpenSearch, OpenSearchException

_POLL_SECONDS = 0.5
_COPY_ALIAS_PREFIX = "opensearch-reindex-Copy~"
_COUNTERS = ("created", "updated", "version_conflicts", "noops")


@dataclass(frozen=True)
class IndexExecution:
    """The nested execution of one index.

    Attributes:
        source_index: name of the index that it rebuilds.
        status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        states: names of the states entered so far, in order.
        seconds: duration; None while the execution runs.
        error, cause: of a failed execution, else empty.
    """

    source_index: str
    status: str
    states: tuple[str, ...]
    seconds: float | None
    error: str
    cause: str


@dataclass(frozen=True)
class Copy:
    """Progress of a reindex task, in documents."""

    source_index: str
    copied: int
    total: int

    @property
    def part(self) -> float:
        """Copied part of all documents, from 0 to 1."""
        return self.copied / self.total


@dataclass(frozen=True)
class Progress:
    """State of an execution at one moment.

    Attributes:
        status: status of the whole execution.
        indices: the nested executions so far, in order.
        copy: the running reindex task, if any.
        error, cause: of the failed execution, else empty.
    """

    status: str
    indices: tuple[IndexExecution, ...]
    copy: Copy | None
    error: str
    cause: str


class ExecutionWatch:
    """Observer of the only execution of a new deployment."""

    def __init__(
        self, stepfunctions: Any, opensearch: OpenSearch, state_machine_arn: str, index_state_machine_arn: str
    ) -> None:
        """Name the state machines.

        Args:
            stepfunctions: boto3 client.
            opensearch: connection to the node, which need not answer.
            state_machine_arn: ARN of the state machine that an upload starts.
            index_state_machine_arn: ARN of the state machine that rebuilds one index.
        """
        self._stepfunctions = stepfunctions
        self._opensearch = opensearch
        self._state_machine_arn = state_machine_arn
        self._index_state_machine_arn = index_state_machine_arn

    def wait_for_start(self, timeout_seconds: float = 30.0) -> str:
        """Return the ARN of the execution that an upload starts.

        Raises:
            RuntimeError: no execution started in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            executions = self._executions(self._state_machine_arn)
            if executions:
                return str(executions[0]["executionArn"])
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"the upload started no execution within {timeout_seconds:.0f} s")

    def follow(self, execution_arn: str, timeout_seconds: float = 600.0) -> Iterator[Progress]:
        """Poll the execution until it ends, and give each state of it, the last one too.

        Raises:
            RuntimeError: the execution did not end in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            progress = self._poll(execution_arn)
            yield progress
            if progress.status != "RUNNING":
                return
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"the execution did not end within {timeout_seconds:.0f} s")

    def _poll(self, execution_arn: str) -> Progress:
        # The outer execution first: if it has ended, the nested executions have ended too.
        execution = self._stepfunctions.describe_execution(executionArn=execution_arn)
        nested = [self._index_execution(each) for each in self._executions(self._index_state_machine_arn)]
        running = [each.source_index for each in nested if each.status == "RUNNING"]
        return Progress(
            execution["status"],
            tuple(nested),
            self._copy(running[0]) if running else None,
            execution.get("error", ""),
            execution.get("cause", ""),
        )

    def _executions(self, state_machine_arn: str) -> list[dict[str, Any]]:
        answer = self._stepfunctions.list_executions(stateMachineArn=state_machine_arn)
        return sorted(answer["executions"], key=lambda each: each["startDate"])

    def _index_execution(self, listed: dict[str, Any]) -> IndexExecution:
        arn = listed["executionArn"]
        execution = self._stepfunctions.describe_execution(executionArn=arn)
        history = self._stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)
        entered = [event.get("stateEnteredEventDetails", {}).get("name") for event in history["events"]]
        return IndexExecution(
            source_index=json.loads(execution["input"])["index"]["source_index"],
            status=execution["status"],
            states=tuple(name for name in entered if name),
            seconds=_seconds(execution["startDate"], execution.get("stopDate")),
            error=execution.get("error", ""),
            cause=execution.get("cause", ""),
        )

    def _copy(self, source_index: str) -> Copy | None:
        """Sum up the reindex tasks of an index, if there are any.

        The trial before the copy does not count. A sliced task counts its finished slices; each running slice is a
        task of its own.
        """
        try:
            answer = self._opensearch.tasks.list(params={"actions": "*reindex", "detailed": "true"})
        except OpenSearchException:  # the execution will report what is wrong with the node
            return None
        tasks = [task for node in answer.get("nodes", {}).values() for task in node["tasks"].values()]
        description = f"reindex from [{source_index}]"
        statuses = [
            task["status"]
            for task in tasks
            if task["description"].startswith(description) and f"to [{_COPY_ALIAS_PREFIX}" in task["description"]
        ]
        total = sum(status["total"] for status in statuses)
        copied = sum(status.get(counter, 0) for status in statuses for counter in _COUNTERS)
        return Copy(source_index, copied, total) if total else None


def _seconds(start: datetime, stop: datetime | None) -> float | None:
    return (stop - start).total_seconds() if stop else None
