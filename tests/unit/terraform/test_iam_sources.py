"""Every action in iam_*.tf is needed by a run or documented by AWS."""

import re
from collections import defaultdict

import pytest

from support.paths import ROOT
from support.permissions import DOCUMENTED, ENFORCED

SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "modules/opensearch-reindex").glob("iam_*.tf")))
STATEMENT = re.compile(r'Sid\s*=\s*"(\w+)"\s*Effect\s*=\s*"(\w+)"\s*Action\s*=\s*(local\.\w+|\[[^]]*\])')


def granted() -> dict[str, set[str]]:
    """Return the actions that the role policies allow, by Sid."""
    found: dict[str, set[str]] = defaultdict(set)
    for sid, effect, actions in STATEMENT.findall(SOURCE):
        if actions.startswith("local."):
            name = actions.removeprefix("local.")
            (actions,) = re.findall(rf"^ *{name}\s*=\s*(\[[^]]*\])", SOURCE, re.MULTILINE)
        if effect == "Allow":
            found[sid] |= set(re.findall(r'"([^"]+)"', actions))
    return dict(found)


def test_every_statement_is_read() -> None:
    assert len(STATEMENT.findall(SOURCE)) == len(re.findall(r"\bSid\s*=", SOURCE))


def test_every_action_is_enforced_by_a_run_or_documented_by_aws() -> None:
    reasons: dict[str, set[str]] = {sid: set(actions) for sid, actions in DOCUMENTED.items()}
    assert not reasons.keys() & ENFORCED.keys()
    assert granted() == reasons | ENFORCED


@pytest.mark.parametrize("sid", sorted(DOCUMENTED))
def test_documentation_is_on_the_site_of_aws(sid: str) -> None:
    for url in DOCUMENTED[sid].values():
        assert re.fullmatch(r"https://docs\.aws\.amazon\.com/[\w./-]+\.html", url)
