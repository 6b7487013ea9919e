from collections.abc import Iterator

import pytest

from stack.account import names_of_all_resources
from stack.deployment import Deployment, deployed
from support.ministack import MiniStack
from support.signed_front import SignedFront

PROJECT = "short-lived"


@pytest.fixture(scope="module")
def second_deployment(deployment: Deployment, ministack: MiniStack, front: SignedFront) -> Iterator[Deployment]:
    """A deployment beside the first one, in the same account."""
    with deployed(ministack, front, project_name=PROJECT, bucket_name=PROJECT) as running:
        yield running


def test_a_second_plan_after_an_apply_is_empty(second_deployment: Deployment) -> None:
    assert second_deployment.root.plan_is_empty()


def test_destroy_removes_everything_of_its_own_and_nothing_else(
    deployment: Deployment, second_deployment: Deployment
) -> None:
    ministack = second_deployment.ministack
    # A bucket that was used is the one that is hard to remove.
    second_deployment.wait_for_end(second_deployment.upload({"indices": []}))
    before = names_of_all_resources(ministack)
    own = {name for name in before if PROJECT in name}
    kinds = {name.partition(" ")[0] for name in own}
    assert kinds == {"s3", "lambda", "stepfunctions", "iam", "logs", "events", "sqs"}

    second_deployment.root.destroy()

    assert names_of_all_resources(ministack) == before - own
    assert deployment.root.plan_is_empty()
