"""The documented role is enough, and a run without a part of it is harmless."""

import copy
from typing import Any

import pytest

from security.role import (
    Action,
    Role,
    documented_actions,
    documented_role,
    role_of,
    token_pattern,
)
from support.domain import Domain
from support.secured_node import SecuredNode
from support.signed_front import SignedFront
from support.trigger_file import trigger_file
from workflow.machines import Execution, StateMachines

# One of the patterns of the documented role matches source, target and alias.
PREFIX = "products_"

SOURCE, TARGET, ALIAS = "products_v1", "products_v2", "products_current"
DOCUMENTS = {str(number): {"n": number, "shown": number % 2 == 0} for number in range(30)}
STRATEGIES = ["redirect_writes", "block_writes"]
ACTIONS = documented_actions()
CLUSTER_PERMISSIONS = documented_role(with_tokens=False)["cluster_permissions"]
# Each hides a part of the source index from the role.
RESTRICTIONS: dict[str, dict[str, Any]] = {
    "documents": {"dls": '{"term": {"shown": true}}'},
    "fields": {"fls": ["~n"]},
    "masked": {"masked_fields": ["n"]},
}


class Rebuild:
    """Uploads of one file, by the user that the front's requests have."""

    def __init__(self, node: SecuredNode, front: SignedFront, machines: StateMachines) -> None:
        self.node, self.domain = node, Domain(node.url)
        self.has_tokens = node.version == "2.11"
        self._front, self._machines = front, machines

    @property
    def role(self) -> Role:
        return documented_role(with_tokens=self.has_tokens)

    @property
    def patterns(self) -> list[str]:
        return ["products_*", *([token_pattern()] if self.has_tokens else [])]

    def upload(self, role: Role, strategy: str) -> Execution:
        self.node.give_role(role)
        file = trigger_file(self._front.url, SOURCE, strategy=strategy, settings={"number_of_shards": 1})
        return self._machines.run(file, deadline_seconds=120)


@pytest.fixture
def rebuild(node: SecuredNode, front: SignedFront, machines: StateMachines, domain: Domain) -> Rebuild:
    settings = {"number_of_shards": 2, "number_of_replicas": 0}
    aliases = {ALIAS: {"is_write_index": True}, "products_other": {}}
    domain("PUT", SOURCE, {"settings": settings, "aliases": aliases})
    domain.bulk(SOURCE, DOCUMENTS)
    return Rebuild(node, front, machines)


def assert_rebuilt(rebuild: Rebuild, execution: Execution, documents: dict[str, Any] = DOCUMENTS) -> None:
    assert execution.status == "SUCCEEDED", execution.cause
    assert rebuild.domain.documents(TARGET) == documents
    assert not rebuild.domain.exists(SOURCE)
    aliases = rebuild.domain("GET", f"{TARGET}/_alias")[TARGET]["aliases"]
    assert aliases == {ALIAS: {"is_write_index": True}, "products_other": {}}


def assert_harmless(rebuild: Rebuild, execution: Execution, step: str, reason: str, strategy: str) -> None:
    """Assert that a run failed, harmed nothing, and is finished with the whole role."""
    assert execution.status == "FAILED"
    assert execution.message()["step"] == step
    assert reason in str(execution.cause)
    assert rebuild.domain.documents(ALIAS) == DOCUMENTS
    written = rebuild.domain("PUT", f"{ALIAS}/_doc/new?require_alias=true&timeout=5s", {"n": 1}, ok=False)
    assert written.get("result") == "created", written
    if step == "GetTriggerFile":
        assert not rebuild.domain.exists(TARGET)
    assert_rebuilt(rebuild, rebuild.upload(rebuild.role, strategy), {**DOCUMENTS, "new": {"n": 1}})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_documented_role_is_enough(rebuild: Rebuild, strategy: str) -> None:
    assert_rebuilt(rebuild, rebuild.upload(rebuild.role, strategy))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_documented_actions_are_enough(rebuild: Rebuild, strategy: str) -> None:
    assert_rebuilt(rebuild, rebuild.upload(role_of(ACTIONS, rebuild.patterns), strategy))


def test_the_page_lists_actions() -> None:
    assert len(ACTIONS) > 20
    assert {action.step for action in ACTIONS} >= {None, "GetTriggerFile", "CreateIndex", "StartReindex"}


@pytest.mark.parametrize("permission", CLUSTER_PERMISSIONS)
def test_a_permission_of_the_role_is_missing(rebuild: Rebuild, permission: str) -> None:
    role = copy.deepcopy(rebuild.role)
    role["cluster_permissions"].remove(permission)
    execution = rebuild.upload(role, "block_writes")
    if permission.startswith("cluster_"):  # a group
        assert_harmless(rebuild, execution, "GetTriggerFile", "no permissions for [", "block_writes")
    else:
        assert_rebuilt(rebuild, execution)


# The plugin lets a role use an index through the pattern of its alias, until RemoveAlias has moved the alias.
@pytest.mark.parametrize(("name", "step"), [(SOURCE, "RemoveAlias"), (TARGET, "GetTriggerFile")])
def test_a_pattern_of_the_role_is_missing(rebuild: Rebuild, name: str, step: str) -> None:
    role = copy.deepcopy(rebuild.role)
    patterns = [each for each in (SOURCE, TARGET, ALIAS, "products_other") if each != name]
    role["index_permissions"][0]["index_patterns"] = [*patterns, *rebuild.patterns[1:]]
    execution = rebuild.upload(role, "block_writes")
    assert_harmless(rebuild, execution, step, "no permissions for [indices:", "block_writes")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
@pytest.mark.parametrize("strategy", ["block_writes", pytest.param("redirect_writes", marks=pytest.mark.slow)])
def test_an_action_is_missing(rebuild: Rebuild, strategy: str, action: Action) -> None:
    others = [each for each in ACTIONS if each != action]
    execution = rebuild.upload(role_of(others, rebuild.patterns), strategy)
    if action.step is None:
        assert_rebuilt(rebuild, execution)
    else:
        assert_harmless(rebuild, execution, action.step, action.name.rstrip("*"), strategy)


@pytest.mark.parametrize("restriction", RESTRICTIONS.values(), ids=RESTRICTIONS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_role_that_does_not_see_all_is_refused(rebuild: Rebuild, strategy: str, restriction: dict[str, Any]) -> None:
    role = copy.deepcopy(rebuild.role)
    role["index_permissions"][0].update(restriction)
    execution = rebuild.upload(role, strategy)
    assert_harmless(rebuild, execution, "GetTriggerFile", "document-level security", strategy)
