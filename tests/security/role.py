"""The role of docs/permissions.md, read from the page, so that it is written once."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from support.paths import ROOT

_PAGE = (ROOT / "docs" / "permissions.md").read_text("utf-8")
_TOKENS = re.compile(r"add the pattern `([^`]+)`")
_ROW = re.compile(r"^\| `(?P<name>[a-z]+:[^`]+)` \| (?P<level>cluster|index) \| (?P<without>[^|]+) \|", re.MULTILINE)
_STEP = re.compile(r"`(\w+)` (?:refuses|fails)")

Role = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """A row of the page's table of actions.

    Attributes:
        name: of the action.
        level: `cluster` or `index`: the list of the role to which it belongs.
        step: the step that ends a run without the action; None where the run succeeds.
    """

    name: str
    level: str
    step: str | None


def documented_role(*, with_tokens: bool) -> Role:
    """Return the body of the page's request.

    Args:
        with_tokens: whether to add the pattern for engines without `must_exist`.
    """
    (block,) = (text for text in re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL) if "cluster_permissions" in text)
    role: Role = json.loads(block)
    if with_tokens:
        role["index_permissions"][0]["index_patterns"].append(token_pattern())
    return role


def token_pattern() -> str:
    """Return the pattern that engines without `must_exist` need."""
    (pattern,) = _TOKENS.findall(_PAGE)
    return str(pattern)


def documented_actions() -> list[Action]:
    """Return the actions that a run uses, by the page."""
    return [
        Action(row["name"], row["level"], step[1] if (step := _STEP.search(row["without"])) else None)
        for row in _ROW.finditer(_PAGE)
    ]


def role_of(actions: Iterable[Action], patterns: Iterable[str]) -> Role:
    """Return a role with these actions alone.

    Args:
        actions: what it may do.
        patterns: names of indices and aliases.
    """
    named: dict[str, list[str]] = {"cluster": [], "index": []}
    for action in actions:
        named[action.level].append(action.name)
    index = {"index_patterns": list(patterns), "allowed_actions": named["index"]}
    return {"cluster_permissions": named["cluster"], "index_permissions": [index]}
