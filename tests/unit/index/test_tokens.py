"""Alias actions with tokens do what the same actions with `must_exist` do."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.alias_actions import Action
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.markers import (
    KEPT,
    OWNER_ALIAS_PREFIX,
    RELEASED,
    new_copy_alias,
    new_discard_alias,
    owner_alias,
)
from opensearch_reindex.index.tokens import (
    TOKEN_PREFIX,
    first_tokens,
    how_to_release,
    indices_to_sweep,
    token_of,
    tokens_alias,
    with_tokens,
)

SOURCE, TARGET = "a_v1", "a_v2"
Indices = dict[str, set[str]]


class Domain:
    """Indices and their aliases, changed as a cluster manager changes them."""

    def __init__(self, *, has_must_exist: bool) -> None:
        self.has_must_exist = has_must_exist
        self.indices: Indices = {SOURCE: set()}

    def put_target(self, markers: Sequence[str]) -> bool:
        """Create the target index; False if it exists."""
        if not self.has_must_exist:
            self._put_tokens(first_tokens(TARGET, markers))
        if TARGET in self.indices:
            return False
        self.indices[TARGET] = set(markers)
        return True

    def apply(self, actions: Sequence[Action]) -> bool:
        """Apply all actions, or none; False if one of them cannot be applied."""
        if not self.has_must_exist:
            tokens = {
                index: [name for name, aliases in self.indices.items() if tokens_alias(index) in aliases]
                for index in indices_to_sweep(actions)
            }
            request = with_tokens(actions, tokens)
            self._put_tokens(request.created)
            actions = request.actions
            assert "must_exist" not in json.dumps(actions)
        changed = {name: set(aliases) for name, aliases in self.indices.items()}
        try:
            for action in sorted(actions, key=lambda each: "remove_index" not in each):
                _change(changed, action)
        except KeyError:
            return False
        self.indices = changed
        return True

    def _put_tokens(self, tokens: dict[str, tuple[str, str]]) -> None:
        for token, (index, _) in tokens.items():
            self.indices.setdefault(token, {tokens_alias(index)})

    @property
    def of_user(self) -> Indices:
        """The indices without tokens."""
        return {name: aliases for name, aliases in self.indices.items() if not name.startswith(TOKEN_PREFIX)}

    @property
    def tokens(self) -> set[str]:
        """The tokens."""
        return self.indices.keys() - self.of_user.keys()


def _change(indices: Indices, action: Action) -> None:
    ((kind, of),) = action.items()
    if kind == "remove_index":
        del indices[of["index"]]
    elif kind == "add":
        indices[of["index"]].add(of["alias"])
    elif of.get("must_exist"):
        indices[of["index"]].remove(of["alias"])
    else:
        indices[of["index"]].discard(of["alias"])


owners = st.sampled_from(["arn:1", "arn:2", RELEASED, KEPT])
copies = st.sampled_from([new_copy_alias("1"), new_copy_alias("2"), new_copy_alias("3")])
permits = st.sampled_from([new_discard_alias("1"), new_discard_alias("2")])


def _discard(owner: str, old: str, new: str, permit: str) -> list[Action]:
    return [
        *alias_actions.change_owner(TARGET, owner, owner),
        *alias_actions.replace_marker(TARGET, old, new),
        alias_actions.add_marker(SOURCE, permit),
    ]


requests = st.one_of(
    st.builds(lambda old, new: alias_actions.change_owner(TARGET, old, new), owners, owners),
    st.builds(
        lambda owner, old, new: [
            *alias_actions.change_owner(TARGET, owner, owner),
            *alias_actions.replace_marker(TARGET, old, new),
        ],
        owners,
        copies,
        copies,
    ),
    st.builds(_discard, owners, copies, copies, permits),
    st.builds(
        lambda permit: [alias_actions.remove(SOURCE, permit), alias_actions.remove_index(TARGET)],
        permits,
    ),
    st.builds(
        lambda owner: [alias_actions.remove(TARGET, owner_alias(owner)), alias_actions.remove_index(SOURCE)],
        owners,
    ),
)
creations = st.builds(lambda owner, copy: [owner_alias(owner), copy], owners, copies)


@given(st.lists(st.one_of(requests, creations), max_size=12))
def test_tokens_decide_as_must_exist_does(steps: list[list[Any]]) -> None:
    new, old = Domain(has_must_exist=True), Domain(has_must_exist=False)
    for step in steps:
        creates = bool(step) and isinstance(step[0], str)
        expected = new.put_target(step) if creates else new.apply(step)
        used = old.put_target(step) if creates else old.apply(step)
        # The client deletes the tokens of a request that was refused, unless their markers are in force.
        in_force = {token_of(index, marker) for index, markers in old.of_user.items() for marker in markers}
        old.indices = {name: of for name, of in old.indices.items() if name not in old.tokens or name in in_force}
        assert used == expected
        assert old.of_user == new.of_user
        if any(marker.startswith(OWNER_ALIAS_PREFIX) for marker in old.of_user.get(TARGET, ())):
            assert {name for name in in_force if name not in old.tokens} == _without_token(old)


def _without_token(domain: Domain) -> set[str]:
    """Return the tokens of markers that no request demands."""
    return {
        token_of(index, marker)
        for index, markers in domain.of_user.items()
        for marker in markers
        if not first_tokens(index, [marker])
    }


def test_an_owner_that_ends_its_work_leaves_no_token() -> None:
    domain = Domain(has_must_exist=False)
    copy = new_copy_alias("1")
    domain.put_target([owner_alias("arn:1"), copy])
    domain._put_tokens(first_tokens(TARGET, [owner_alias("arn:2")]))  # of an attempt that was refused
    assert len(domain.tokens) == 3
    end = [alias_actions.remove(TARGET, owner_alias("arn:1")), alias_actions.remove_index(SOURCE)]
    assert domain.apply(end)
    assert not domain.tokens


def test_a_person_can_release_a_target_index_of_every_engine() -> None:
    for engine in (Engine(True, 2, 19), Engine(False, 7, 10)):
        text = how_to_release(TARGET, "arn:1", engine)
        domain = Domain(has_must_exist=engine.has_must_exist)
        domain.put_target([owner_alias("arn:1"), new_copy_alias("1")])
        # By hand, and as the text says.
        for token in re.findall(r"PUT /(\S+) ", text):
            domain.indices[token] = {tokens_alias(TARGET)}
        body = re.search(r"POST /_aliases (.*) and upload", text)
        assert body is not None
        domain.has_must_exist = True
        assert domain.apply(json.loads(body[1])["actions"])
        domain.has_must_exist = engine.has_must_exist
        assert domain.apply(alias_actions.change_owner(TARGET, RELEASED, "arn:2"))


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 120])
def test_names_of_tokens_are_valid_for_every_index(name: str) -> None:
    token = token_of(name, owner_alias("arn:1"))
    assert len(token) < 100
    assert token == token.lower()
    assert token != token_of(name, owner_alias("arn:2"))
    assert tokens_alias(name) != tokens_alias(name[1:])
