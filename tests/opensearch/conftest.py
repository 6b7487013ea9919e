"""A client, and the steps of one index."""

import pytest
from botocore.credentials import Credentials

from endpoint import parse_endpoint
from opensearch_client import OpenSearchClient
from support.opensearch_node import OpenSearchNode
from support.rebuild import Rebuild


@pytest.fixture
def client(node: OpenSearchNode) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(node.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, node: OpenSearchNode) -> Rebuild:
    return Rebuild(client, node.url)


@pytest.fixture
def rebuild_twice(client: OpenSearchClient, node: OpenSearchNode) -> Rebuild:
    """Every step run twice, as when Lambda retries one whose answer got lost."""
    return Rebuild(client, node.url, twice=True)
