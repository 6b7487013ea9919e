"""Nothing is granted without a reason: each action in iam_*.tf is needed by a run or asked for by AWS."""

import re
from collections import defaultdict

import pytest

from support.paths import ROOT
from support.permissions import DOCUMENTED, ENFORCED

SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "modules/opensearch-reindex").glob("iam_*.tf")))
STATEMENT = re.compile(r'Sid\s*=\s*"(\w+)"\s*Effect\s*=\s*"(\w+)"\s*Action\s*=\s*(local\.\w+|\[[^]]*\])')


def granted() -> dict[str, set[str]]:
    """Every action that a statement of a role's policy allows, by the statement's Sid."""
    found: dict[str, set[str]] = defaultdict(set)
    for sid, effect, actions in STATEMENT.findall(SOURCE):
        if actions.startswith("local."):
            name = actions.removeprefix("local.")
            (actions,) = re.findall(rf"^ *{name}\s*=\s*(\[[^]]*\])", SOURCE, re.MULTILINE)
        if effect == "Allow":
            found[sid] |= set(re.findall(r'"([^"]+)"', actions))
    return dict(found)


def test_every_statement_of_the_sources_is_read() -> None:
    assert len(STATEMENT.findall(SOURCE)) == len(re.findall(r"\bSid\s*=", SOURCE))


def test_every_action_is_enforced_by_a_run_or_asked_for_by_aws() -> None:
    reasons: dict[str, set[str]] = {sid: set(actions) for sid, actions in DOCUMENTED.items()}
    assert not reasons.keys() & ENFORCED.keys()
    assert granted() == reasons | ENFORCED


@pytest.mark.parametrize("sid", sorted(DOCUMENTED))
def test_the_documentation_is_aws_own(sid: str) -> None:
    for url in DOCUMENTED[sid].values():
        assert re.fullmatch(r"https://docs\.aws\.amazon\.com/[\w./-]+\.html", url)
