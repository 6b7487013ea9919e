"""What becomes of a target index that an earlier attempt left."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import Markers
from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.rebuild.adoption import Adoption, adopt_or_replace
from support.mocked_domain import COPIED, IN_USE, JOB, MADE_FROM, OWNED, target

SEQ_NO = JOB.source_seq_no
CHANGES = str(MADE_FROM["changes"])
FOREIGN = replace(COPIED, owner="arn:dead")


def decide(found: IndexInfo, changes: str = CHANGES, *, is_red: bool = False, strategy: str | None = None) -> Adoption:
    return adopt_or_replace(
        found,
        requested=Provenance(
            strategy=strategy or found.provenance.strategy, changes=changes, lasting_changes="lasting"
        ),
        execution_id=JOB.execution_id,
        source_seq_no=lambda: SEQ_NO,
        is_red=lambda: is_red,
    )


def left(aliases: dict[str, Any], markers: Markers, strategy: str) -> IndexInfo:
    return target(aliases, markers, strategy=strategy)


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
@pytest.mark.parametrize("markers", [OWNED, COPIED, FOREIGN])
def test_a_target_in_use_is_adopted_or_refused_by_its_changes(markers: Markers, strategy: str) -> None:
    found = left(IN_USE, markers, strategy)
    assert decide(found) == Adoption.ADOPT
    assert decide(found, "others") == Adoption.REFUSE  # a version before this one noted no lasting changes
    noted = {"strategy": strategy, "lasting_changes": "settings"}
    assert decide(target(IN_USE, markers, **noted), "others") == Adoption.REFUSE
    assert decide(target(IN_USE, markers, **{**noted, "lasting_changes": "lasting"}), "others") == Adoption.CORRECT


@pytest.mark.parametrize("aliases", [{}, {"a_current": {}}, {"other": {}}])
@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_target_that_this_execution_created_is_adopted_before_a_copy(aliases: dict[str, Any], strategy: str) -> None:
    assert decide(left(aliases, OWNED, strategy)) == Adoption.ADOPT
    assert decide(left(aliases, OWNED, strategy), "others") != Adoption.ADOPT
    assert decide(left(aliases, replace(OWNED, owner="arn:dead"), strategy)) != Adoption.ADOPT


@pytest.mark.parametrize(
    ("strategy", "frozen_seq_no", "changes", "adoption"),
    [
        ("block_writes", SEQ_NO, CHANGES, Adoption.ADOPT),
        ("block_writes", SEQ_NO - 1, CHANGES, Adoption.REPLACE),
        ("block_writes", SEQ_NO, "others", Adoption.REPLACE),
        ("redirect_writes", SEQ_NO, CHANGES, Adoption.REPLACE_IF_EMPTY),
    ],
)
@pytest.mark.parametrize("owner", [JOB.execution_id, "arn:dead"])
def test_a_half_copied_target_is_adopted_while_its_source_is_unchanged(
    owner: str, strategy: str, frozen_seq_no: int, changes: str, adoption: Adoption
) -> None:
    markers = replace(COPIED, owner=owner, frozen_seq_no=frozen_seq_no)
    assert decide(left({}, markers, strategy), changes) == adoption


def test_a_target_of_a_source_whose_role_has_changed_is_made_again() -> None:
    found = left({}, OWNED, "block_writes")  # it has the settings of an index that is filled first
    assert decide(found, strategy="redirect_writes") == Adoption.REPLACE
    assert decide(found, strategy="block_writes") == Adoption.ADOPT


def test_a_target_that_a_person_put_into_an_alias_is_deleted_only_when_it_is_empty() -> None:
    found = left({"live": {}}, replace(COPIED, frozen_seq_no=SEQ_NO - 1), "block_writes")
    assert decide(found) == Adoption.REPLACE_IF_EMPTY


def test_the_source_is_asked_only_where_the_decision_needs_it() -> None:
    for found in (target(IN_USE, COPIED), left({}, OWNED, "block_writes"), left({}, COPIED, "redirect_writes")):
        adopt_or_replace(
            found,
            requested=Provenance(changes=CHANGES),
            execution_id=JOB.execution_id,
            source_seq_no=lambda: pytest.fail("the source index was asked"),
            is_red=lambda: False,
        )


@pytest.mark.parametrize(
    ("strategy", "markers", "aliases", "adoption"),
    [
        ("block_writes", COPIED, {}, Adoption.REPLACE),
        ("block_writes", COPIED, {"live": {}}, Adoption.ADOPT),  # an application may use it
        ("redirect_writes", FOREIGN, {}, Adoption.REPLACE_IF_EMPTY),  # writers may have used it
        ("redirect_writes", replace(OWNED, owner="arn:dead"), {}, Adoption.REPLACE),
        ("redirect_writes", replace(OWNED, owner="arn:dead"), {"live": {}}, Adoption.REPLACE_IF_EMPTY),
        ("redirect_writes", COPIED, IN_USE, Adoption.ADOPT),
    ],
)
def test_a_target_that_lost_a_shard_is_made_again_unless_writers_may_use_it(
    strategy: str, markers: Markers, aliases: dict[str, Any], adoption: Adoption
) -> None:
    assert decide(left(aliases, markers, strategy), is_red=True) == adoption


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_target_that_an_attempt_was_about_to_delete_is_deleted_if_it_is_empty(strategy: str) -> None:
    blocked = replace(OWNED, blocked_uuid="u2")
    assert decide(left({}, blocked, strategy)) == Adoption.REPLACE_IF_EMPTY
    assert decide(left(IN_USE, blocked, strategy)) == Adoption.ADOPT
    assert decide(left({}, replace(OWNED, blocked_uuid="of-a-snapshot"), strategy)) == Adoption.ADOPT


@pytest.mark.parametrize("owner", [JOB.execution_id, "arn:dead"])
def test_a_target_of_a_trial_is_replaced(owner: str) -> None:
    trial = replace(OWNED, owner=owner, trial_alias="trial~1")
    assert decide(left({}, trial, "redirect_writes")) == Adoption.REPLACE
    assert decide(left(IN_USE, trial, "redirect_writes")) == Adoption.ADOPT
