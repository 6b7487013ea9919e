"""The example `complete`, with everything that the local AWS supports.

There is no domain, because the provider would wait forever, and there are no alarms, which the local AWS returns
without actions and periods. tests/examples.tftest.hcl has both, with a mocked provider.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stack.account import names_of_all_resources
from stack.deployment import Deployment, deployed
from support.domain import Domain
from support.ministack import MiniStack
from support.signed_front import SignedFront
from support.trigger_file import trigger_file
from support.waiting import wait_until

NAME = "everything-dev"
PREFIX = "told-"
KEY_PREFIX = "reindex/"
# A state machine whose executions come to no end of their own.
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 86400, "End": True}}}


@pytest.fixture(scope="module")
def complete(ministack: MiniStack, front: SignedFront, before: set[str]) -> Iterator[Deployment]:
    del before  # what was there comes first
    variables = {
        "project_name": NAME.removesuffix("-dev"),
        "create_alarms": False,
        "create_domain": False,
        "force_destroy": True,
        "poll_interval_seconds": 26,
    }
    with deployed(ministack, front, "complete", **variables) as running:
        yield running


@pytest.fixture(scope="module")
def queue_url(complete: Deployment) -> Iterator[str]:
    """A queue that hears every notification, as a person's mailbox would."""
    sqs, sns = complete.ministack.client("sqs"), complete.ministack.client("sns")
    url = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = complete.outputs["notification_topic_arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    yield url
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def told(complete: Deployment, queue_url: str) -> Callable[[], tuple[str, list[str]]]:
    """Waits for the next notification: its subject, and its lines."""
    sqs = complete.ministack.client("sqs")

    def next_one() -> tuple[str, list[str]]:
        (message,) = wait_until(lambda: sqs.receive_message(QueueUrl=queue_url).get("Messages"))
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        body = json.loads(message["Body"])
        return body["Subject"], body["Message"].split("\n")

    return next_one


def test_a_second_plan_is_empty_and_the_outputs_name_what_there_is(complete: Deployment) -> None:
    outputs, there = complete.outputs, names_of_all_resources(complete.ministack)

    assert complete.root.plan_is_empty()
    assert f"s3 {outputs['bucket_name']}" in there
    assert f"cloudwatch {outputs['dashboard_name']}" in there
    assert f"sns {outputs['notification_topic_arn']}" in there
    assert f"sqs {outputs['dead_letter_queue_url']}" in there
    assert f"kms {outputs['kms_key_arn'].rpartition('/')[2]}" in there
    assert {f"lambda {arn.rpartition(':')[2]}" for arn in outputs["lambda_function_arns"].values()} <= there


def test_a_good_file_is_rebuilt_with_everything_on_and_told_of(
    complete: Deployment, domain: Domain, told: Callable[[], tuple[str, list[str]]]
) -> None:
    domain("PUT", "told-cities_v1", {"aliases": {"told-cities_current": {}}})
    domain.bulk("told-cities_v1", {"1": {"name": "Ulm"}})

    key = complete.upload(trigger_file(complete.front.url, "told-cities_v1"), prefix=KEY_PREFIX)
    execution = complete.wait_for_end(key)

    assert execution["status"] == "SUCCEEDED", execution
    assert domain.documents("told-cities_v2") == {"1": {"name": "Ulm"}}
    assert told() == (f"{NAME}: SUCCEEDED", ["Status: SUCCEEDED", *where(complete, key, execution)])


def test_notification_of_a_refused_file_has_step_reason_and_every_problem(
    complete: Deployment, told: Callable[[], tuple[str, list[str]]]
) -> None:
    file = trigger_file(complete.front.url, "told-cities_v1", strategy="hope", colour="red")

    key = complete.upload(file, prefix=KEY_PREFIX)
    execution = complete.wait_for_end(key)

    cause = json.loads(execution["cause"])
    subject, lines = told()
    assert subject == f"{NAME}: FAILED"
    assert lines == [
        "Status: FAILED",
        f"Error: {execution['error']}",
        "Step: GetTriggerFile",
        f"Reason: {cause['reason']}",
        "Problems:",
        *(f"- {problem}" for problem in cause["problems"]),
        f"What to do: {cause['next']}",
        *where(complete, key, execution),
    ]
    assert any("colour" in line for line in lines)


def test_notification_of_a_failed_index_has_its_name(
    complete: Deployment, domain: Domain, told: Callable[[], tuple[str, list[str]]]
) -> None:
    """MiniStack loses nested errors; tests/workflow/test_notification.py has them."""
    domain("PUT", "told-orders_v1", {"aliases": {"told-orders_current": {}}})
    domain.bulk("told-orders_v1", {"1": {"total": "many"}})
    changed = {"name": "told-orders_v1", "mappings": {"properties": {"total": {"type": "integer"}}}}

    key = complete.upload(trigger_file(complete.front.url, changed, readers_may_fail=True), prefix=KEY_PREFIX)
    execution = complete.wait_for_end(key)

    assert execution["status"] == "FAILED", execution
    subject, lines = told()
    assert subject == f"{NAME}: FAILED"
    assert lines[-3:] == where(complete, key, execution)
    assert any("told-orders_v1" in line for line in lines)


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({}, []),
        ({"cause": "The domain is upgraded tonight"}, ["Cause: The domain is upgraded tonight"]),
        (
            {"error": "Maintenance", "cause": '{"window": "night"}'},
            ["Error: Maintenance", 'Cause: {"window": "night"}'],
        ),
    ],
)
def test_notification_of_a_stopped_execution_has_the_given_cause(
    complete: Deployment, told: Callable[[], tuple[str, list[str]]], said: dict[str, str], lines: list[str]
) -> None:
    execution, key = stopped(complete, **said)

    assert told() == (f"{NAME}: ABORTED", ["Status: ABORTED", *lines, *where(complete, key, execution)])


