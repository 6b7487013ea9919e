"""The example, applied to the local AWS with the package Terraform builds, beside a real OpenSearch node."""

from collections.abc import Iterator

import pytest

from stack.deployment import Deployment, deployed
from support.ministack import MiniStack
from support.opensearch_node import OpenSearchNode


@pytest.fixture(scope="session")
def deployment(ministack: MiniStack, node: OpenSearchNode) -> Iterator[Deployment]:
    with deployed(ministack, node) as running:
        yield running
