"""Token indices: what replaces `must_exist` on engines without it.

Elasticsearch 7.10 and OpenSearch before 2.12 cannot make a change depend on an alias. They can make it depend on an
index: a request that adds an alias to a missing index, or removes a missing index, changes nothing at all. The cluster
manager decides that when it applies the request. So every marker that a request may depend on has a token, an empty
hidden index. A request that demands the marker adds an alias to the token, or removes the token with the marker.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index.alias_actions import Action, add_marker, change_owner, remove_if_present, remove_index
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.markers import COPY_ALIAS_PREFIX, DISCARD_ALIAS_PREFIX, OWNER_ALIAS_PREFIX, RELEASED

TOKEN_PREFIX = "opensearch-reindex-token-"  # noqa: S105 - not a secret
# With a capital letter, which no index name may have.
TOKENS_ALIAS_PREFIX = "opensearch-reindex-Tokens~"
_DEMANDED = (OWNER_ALIAS_PREFIX, COPY_ALIAS_PREFIX, DISCARD_ALIAS_PREFIX)
_HASH_CHARACTERS = 40

# An index, and one of its markers.
Place = tuple[str, str]


@dataclass(frozen=True)
class TokenRequest:
    """A request of alias actions for an engine without `must_exist`.

    Attributes:
        created: markers whose tokens have to be created before, by token.
        demanded: markers that have to exist, by token.
        actions: of the `_aliases` request.
    """

    created: dict[str, Place]
    demanded: dict[str, Place]
    actions: list[Action]


def token_of(index: str, marker: str) -> str:
    """Return the name of the token of a marker of an index."""
    return TOKEN_PREFIX + _hash(f"{index}/{marker}")


def tokens_alias(index: str) -> str:
    """Return the alias of all tokens of an index."""
    return TOKENS_ALIAS_PREFIX + _hash(index)


def token_body(index: str, replicas: int = 0) -> dict[str, Any]:
    """Return the body of the request that creates a token of an index."""
    return {
        "settings": {"index": {"number_of_shards": 1, "number_of_replicas": replicas, "hidden": True}},
        "aliases": {tokens_alias(index): {"is_hidden": True}},
    }


def first_tokens(index: str, markers: Iterable[str]) -> dict[str, Place]:
    """Return the tokens that an index needs before it is created, with their markers."""
    return {token_of(index, marker): (index, marker) for marker in markers if _is_demanded(marker)}


def indices_to_sweep(actions: Sequence[Action]) -> set[str]:
    """Return the indices that need no token once they are deleted or without owner.

    The tokens that are still there belong to attempts that failed.
    """
    deleted = {action["remove_index"]["index"] for action in actions if "remove_index" in action}
    removed, added = _places(actions, "remove"), _places(actions, "add")
    given_up, taken = (
        {index for index, marker in places if marker.startswith(OWNER_ALIAS_PREFIX)} for places in (removed, added)
    )
    return deleted | (given_up - taken)


def with_tokens(actions: Sequence[Action], tokens: Mapping[str, Collection[str]]) -> TokenRequest:
    """Return alias actions with tokens in place of `must_exist`.

    Args:
        actions: as for an engine with `must_exist`.
        tokens: all tokens of each index in `indices_to_sweep(actions)`.
    """
    added = {place for place in _places(actions, "add") if _is_demanded(place[1])}
    demanded = {place for place in _places(actions, "remove", must_exist=True) if _is_demanded(place[1])}
    # What is removed and added again stays: the request only demands it.
    fences, removed = demanded & added, demanded - added
    gone = {token_of(*place): place for place in removed}
    swept = {token for names in tokens.values() for token in names} - {token_of(*place) for place in added} - {*gone}
    translated = [
        *(remove_index(token) for token in (*gone, *sorted(swept))),
        *(add_marker(token_of(*place), tokens_alias(place[0])) for place in sorted(fences)),
        *(each for action in actions if (each := _without_must_exist(action, fences))),
    ]
    return TokenRequest(
        created={token_of(*place): place for place in sorted(added - demanded)},
        demanded={token_of(*place): place for place in sorted(demanded)},
        actions=translated,
    )


def how_to_release(target_index: str, owner: str, engine: Engine) -> str:
    """Explain how a person releases a target index whose owner cannot be asked."""
    actions, requests = change_owner(target_index, owner, RELEASED), []
    if not engine.has_must_exist:
        request = with_tokens(actions, {})
        actions = request.actions
        requests = [f"PUT /{token} {json.dumps(token_body(index))}" for token, (index, _) in request.created.items()]
    requests.append(f"POST /_aliases {json.dumps({'actions': actions})}")
    return f"Make sure that execution {owner} has ended. Then send {', then '.join(requests)} and upload the file again"


def _without_must_exist(action: Action, fences: Collection[Place]) -> Action | None:
    if "remove" not in action:
        return action
    index, alias = action["remove"]["index"], action["remove"]["alias"]
    return None if (index, alias) in fences else remove_if_present(index, alias)


def _places(actions: Iterable[Action], kind: str, *, must_exist: bool = False) -> set[Place]:
    found = [action[kind] for action in actions if kind in action]
    return {(each["index"], each["alias"]) for each in found if not must_exist or each.get("must_exist")}


def _is_demanded(marker: str) -> bool:
    return marker.startswith(_DEMANDED)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARACTERS]
