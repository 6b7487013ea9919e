"""Both state machines, the trigger bucket and the functions in the mocked AWS."""

import copy
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from support.waiting import wait_until
from workflow.definitions import STEPS, Definition, Definitions, render, shorten_retries
from workflow.functions import Functions

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
BUCKET = "opensearch-reindex-triggers"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/state-machine"
FUNCTION_ARNS = {step: f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{step}" for step in STEPS}
STATE_MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:reindex"
INDEX_STATE_MACHINE_ARN = f"{STATE_MACHINE_ARN}-index"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:notifications"
EXECUTION_TIMEOUT_SECONDS = 120


def definition() -> Definition:
    """Return the definition of the state machine that a trigger file starts."""
    return copy.deepcopy(_definitions().reindex)


def index_definition() -> Definition:
    """Return the definition of the state machine that rebuilds one index."""
    return copy.deepcopy(_definitions().index)


def notification_definition() -> Definition:
    """Return the definition of the state machine that writes the notifications."""
    return copy.deepcopy(_definitions().notification)


@cache
def _definitions() -> Definitions:
    """Render the definitions once for all tests."""
    return render(FUNCTION_ARNS, INDEX_STATE_MACHINE_ARN, TOPIC_ARN, EXECUTION_TIMEOUT_SECONDS)


@dataclass(frozen=True)
class Execution:
    """An execution as `DescribeExecution` tells it."""

    arn: str
    status: str
    input: dict[str, Any]
    output: Any
    error: str | None
    cause: str | None

    def message(self) -> dict[str, Any]:
        """The cause, which must be one JSON object."""
        message = json.loads(self.cause or "")
        assert isinstance(message, dict)
        return message


class StateMachines:
    """Runs trigger files.

    Attributes:
        functions: what answers for Lambda.
    """

    def __init__(self, functions: Functions) -> None:
        """Create the bucket and both state machines, with short intervals between retries.

        Args:
            functions: what answers for Lambda.
        """
        self.functions = functions
        self._s3: Any = boto3.client("s3", region_name=REGION)
        self._stepfunctions: Any = boto3.client("stepfunctions", region_name=REGION)
        self._s3.create_bucket(Bucket=BUCKET)
        self._s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for arn, rendered in ((INDEX_STATE_MACHINE_ARN, index_definition()), (STATE_MACHINE_ARN, definition())):
            created = self._stepfunctions.create_state_machine(
                name=arn.rpartition(":")[2], definition=json.dumps(shorten_retries(rendered)), roleArn=ROLE_ARN
            )
            assert created["stateMachineArn"] == arn

    def replace_index_definition(self, definition: Definition) -> None:
        """Let nested executions started from now on run another definition.

        Args:
            definition: as `index_definition` gives it.
        """
        self._stepfunctions.update_state_machine(
            stateMachineArn=INDEX_STATE_MACHINE_ARN, definition=json.dumps(definition), roleArn=ROLE_ARN
        )

    def run(self, trigger_file: Mapping[str, Any], *, deadline_seconds: float = 60) -> Execution:
        """Upload a trigger file, start the execution like EventBridge, and await its end.

        Args:
            trigger_file: content of the file.
            deadline_seconds: longest time to wait.
        """
        return self.wait(self.start(self.upload(trigger_file)), deadline_seconds=deadline_seconds)

    def upload(self, trigger_file: Mapping[str, Any]) -> dict[str, Any]:
        """Put an object and return the event that S3 sends to EventBridge for it.

        Args:
            trigger_file: the file's content.
        """
        key, content = "indices.json", json.dumps(trigger_file).encode()
        stored = self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return {
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": ACCOUNT_ID,
            "region": REGION,
            "resources": [f"arn:aws:s3:::{BUCKET}"],
            "detail": {
                "version": "0",
                "bucket": {"name": BUCKET},
                "object": {
                    "key": key,
                    "size": len(content),
                    "etag": stored["ETag"].strip('"'),
                    "version-id": stored["VersionId"],
                },
                "reason": "PutObject",
            },
        }

    def start(self, event: Mapping[str, Any]) -> str:
        """Start an execution as EventBridge does, and return its ARN.

        Args:
            event: of an upload.
        """
        started = self._stepfunctions.start_execution(
            stateMachineArn=STATE_MACHINE_ARN, name=str(uuid.uuid4()), input=json.dumps(event)
        )
        return str(started["executionArn"])

    def wait(self, arn: str, *, deadline_seconds: float = 60) -> Execution:
        """Wait for the end of an execution.

        Args:
            arn: its ARN.
            deadline_seconds: how long it may take.
        """
        return wait_until(lambda: self._ended(arn), deadline_seconds)

    def nested(self) -> list[Execution]:
        """Every nested execution, in the order in which they were started."""
        answer = self._stepfunctions.list_executions(stateMachineArn=INDEX_STATE_MACHINE_ARN, maxResults=1000)
        listed = sorted(answer["executions"], key=lambda execution: execution["startDate"])
        return [self._describe(execution["executionArn"]) for execution in listed]

    def event_count(self, execution: Execution) -> int:
        """The length of an execution's history.

        Args:
            execution: which.
        """
        return len(self._stepfunctions.get_execution_history(executionArn=execution.arn)["events"])

    def abort(self, arn: str) -> None:
        """Stop an execution and the nested one that it started.

        Args:
            arn: of the parent.
        """
        self._stepfunctions.stop_execution(executionArn=arn)
        for nested in self.nested():
            if nested.status == "RUNNING" and nested.input["execution_id"] == arn:
                self._stepfunctions.stop_execution(executionArn=nested.arn)

    def abort_nested(self) -> None:
        """Stop the nested execution that runs now, as a person would in the console."""
        (running,) = [execution for execution in self.nested() if execution.status == "RUNNING"]
        self._stepfunctions.stop_execution(executionArn=running.arn)

    def _ended(self, arn: str) -> Execution | None:
        execution = self._describe(arn)
        return None if execution.status == "RUNNING" else execution

    def _describe(self, arn: str) -> Execution:
        answer = self._stepfunctions.describe_execution(executionArn=arn)
        return Execution(
            arn=arn,
            status=answer["status"],
            input=json.loads(answer["input"]),
            output=json.loads(answer.get("output", "null")),
            error=answer.get("error"),
            cause=answer.get("cause"),
        )
