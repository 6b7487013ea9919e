import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws
from pytest_mock import MockerFixture

from opensearch_reindex.runtime.errors import ConcurrentReindexError
from opensearch_reindex.runtime.executions import is_running


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("stepfunctions")


@pytest.fixture
def execution_id(states: Any) -> str:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    role = "arn:aws:iam::123456789012:role/r"
    machine = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)
    return str(states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])


def test_an_execution_runs_until_it_is_over(states: Any, execution_id: str) -> None:
    assert is_running(execution_id)
    states.stop_execution(executionArn=execution_id)
    assert not is_running(execution_id)


def test_an_execution_that_step_functions_forgot_is_over(execution_id: str) -> None:
    assert not is_running(execution_id + "x")


def test_an_execution_about_to_be_redriven_runs(mocker: MockerFixture) -> None:
    mocker.patch("boto3.client").return_value.describe_execution.return_value = {"status": "PENDING_REDRIVE"}
    assert is_running("arn:e")


def test_without_an_answer_nothing_is_assumed(mocker: MockerFixture) -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeExecution")
    mocker.patch("boto3.client").return_value.describe_execution.side_effect = error
    with pytest.raises(ConcurrentReindexError, match="AccessDenied"):
        is_running("arn:e")


def test_a_signature_that_step_functions_refuses_brings_no_token_into_the_error(mocker: MockerFixture) -> None:
    message = "The signature does not match.\n\nThe Canonical String for this request should have been\n'token'"
    error = ClientError({"Error": {"Code": "InvalidSignatureException", "Message": message}}, "DescribeExecution")
    mocker.patch("boto3.client").return_value.describe_execution.side_effect = error
    with pytest.raises(ConcurrentReindexError, match="InvalidSignatureException: The signature does not") as caught:
        is_running("arn:e")
    assert "token" not in str(caught.value)


def test_step_functions_that_cannot_be_reached_are_named(mocker: MockerFixture) -> None:
    error = ConnectTimeoutError(endpoint_url="https://states.us-east-1.amazonaws.com/")
    mocker.patch("boto3.client").return_value.describe_execution.side_effect = error
    with pytest.raises(ConcurrentReindexError, match=r"ConnectTimeoutError: .*https://states.us-east-1"):
        is_running("arn:e")
