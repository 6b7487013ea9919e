"""The Lambda role needs all of its actions: without one, a run fails and names it.

This holds for actions that the local AWS enforces. support/permissions.py has the others.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stack.deployment import Deployment, error_of
from support.domain import Domain
from support.faults import Fault
from support.permissions import ENFORCED
from support.policies import allows
from support.trigger_file import trigger_file

PREFIX = "least-"

SOURCE, TARGET = "least-songs_v1", "least-songs_v2"
DOCUMENTS = {str(number): {"n": number} for number in range(20)}

Error = dict[str, Any]


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", SOURCE, {"aliases": {"least-songs_current": {"is_write_index": True}}})
    domain.bulk(SOURCE, DOCUMENTS)


def rebuild(deployment: Deployment, _: Domain, **changes: Any) -> Error | None:
    """Upload a file, and return the error of its execution, None if that succeeds."""
    execution = deployment.run(trigger_file(deployment.front.url, SOURCE, **changes))
    return None if execution["status"] == "SUCCEEDED" else error_of(execution)


def read_the_version_that_an_event_names(deployment: Deployment, _: Domain) -> Error | None:
    """Read a version of a file like on AWS, and return the error, if any.

    MiniStack's events name no version, so the function is called directly. The file requests no change, because its
    upload starts an execution too.
    """
    key = deployment.upload({"indices": []})
    deployment.wait_for_end(key)
    bucket = deployment.outputs["bucket_name"]
    version = deployment.ministack.client("s3").head_object(Bucket=bucket, Key=key)["VersionId"]
    event = {"detail": {"bucket": {"name": bucket}, "object": {"key": key, "version-id": version}}}
    answer = deployment.ministack.client("lambda").invoke(
        FunctionName=deployment.outputs["lambda_function_arns"]["get_trigger_file"], Payload=json.dumps(event)
    )
    error: Error = json.loads(json.load(answer["Payload"])["errorMessage"])
    return None if error["reason"].startswith("the trigger file has ") else error


def take_over(deployment: Deployment, domain: Domain) -> Error | None:
    """Rebuild after an execution that failed as the owner of the target index."""
    deployment.front.inject(Fault.forbidden("es:ESHttpPut"), lambda request: request.path == f"/{SOURCE}/_block/write")
    assert rebuild(deployment, domain, strategy="redirect_writes") is not None
    return rebuild(deployment, domain, strategy="redirect_writes")


Run = Callable[[Deployment, Domain], Error | None]
# A run that needs the action.
RUNS: dict[tuple[str, str], Run] = {
    ("CallOpenSearch", "es:ESHttpGet"): rebuild,
    ("CallOpenSearch", "es:ESHttpPost"): rebuild,
    ("CallOpenSearch", "es:ESHttpPut"): rebuild,
    ("DescribeOwnExecutions", "states:DescribeExecution"): take_over,
    ("ReadTriggerFiles", "s3:GetObject"): rebuild,
    ("ReadTriggerFiles", "s3:GetObjectVersion"): read_the_version_that_an_event_names,
}


def test_every_action_that_is_said_to_be_enforced_has_a_run() -> None:
    assert RUNS.keys() == {(sid, action) for sid, actions in ENFORCED.items() for action in actions}


@pytest.mark.parametrize("run", [rebuild, read_the_version_that_an_event_names, take_over])
def test_with_the_policy_as_deployed_a_run_succeeds(deployment: Deployment, domain: Domain, run: Run) -> None:
    assert run(deployment, domain) is None
    if run is not read_the_version_that_an_event_names:
        assert domain.documents(TARGET) == DOCUMENTS


@pytest.mark.parametrize(("sid", "action"), sorted(RUNS))
def test_without_the_action_the_run_fails_and_says_what_is_missing(
    deployment: Deployment, domain: Domain, sid: str, action: str
) -> None:
    with deployment.without_permission(sid, action):
        error = RUNS[sid, action](deployment, domain)

    assert error is not None
    assert f"not authorized to perform: {action}" in f"{error['reason']} {error.get('problems')}"
    assert domain.documents(SOURCE) == DOCUMENTS


def test_no_request_has_a_method_that_the_policy_leaves_out(deployment: Deployment, domain: Domain) -> None:
    deployment.front.forget()
    assert rebuild(deployment, domain) is None
    assert {exchange.method for exchange in deployment.front.requests} == {"GET", "POST", "PUT"}
    assert 403 not in {exchange.status for exchange in deployment.front.requests}


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("es:ESHttpGet", "arn:d/a/_count", True),
        ("es:eshttpget", "arn:d/a/_count", True),
        ("es:ESHttpDelete", "arn:d/a", False),
        ("es:ESHttpGet", "arn:d2/a", False),
        ("es:ESHttpGet", "arn:d/secret", False),
    ],
)
def test_statements_are_evaluated_as_iam_does(action: str, resource: str, expected: bool) -> None:
    statements = [
        {"Effect": "Allow", "Action": ["es:ESHttp?et", "es:ESHttpPut"], "Resource": "arn:d/*"},
        {"Effect": "Deny", "Action": "*", "Resource": ["arn:d/secret"]},
    ]
    assert allows(statements, action, resource) is expected
