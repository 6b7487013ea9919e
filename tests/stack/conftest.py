"""The example, applied to the local AWS with its package, and a real OpenSearch."""

from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from stack.account import names_of_all_resources
from stack.deployment import Deployment, deployed
from support.ministack import MiniStack
from support.opensearch_node import OpenSearchNode
from support.policies import RolePolicies
from support.signed_front import SignedFront

# Files whose tests share the fixture `deployment`.
SHARE_A_DEPLOYMENT = {"test_least_privilege.py", "test_lifecycle.py", "test_package.py", "test_pipeline.py"}


class _ByDeployment(LoadFileScheduling):  # type: ignore[misc]  # published without types
    """Keeps the tests of a file in one process, and files that share a deployment too."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "deployment" if file.rpartition("/")[2] in SHARE_A_DEPLOYMENT else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    # Not `--dist loadgroup`: pytest 9.2 ignores the ends of test ids by which xdist 3.8 knows the groups.
    return _ByDeployment(config, log)


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
