"""The parts the demo runs on: an OpenSearch node, a local AWS, and the module deployed in it."""

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

# The state machines keep 25,000 events of an execution, so the module allows no less for its two hours.
_POLL_INTERVAL_SECONDS = 5


def connect(node: OpenSearchNode) -> OpenSearch:
    """Return a connection that repeats no request by itself."""
    return OpenSearch(node.url, timeout=30, max_retries=0)


def start_opensearch(cleanup: ExitStack, report: Report) -> OpenSearchNode:
    """Start a node, or take the one that OPENSEARCH_URL names if it is free of the demo's indices.

    Args:
        cleanup: what stops the node in the end, or removes the demo's indices from it.
        report: what prints.

    Raises:
        RuntimeError: there is no node, or it has an index with a name that the demo would use.
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
            raise RuntimeError(f"{node.url} has indices of names that the demo uses: {', '.join(taken)}")
        cleanup.callback(client.indices.delete, index=",".join(indices), params=some)
    return node


def start_aws(cleanup: ExitStack, report: Report) -> MiniStack:
    """Start a local AWS.

    Args:
        cleanup: what stops it in the end.
        report: what prints.

    Raises:
        RuntimeError: it did not start.
    """
    aws = cleanup.enter_context(MiniStack())
    report.say("AWS", f"MiniStack answers at {aws.endpoint}, signatures and IAM enforced")
    return aws


def start_front(cleanup: ExitStack, report: Report, aws: MiniStack, node: OpenSearchNode) -> SignedFront:
    """Start what stands before a domain on AWS: TLS, and signatures that are verified.

    Args:
        cleanup: what stops it in the end.
        report: what prints.
        aws: knows the credentials of the Lambda functions.
        node: gets their requests.
    """
    front = cleanup.enter_context(SignedFront(node.url, aws.function_key, aws.region))
    report.say("OpenSearch", f"{front.url} stands before it for the Lambda functions, private TLS, signatures enforced")
    return front


def deploy(cleanup: ExitStack, report: Report, aws: MiniStack, front: SignedFront) -> dict[str, Any]:
    """Apply a copy of examples/basic and return its outputs.

    Args:
        cleanup: what removes the copy in the end; what was deployed goes with the local AWS.
        report: what prints.
        aws: the local AWS.
        front: what the Lambda functions may talk to.

    Raises:
        TerraformError: with all that Terraform printed.
    """
    report.say("Terraform", "applying examples/basic; S3 alone takes a minute to confirm its lifecycle rule")
    root = cleanup.enter_context(applied_example(aws, front, poll_interval_seconds=_POLL_INTERVAL_SECONDS))
    outputs = root.outputs()
    report.say("Terraform", f"deployed; trigger files go to s3://{outputs['bucket_name']}")
    return outputs
