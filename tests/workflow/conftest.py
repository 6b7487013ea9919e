import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from opensearchpy import RequestsHttpConnection

from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.signed_front import SignedFront
from support.waiting import wait_until
from workflow.functions import Functions
from workflow.indices import Indices
from workflow.interpreter import interpreted
from workflow.machines import StateMachines


@pytest.fixture
def prefix() -> str:
    return f"workflow-{uuid.uuid4().hex[:8]}-"


@pytest.fixture
def indices(domain: Domain, front: SignedFront, prefix: str) -> Indices:
    return Indices(domain.url, front.url, prefix)


@pytest.fixture
def machines(
    front: SignedFront, node: OpenSearchNode, domain: Domain, lambda_environment: pytest.MonkeyPatch
) -> Iterator[StateMachines]:
    """Run state machines, and end their calls before `domain` deletes."""
    lambda_environment.setenv("ALLOWED_ENDPOINTS", urlsplit(front.url).netloc)
    lambda_environment.setenv("CA_CERTIFICATES", front.ca_certificates)
    functions = Functions()
    with interpreted(functions.invoke, passthrough_urls=[front.url, node.url]):
        yield StateMachines(functions)
        wait_until(functions.are_idle)


@pytest.fixture
def requests_sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Method and path of every request that the handlers send to OpenSearch."""
    sent: list[tuple[str, str]] = []
    perform_request = RequestsHttpConnection.perform_request

    def record(self: RequestsHttpConnection, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        sent.append((method, url.partition("?")[0]))
        return perform_request(self, method, url, *args, **kwargs)

    monkeypatch.setattr(RequestsHttpConnection, "perform_request", record)
    return sent
