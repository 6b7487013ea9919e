"""Whether the execution that owns a target index is still at work."""

import boto3
from botocore.exceptions import ClientError

from opensearch_reindex.runtime.errors import ConcurrentReindexError


def is_running(execution_id: str) -> bool:
    """Ask Step Functions.

    Args:
        execution_id: ARN of an execution of this deployment.

    Raises:
        ConcurrentReindexError: Step Functions does not say.
    """
    try:
        status = boto3.client("stepfunctions").describe_execution(executionArn=execution_id)["status"]
    except ClientError as error:
        # Step Functions forgets an execution 90 days after its end.
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise ConcurrentReindexError(f"whether {execution_id} is over cannot be found out: {error}") from error
    return status in ("RUNNING", "PENDING_REDRIVE")
