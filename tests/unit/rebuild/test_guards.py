"""Every guard, in every step that changes or deletes something behind it."""

from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import call

import pytest

from opensearch_reindex.index.markers import Markers
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild import guards
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import CopyStatus, Counters, Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import ConcurrentReindexError, DomainBusyError, VerificationError
from support.mocked_domain import COUNTERS, IN_USE, JOB, OWNED, MockedDomain, copied, index, proven, target
from support.rebuild import ENVIRONMENT

PIPED = index(
    "u1", settings={"number_of_shards": "1", "blocks": {"write": "true"}, "search": {"default_pipeline": "p"}}
)
# The steps that give something up, each on a domain on which it would do so. RemoveAlias may run twice.
GIVES_UP = pytest.mark.parametrize(
    ("function", "make_domain"),
    [
        (remove_alias, copied),
        (remove_alias, proven),
        (delete_index, proven),
    ],
)


BEFORE_THE_PROOF = pytest.mark.parametrize(
    "function",
    [update_aliases, partial(start_reindex, environment=ENVIRONMENT), remove_alias],
    ids=["update_aliases", "start_reindex", "remove_alias"],
)


@pytest.mark.parametrize("function", [update_aliases, remove_alias, delete_index])
@pytest.mark.parametrize(
    ("indices", "problem"),
    [
        ({"a_v1": index("u9"), "a_v2": target()}, "'a_v1' was deleted and created again during the run"),
        ({"a_v1": index("u1"), "a_v2": index("u9")}, "'a_v2' was deleted and created again during the run"),
        ({"a_v1": index("u1")}, "'a_v2' was deleted during the run"),
    ],
)
def test_an_index_of_the_same_name_is_not_the_same_index(function: Any, indices: Any, problem: str) -> None:
    domain = MockedDomain(**indices)
    with pytest.raises(VerificationError, match=problem):
        function(domain.client, JOB)
    assert domain.changes == []


@pytest.mark.parametrize("function", [update_aliases, remove_alias, delete_index])
@pytest.mark.parametrize("owner", ["arn:other", None])
def test_an_execution_that_lost_the_ownership_changes_nothing(function: Any, owner: str | None) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, Markers(owner=owner)))
    with pytest.raises(ConcurrentReindexError, match="expected this execution"):
        function(domain.client, JOB)
    assert domain.changes == []


@pytest.mark.parametrize("strategy", Strategy)
@BEFORE_THE_PROOF
def test_nothing_is_switched_copied_or_given_up_on_a_source_with_a_search_pipeline(
    function: Any, strategy: Strategy
) -> None:
    domain = MockedDomain(a_v1=PIPED, a_v2=target(IN_USE, OWNED))
    domain.client.find_reindex_task.return_value = None
    with pytest.raises(VerificationError) as caught:
        function(domain.client, replace(JOB, strategy=strategy))
    assert "has search pipeline 'p'" in " ".join([caught.value.reason, *caught.value.problems])
    assert '"index.search.default_pipeline": null' in caught.value.next_step
    assert domain.changes == []


@pytest.mark.parametrize("strategy", Strategy)
@BEFORE_THE_PROOF
def test_a_copy_that_a_pipeline_may_have_changed_is_never_proven(function: Any, strategy: Strategy) -> None:
    copied = replace(OWNED, copy_alias=JOB.task.copy_alias, frozen_seq_no=JOB.source_seq_no)
    domain = MockedDomain(a_v1=PIPED, a_v2=target(IN_USE, copied))
    with pytest.raises(VerificationError):
        function(domain.client, replace(JOB, strategy=strategy))
    assert domain.indices["a_v2"].markers.is_spoiled
    domain.indices["a_v1"] = index("u1")
    with pytest.raises(VerificationError, match="a pipeline that was changed") as caught:
        start_reindex(domain.client, replace(JOB, strategy=strategy), ENVIRONMENT)
    assert ("Roll back" in caught.value.next_step) == (strategy == Strategy.REDIRECT_WRITES)


def test_a_search_pipeline_that_comes_after_the_proof_does_no_harm() -> None:
    domain = proven()
    domain.indices["a_v1"] = PIPED
    delete_index(domain.client, JOB)
    assert "a_v1" not in domain.indices


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        (replace(JOB, task=replace(JOB.task, status=CopyStatus.RUNNING)), "the reindex task is running"),
        (replace(JOB, task=replace(JOB.task, counters=Counters(**{**COUNTERS, "total": 2}))), "accounts for 3"),
        (replace(JOB, task=replace(JOB.task, counters=Counters(**{**COUNTERS, "created": 2}))), "accounts for 2"),
        (replace(JOB, source_count=4), "expected 4, as when it was frozen"),
    ],
)
def test_nothing_is_given_up_on_a_task_that_does_not_account_for_every_document(job: Job, problem: str) -> None:
    domain = copied()
    with pytest.raises(VerificationError) as caught:
        remove_alias(domain.client, job)
    assert problem in " ".join(caught.value.problems)
    assert domain.changes == []


