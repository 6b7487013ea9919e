from typing import Any

import pytest

from opensearch_reindex.index.policies import Management, Policy, how_to_attach, how_to_remove, is_rolled_over
from opensearch_reindex.index.settings import is_copied

KEY = "index.plugins.index_state_management.policy_id"
OLD_KEY = "index.opendistro.index_state_management.policy_id"
# As 2.19.1 answers.
WAITING = {
    KEY: "keep30",
    OLD_KEY: "keep30",
    "index": "logs-000002",
    "index_uuid": "u",
    "policy_id": "keep30",
    "policy_seq_no": 0,
    "policy_primary_term": 1,
    "rolled_over": False,
    "index_creation_date": 1,
    "state": {"name": "hot", "start_time": 1},
    "action": {"name": "rollover", "start_time": 1, "index": 0, "failed": False, "consumed_retries": 0},
    "step": {"name": "attempt_rollover", "start_time": 1, "step_status": "condition_not_met"},
    "retry_info": {"failed": False, "consumed_retries": 0},
    "info": {"message": "Rollover conditions not met"},
    "enabled": True,
}


def explained(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**WAITING, **changes}.items() if value is not None}


def acting(action: str, **changes: Any) -> dict[str, Any]:
    return explained(action={"name": action, "index": 0, "failed": False}, **changes)


def test_the_policy_and_the_state_are_read() -> None:
    assert Management.read(WAITING) == Management("keep30", "hot", "rollover")


@pytest.mark.parametrize(
    ("answer", "management"),
    [
        ({KEY: None, OLD_KEY: None, "enabled": None}, Management()),
        ({OLD_KEY: "keep30"}, Management("keep30")),
        (explained(state=None, action=None, step=None, transition_to="gone"), Management("keep30", "gone")),
        (
            explained(state=None, action=None, policy_completed=True, enabled=False),
            Management("keep30", is_completed=True, is_stopped=True),
        ),
        (explained(rolled_over=True), Management("keep30", "hot", "rollover", has_rolled_over=True)),
        (explained(state=None, action=None, enabled=True), Management("keep30")),
    ],
    ids=["none", "elasticsearch", "moves on", "completed", "rolled over", "not begun"],
)
def test_an_answer_may_lack_what_the_policy_has_not(answer: dict[str, Any], management: Management) -> None:
    assert Management.read(answer) == management


@pytest.mark.parametrize(
    "action",
    [
        "close",
        "cold_delete",
        "cold_migration",
        "convert_index_to_remote",
        "delete",
        "force_merge",
        "of_an_extension",
        "read_only",
        "read_write",
        "rollup",
        "search_only",
        "shrink",
        "stop_replication",
        "transform",
        "warm_migration",
    ],
)
def test_an_action_that_changes_the_index_is_seen(action: str) -> None:
    assert Management.read(acting(action)).is_changing
    # A step that failed is tried again, unless the action has failed.
    assert Management.read(acting(action, step={"name": "a", "step_status": "failed"})).is_changing


@pytest.mark.parametrize(
    "action",
    [
        "alias",
        "allocation",
        "index_priority",
        "notification",
        "open",
        "replica_count",
        "rollover",
        "snapshot",
        "transition",
    ],
)
def test_an_action_that_leaves_documents_and_blocks_alone_is_harmless(action: str) -> None:
    assert not Management.read(acting(action)).is_changing


@pytest.mark.parametrize(
    "changes",
    [
        {"action": {"name": "shrink", "failed": True}},
        {"action": {"name": "shrink"}, "retry_info": {"failed": True}},
        {"action": {"name": "shrink"}, "enabled": False},
        {"action": {"name": "shrink"}, "policy_completed": True},
        {"action": None},
    ],
)
def test_a_policy_that_does_nothing_changes_no_index(changes: dict[str, Any]) -> None:
    assert not Management.read(explained(**changes)).is_changing


