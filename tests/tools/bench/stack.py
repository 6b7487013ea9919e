"""Start a node with a production heap and a local AWS, and deploy examples/basic."""

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

# Half of the 8 GiB heap of an r6g.large.search, the smallest memory-optimised data node.
HEAP = "4g"
# During a rebuild an index has the shards of source and target.
_SHARDS_PER_NODE = 5000
_RAW_SECONDS = 7200

_start = time.monotonic()


@dataclass(frozen=True)
class Stack:
    """A deployment and its node.

    Attributes:
        node: the OpenSearch node, for raw requests.
        domain: JSON client of the same node.
        front: the Lambda functions' endpoint of the node.
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
        """Create a client that waits for the end of a copy, like a script."""
        return OpenSearch(self.node.url, timeout=_RAW_SECONDS, max_retries=0)


def say(text: str) -> None:
    """Print a line that starts with the seconds since the start."""
    print(f"{time.monotonic() - _start:7.1f} s  {text}", flush=True)


@contextmanager
def running_stack(**variables: Any) -> Iterator[Stack]:
    """Start node, local AWS and deployment for a `with` block.

    Args:
        variables: input variables of the example.
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
                # Must end before MiniStack, which waits for Lambda functions that may wait for OpenSearch.
                node.kill()
