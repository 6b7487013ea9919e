"""What is measured: a node with a heap as in production, a local AWS, and examples/basic deployed to it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opensearchpy import OpenSearch

from bench.machine import provider_version
from stack.deployment import Deployment, deployed
from support.domain import Domain
from support.ministack import MiniStack
from support.opensearch_node import OpenSearchNode
from support.signed_front import SignedFront

# Half of the 8 GiB of an r6g.large.search, the smallest memory-optimised data node.
HEAP = "4g"
# Each index has as many shards while it is rebuilt as source and target have together.
_SHARDS_PER_NODE = 5000
_RAW_SECONDS = 7200

_start = time.monotonic()


@dataclass(frozen=True)
class Stack:
    """One deployment and the node it works on.

    Attributes:
        node: the node itself, for raw requests.
        domain: JSON in and out of the same node.
        front: what stands before it for the Lambda functions.
        deployment: the deployed example.
    """

    node: OpenSearchNode
    domain: Domain
    front: SignedFront
    deployment: Deployment

    @property
    def versions(self) -> dict[str, str]:
        """Versions that only the deployment knows."""
        return {"AWS provider": provider_version(self.deployment.root.path)}

    def connect(self) -> OpenSearch:
        """Make a client of one's own, as a script would, that waits for the end of a copy."""
        return OpenSearch(self.node.url, timeout=_RAW_SECONDS, max_retries=0)


def say(text: str) -> None:
    """Print what happens, with the seconds since the start in front."""
    print(f"{time.monotonic() - _start:7.1f} s  {text}", flush=True)


@contextmanager
def running_stack(**variables: Any) -> Iterator[Stack]:
    """Start all of it; everything ends with the block.

    Args:
        variables: input variables of the example; none are needed.
    """
    say(f"starting an OpenSearch node with {HEAP} of heap")
    with OpenSearchNode(HEAP) as node, MiniStack() as aws, SignedFront(node.url, aws.function_key, aws.region) as front:
        domain = Domain(node.url)
        domain("PUT", "_cluster/settings", {"persistent": {"cluster.max_shards_per_node": _SHARDS_PER_NODE}})
        say("applying examples/basic to a local AWS (about a minute)")
        with deployed(aws, front, **variables) as deployment:
            try:
                yield Stack(node, domain, front, deployment)
            finally:
                # MiniStack would wait for a Lambda function that waits for OpenSearch.
                node.kill()
