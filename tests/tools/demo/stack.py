"""Start the OpenSearch node and the local AWS, and deploy the module."""

import os
from contextlib import ExitStack
from typing import Any

from opensearchpy import OpenSearch

from demo.data import INDICES
from demo.report import Report
from support.ministack import MiniStack
from support.opensearch_node import ExternalNode, OpenSearchNode, running_node
from support.signed_front import SignedFront
from support.terraform import applied_example

# The shortest that the module accepts with its default time-out of two hours: an execution has 25,000 events at most.
_POLL_INTERVAL_SECONDS = 5


def connect(node: OpenSearchNode) -> OpenSearch:
    """Return a connection that never retries a request by itself."""
    return OpenSearch(node.url, timeout=30, max_retries=0)


def start_opensearch(cleanup: ExitStack, report: Report) -> OpenSearchNode:
    """Start a node, or use the node of OPENSEARCH_URL.

    Args:
        cleanup: stops the node at the end, or removes the demo's indices from the node of OPENSEARCH_URL.
        report: prints the progress.

    Raises:
        RuntimeError: the node does not answer, or has an index with a name that the demo uses.
    """
    report.say(
        "OpenSearch", "using the node of OPENSEARCH_URL" if os.environ.get("OPENSEARCH_URL") else "starting a node"
    )
    node = cleanup.enter_context(running_node())
    client = connect(node)
    report.say("OpenSearch", f"{client.info()['version']['number']} answers at {node.url}")
    if isinstance(node, ExternalNode):
        indices = [name for index in INDICES for name in (index.source_index, index.target_index)]
        aliases = [name for index in INDICES for name in (index.alias_name, *index.aliases)]
        some = {"ignore_unavailable": "true"}
        if taken := client.indices.get(index=",".join([*indices, *aliases]), params=some):
            raise RuntimeError(f"{node.url} already has indices with the demo's names: {', '.join(taken)}")
        cleanup.callback(client.indices.delete, index=",".join(indices), params=some)
    return node


def start_aws(cleanup: ExitStack, report: Report) -> MiniStack:
    """Start a local AWS.

    Args:
        cleanup: stops it at the end.
        report: prints the progress.

    Raises:
        RuntimeError: the local AWS did not start.
    """
    aws = cleanup.enter_context(MiniStack())
    report.say("AWS", f"MiniStack answers at {aws.endpoint} and enforces signatures and IAM")
    return aws


def start_front(cleanup: ExitStack, report: Report, aws: MiniStack, node: OpenSearchNode) -> SignedFront:
    """Start a TLS proxy that verifies every signature, like a domain on AWS.

    Args:
        cleanup: stops the proxy at the end.
        report: prints the progress.
        aws: knows the credentials of the Lambda functions.
        node: receives the verified requests.
    """
    front = cleanup.enter_context(SignedFront(node.url, aws.function_key, aws.region))
    report.say("OpenSearch", f"{front.url} is the functions' endpoint: TLS only, signatures enforced")
    return front


def deploy(cleanup: ExitStack, report: Report, aws: MiniStack, front: SignedFront) -> dict[str, Any]:
    """Apply a copy of examples/basic and return its outputs.

    Args:
        cleanup: removes the copy at the end; the deployed resources end with the local AWS.
        report: prints the progress.
        aws: the local AWS.
        front: the endpoint of the Lambda functions.

    Raises:
        TerraformError: Terraform failed; the message is its output.
    """
    report.say("Terraform", "applying examples/basic (about a minute, mostly for the bucket's lifecycle rule)")
    root = cleanup.enter_context(applied_example(aws, front, poll_interval_seconds=_POLL_INTERVAL_SECONDS))
    outputs = root.outputs()
    report.say("Terraform", f"deployed; upload trigger files to s3://{outputs['bucket_name']}")
    return outputs
