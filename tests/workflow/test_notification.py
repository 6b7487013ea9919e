"""Notifications of ended executions, with the errors of nested executions."""

import json
import uuid
from typing import Any

import boto3
import pytest

from support.trigger_file import trigger_file
from support.waiting import wait_until
from workflow.definitions import Definition
from workflow.faults import domain_fails, status
from workflow.functions import Event, Handler, State
from workflow.indices import Indices
from workflow.machines import (
    ACCOUNT_ID,
    BUCKET,
    REGION,
    ROLE_ARN,
    TOPIC_ARN,
    StateMachines,
    notification_definition,
)

UPLOAD = {"detail": {"bucket": {"name": "uploads"}, "object": {"key": "indices.json"}}}


class Notifications:
    """The state machine that tells, and a queue that hears it."""

    def __init__(self) -> None:
        self._stepfunctions: Any = boto3.client("stepfunctions", region_name=REGION)
        self._sqs: Any = boto3.client("sqs", region_name=REGION)
        sns: Any = boto3.client("sns", region_name=REGION)
        topic_arn = sns.create_topic(Name=TOPIC_ARN.rpartition(":")[2])["TopicArn"]
        assert topic_arn == TOPIC_ARN
        self._queue_url = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:heard")
        self._arn = self.create("notification", notification_definition())

    def create(self, name: str, definition: Definition) -> str:
        """Make a state machine and return its ARN."""
        created = self._stepfunctions.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE_ARN
        )
        return str(created["stateMachineArn"])

    def run(self, state_machine_arn: str, content: Any) -> str:
        """Run an execution to its end and return its ARN."""
        started = self._stepfunctions.start_execution(
            stateMachineArn=state_machine_arn, name=str(uuid.uuid4()), input=json.dumps(content)
        )
        arn = str(started["executionArn"])
        wait_until(lambda: self._stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return arn

    def of(self, execution_arn: str) -> tuple[str, str]:
        """Request the notification of an execution like EventBridge, and return it."""
        told = self._stepfunctions.describe_execution(
            executionArn=self.run(self._arn, {"detail": {"executionArn": execution_arn}})
        )
        assert told["status"] == "SUCCEEDED", (told.get("error"), told.get("cause"))
        (message,) = self._sqs.receive_message(QueueUrl=self._queue_url)["Messages"]
        self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        body = json.loads(message["Body"])
        return body["Subject"], body["Message"]

    def fail(self, content: Any, **said: str) -> str:
        """Run an execution that fails so, and return its ARN."""
        machine = self.create("fails", {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", **said}}})
        return self.run(machine, content)


@pytest.fixture
def notifications(machines: StateMachines) -> Notifications:
    del machines  # the interpreter is at work as long as they are there
    return Notifications()


@pytest.mark.usefixtures("past_the_trial")
def test_notification_of_a_failed_index_has_index_step_reason_and_problems(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    source = indices.create("orders", {"1": {"amount": "many"}})
    mappings = {"properties": {"amount": {"type": "integer"}}}

    execution = machines.run(trigger_file(indices.endpoint, source, mappings=mappings, readers_may_fail=True))

    cause = execution.message()
    assert notifications.of(execution.arn) == (
        "reindex: FAILED",
        "\n".join(
            [
                "Status: FAILED",
                "Error: ReindexFailedError",
                f"Source index: {source}",
                "Step: StartReindex",
                f"Reason: {cause['reason']}",
                "Problems:",
                *(f"- {problem}" for problem in cause["problems"]),
                f"What to do: {cause['next']}",
                "",
                f"Trigger file: s3://{BUCKET}/indices.json",
                f"Execution: {execution.arn}",
            ]
        ),
    )
    assert len(cause["problems"]) > 1


@pytest.mark.usefixtures("past_the_trial")
def test_notification_of_a_block_that_cannot_be_lifted_says_how_to_lift_it(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    source = indices.create("orders", {"1": {"amount": "many"}})
    mappings = {"properties": {"amount": {"type": "integer"}}}
    machines.functions.hooks["update_aliases"] = lambda handler, event: (
        domain_fails(lambda: status(403))(handler, event) if "release_source" in event else handler(event)
    )

    machines.functions.hooks["start_reindex"] = domain_fails(lambda: status(403))
    execution = machines.run(trigger_file(indices.endpoint, source, strategy="block_writes", mappings=mappings))

    cause = execution.message()
    assert notifications.of(execution.arn)[1].split("\n")[:6] == [
        "Status: FAILED",
        "Error: ReindexStartError",
        f"Source index: {source}",
        f"Writers: {cause['write_block']}",
        "Step: StartReindex",
        f"Reason: {cause['reason']}",
    ]
    assert f'PUT /{source}/_settings {{"index.blocks.write": null}}' in cause["write_block"]


def test_notification_of_a_refused_trigger_file_has_all_problems_and_no_index(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    execution = machines.run(trigger_file(indices.endpoint, "orders_v1", strategy="hope", colour="red"))

    cause = execution.message()
    _, message = notifications.of(execution.arn)
    assert message.split("\n") == [
        "Status: FAILED",
        "Error: TriggerFileError",
        "Step: GetTriggerFile",
        f"Reason: {cause['reason']}",
        "Problems:",
        *(f"- {problem}" for problem in cause["problems"]),
        f"What to do: {cause['next']}",
        "",
        f"Trigger file: s3://{BUCKET}/indices.json",
        f"Execution: {execution.arn}",
    ]
    assert len(cause["problems"]) > 1


def test_notification_of_a_stopped_nested_execution_has_its_index(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    source = indices.create("orders", {"1": {}})

    def abort(handler: Handler, event: Event) -> State:
        machines.abort_nested()
        return handler(event)

    machines.functions.hooks["update_aliases"] = abort
    # The description of a nested execution holds the trigger file: a field of that name is not the reason.
    mappings = {"properties": {"reason": {"type": "keyword"}}}

    execution = machines.run(trigger_file(indices.endpoint, source, mappings=mappings))

    nested = machines.nested()[0]
    _, message = notifications.of(execution.arn)
    assert message.split("\n")[:4] == [
        "Status: FAILED",
        "Error: ExecutionError",
        f"Source index: {source}",
        f"Reason: its execution ended with status ABORTED: {nested.arn}",
    ]


def test_notification_of_an_aborted_execution_without_a_cause_has_its_trigger_file(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    def stop(handler: Handler, event: Event) -> State:
        state = handler(event)
        machines.abort(event["execution_id"])
        return state

    machines.functions.hooks["get_trigger_file"] = stop
    execution = machines.run(trigger_file(indices.endpoint, indices.create("orders", {"1": {}})))

    subject, message = notifications.of(execution.arn)

    assert subject == "reindex: ABORTED"
    assert message.split("\n") == [
        "Status: ABORTED",
        "",
        f"Trigger file: s3://{BUCKET}/indices.json",
        f"Execution: {execution.arn}",
    ]


def test_notification_of_a_successful_execution_has_its_trigger_file(
    machines: StateMachines, notifications: Notifications, indices: Indices
) -> None:
    execution = machines.run(trigger_file(indices.endpoint, indices.create("orders", {"1": {}})))

    subject, message = notifications.of(execution.arn)

    assert subject == "reindex: SUCCEEDED"
    assert message.split("\n")[:3] == ["Status: SUCCEEDED", "", f"Trigger file: s3://{BUCKET}/indices.json"]


@pytest.mark.parametrize(
    "cause",
    [
        "RequestId: 1 Error: Task timed out after 300.00 seconds",
        'The braces {} and "quotes" of a cause are its own, and so is \\ or $.execution',
        '{"errorMessage": "no reason is named"}',
        '{"reason": "no step is named"}',
        '{"reason": "no index is named", "step": "GetTriggerFile"}',
        '{"ExecutionArn": "arn", "Status": "ABORTED", "Input": "not read"}',
    ],
)
def test_notification_of_a_cause_that_is_not_from_a_handler_has_the_raw_cause(
    notifications: Notifications, cause: str
) -> None:
    arn = notifications.fail(UPLOAD, Error="Lambda.Unknown", Cause=cause)

    subject, message = notifications.of(arn)

    assert subject == "reindex: FAILED"
    assert message.split("\n") == [
        "Status: FAILED",
        "Error: Lambda.Unknown",
        f"Cause: {cause}",
        "",
        "Trigger file: s3://uploads/indices.json",
        f"Execution: {arn}",
    ]


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        "text",
        7,
        None,
        {"detail": "text"},
        {"detail": {"bucket": {"name": "uploads"}, "object": "indices.json"}},
    ],
    ids=repr,
)
def test_notification_of_an_execution_without_an_upload_has_no_trigger_file(
    notifications: Notifications, content: Any
) -> None:
    arn = notifications.fail(content, Error="Mine")

    assert notifications.of(arn)[1].split("\n") == ["Status: FAILED", "Error: Mine", "", f"Execution: {arn}"]