def test_nothing_is_given_up_when_the_target_has_too_few_documents() -> None:
    domain = copied()
    domain.client.count.side_effect = lambda name, **_: {"a_v1": 3, "a_v2": 2}[name]
    with pytest.raises(VerificationError) as caught:
        remove_alias(domain.client, JOB)
    assert "the target index has 2 documents" in caught.value.problems[0]
    assert domain.changes == []


@GIVES_UP
def test_nothing_is_given_up_when_the_source_could_be_written_to(function: Any, make_domain: Any) -> None:
    domain = make_domain()
    domain.indices["a_v1"] = replace(domain.indices["a_v1"], settings={"number_of_shards": "1"})
    with pytest.raises(VerificationError) as caught:
        function(domain.client, JOB)
    assert "no longer write-blocked" in caught.value.problems[0]
    assert domain.changes == []


@GIVES_UP
def test_nothing_is_given_up_when_the_source_was_written_to(function: Any, make_domain: Any) -> None:
    domain = make_domain()
    domain.client.last_seq_no.return_value = JOB.source_seq_no + 1
    with pytest.raises(VerificationError) as caught:
        function(domain.client, JOB)
    assert "written to after it had been frozen" in caught.value.problems[0]
    assert domain.changes == []


@GIVES_UP
def test_nothing_is_given_up_when_another_state_of_the_source_was_copied(function: Any, make_domain: Any) -> None:
    domain = make_domain()
    markers = replace(domain.indices["a_v2"].markers, frozen_seq_no=JOB.source_seq_no - 1)
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], markers=markers)
    with pytest.raises(VerificationError) as caught:
        function(domain.client, JOB)
    assert "written to after it had been frozen" in caught.value.problems[0]
    assert domain.changes == []


@GIVES_UP
@pytest.mark.parametrize("aliases", [None, ["a_current"]])
def test_nothing_is_given_up_when_the_target_is_not_in_its_alias(
    function: Any, make_domain: Any, aliases: list[str] | None
) -> None:
    domain = make_domain()
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], aliases={"other": {"is_write_index": True}})
    with pytest.raises(VerificationError) as caught:
        function(domain.client, replace(JOB, aliases=aliases))
    assert "the target index is not in alias 'a_current'; to put it back, send POST" in caught.value.problems[0]
    assert domain.changes == []


@GIVES_UP
def test_nothing_is_given_up_when_the_source_is_the_write_index_again(function: Any, make_domain: Any) -> None:
    domain = make_domain()
    domain.indices["a_v1"] = replace(domain.indices["a_v1"], aliases=IN_USE)
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], aliases={"a_current": {"is_write_index": False}})
    with pytest.raises(VerificationError) as caught:
        function(domain.client, JOB)
    assert "the source index is the write index of alias 'a_current' again" in caught.value.problems[0]
    assert domain.changes == []


def test_an_alias_that_was_rolled_over_during_the_run_is_no_problem() -> None:
    domain = copied()
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], aliases={"a_current": {"is_write_index": False}})
    domain.indices["a_v3"] = index("u3", IN_USE)
    assert remove_alias(domain.client, JOB).aliases == ["a_current"]


@pytest.mark.parametrize("function", [remove_alias, delete_index])
def test_block_writes_needs_the_alias_on_the_target_after_the_move(function: Any) -> None:
    domain = proven()
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], aliases={})
    with pytest.raises(VerificationError) as caught:
        function(domain.client, replace(JOB, strategy=Strategy.BLOCK_WRITES))
    assert "the target index is not in alias 'a_current'" in caught.value.problems[0]
    assert domain.changes == []


def test_a_target_in_worse_health_than_the_source_is_waited_for() -> None:
    domain = proven()
    domain.client.health.return_value = "yellow"
    with pytest.raises(DomainBusyError, match="the target index is yellow; expected green"):
        delete_index(domain.client, JOB)
    domain.client.health.assert_called_once_with("a_v2", wait_for_status="green")
    assert domain.changes == []


def test_a_target_that_is_gone_is_not_waited_for_until_it_is_healthy() -> None:
    domain = proven()
    del domain.indices["a_v2"]
    domain.client.health.return_value = "red"
    with pytest.raises(VerificationError, match="'a_v2' was deleted during the run"):
        delete_index(domain.client, JOB)


def test_nothing_that_happens_while_the_target_becomes_healthy_escapes_the_proof() -> None:
    domain = proven()

    def write_to_source(*_: object, **__: object) -> str:
        domain.client.last_seq_no.return_value = JOB.source_seq_no + 1
        return "green"

    domain.client.health.side_effect = write_to_source
    with pytest.raises(VerificationError) as caught:
        delete_index(domain.client, JOB)
    assert "written to after it had been frozen" in caught.value.problems[0]
    assert domain.changes == []


