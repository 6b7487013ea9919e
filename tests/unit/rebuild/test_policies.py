"""What the result says on the policy of an index, for each answer of the plugin."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.policies import Management, Policy
from opensearch_reindex.rebuild.policies import hand_over_policy
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.mocked_domain import JOB, PROVEN, MockedDomain, index, target

POLICY = Policy("hot", {"hot": ("rollover",), "warm": ("replica_count",), "gone": ("delete",)}, uses_rollover_age=True)
WARM = Management("keep30", "warm", "transition")
REFUSED = OpenSearchRequestError(403, "security_exception", "no permissions for [add]")
ATTACHED = "policy 'keep30' of Index State Management manages target index 'a_v2' in state "


def hand_over(
    of_source: Management | None = WARM,
    of_target: Management | None = None,
    *,
    is_later: bool = False,
    **changes: Any,
) -> tuple[MockedDomain, list[str]]:
    """Return the domain after the handover, and the lines of the result."""
    made = target(markers=PROVEN) if is_later else target()
    domain = MockedDomain(a_v1=index("u1"), a_v2=made)
    found = {"a_v1": of_source, "a_v2": of_target}
    domain.client.managements.return_value = {name: each for name, each in found.items() if each}
    domain.client.get_policy.return_value = POLICY
    domain.client.engine.return_value = Engine(True, 2, 19)
    for name, effect in changes.pop("effects", {}).items():
        getattr(domain.client, name).configure_mock(**effect)
    job = hand_over_policy(domain.client, replace(JOB, **changes), domain.indices["a_v1"], domain.indices["a_v2"])
    return domain, job.warnings


def test_a_policy_goes_on_in_the_state_of_the_source() -> None:
    domain, (line,) = hand_over()
    domain.client.add_policy.assert_called_once_with("a_v2", "keep30")
    domain.client.change_policy.assert_called_once_with("a_v2", "keep30", "warm")
    assert line.startswith(ATTACHED + "'warm'")


def test_a_policy_in_its_first_state_is_attached_alone() -> None:
    domain, _ = hand_over(Management("keep30", "hot"))
    assert domain.client.add_policy.called
    assert not domain.client.change_policy.called


def test_a_rolled_over_index_passes_the_rollover_of_its_policy() -> None:
    domain, (line,) = hand_over(replace(WARM, has_rolled_over=True))
    domain.client.skip_rollover.assert_called_once_with("a_v2")
    assert "min_rollover_age never happens" in line


@pytest.mark.parametrize(("state", "is_attached"), [("warm", True), ("hot", False)])
def test_an_old_version_without_the_setting_meets_no_rollover(state: str, is_attached: bool) -> None:
    source = Management("keep30", state, has_rolled_over=True)
    domain, _ = hand_over(source, effects={"skip_rollover": {"side_effect": REFUSED}})
    assert domain.client.add_policy.called == is_attached


def test_nothing_is_said_without_the_plugin_or_after_an_earlier_handover() -> None:
    assert hand_over(effects={"managements": {"return_value": None}})[1] == []
    assert hand_over(attach_policy=None)[1] == []
    assert hand_over(Management())[1] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"of_source": None}, "did not say which policy manages source index 'a_v1'"),
        ({"of_target": Management("other")}, "policy 'other' manages it, by its ism_template"),
        ({"of_source": Management(), "of_target": Management("other")}, "no policy managed the source index"),
        ({"attach_policy": False}, "attach_policy is false"),
        ({"of_source": replace(WARM, is_completed=True)}, "has come to its end"),
        ({"of_source": replace(WARM, state="gone")}, "begin its actions again, among them delete"),
        ({"of_source": replace(WARM, state="lost")}, "the policy has no state 'lost' any more"),
        ({"effects": {"get_policy": {"return_value": None}}}, "the policy does not exist any more"),
        ({"effects": {"add_policy": {"side_effect": REFUSED}}}, "no permissions for [add]"),
        ({"keep_source": True, "attach_policy": False}, "The kept source index keeps its policy"),
        ({"of_target": Management("keep30", "hot"), "attach_policy": False}, ATTACHED + "'hot'"),
        ({"of_target": Management("keep30", "hot"), "is_later": True}, ATTACHED + "'hot'"),
    ],
)
def test_the_result_says_what_manages_the_target(arguments: dict[str, Any], said: str) -> None:
    domain, (line,) = hand_over(**arguments)
    assert said in line
    assert not domain.client.change_policy.called
