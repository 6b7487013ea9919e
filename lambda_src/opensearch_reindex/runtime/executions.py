"""Ask Step Functions about executions."""

import boto3
from botocore.exceptions import ClientError

from opensearch_reindex.runtime.errors import ConcurrentReindexError


def is_running(execution_id: str) -> bool:
    """Return whether an execution still runs.

    Args:
        execution_id: ARN of an execution of this deployment.

    Raises:
        ConcurrentReindexError: Step Functions does not give the status of the execution.
    """
    try:
        status = boto3.client("stepfunctions").describe_execution(executionArn=execution_id)["status"]
    except ClientError as error:
        # Step Functions forgets an execution 90 days after its end.
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise ConcurrentReindexError(f"status of execution {execution_id} is unknown: {error}") from error
    return status in ("RUNNING", "PENDING_REDRIVE")