def test_the_counts_are_taken_after_a_refresh_of_the_target() -> None:
    domain = copied()
    remove_alias(domain.client, JOB)
    calls = [(name, *arguments) for name, arguments, _ in domain.client.mock_calls]
    assert calls.index(("refresh", "a_v2")) < calls.index(("count", "a_v2"))


@pytest.mark.parametrize(("settings", "primaries"), [({}, False), ({"replication": {"type": "SEGMENT"}}, True)])
def test_replicas_that_may_be_behind_are_not_counted(settings: dict[str, Any], primaries: bool) -> None:
    domain = copied()
    for name, info in domain.indices.items():
        domain.indices[name] = replace(info, settings={**info.settings, **settings})
    remove_alias(domain.client, JOB)
    assert domain.client.count.call_args_list == [call(name, primaries=primaries) for name in ("a_v1", "a_v2")]


def test_readers_get_a_target_whose_replicas_are_not_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "REPLICA_PAUSE_SECONDS", 0)
    domain = copied()
    domain.indices["a_v2"] = replace(domain.indices["a_v2"], aliases={}, settings={"replication": {"type": "SEGMENT"}})
    domain.client.replicas_behind.return_value = 1
    with pytest.raises(DomainBusyError, match="'a_v2' still lag behind their primary"):
        remove_alias(domain.client, replace(JOB, strategy=Strategy.BLOCK_WRITES))
    assert domain.changes == []


@pytest.mark.parametrize(("behind", "searches"), [([0], 1), ([2, 1, 0], 3)])
def test_replicas_that_are_behind_are_waited_for(
    behind: list[int], searches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "REPLICA_PAUSE_SECONDS", 0)
    domain = copied()
    domain.client.replicas_behind.side_effect = behind
    guards.await_replicas(domain.client, "a_v1", index("u1", settings={"replication": {"type": "SEGMENT"}}))
    assert domain.client.replicas_behind.call_count == searches


def test_replicas_that_stay_behind_keep_the_domain_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "REPLICA_PAUSE_SECONDS", 0)
    domain = copied()
    domain.client.replicas_behind.return_value = 1
    with pytest.raises(DomainBusyError, match="behind their primary"):
        guards.await_replicas(domain.client, "a_v1", index("u1", settings={"replication": {"type": "SEGMENT"}}))


@pytest.mark.parametrize(
    ("shards", "counters", "count", "is_routed", "problems"),
    [
        ("3", {}, 3, True, 0),  # nothing met
        ("3", {"created": 2, "version_conflicts": 1}, 3, True, 0),  # the copy was started again
        ("3", {"created": 2, "version_conflicts": 1}, 2, True, 2),  # two documents met
        ("3", {"created": 2, "version_conflicts": 1}, 4, True, 1),
        ("3", {"created": 2, "version_conflicts": 1}, 4, False, 0),
        ("4", {"created": 2, "version_conflicts": 1}, 4, True, 0),
        ("3", {"created": 1, "version_conflicts": 1, "noops": 1}, 2, True, 0),
        ("3", {"created": 1, "version_conflicts": 1, "noops": 1}, 1, True, 2),
    ],
)
def test_with_blocked_writes_the_count_shows_whether_routed_documents_met(
    shards: str, counters: dict[str, int], count: int, is_routed: bool, problems: int
) -> None:
    domain = copied()
    for name, number in (("a_v1", "2"), ("a_v2", shards)):
        settings = {**domain.indices[name].settings, "number_of_shards": number}
        domain.indices[name] = replace(domain.indices[name], settings=settings, aliases={})
    domain.client.has_routed_documents.return_value = is_routed
    domain.client.count.side_effect = lambda name, **_: count if name == "a_v2" else 3
    task = replace(JOB.task, counters=replace(Counters(total=3, created=3), **counters))
    job = replace(JOB, strategy=Strategy.BLOCK_WRITES, task=task)
    if not problems:
        remove_alias(domain.client, job)
        return
    with pytest.raises(VerificationError) as caught:
        remove_alias(domain.client, job)
    assert len(caught.value.problems) == problems
    assert "met in one shard" in caught.value.problems[-1]
    assert "Keep number_of_shards, or double it" in str(caught.value.next_step)
    assert domain.changes == []


@pytest.mark.parametrize(("routed", "problem"), [("a_v1", "index 'a_v1' has"), ("a_v2", "index 'a_v2' has")])
def test_no_source_is_given_up_when_routed_documents_came_and_shards_merge(routed: str, problem: str) -> None:
    domain = copied()
    for name, shards in (("a_v1", "2"), ("a_v2", "3")):
        settings = {**domain.indices[name].settings, "number_of_shards": shards}
        domain.indices[name] = replace(domain.indices[name], settings=settings)
    domain.client.has_routed_documents.side_effect = lambda name, **_: name == routed
    with pytest.raises(VerificationError, match=problem):
        remove_alias(domain.client, JOB)
    assert domain.changes == []
