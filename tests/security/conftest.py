"""A node with the security plugin, behind a front that sends requests as a user."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from support.engines import DEFAULT
from support.secured_engines import SECURED_ENGINES
from support.secured_node import SecuredNode
from support.signatures import AccessKey
from support.signed_front import SignedFront
from workflow.functions import Functions
from workflow.interpreter import interpreted
from workflow.machines import StateMachines


def _versions() -> list[str]:
    """Return the versions to run: the default one, or with SECURED_VERSIONS=all each."""
    named = os.environ.get("SECURED_VERSIONS") or DEFAULT
    return list(SECURED_ENGINES) if named == "all" else named.split()


@pytest.fixture(scope="session", params=_versions())
def node(request: pytest.FixtureRequest) -> Iterator[SecuredNode]:
    with SecuredNode(version=request.param) as running:
        yield running


@pytest.fixture(scope="session")
def running_front(node: SecuredNode, access_keys: dict[str, AccessKey]) -> Iterator[SignedFront]:
    with SignedFront(node.role_url, access_keys.get) as running:
        yield running


@pytest.fixture
def machines(front: SignedFront, node: SecuredNode, lambda_environment: pytest.MonkeyPatch) -> Iterator[StateMachines]:
    lambda_environment.setenv("ALLOWED_ENDPOINTS", urlsplit(front.url).netloc)
    lambda_environment.setenv("CA_CERTIFICATES", front.ca_certificates)
    functions = Functions()
    with interpreted(functions.invoke, passthrough_urls=[front.url, node.url]):
        yield StateMachines(functions)
