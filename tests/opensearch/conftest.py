"""A client, and the steps of one index."""

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import parse_endpoint
from support.rebuild import Rebuild
from support.signed_front import FUNCTION_KEY, SignedFront


@pytest.fixture
def client(front: SignedFront) -> OpenSearchClient:
    credentials = Credentials(FUNCTION_KEY.access_key_id, FUNCTION_KEY.secret_access_key, FUNCTION_KEY.session_token)
    return OpenSearchClient(parse_endpoint(front.url), credentials, front.region, front.ca_certificates)


@pytest.fixture
def rebuild(client: OpenSearchClient, front: SignedFront) -> Rebuild:
    return Rebuild(client, front.url)


@pytest.fixture
def rebuild_twice(client: OpenSearchClient, front: SignedFront) -> Rebuild:
    """Every step run twice, as when Lambda retries one whose answer got lost."""
    return Rebuild(client, front.url, twice=True)
