"""The page of the benchmark shows all figures and marks each missed goal."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench import page
from bench.figures import Goal, Part, Table, figure
from bench.model import Costs, Growth, most_indices, predict


def kept(part: Part) -> dict[str, Any]:
    moment = {"date": "2026-01-01 00:00 UTC", "commit": "0123456789", "is_dirty": False}
    return {**part.to_json(), **moment, "runs": 3, "machine": {"processor": "some"}}


COSTS = Costs(Growth(2, 1), Growth(0.5, 0.5), 1)
RESULTS = {
    "fixed_cost": kept(
        Part(
            [figure("time", "s", [1, 2, 4], Goal("at most", 1.5)), figure("requests", "", 18, Goal("at most", 20))],
            ["a note"],
            [Table("Requests", ["Step", "Number"], [["`a|b`", "1"]])],
        )
    ),
    "copy": kept(
        Part(
            [],
            data={
                "orders": {
                    "documents": 100_000,
                    "documents_per_second": 20_000,
                    "bytes_of_document": 500,
                    "samples": {"`redirect_writes`": [{"seconds": 10, "transitions": 11}]},
                }
            },
        )
    ),
    "many_indices": kept(
        Part(
            [],
            data={
                "costs": asdict(COSTS),
                "runs": [
                    {"indices": number, "seconds": seconds, "lambda_seconds": seconds / 2}
                    for number, seconds in ((1000, 1003), (300, 275), (10, 12))
                ],
            },
        )
    ),
}


def test_page_shows_median_spread_goal_and_verdict_of_a_figure() -> None:
    lines = page.page(RESULTS).splitlines()
    assert "| time | 2 | 1 to 4 | s | at most 1.5 | **MISSED** |" in lines
    assert "| requests | 18 |  |  | at most 20 | met |" in lines
    assert "- a note" in lines
    assert r"| `a\|b` | 1 |" in lines


def test_page_of_costs_shows_predictions_with_the_measured_speed() -> None:
    table = page.cost_table(RESULTS)
    assert "| 10 | 1,000 | 12 s | 83 | 6 | 0.002 | yes |" in table
    most = most_indices(1_000_000, 20, page.measured_costs(RESULTS))
    assert 10 < most < 1000
    (line,) = (line for line in table.splitlines() if line.startswith("| 1,000 | 1,000,000 |"))
    assert line.endswith(f"| split at {most} |")


def test_readme_shows_three_rows_of_the_page_of_costs() -> None:
    rows = [line for line in page.readme_table(RESULTS).splitlines() if line.startswith("| 1")]
    assert [row.split(" | ")[:2] for row in rows] == [["| 10", "1,000"], ["| 100", "100,000"], ["| 1,000", "1,000,000"]]
    assert set(rows) < set(page.cost_table(RESULTS).splitlines())


def test_page_shows_the_relative_error_of_the_model() -> None:
    ours = predict(300, 0, page.measured_costs(RESULTS))
    assert (ours.seconds, ours.lambda_seconds) == pytest.approx((302, 150.5), abs=1)
    said = "for 300 of ten documents each, which it does not know, its duration is off by +10%"
    assert f"{said} and its Lambda seconds by +9%" in page.cost_table(RESULTS)
    ours = predict(1, 100_000, page.measured_costs(RESULTS))
    row = f"| 100,000 | {ours.seconds:.1f} s | 10.0 s | {ours.seconds / 10 - 1:+.1%} | {ours.transitions} | 11 |"
    assert row in page.page(RESULTS).splitlines()


def test_readme_and_page_of_costs_say_that_there_are_no_measurements() -> None:
    assert page.readme_table({}) == page.cost_table({}) == "Not measured yet: `make bench`."


def test_check_finds_a_page_that_differs_from_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    for path in (tmp_path / "README.md", tmp_path / "docs" / page.COST_NAME):
        path.write_text(f"# Title\n\n{page.BEGIN}\n{page.END}\n\nEnd\n")
    (tmp_path / "docs" / page.JSON_NAME).write_text(json.dumps(RESULTS))
    monkeypatch.setattr(page, "ROOT", tmp_path)
    assert page.main(check=True) == 1
    assert page.main(check=False) == 0
    assert page.main(check=True) == 0
    for path in (tmp_path / "README.md", *(tmp_path / "docs" / name for name in (page.PAGE_NAME, page.COST_NAME))):
        text = path.read_text()
        changed = text.replace("| 1", "| 2")
        assert changed != text
        path.write_text(changed)
        assert page.main(check=True) == 1, path
        path.write_text(text)
