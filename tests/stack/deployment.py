"""A deployment of the example, with uploads and executions like a user's."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.ministack import MiniStack
from support.signed_front import SignedFront
from support.terraform import TerraformRoot, applied_example
from support.waiting import wait_until

EXECUTION_SECONDS = 120.0


@dataclass(frozen=True)
class Deployment:
    """A deployed example.

    Attributes:
        root: the Terraform root.
        ministack: the account it is deployed to.
        front: what stands before the OpenSearch node it may work on.
        outputs: the example's outputs.
    """

    root: TerraformRoot
    ministack: MiniStack
    front: SignedFront
    outputs: Mapping[str, Any]

    @property
    def package(self) -> Path:
        """The zip of the Lambda functions."""
        (package,) = self.root.work_dir.glob("modules/opensearch-reindex/.build/*.zip")
        return package

    def upload(self, content: object, suffix: str = ".json", prefix: str = "") -> str:
        """Upload a file under a key of its own and return the key.

        Args:
            content: what is written as JSON.
            suffix: how the key ends.
            prefix: how the key begins.
        """
        key = f"{prefix}{uuid.uuid4().hex}{suffix}"
        body = json.dumps(content).encode()
        self.ministack.client("s3").put_object(Bucket=self.outputs["bucket_name"], Key=key, Body=body)
        return key

    def uploaded_keys_of_executions(self) -> dict[str, str]:
        """Return the execution's ARN for each key that started one."""
        stepfunctions = self.ministack.client("stepfunctions")
        pages = stepfunctions.get_paginator("list_executions").paginate(
            stateMachineArn=self.outputs["state_machine_arn"]
        )
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        inputs = {arn: json.loads(stepfunctions.describe_execution(executionArn=arn)["input"]) for arn in arns}
        return {event["detail"]["object"]["key"]: arn for arn, event in inputs.items()}

    def wait_for_end(self, key: str) -> dict[str, Any]:
        """Wait until the execution a file started has ended, and return its description.

        Args:
            key: key of the uploaded file.

        Raises:
            TimeoutError: it did not start, or did not end.
        """
        stepfunctions = self.ministack.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            arn = self.uploaded_keys_of_executions().get(key)
            execution: dict[str, Any] = stepfunctions.describe_execution(executionArn=arn) if arn else {}
            return execution if execution.get("status", "RUNNING") != "RUNNING" else None

        try:
            return wait_until(ended, EXECUTION_SECONDS)
        except TimeoutError as error:
            raise TimeoutError(f"the execution of {key} did not end:\n{self.ministack.log_tail()}") from error

    def run(self, content: object) -> dict[str, Any]:
        """Upload a file and return the description of the execution when that has ended.

        Args:
            content: what is written as JSON.

        Raises:
            TimeoutError: it did not start, or did not end.
        """
        return self.wait_for_end(self.upload(content))

    @contextmanager
    def without_permission(self, sid: str, action: str) -> Iterator[None]:
        """Take an action from a statement of the Lambda role's policy, for the block.

        Args:
            sid: of the statement.
            action: such as `s3:GetObject`.
        """
        iam = self.ministack.client("iam")
        role = self.outputs["lambda_role_arn"].rpartition("/")[2]
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        reduced = json.loads(json.dumps(policy))
        (statement,) = (statement for statement in reduced["Statement"] if statement["Sid"] == sid)
        statement["Action"].remove(action)
        if not statement["Action"]:
            reduced["Statement"].remove(statement)

        def put(document: object) -> None:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

        put(reduced)
        try:
            yield
        finally:
            put(policy)


@contextmanager
def deployed(ministack: MiniStack, front: SignedFront, name: str = "basic", **variables: Any) -> Iterator[Deployment]:
    """Apply an example in a folder of its own, which the end of the block removes.

    Args:
        ministack: the account.
        front: the endpoint of the deployment's OpenSearch node.
        name: folder below examples/ with the variables `allowed_endpoints` and `ca_certificates`.
        variables: input variables of the example.
    """
    with applied_example(ministack, front, name, **variables) as root:
        yield Deployment(root, ministack, front, root.outputs())


def error_of(execution: Mapping[str, Any]) -> dict[str, Any]:
    """Return the handler's own error object, which is the execution's cause.

    Its class, the execution's error on AWS, is not checked, because MiniStack always gives `Runtime.HandlerError`.

    Args:
        execution: description of one that failed.
    """
    error: dict[str, Any] = json.loads(execution["cause"])
    return error
