"""Print the outcomes of the suite `engines`, and publish docs/versions.md.

`python -m matrix` prints what ran last. `--publish` also keeps it in docs/versions.json and writes the page. `--page`
writes the page from what is kept. `--check` writes nothing and fails if the page is outdated.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from engines.conftest import OUTCOMES
from support.engines import ENGINES
from support.paths import ROOT
from support.terraform_docs import between_marks

BEGIN, END = "<!-- versions:begin -->", "<!-- versions:end -->"
_PAGE, _KEPT = ROOT / "docs" / "versions.md", ROOT / "docs" / "versions.json"
_WORST = ("failed", "skipped", "passed")
_STRATEGIES = ("redirect_writes", "block_writes", "both")

Outcomes = list[dict[str, str]]


def main() -> int:
    """Print, publish or check the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("--publish", action="store_true", help="write docs/versions.json and docs/versions.md")
    parser.add_argument("--page", action="store_true", help="write docs/versions.md from docs/versions.json")
    parser.add_argument("--check", action="store_true", help="compare docs/versions.md with docs/versions.json")
    options = parser.parse_args()
    if options.page:
        _PAGE.write_text(_page(_kept()), "utf-8")
        return 0
    if options.check:
        is_current = _PAGE.read_text("utf-8") == _page(_kept())
        if not is_current:
            print("docs/versions.md is outdated: `make docs`", file=sys.stderr)
        return 0 if is_current else 1
    outcomes = [json.loads(path.read_text("utf-8")) for path in sorted(OUTCOMES.glob("*.json"))]
    print("\n".join(table(outcomes)))
    if options.publish:
        if {each["engine"] for each in outcomes} != set(ENGINES):
            print("some engines did not run: `make test-engines ENGINE_VERSIONS=all`", file=sys.stderr)
            return 1
        _KEPT.write_text(json.dumps(outcomes, indent=1) + "\n", "utf-8")
        _PAGE.write_text(_page(outcomes), "utf-8")
    return 0


def table(outcomes: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the lines of the table: a row for each scenario and strategy.

    Args:
        outcomes: with `engine`, `scenario`, `strategy` and `outcome`.
    """
    cells: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in outcomes:
        cells[each["scenario"].rstrip("."), each["strategy"]][each["engine"]].append(each["outcome"])
    engines = [name for name in ENGINES if any(name in row for row in cells.values())]
    rows = sorted(cells, key=lambda row: (row[0], _STRATEGIES.index(row[1])))
    heads = ["Scenario", "Strategy", *map(_engine, engines)]
    return [
        _line(heads),
        _line(["---"] * len(heads)),
        *(_line([row[0], row[1], *(_shown(cells[row][engine]) for engine in engines)]) for row in rows),
    ]


def _shown(outcomes: list[str]) -> str:
    if not outcomes:
        return "not run"
    return f"{min(outcomes, key=_WORST.index)} ({len(outcomes)})"


def _engine(version: str) -> str:
    return f"{'Elasticsearch' if version.startswith('7.') else 'OpenSearch'} {version}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _kept() -> Any:
    return json.loads(_KEPT.read_text("utf-8"))


def _page(outcomes: Any) -> str:
    return between_marks(_PAGE.read_text("utf-8"), "\n".join(table(outcomes)), BEGIN, END)


if __name__ == "__main__":
    sys.exit(main())
