"""A target index takes over the role of its source in every alias."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensearch_reindex.index.alias_actions import Action, how_to_rejoin, move_aliases, switch_writes
from opensearch_reindex.index.names import ends_rollover

Members = dict[str, dict[str, dict[str, Any]]]
FULL = {"filter": {"term": {"a": 1}}, "index_routing": "1", "search_routing": "1,2", "is_hidden": True}
WRITES, READS = {"is_write_index": True}, {"is_write_index": False}
NAMED = "named"


def applied(aliases: Members, actions: list[Action]) -> Members:
    """Return all aliases after the actions of one request.

    Args:
        aliases: entries by alias and index.
        actions: of the request.
    """
    after = {alias: dict(members) for alias, members in aliases.items()}
    for action in actions:
        ((kind, what),) = action.items()
        entry = {key: value for key, value in what.items() if key not in ("index", "alias", "must_exist")}
        if kind == "add":
            after.setdefault(what["alias"], {})[what["index"]] = entry
        else:
            del after[what["alias"]][what["index"]]
    return {alias: members for alias, members in after.items() if members}


def write_index(members: dict[str, dict[str, Any]]) -> str | None:
    """Return the index that takes the writes of an alias, as OpenSearch chooses it."""
    explicit = [index for index, entry in members.items() if entry.get("is_write_index")]
    assert len(explicit) < 2, "OpenSearch refuses two write indices"
    alone = [index for index, entry in members.items() if len(members) == 1 and "is_write_index" not in entry]
    return next(iter([*explicit, *alone]), None)


def of(index: str, aliases: Members) -> dict[str, dict[str, Any]]:
    return {alias: members[index] for alias, members in aliases.items() if index in members}


def shared(aliases: Members) -> set[str]:
    return {alias for alias, members in aliases.items() if members.keys() - {"s", "t"}}


def switched(aliases: Members, alias_name: str | None) -> Members:
    actions = switch_writes("s", "t", of("s", aliases), of("t", aliases), alias_name, shared(aliases))
    return applied(aliases, actions)


def moved(aliases: Members, alias_name: str | None) -> Members:
    actions = move_aliases("s", "t", of("s", aliases), of("t", aliases), alias_name, shared(aliases))
    return applied(aliases, actions)


ENTRIES = st.builds(
    lambda rest, writes: {**rest, **writes}, st.sampled_from([{}, FULL]), st.sampled_from([{}, READS, WRITES])
)


@st.composite
def any_aliases(draw: st.DrawFn) -> Members:
    """Aliases of up to three indices, at most one of which is the write index."""
    aliases: Members = {}
    for alias in draw(st.sets(st.sampled_from(["a", "b", NAMED]))):
        members = {index: draw(ENTRIES) for index in draw(st.sets(st.sampled_from(["s", "x", "y"]), min_size=1))}
        if sum(bool(entry.get("is_write_index")) for entry in members.values()) < 2:
            aliases[alias] = members
    return aliases


@given(
    before=any_aliases(),
    alias_name=st.sampled_from([NAMED, None]),
    switches=st.integers(0, 2),
    moves=st.integers(1, 2),
)
def test_every_alias_ends_as_it_was_with_the_target_for_the_source(
    before: Members, alias_name: str | None, switches: int, moves: int
) -> None:
    seen = [before]
    for _ in range(switches):
        seen.append(switched(seen[-1], alias_name))
    for _ in range(moves):
        seen.append(moved(seen[-1], alias_name))
    after = {
        alias: {"t" if index == "s" else index: entry for index, entry in members.items()}
        for alias, members in before.items()
    }
    if alias_name and "t" not in after.get(alias_name, {}):
        after.setdefault(alias_name, {})["t"] = {} if alias_name in before else WRITES
        if alias_name in before and write_index(before[alias_name]):
            return  # GetTriggerFile refuses it
    assert seen[-1] == after
    for alias, members in before.items():
        for aliases in seen:
            assert (write_index(aliases[alias]) is None) == (write_index(members) is None), "writers are refused"
            if switches and write_index(members) == "s" and aliases is not before:
                assert write_index(aliases[alias]) == "t"


def test_only_aliases_that_write_to_the_source_are_switched() -> None:
    aliases = {"explicit": {**FULL, **WRITES}, "alone": FULL, "reader": READS, "of many": {}}
    assert switch_writes("s", "t", aliases, {}, "explicit", {"of many"}) == [
        {"add": {"index": "t", "alias": "explicit", **FULL, "is_write_index": True}},
        {"add": {"index": "s", "alias": "explicit", **FULL, "is_write_index": False}},
        {"add": {"index": "t", "alias": "alone", **FULL, "is_write_index": True}},
    ]


@pytest.mark.parametrize("entry", [{}, WRITES])
def test_an_alias_that_was_switched_is_left_alone(entry: dict[str, Any]) -> None:
    once = switched({"a": {"s": entry}}, None)
    assert switch_writes("s", "t", of("s", once), of("t", once), None, set()) == []


def test_an_alias_that_lost_its_newest_index_takes_writes_again() -> None:
    rolled = switched({"a": {"s": {}}}, None)
    rolled["a"]["t"] = READS  # by a rollover, whose index was deleted since
    assert moved(rolled, None) == {"a": {"t": {}}}


def test_an_alias_that_does_not_exist_is_made_by_the_same_call() -> None:
    made = [
        {"add": {"index": "t", "alias": NAMED, "is_write_index": True}},
        {"add": {"index": "s", "alias": NAMED, "is_write_index": False}},
    ]
    assert switch_writes("s", "t", {}, {}, NAMED, set()) == made
    # After the source has left it, a second run must not bring the source back.
    assert switch_writes("s", "t", {}, {NAMED: {}}, NAMED, set()) == []
    assert move_aliases("s", "t", {}, {}, NAMED, set()) == made[:1]


@pytest.mark.parametrize("entry", [{}, WRITES])
def test_an_alias_that_was_rolled_over_during_the_run_is_not_switched_back(entry: dict[str, Any]) -> None:
    rolled = switched({"a": {"s": entry}}, None)
    rolled["a"] |= {"t": READS, "new": WRITES}
    assert switched(rolled, None) == rolled
    assert moved(rolled, None) == {"a": {"t": READS, "new": WRITES}}


def test_the_target_stays_the_write_index_when_another_index_has_joined() -> None:
    joined = switched({"a": {"s": {}}}, None)
    joined["a"]["new"] = {}
    assert moved(joined, None) == {"a": {"t": WRITES, "new": {}}}


def test_a_person_can_put_the_target_back_with_one_request() -> None:
    body = '{"actions": [{"add": {"index": "t", "alias": "a", "is_write_index": true}}]}'
    assert how_to_rejoin("t", "a", WRITES) == f"POST /_aliases {body}"


@pytest.mark.parametrize(
    ("source", "target", "ends"),
    [("a-000001", "a_v2", True), ("a-1", "a-000002", False), ("a_v1", "a_v2", False), ("a_v1", "a-1", False)],
)
def test_rollover_needs_a_number_at_the_end_of_a_name(source: str, target: str, *, ends: bool) -> None:
    assert ends_rollover(source, target) == ends
