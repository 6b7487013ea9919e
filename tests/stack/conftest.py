"""The example, applied to the local AWS with its package, and a real OpenSearch."""

from collections.abc import Iterator

import pytest

from stack.account import names_of_all_resources
from stack.deployment import Deployment, deployed
from support.ministack import MiniStack
from support.opensearch_node import OpenSearchNode
from support.policies import RolePolicies
from support.signed_front import SignedFront


@pytest.fixture(scope="session")
def front(ministack: MiniStack, node: OpenSearchNode) -> Iterator[SignedFront]:
    """The endpoint of the node, which enforces the policies of the functions' role."""
    domain_arn = f"arn:aws:es:{ministack.region}:{ministack.account_id}:domain/local"
    policies = RolePolicies(ministack, domain_arn)
    with SignedFront(node.url, ministack.function_key, ministack.region, policies.allow) as running:
        yield running


@pytest.fixture(scope="session")
def deployment(ministack: MiniStack, front: SignedFront) -> Iterator[Deployment]:
    with deployed(ministack, front) as running:
        yield running


@pytest.fixture(scope="module")
def before(ministack: MiniStack) -> set[str]:
    """What is in the account before the tests of a module deploy anything."""
    return names_of_all_resources(ministack)
