"""One deployment of the example, and what its user does with it: upload a file, look at the execution."""

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

    def upload(self, content: object, suffix: str = ".json") -> str:
        """Upload a file under a key of its own and return the key.

        Args:
            content: what is written as JSON.
            suffix: how the key ends.
        """
        key = f"{uuid.uuid4().hex}{suffix}"
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
def deployed(ministack: MiniStack, front: SignedFront, **variables: Any) -> Iterator[Deployment]:
    """Apply the example in a folder of its own; the folder goes with the block, the deployment with the account.

    Args:
        ministack: the account.
        front: what stands before the OpenSearch node the deployment may work on.
        variables: input variables of the example.
    """
    with applied_example(ministack, front, **variables) as root:
        yield Deployment(root, ministack, front, root.outputs())
