"""Index State Management: a stand-in for the plugin before a real node."""

from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.policies import Management, Policy
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.domain import Domain
from support.faults import Fault
from support.rebuild import Rebuild
from support.signed_front import SignedFront
from support.state_management import StateManagement

PREFIX = "aged"
STRATEGIES = ("redirect_writes", "block_writes")
HOT = {"state": {"name": "hot"}, "action": {"name": "rollover"}, "step": {"step_status": "condition_not_met"}}
WARM = {"state": {"name": "warm"}, "action": {"name": "transition"}}
POLICY: dict[str, Any] = {
    "default_state": "hot",
    "states": [
        {
            "name": "hot",
            "actions": [{"rollover": {"min_doc_count": 1000}}],
            "transitions": [{"state_name": "warm", "conditions": {"min_index_age": "1d"}}],
        },
        {
            "name": "warm",
            "actions": [{"replica_count": {"number_of_replicas": 0}}],
            "transitions": [{"state_name": "gone", "conditions": {"min_rollover_age": "30d"}}],
        },
        {"name": "gone", "actions": [{"delete": {}}], "transitions": []},
    ],
}
ADDED = ("POST", "/_plugins/_ism/add/aged_v2", {"policy_id": "keep30"})
MOVED = ("POST", "/_plugins/_ism/change_policy/aged_v2", {"policy_id": "keep30", "state": "warm"})
SKIPPED = ("PUT", "/aged_v2/_settings", {"index": {"plugins.index_state_management.rollover_skip": True}})
NOT_ATTACHED = "policy 'keep30' of Index State Management, which managed the source index"


@pytest.fixture
def plugin(front: SignedFront) -> StateManagement:
    front.stand_in = plugin = StateManagement()
    plugin.policies["keep30"] = POLICY
    return plugin


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", "aged_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"aged-current": {}}})
    domain.bulk("aged_v1", {"1": {"n": 1}})


def run(rebuild: Rebuild, **changes: Any) -> Job:
    return rebuild("aged_v1", **{"alias_name": "aged-current", "strategy": "block_writes", **changes})


def test_without_the_plugin_there_is_nothing_to_say(rebuild: Rebuild) -> None:
    assert run(rebuild).warnings == []