POLICY = {
    "policy_id": "keep30",
    "default_state": "hot",
    "states": [
        {
            "name": "hot",
            "actions": [{"retry": {"count": 3}, "rollover": {"min_doc_count": 1000}}],
            "transitions": [{"state_name": "warm", "conditions": {"min_index_age": "1d"}}],
        },
        {
            "name": "warm",
            "actions": [{"timeout": "1h", "force_merge": {"max_num_segments": 1}}, {"read_only": {}}],
            "transitions": [{"state_name": "gone", "conditions": {"min_index_age": "30d"}}],
        },
        {"name": "gone", "actions": [{"delete": {}}], "transitions": []},
        {"name": "idle"},
    ],
}


def test_a_policy_is_read_by_its_states() -> None:
    assert Policy.read(POLICY) == Policy(
        "hot", {"hot": ("rollover",), "warm": ("force_merge", "read_only"), "gone": ("delete",), "idle": ()}
    )


def test_a_wait_for_the_age_of_a_rollover_is_seen() -> None:
    transitions = [{"state_name": "a"}, {"state_name": "a", "conditions": {"min_rollover_age": "30d"}}]
    assert Policy.read({"default_state": "a", "states": [{"name": "a", "transitions": transitions}]}).uses_rollover_age


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("hot", None),
        ("warm", None),
        ("idle", None),
        ("gone", "this state would begin its actions again, among them delete"),
        ("cold", "the policy has no state 'cold' any more"),
    ],
)
def test_a_target_index_begins_only_in_a_state_that_may_be_repeated(state: str, problem: str | None) -> None:
    assert Policy.read(POLICY).problem(state) == problem


@pytest.mark.parametrize("action", ["close", "rollup", "transform", "shrink", "of_an_extension", "warm_migration"])
def test_what_must_happen_once_is_not_repeated(action: str) -> None:
    policy = Policy("hot", {"hot": ("replica_count", action)})
    assert policy.problem("hot") == f"this state would begin its actions again, among them {action}"


def test_the_requests_to_attach_a_policy_are_complete() -> None:
    assert how_to_attach("plugins", "a_v2", "p", None, is_managed=False, skips_rollover=False) == (
        'POST /_plugins/_ism/add/a_v2 {"policy_id": "p"}'
    )
    assert how_to_attach("plugins", "a_v2", "p", "warm", is_managed=True, skips_rollover=False) == (
        'POST /_plugins/_ism/change_policy/a_v2 {"policy_id": "p", "state": "warm"}'
    )
    assert how_to_attach("opendistro", "a_v2", "p", "warm", is_managed=False, skips_rollover=True) == (
        'PUT /a_v2/_settings {"index.opendistro.index_state_management.rollover_skip": true}, then '
        'POST /_opendistro/_ism/add/a_v2 {"policy_id": "p"}, then '
        'POST /_opendistro/_ism/change_policy/a_v2 {"policy_id": "p", "state": "warm"}'
    )
    assert how_to_remove("opendistro", "a_v1") == "POST /_opendistro/_ism/remove/a_v1"


ALIAS = {"plugins.index_state_management.rollover_alias": "logs"}


@pytest.mark.parametrize(
    ("source", "settings", "entry", "is_rolled"),
    [
        (Management("p", has_rolled_over=True), {}, {}, True),
        (Management("p"), ALIAS, {"is_write_index": False}, True),
        (
            Management("p"),
            {"opendistro.index_state_management.rollover_alias": "logs"},
            {"is_write_index": False},
            True,
        ),
        (Management("p"), ALIAS, {"is_write_index": True}, False),
        (Management("p"), ALIAS, {}, False),
        (Management("p"), {}, {"is_write_index": False}, False),
    ],
)
def test_a_rollover_shows_in_the_policy_or_in_the_alias(
    source: Management, settings: dict[str, str], entry: dict[str, Any], is_rolled: bool
) -> None:
    assert is_rolled_over(source, settings, {"logs": entry}, "plugins") == is_rolled


def test_every_setting_of_a_policy_is_copied_but_its_name() -> None:
    for plugins in ("plugins", "opendistro"):
        prefix = f"{plugins}.index_state_management"
        assert not is_copied(f"{prefix}.policy_id")
        assert all(is_copied(f"{prefix}.{name}") for name in ("rollover_alias", "rollover_skip", "auto_manage"))
