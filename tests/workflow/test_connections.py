"""Faults between functions and domain lead to retries and lose no document."""

import re
from dataclasses import replace

import pytest

from support.faults import Fault
from support.signatures import AccessKey, Request
from support.signed_front import FUNCTION_KEY, SignedFront
from support.trigger_file import trigger_file
from workflow.definitions import INDEX_STEPS
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines

DOCUMENTS: Documents = {str(number): {"number": number} for number in range(20)}


def test_expired_credentials_are_read_from_the_environment_again(
    machines: StateMachines,
    indices: Indices,
    access_keys: dict[str, AccessKey],
    lambda_environment: pytest.MonkeyPatch,
) -> None:
    source = indices.create("orders", DOCUMENTS)
    renewed = AccessKey("ASIARENEWED", "another-secret", "another-token")

    def expire(handler: Handler, event: Event) -> State:
        access_keys[renewed.access_key_id] = renewed
        access_keys[FUNCTION_KEY.access_key_id] = replace(FUNCTION_KEY, is_expired=True)
        for name, value in renewed.environment.items():
            lambda_environment.setenv(name, value)
        return handler(event)

    machines.functions.hooks["update_aliases"] = expire

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert [call.answer is not None for call in machines.functions.of("update_aliases")] == [False, True]
    assert indices.documents(indices.target(source)) == DOCUMENTS


@pytest.mark.parametrize(
    "fault",
    [pytest.param(Fault.reset().after_node(), id="reset"), pytest.param(Fault.status(504).after_node(), id="504")],
)
def test_a_rebuild_of_which_every_change_lost_its_first_answer_succeeds(
    fault: Fault, machines: StateMachines, indices: Indices, front: SignedFront
) -> None:
    source = indices.create("orders", DOCUMENTS)
    lost: set[bytes] = set()

    def is_first_of_its_kind(request: Request) -> bool:
        # Each attempt makes up another alias for its copy.
        body = re.sub(rb"~[0-9a-f]{32}", b"~", request.body)
        change = f"{request.method} {request.path} ".encode() + body
        is_change = request.method != "GET" and not request.path.endswith("/_search")
        is_first = is_change and change not in lost
        lost.add(change)
        return is_first

    front.inject(fault, is_first_of_its_kind, times=None)

    execution = machines.run(trigger_file(indices.endpoint, source))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert len(lost) >= len(INDEX_STEPS) - 1  # every step but CheckReindexStatus changes something
    assert indices.documents(indices.target(source)) == DOCUMENTS
    assert indices.names() == {indices.target(source)}
