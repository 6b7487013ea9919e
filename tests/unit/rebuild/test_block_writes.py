"""Strategy `block_writes` on a mocked domain: the changes, and their order."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import RELEASED, Markers, owner_alias, source_alias
from opensearch_reindex.index.provenance import changes_of
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.release_source import release_abandoned, release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    OpenSearchRequestError,
    TransientOpenSearchError,
    VerificationError,
)
from support.mocked_domain import COPIED, JOB, MADE_FROM, OWNED, PROVEN, MockedDomain, index, target
from support.rebuild import ENVIRONMENT, event, no_execution_runs

BLOCKING = replace(JOB, strategy=Strategy.BLOCK_WRITES, settings_after_copy={"refresh_interval": None})
EVENT = {**event("a_v1", JOB.opensearch_endpoint, strategy=Strategy.BLOCK_WRITES), "execution_id": JOB.execution_id}
MADE = {**MADE_FROM, "strategy": "block_writes", "changes": changes_of(EVENT["trigger_file"], EVENT["index"])}


def unused(markers: Markers = OWNED, **made_from: Any) -> IndexInfo:
    """The target index before the aliases move."""
    return target({}, markers, **{**MADE, **made_from})


def release(domain: MockedDomain) -> None:
    release_source(domain.client, JOB.execution_id, JOB.source_index, no_execution_runs, JOB.source_uuid)


def half_copied(markers: Markers = COPIED, **made_from: Any) -> MockedDomain:
    """A domain on which a copy was begun.

    Args:
        markers: of the target index.
        made_from: what it notes about its origin.
    """
    made_from = {"task_id": "n:1", **made_from}
    return MockedDomain(a_v1=index("u1"), a_v2=unused(markers, **made_from))


def test_the_aliases_stay_while_the_source_is_frozen() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=unused())
    frozen = update_aliases(domain.client, BLOCKING)
    assert (frozen.source_count, frozen.source_seq_no) == (JOB.source_count, JOB.source_seq_no)
    assert domain.changes == ["block_writes"]


def test_a_source_that_was_written_to_asks_for_another_upload_alone() -> None:
    domain = half_copied(replace(COPIED, frozen_seq_no=JOB.source_seq_no - 1))
    with pytest.raises(VerificationError) as caught:
        start_reindex(domain.client, BLOCKING, ENVIRONMENT)
    assert "Upload the file again" in caught.value.next_step


def test_the_aliases_move_in_one_call_with_the_proof() -> None:
    domain = half_copied()
    domain.indices["a_v1"] = index("u1", {"a_current": {}, "reader": {}})
    remove_alias(domain.client, BLOCKING)
    (call,) = domain.client.apply_alias_actions.call_args_list
    owner = owner_alias("arn:e")
    assert call.args[0] == [
        {"remove": {"index": "a_v2", "alias": owner, "must_exist": True}},
        {"add": {"index": "a_v2", "alias": owner, "is_hidden": True}},
        {"add": {"index": "a_v2", "alias": "a_current"}},
        {"add": {"index": "a_v2", "alias": "reader"}},
        {"remove": {"index": "a_v1", "alias": "a_current", "must_exist": True}},
        {"remove": {"index": "a_v1", "alias": "reader", "must_exist": True}},
        {"remove": {"index": "a_v2", "alias": "copy~1", "must_exist": True}},
        {"add": {"index": "a_v2", "alias": "opensearch-reindex-proven~2", "is_hidden": True}},
    ]


def test_the_target_is_created_without_refresh_and_replicas() -> None:
    domain = MockedDomain(a_v1=index("u1", settings={"number_of_replicas": "2"}))
    job = create_index(domain.client, EVENT, no_execution_runs)
    asked = domain.client.put_index.call_args.args[1]["settings"]["index"]
    assert (asked["refresh_interval"], asked["number_of_replicas"]) == ("-1", "0")
    assert job.settings_after_copy == {"refresh_interval": None, "number_of_replicas": "2"}


def test_a_domain_that_refuses_an_index_without_replicas_gets_it_as_it_is_to_be() -> None:
    domain = MockedDomain(a_v1=index("u1", settings={"number_of_replicas": "2"}))

    def refuse(name: str, body: dict[str, Any]) -> None:
        if body["settings"]["index"]["number_of_replicas"] == "0":
            raise OpenSearchRequestError(400, "validation_exception", "multiple of total awareness attributes [3]")
        domain.put_index(name, body)

    domain.client.put_index.side_effect = refuse
    create_index(domain.client, EVENT, no_execution_runs)
    assert domain.indices["a_v2"].settings == {"number_of_replicas": "2", "hidden": "true"}


@pytest.mark.parametrize("markers", [COPIED, replace(COPIED, owner="arn:dead")])
def test_a_half_copied_target_of_an_unchanged_source_is_kept(markers: Markers) -> None:
    domain = half_copied(markers)
    assert create_index(domain.client, EVENT, no_execution_runs).target_uuid == "u2"
    assert domain.indices["a_v2"].markers.owner == JOB.execution_id
    assert "put_index" not in domain.changes


def test_a_released_target_is_taken_over_without_asking_whether_anybody_runs() -> None:
    domain = half_copied(replace(COPIED, owner=RELEASED))
    create_index(domain.client, EVENT, lambda _: pytest.fail("a released target has no owner"))
    assert domain.indices["a_v2"].markers.owner == JOB.execution_id


@pytest.mark.parametrize(("frozen_seq_no", "changes"), [(1, MADE["changes"]), (JOB.source_seq_no, "others")])
def test_an_outdated_target_is_replaced_after_its_copy_was_stopped(frozen_seq_no: int, changes: str) -> None:
    markers = replace(COPIED, owner=RELEASED, frozen_seq_no=frozen_seq_no)
    domain = half_copied(markers, changes=changes)
    domain.client.find_reindex_task.return_value = "n:1"
    create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == [
        "apply_alias_actions",
        "cancel_task",
        "apply_alias_actions",
        "apply_alias_actions",
        "put_index",
    ]


# A write block of the user has no marker.
@pytest.mark.parametrize("was_blocked", [False, True])
@pytest.mark.parametrize("owner", [JOB.execution_id, "arn:dead", RELEASED])
def test_a_failed_run_gives_the_target_up_before_it_lifts_its_block(owner: str, *, was_blocked: bool) -> None:
    domain = half_copied(Markers(owner=owner, copy_alias="copy~1"))
    if was_blocked:
        domain.indices["a_v1"] = index("u1", markers=Markers())
    domain.client.find_reindex_task.return_value = "n:1"
    release(domain)
    given_up = [] if owner == RELEASED else ["apply_alias_actions"]
    lifted = [] if was_blocked else ["allow_writes", "apply_alias_actions"]
    assert domain.changes == [*given_up, "cancel_task", *lifted]
    assert domain.indices["a_v2"].markers.owner == RELEASED
    assert domain.indices["a_v1"].markers.blocked_uuid is None


def test_a_role_that_may_not_cancel_a_copy_still_lifts_the_block() -> None:
    domain = half_copied(COPIED)
    domain.client.find_reindex_task.return_value = "n:1"
    domain.client.cancel_task.side_effect = OpenSearchRequestError(403, "security_exception", "no permissions")
    release(domain)
    assert domain.changes[-2:] == ["allow_writes", "apply_alias_actions"]


@pytest.mark.parametrize(
    "domain",
    [
        MockedDomain(),
        MockedDomain(a_v1=index("u9"), a_v2=unused()),
        half_copied(PROVEN),
        MockedDomain(a_v1=index("u1"), a_v2=target({"other": {"is_write_index": True}}, COPIED, **MADE)),
    ],
)
def test_what_is_done_or_gone_is_not_released(domain: MockedDomain) -> None:
    release(domain)
    assert domain.changes == []


def test_what_another_execution_works_on_is_not_released() -> None:
    domain = half_copied(Markers(owner="arn:other"))
    release_source(domain.client, "arn:e", "a_v1", lambda owner: owner == "arn:other")
    assert domain.changes == []


def test_a_source_without_a_target_is_released() -> None:
    domain = MockedDomain(a_v1=index("u1"))
    release(domain)
    assert domain.changes == ["allow_writes", "apply_alias_actions"]


def test_a_source_is_released_where_the_role_may_not_ask_for_a_missing_alias() -> None:
    domain = MockedDomain(a_v1=index("u1"))
    denied = OpenSearchRequestError(403, "security_exception", "no permissions")

    def get_indices(names: list[str], **_: object) -> dict[str, IndexInfo]:
        if source_alias("u1") in names:
            raise denied
        return domain.indices

    domain.client.get_indices.side_effect = get_indices
    release(domain)
    assert "allow_writes" in domain.changes
    denied = OpenSearchRequestError(400, "x", "no")
    with pytest.raises(OpenSearchRequestError):
        release(domain)


def test_a_block_of_an_earlier_version_is_lifted_by_the_note_of_its_target() -> None:
    domain = half_copied(source_was_blocked=False)
    domain.indices["a_v1"] = index("u1", markers=Markers())
    release(domain)
    assert "allow_writes" in domain.changes


def test_a_block_of_an_earlier_version_gets_its_marker_before_the_target_goes() -> None:
    domain = half_copied(source_was_blocked=False, changes="others")
    domain.indices["a_v1"] = index("u1", markers=Markers())
    create_index(domain.client, EVENT, no_execution_runs)
    assert domain.indices["a_v1"].markers.blocked_uuid == "u1"
    release(domain)
    assert "allow_writes" in domain.changes


@pytest.mark.parametrize("blocked_uuid", ["u1", "of-a-snapshot"])
def test_a_marker_without_its_block_is_removed(blocked_uuid: str) -> None:
    for run in (release, lambda domain: create_index(domain.client, EVENT, no_execution_runs)):
        domain = MockedDomain(a_v1=index("u1", settings={"number_of_shards": "1"}))
        domain.indices["a_v1"] = replace(domain.indices["a_v1"], markers=Markers(blocked_uuid=blocked_uuid))
        run(domain)
        assert domain.indices["a_v1"].markers.blocked_uuid is None
        assert "allow_writes" not in domain.changes


def test_a_target_that_was_taken_over_is_not_released() -> None:
    domain = half_copied()
    missing = f"aliases [{owner_alias('arn:e')}] missing"
    domain.client.apply_alias_actions.side_effect = OpenSearchRequestError(404, "aliases_not_found_exception", missing)
    release(domain)
    assert "allow_writes" not in domain.changes


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_marker_of_the_block_comes_before_the_block_and_not_for_the_users(strategy: Strategy) -> None:
    job = replace(BLOCKING, strategy=strategy)
    free = index("u1", settings={"number_of_shards": "1"}, markers=Markers())
    domain = MockedDomain(a_v1=free, a_v2=unused())
    update_aliases(domain.client, job)
    assert domain.changes == ["apply_alias_actions", "block_writes"]
    assert domain.indices["a_v1"].markers.blocked_uuid == "u1"
    domain = MockedDomain(a_v1=index("u1", markers=Markers()), a_v2=unused())
    update_aliases(domain.client, job)
    assert domain.indices["a_v1"].markers.blocked_uuid is None


def test_abandoned_blocks_are_lifted_and_the_others_are_named() -> None:
    free = index("u3", settings={"number_of_shards": "1"}, markers=Markers())
    domain = MockedDomain(a_v1=index("u1"), b_v1=free)
    names = ["a_v1", "b_v1", "gone"]
    assert release_abandoned(domain.client, "arn:e", names, no_execution_runs) == []
    assert domain.changes == ["allow_writes", "apply_alias_actions"]
    domain = MockedDomain(a_v1=index("u1"), b_v1=free)
    domain.client.allow_writes.side_effect = TransientOpenSearchError("no answer")
    (problem,) = release_abandoned(domain.client, "arn:e", names, no_execution_runs)
    assert "no answer" in problem
    assert 'PUT /a_v1/_settings {"index.blocks.write": null}' in problem
    domain.client.get_indices.side_effect = TransientOpenSearchError("no answer")
    assert release_abandoned(domain.client, "arn:e", names, no_execution_runs) == []


def test_a_block_stays_while_its_owner_cannot_be_asked() -> None:
    def is_running(_: str) -> bool:
        raise ConcurrentReindexError("status is unknown")

    for owner, execution_id in (("arn:other", "arn:e"), ("arn:other:1", "arn:mine:1")):
        domain = half_copied(Markers(owner=owner, copy_alias="copy~1"))
        release_source(domain.client, execution_id, "a_v1", is_running if owner == "arn:other" else no_execution_runs)
        assert domain.changes == []
