"""Every step on a domain in states that a healthy node rarely has."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import Markers, owner_alias, proven_alias, source_alias
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
    TransientOpenSearchError,
    VerificationError,
)
from support.mocked_domain import EVENT, EXISTS, IN_USE, JOB, PROVEN, MockedDomain, copied, index, proven, target
from support.rebuild import no_execution_runs

OTHER = Markers(owner="arn:other", copy_alias="copy~1")
THREE_SHARDS = {"settings": {"number_of_shards": 3}}


def test_a_source_that_is_gone_is_refused() -> None:
    with pytest.raises(IndexCreationError, match="'a_v1' does not exist"):
        create_index(MockedDomain().client, EVENT, no_execution_runs)


def test_a_red_source_is_refused() -> None:
    domain = MockedDomain(a_v1=index("u1"))
    domain.client.health.return_value = "red"
    with pytest.raises(IndexCreationError, match="is red"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == []


def test_a_source_with_a_search_pipeline_is_refused_before_a_target_is_created() -> None:
    settings = {"number_of_shards": "1", "search": {"default_pipeline": "p"}}
    domain = MockedDomain(a_v1=index("u1", settings=settings))
    with pytest.raises(IndexCreationError, match="has search pipeline 'p'"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == []


@pytest.mark.parametrize(("settings", "primaries"), [({}, False), ({"replication": {"type": "SEGMENT"}}, True)])
def test_custom_routing_is_looked_for_on_primary_shards_where_replicas_may_be_behind(
    settings: dict[str, Any], primaries: bool
) -> None:
    domain = MockedDomain(a_v1=index("u1", settings={"number_of_shards": "2", **settings}))
    domain.client.has_routed_documents.return_value = True
    with pytest.raises(IndexCreationError, match="documents with custom routing"):
        create_index(domain.client, {**EVENT, "index": {**EVENT["index"], **THREE_SHARDS}}, no_execution_runs)
    domain.client.has_routed_documents.assert_called_once_with("a_v1", primaries=primaries)
    calls = [name for name, *_ in domain.client.mock_calls]
    assert calls.index("refresh") < calls.index("has_routed_documents")
    assert domain.changes == []


def test_custom_routing_is_left_to_the_proof_where_no_writer_uses_the_target() -> None:
    domain = MockedDomain(a_v1=index("u1", settings={"number_of_shards": "2"}), a_v2=target())
    domain.client.has_routed_documents.return_value = True
    blocked = {**EVENT["trigger_file"], "strategy": "block_writes"}
    event = {**EVENT, "trigger_file": blocked, "index": {**EVENT["index"], **THREE_SHARDS}}
    with pytest.raises(IndexCreationError, match="holds documents"):
        create_index(domain.client, event, no_execution_runs)
    assert not domain.client.has_routed_documents.called


@pytest.mark.parametrize(("kind", "asks_model"), [("semantic", True), ("text", False)])
def test_a_semantic_field_of_the_target_is_known_to_ask_a_model(kind: str, *, asks_model: bool) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE))
    mappings = {"properties": {"a": {"properties": {"f": {"type": kind}}}}}
    domain.indices["a_v1"] = replace(domain.indices["a_v1"], mappings=mappings)
    assert create_index(domain.client, EVENT, no_execution_runs).asks_model is asks_model


def test_an_index_that_is_in_use_is_used_as_it_is() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE))
    assert create_index(domain.client, EVENT, no_execution_runs).target_uuid == "u2"
    assert domain.changes == []


def test_an_index_that_this_execution_has_just_created_is_not_replaced() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=replace(target(), settings={}))
    assert create_index(domain.client, EVENT, no_execution_runs).target_uuid == "u2"
    assert domain.changes == []


@pytest.mark.parametrize(
    "differences",
    [{"markers": OTHER}, {"markers": replace(OTHER, frozen_seq_no=JOB.source_seq_no)}, {"changes": "others"}],
)
def test_an_index_that_is_not_in_use_yet_is_replaced(differences: dict[str, Any]) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(**differences))
    domain.client.count.return_value = 0
    create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes[-4:] == ["block_writes", "apply_alias_actions", "apply_alias_actions", "put_index"]


def test_an_index_that_another_execution_makes_in_between_is_its_own() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(changes="others"))
    domain.client.count.return_value = 0

    def create_elsewhere(*_: Any) -> None:
        domain.indices["a_v2"] = target(markers=OTHER)
        raise EXISTS

    domain.client.put_index.side_effect = create_elsewhere
    with pytest.raises(ConcurrentReindexError, match=f"'a_v2' was created by execution {OTHER.owner}"):
        create_index(domain.client, EVENT, no_execution_runs)


def test_an_index_that_goes_again_in_between_is_a_passing_fault() -> None:
    domain = MockedDomain(a_v1=index("u1"))
    domain.client.put_index.side_effect = EXISTS
    with pytest.raises(TransientOpenSearchError, match="target index 'a_v2' was deleted during the step"):
        create_index(domain.client, EVENT, no_execution_runs)


@pytest.mark.parametrize("settings", [{}, {"replication": {"type": "SEGMENT"}}])
def test_an_index_that_is_not_in_use_and_holds_documents_is_refused(settings: dict[str, Any]) -> None:
    unused = replace(target(markers=OTHER), settings=settings)
    domain = MockedDomain(a_v1=index("u1"), a_v2=unused)
    # Its replicas may be empty still.
    domain.client.count.side_effect = lambda _, primaries: int(primaries == unused.replicas_may_be_behind)
    with pytest.raises(IndexCreationError, match="holds documents, but is the write index of no"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert "a_v2" in domain.indices
    assert "put_index" not in domain.changes


@pytest.mark.parametrize(
    ("existing", "problem"),
    [
        (index("u2"), "was not created from this source index"),
        (target(source_uuid="u9"), "was not created from this source index"),
        (target(IN_USE, changes="others"), "was created with other settings or another strategy"),
        (target(markers=Markers()), "has lost its owner alias"),
    ],
)
def test_an_index_that_is_not_the_half_done_target_of_this_file_is_refused(existing: IndexInfo, problem: str) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=existing)
    with pytest.raises(IndexCreationError, match=problem):
        create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == []


def test_an_index_that_a_running_execution_owns_names_the_owner() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(markers=OTHER))
    with pytest.raises(ConcurrentReindexError, match="arn:other"):
        create_index(domain.client, EVENT, lambda execution_id: execution_id == "arn:other")
    assert domain.changes == []


def test_an_index_of_an_execution_that_is_over_is_taken_over_in_one_call() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, Markers(owner="arn:other")))
    create_index(domain.client, EVENT, no_execution_runs)
    other = {"index": "a_v2", "alias": "opensearch-reindex-owner~arn~other", "must_exist": True}
    mine = {"index": "a_v2", "alias": "opensearch-reindex-owner~arn~e", "is_hidden": True}
    domain.client.apply_alias_actions.assert_called_once_with([{"remove": other}, {"add": mine}])


@pytest.mark.parametrize(
    ("error_type", "reason", "raised"),
    [
        ("aliases_not_found_exception", f"aliases [{owner_alias('arn:other')}] missing", ConcurrentReindexError),
        ("aliases_not_found_exception", "aliases [another] missing", TransientOpenSearchError),
        ("index_not_found_exception", "no such index [a_v2]", ConcurrentReindexError),
        ("security_exception", "no", OpenSearchRequestError),
    ],
)
def test_a_take_over_that_another_execution_won_is_given_up(
    error_type: str, reason: str, raised: type[Exception]
) -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(markers=OTHER))
    domain.client.apply_alias_actions.side_effect = OpenSearchRequestError(404, error_type, reason)
    with pytest.raises(raised):
        create_index(domain.client, EVENT, no_execution_runs)


def test_an_owner_of_another_deployment_is_never_taken_over() -> None:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, Markers(owner="arn:elsewhere:1")))
    with pytest.raises(ConcurrentReindexError, match="execution arn:elsewhere:1 of another deployment") as caught:
        create_index(domain.client, EVENT, no_execution_runs)
    assert '"alias": "opensearch-reindex-owner~released"' in caught.value.next_step
    assert domain.changes == []


def test_an_owner_that_cannot_be_asked_is_not_taken_over() -> None:
    def denied(_: str) -> bool:
        raise ConcurrentReindexError("status of execution arn:other is unknown: AccessDenied")

    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, OTHER))
    with pytest.raises(ConcurrentReindexError, match="AccessDenied") as caught:
        create_index(domain.client, EVENT, denied)
    assert "Make sure that execution arn:other has ended. Then send POST /_aliases {" in caught.value.next_step
    assert domain.changes == []


def test_a_proven_target_is_continued_whatever_the_file_changes_now() -> None:
    proof = replace(PROVEN, owner="arn:other")
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, proof, changes="others"))
    assert create_index(domain.client, EVENT, no_execution_runs).target_uuid == "u2"
    assert domain.changes == ["apply_alias_actions"]


def test_a_source_that_is_an_unfinished_target_is_refused() -> None:
    domain = MockedDomain(a_v1=index("u1", markers=OTHER))
    with pytest.raises(ConcurrentReindexError, match="the unfinished target index of execution arn:other"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == []


@pytest.mark.parametrize("error_type", ["x", "illegal_state_exception"])
def test_another_refusal_is_passed_on(error_type: str) -> None:
    domain = MockedDomain(a_v1=index("u1"))
    domain.client.put_index.side_effect = OpenSearchRequestError(400, error_type, "no")
    with pytest.raises(OpenSearchRequestError):
        create_index(domain.client, EVENT, no_execution_runs)


@pytest.mark.parametrize("aliases", [{}, {"live": {}}])
@pytest.mark.parametrize(("documents", "deleted"), [(0, True), (1, False)])
def test_an_index_that_a_template_changed_goes_again_unless_it_holds_documents(
    aliases: dict[str, Any], documents: int, *, deleted: bool
) -> None:
    domain = MockedDomain(a_v1=index("u1"))

    def create_with_template(name: str, body: dict[str, Any]) -> None:
        domain.put_index(name, body)
        mappings = {**body["mappings"], "properties": {"surprise": {"type": "long"}}}
        domain.indices[name] = replace(domain.indices[name], aliases=aliases, mappings=mappings)

    domain.client.put_index.side_effect = create_with_template
    domain.client.count.return_value = documents
    with pytest.raises(IndexCreationError, match="field surprise"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert domain.changes == [
        "put_index",
        "apply_alias_actions",
        "block_writes",
        *(["apply_alias_actions"] * 2 if deleted else []),
    ]


def test_fields_that_writers_added_before_a_second_attempt_are_no_template_s() -> None:
    ours = {**target().mappings, "properties": {"written": {"type": "long"}}}
    domain = MockedDomain(a_v1=index("u1"), a_v2=replace(target(IN_USE), mappings=ours))
    assert create_index(domain.client, EVENT, no_execution_runs).target_uuid == "u2"


@pytest.mark.parametrize("aliases", [{}, {"a_current": {}}, {"a_current": {"is_write_index": True}}])
def test_the_source_is_not_frozen_before_writes_go_elsewhere(aliases: dict[str, Any]) -> None:
    domain = MockedDomain(a_v1=index("u1", aliases), a_v2=target())
    update_aliases(domain.client, JOB)
    assert domain.changes == ["apply_alias_actions", "block_writes"]
    domain = MockedDomain(a_v1=index("u1", aliases), a_v2=target())
    domain.client.apply_alias_actions.side_effect = TransientOpenSearchError("not every node")
    with pytest.raises(TransientOpenSearchError):
        update_aliases(domain.client, JOB)
    assert domain.changes == ["apply_alias_actions"]


def test_block_refresh_and_count_come_in_this_order() -> None:
    domain = copied()
    domain.indices["a_v2"] = target(IN_USE)
    frozen = update_aliases(domain.client, JOB)
    assert (frozen.source_count, frozen.source_seq_no) == (JOB.source_count, JOB.source_seq_no)
    calls = [call[0] for call in domain.client.mock_calls[-5:-1]]
    assert calls == ["block_writes", "refresh", "count", "primary_shards"]


@pytest.mark.parametrize(("asked", "size"), [({}, 5000), ({"batch_size": 7}, 7)])
def test_the_batch_size_is_that_of_the_file_or_one_that_fits_the_documents(asked: dict[str, int], size: int) -> None:
    frozen = update_aliases(copied().client, replace(JOB, reindex={"slices": "auto", **asked}))
    assert frozen.reindex == {"slices": "auto", "batch_size": size}


def test_a_proven_source_is_deleted_by_its_owner_in_one_call() -> None:
    domain = proven()
    delete_index(domain.client, JOB)
    owner = {"index": "a_v2", "alias": owner_alias("arn:e"), "must_exist": True}
    domain.client.apply_alias_actions.assert_called_once_with(
        [
            {"remove": owner},
            {"remove": {"index": "a_v2", "alias": source_alias("u1")}},
            {"remove": {"index": "a_v2", "alias": proven_alias(JOB.source_seq_no)}},
            {"remove_index": {"index": "a_v1"}},
        ]
    )


def test_a_source_that_an_alias_points_at_is_not_deleted() -> None:
    domain = proven()
    domain.indices["a_v1"] = index("u1", {"reader": {}})
    with pytest.raises(VerificationError, match="the source index is still in aliases"):
        delete_index(domain.client, JOB)
    assert domain.changes == []


def test_a_source_that_is_to_be_kept_is_not_deleted() -> None:
    domain = proven()
    keeping = replace(JOB, keep_source=True)
    delete_index(domain.client, keeping)
    assert "a_v1" in domain.indices
    assert domain.indices["a_v2"].markers == Markers(is_kept=True, is_proven=True, frozen_seq_no=JOB.source_seq_no)
    delete_index(domain.client, keeping)
    assert domain.changes == ["put_settings", "apply_alias_actions"]


def test_a_second_run_finds_the_work_done() -> None:
    domain = proven()
    delete_index(domain.client, JOB)
    assert delete_index(domain.client, JOB) == JOB
    assert domain.changes == ["put_settings", "apply_alias_actions"]


def test_a_run_of_the_step_that_another_one_overtakes_finds_the_work_done() -> None:
    domain = proven()
    overtaken = domain.client.last_seq_no

    def overtake(*_: object) -> int:
        overtaken.side_effect = None
        delete_index(domain.client, JOB)
        return JOB.source_seq_no

    overtaken.side_effect = overtake

    def change(actions: list[dict[str, Any]]) -> None:
        if domain.indices["a_v2"].markers.owner is None:
            raise OpenSearchRequestError(404, "aliases_not_found_exception", "gone")
        domain.update_markers(actions)

    domain.client.apply_alias_actions.side_effect = change
    assert delete_index(domain.client, JOB) == JOB
    assert domain.changes == ["put_settings", "apply_alias_actions"] * 2


def test_a_source_that_vanished_is_not_taken_for_done() -> None:
    domain = proven()
    del domain.indices["a_v1"]
    with pytest.raises(VerificationError, match="'a_v1' was deleted during the run"):
        delete_index(domain.client, JOB)


def test_a_replaced_target_does_not_count_as_completed() -> None:
    with pytest.raises(VerificationError, match="'a_v1' was deleted during the run"):
        delete_index(MockedDomain(a_v2=index("u9")).client, JOB)


def test_a_refused_deletion_is_passed_on() -> None:
    domain = proven()
    domain.client.apply_alias_actions.side_effect = OpenSearchRequestError(403, "security_exception", "no")
    with pytest.raises(OpenSearchRequestError):
        delete_index(domain.client, JOB)


def test_a_source_whose_copy_was_never_proven_is_not_deleted() -> None:
    domain = copied()
    with pytest.raises(VerificationError, match="never proven"):
        delete_index(domain.client, JOB)
    assert domain.changes == []


FLOODED = {"number_of_shards": "1", "blocks": {"write": "true", "read_only_allow_delete": "true"}}


@pytest.mark.parametrize("keep_source", [False, True])
@pytest.mark.parametrize("step", [update_aliases, remove_alias, delete_index])
def test_the_block_of_a_full_disk_is_lifted_where_only_the_deletion_is_missing(
    step: Callable[[Any, Job], Job], *, keep_source: bool
) -> None:
    domain = proven()
    domain.indices = {name: replace(info, settings=FLOODED) for name, info in domain.indices.items()}
    step(domain.client, replace(JOB, keep_source=keep_source))
    changed = [call.args for call in domain.client.put_settings.call_args_list]
    lifted = [each for each in changed if each != ("a_v1", {"hidden": True})]
    block: dict[str, Any] = {"blocks.read_only_allow_delete": None}
    assert lifted == ([] if keep_source else [("a_v1", block), ("a_v2", block)])


def test_the_block_of_a_full_disk_stays_before_the_proof() -> None:
    domain = copied()
    domain.indices = {name: replace(info, settings=FLOODED) for name, info in domain.indices.items()}
    update_aliases(domain.client, JOB)
    assert domain.client.put_settings.call_args_list == []