def test_an_index_without_policy_gets_none(rebuild: Rebuild, plugin: StateManagement) -> None:
    assert run(rebuild).warnings == []
    assert plugin.requests == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_target_index_gets_the_policy_in_the_same_state(
    rebuild_twice: Rebuild, plugin: StateManagement, domain: Domain, strategy: str
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    job = run(rebuild_twice, strategy=strategy)
    assert plugin.requests == [ADDED, MOVED]
    assert plugin.managed["aged_v2"]["state"]["name"] == "warm"
    (line,) = job.warnings
    assert "manages target index 'aged_v2' in state 'warm'" in line
    assert "the age of the index begins at zero" in line
    assert not domain.exists("aged_v1")


def test_the_default_state_needs_one_request(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30", **HOT)
    run(rebuild)
    assert plugin.requests == [ADDED]


def test_a_policy_that_has_not_begun_begins_in_its_default_state(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30")
    run(rebuild)
    assert plugin.requests == [ADDED]


def test_a_source_that_was_rolled_over_lets_the_target_pass_the_rollover_first(
    rebuild: Rebuild, plugin: StateManagement
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM, rolled_over=True)
    (line,) = run(rebuild).warnings
    assert plugin.requests == [SKIPPED, ADDED, MOVED]
    assert "a transition with min_rollover_age never happens" in line


def test_without_the_setting_a_state_that_rolls_over_is_not_begun(
    rebuild: Rebuild, plugin: StateManagement, front: SignedFront
) -> None:
    plugin.attach("aged_v1", "keep30", **HOT, rolled_over=True)
    front.inject(Fault.forbidden("es:ESHttpPut"), lambda request: b"rollover_skip" in request.body)
    (line,) = run(rebuild).warnings
    assert plugin.requests == []
    assert line.startswith(NOT_ATTACHED)
    assert "es:ESHttpPut" in line
    assert "rollover_skip" in line.partition("To attach it, send ")[2]


def test_without_the_setting_a_state_that_does_not_roll_over_is_begun(
    rebuild: Rebuild, plugin: StateManagement, front: SignedFront
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM, rolled_over=True)
    front.inject(Fault.forbidden("es:ESHttpPut"), lambda request: b"rollover_skip" in request.body)
    run(rebuild)
    assert plugin.requests == [ADDED, MOVED]


@pytest.mark.parametrize(
    ("action", "lacking"),
    [
        ("managedindex/explain", "Index State Management did not say which policy manages source index 'aged_v1'"),
        ("policy/get", NOT_ATTACHED),
        ("managedindex/add", NOT_ATTACHED),
        ("managedindex/change", NOT_ATTACHED),
    ],
)
def test_a_missing_permission_is_named_in_the_result(
    rebuild: Rebuild, plugin: StateManagement, domain: Domain, action: str, lacking: str
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    plugin.forbidden.add(f"cluster:admin/opendistro/ism/{action}")
    (line,) = run(rebuild).warnings
    assert line.startswith(lacking)
    assert f"no permissions for [cluster:admin/opendistro/ism/{action}]" in line
    assert domain.documents("aged_v2") == {"1": {"n": 1}}
    assert not domain.exists("aged_v1")


@pytest.mark.parametrize("index", ["aged_v1", "aged_v2"])
def test_an_index_that_is_left_out_in_silence_counts_as_forbidden(
    rebuild: Rebuild, plugin: StateManagement, index: str
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    plugin.forbidden.add(f"{index}/managedindex")
    (line,) = run(rebuild).warnings
    assert "no permissions for [indices:admin/opensearch/ism/managedindex]" in line


@pytest.mark.parametrize("verb", ["explain", "policies", "add", "change_policy"])
@pytest.mark.parametrize("fault", [Fault.status(503), Fault.status(504).after_node(), Fault.reset()])
def test_a_plugin_that_does_not_answer_fails_no_run(
    rebuild: Rebuild, plugin: StateManagement, front: SignedFront, domain: Domain, verb: str, fault: Fault
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    front.inject(fault, lambda request: f"/_ism/{verb}/" in request.path, times=None)
    assert len(run(rebuild).warnings) == 1
    assert domain.documents("aged_v2") == {"1": {"n": 1}}


@pytest.mark.parametrize("killed", range(1, 4))
def test_a_step_that_is_killed_attaches_the_policy_when_it_runs_again(
    rebuild: Rebuild, plugin: StateManagement, client: OpenSearchClient, monkeypatch: pytest.MonkeyPatch, killed: int
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM, rolled_over=True)
    job = rebuild.copy(rebuild.freeze("aged_v1", alias_name="aged-current", strategy="block_writes"))
    method = {1: "skip_rollover", 2: "add_policy", 3: "change_policy"}[killed]

    def kill(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(OpenSearchClient, method, kill)
        with pytest.raises(KeyboardInterrupt):
            remove_alias(client, job)
    rebuild.finish(job)
    assert plugin.managed["aged_v2"]["state"]["name"] == "warm"
    assert SKIPPED in plugin.requests


def test_a_step_that_runs_again_leaves_a_policy_that_has_moved_on(
    rebuild: Rebuild, plugin: StateManagement, client: OpenSearchClient
) -> None:
    plugin.attach("aged_v1", "keep30", **HOT)
    job = rebuild.copy(rebuild.freeze("aged_v1", alias_name="aged-current", strategy="block_writes"))
    remove_alias(client, job)
    plugin.attach("aged_v2", "keep30", **WARM)
    (line,) = rebuild.finish(job).warnings
    assert plugin.requests == [ADDED]
    assert "manages target index 'aged_v2' in state 'warm'" in line


@pytest.mark.parametrize("attach_policy", [True, False])
def test_a_policy_that_a_template_attached_moves_to_the_same_state(
    rebuild: Rebuild, plugin: StateManagement, attach_policy: bool
) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    plugin.attach("aged_v2", "keep30", state={"name": "hot"})
    (line,) = run(rebuild, attach_policy=attach_policy).warnings
    assert plugin.requests == ([MOVED] if attach_policy else [])
    assert f"manages target index 'aged_v2' in state '{'warm' if attach_policy else 'hot'}'" in line


def test_another_policy_of_the_target_index_stays(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    plugin.attach("aged_v2", "other", state={"name": "hot"})
    (line,) = run(rebuild).warnings
    assert plugin.requests == []
    assert "policy 'other' manages it" in line
    assert line.endswith('POST /_plugins/_ism/change_policy/aged_v2 {"policy_id": "keep30", "state": "warm"}')


def test_a_policy_that_does_not_show_yet_stays_as_it_is(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    plugin.attach("aged_v2", "other")
    plugin.unseen.add("aged_v2")
    (line,) = run(rebuild).warnings
    assert plugin.requests == [ADDED]
    assert "This index already has a policy" in line
    assert plugin.managed["aged_v2"]["policy_id"] == "other"


def test_a_policy_that_only_the_target_index_has_is_named(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v2", "other", state={"name": "hot"})
    (line,) = run(rebuild).warnings
    assert line.startswith("policy 'other' of Index State Management manages target index 'aged_v2'")


@pytest.mark.parametrize(
    ("explained", "why"),
    [
        ({"state": {"name": "gone"}}, "this state would begin its actions again, among them delete"),
        ({"transition_to": "gone"}, "this state would begin its actions again, among them delete"),
        ({"state": {"name": "renamed"}}, "the policy has no state 'renamed' any more"),
        ({"policy_completed": True, "enabled": False}, "it has come to its end for the source index"),
    ],
)
def test_a_state_that_must_not_begin_again_is_left_to_the_user(
    rebuild: Rebuild, plugin: StateManagement, explained: dict[str, Any], why: str
) -> None:
    plugin.attach("aged_v1", "keep30", **explained)
    (line,) = run(rebuild).warnings
    assert plugin.requests == []
    assert why in line
    assert 'POST /_plugins/_ism/add/aged_v2 {"policy_id": "keep30"}' in line


def test_a_deleted_policy_is_named(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "gone", **WARM)
    (line,) = run(rebuild).warnings
    assert plugin.requests == []
    assert "the policy does not exist any more" in line


def test_attach_policy_false_attaches_nothing_and_says_so(rebuild: Rebuild, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30", **WARM)
    (line,) = run(rebuild, attach_policy=False).warnings
    assert plugin.requests == []
    assert line.startswith(f"{NOT_ATTACHED} in state 'warm', does not manage target index 'aged_v2': attach_policy is")


def test_a_kept_source_is_deleted_later_without_another_change_of_the_policy(
    rebuild: Rebuild, plugin: StateManagement
) -> None:
    plugin.attach("aged_v1", "keep30", **HOT)
    (line,) = run(rebuild, keep_source=True).warnings
    assert line.endswith("The kept source index keeps its policy, which may delete it")
    plugin.requests.clear()
    plugin.attach("aged_v2", "keep30", **WARM)
    assert run(rebuild, keep_source=False).warnings == []
    assert plugin.requests == []
    assert plugin.managed["aged_v2"]["state"]["name"] == "warm"


def test_a_refusal_of_the_plugin_is_an_error_of_the_client(client: OpenSearchClient, plugin: StateManagement) -> None:
    plugin.attach("aged_v1", "keep30", **HOT)
    with pytest.raises(OpenSearchRequestError, match="This index already has a policy"):
        client.add_policy("aged_v1", "keep30")
    with pytest.raises(OpenSearchRequestError, match="This index is not being managed"):
        client.change_policy("aged_v2", "keep30", "warm")


def test_elasticsearch_has_the_plugin_at_another_path(client: OpenSearchClient, front: SignedFront) -> None:
    front.stand_in = plugin = StateManagement("opendistro")
    plugin.policies["keep30"] = POLICY
    client._engine = Engine(False, 7, 10)
    assert client.managements(["aged_v1"]) == {"aged_v1": Management()}
    assert client.get_policy("keep30") == Policy.read(POLICY)
    client.skip_rollover("aged_v1")
    client.add_policy("aged_v1", "keep30")
    client.change_policy("aged_v1", "keep30", "warm")
    assert plugin.settings == {"aged_v1": {"opendistro.index_state_management.rollover_skip": True}}
    assert [path for _, path, _ in plugin.requests[1:]] == [
        "/_opendistro/_ism/add/aged_v1",
        "/_opendistro/_ism/change_policy/aged_v1",
    ]
