"""Ask Step Functions about executions."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from opensearch_reindex.runtime.errors import ConcurrentReindexError
from opensearch_reindex.runtime.redaction import text_of


def is_running(execution_id: str) -> bool:
    """Return whether an execution still runs.

    Args:
        execution_id: ARN of an execution of this deployment.

    Raises:
        ConcurrentReindexError: Step Functions does not give the status of the execution.
    """
    try:
        status = boto3.client("stepfunctions").describe_execution(executionArn=execution_id)["status"]
    except (BotoCoreError, ClientError) as error:
        # Step Functions forgets an execution 90 days after its end.
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise ConcurrentReindexError(f"status of execution {execution_id} is unknown: {aws_text(error)}") from error
    return status in ("RUNNING", "PENDING_REDRIVE")


def aws_text(error: BotoCoreError | ClientError) -> str:
    """Return what AWS or its library says, without the quoted request."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return f"{details.get('Code')}: {text_of(str(details.get('Message')))}"
    return f"{type(error).__name__}: {text_of(str(error))}"