def test_notification_of_a_truncated_cause_names_the_description_of_the_execution(
    complete: Deployment, told: Callable[[], tuple[str, list[str]]]
) -> None:
    cause = '{"reason": "cut {off}'

    execution, _ = stopped(complete, error="Mine", cause=cause)

    subject, lines = told()
    assert subject == f"{NAME}: ABORTED"
    description = json.loads("\n".join(lines))
    assert description["ExecutionArn"] == execution["executionArn"]
    assert (description["Error"], description["Cause"]) == ("Mine", cause)


def test_events_that_start_nothing_go_to_the_dead_letter_queue(complete: Deployment) -> None:
    """Only the wiring, because MiniStack has no dead-letter queues of targets."""
    events, sqs = complete.ministack.client("events"), complete.ministack.client("sqs")
    url = complete.outputs["dead_letter_queue_url"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    rules = [rule for rule in events.list_rules()["Rules"] if rule["Name"].startswith(f"{NAME}-")]

    assert len(rules) == 2
    for rule in rules:
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": attributes["QueueArn"]}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 185}
    allowed = json.loads(attributes["Policy"])["Statement"][0]
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "sqs:SendMessage")
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert set(allowed["Condition"]["ArnEquals"]["aws:SourceArn"]) == {rule["Arn"] for rule in rules}
    assert attributes["KmsMasterKeyId"] == complete.outputs["kms_key_arn"]


def test_a_destroy_leaves_nothing(complete: Deployment, before: set[str]) -> None:
    complete.root.destroy()

    assert {name for name in names_of_all_resources(complete.ministack) - before if "mailbox" not in name} == set()
    assert before <= names_of_all_resources(complete.ministack)


def where(complete: Deployment, key: str, execution: dict[str, Any]) -> list[str]:
    """The last lines of every message."""
    return [
        "",
        f"Trigger file: s3://{complete.outputs['bucket_name']}/{key}",
        f"Execution: {execution['executionArn']}",
    ]


def stopped(complete: Deployment, **said: str) -> tuple[dict[str, Any], str]:
    """Start an execution like an upload, stop it, and return description and key.

    The execution only waits. A real one would fail soon without its file, perhaps before the stop.
    """
    stepfunctions = complete.ministack.client("stepfunctions")
    machine = complete.outputs["state_machine_arn"]
    key = f"{KEY_PREFIX}{uuid.uuid4().hex}.json"
    event = {"detail": {"bucket": {"name": complete.outputs["bucket_name"]}, "object": {"key": key}}}

    def events(arn: str) -> list[dict[str, Any]]:
        return list(stepfunctions.get_execution_history(executionArn=arn)["events"])

    definition = stepfunctions.describe_state_machine(stateMachineArn=machine)["definition"]
    stepfunctions.update_state_machine(stateMachineArn=machine, definition=json.dumps(WAITS))
    try:
        arn = stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"]
        wait_until(lambda: "WaitStateEntered" in {event["type"] for event in events(arn)})
    finally:
        stepfunctions.update_state_machine(stateMachineArn=machine, definition=definition)
    stepfunctions.stop_execution(executionArn=arn, **said)
    return stepfunctions.describe_execution(executionArn=arn), key
