"""The benchmark as a whole, with sizes that take a minute or two and tell nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT

DEADLINE_SECONDS = 900


@pytest.mark.slow
def test_every_part_of_the_benchmark_measures_and_is_on_the_page(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "--runs", "1", "--output", str(tmp_path)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / part) for part in ("lambda_src", "tests", "tests/tools")]),
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    results = json.loads((tmp_path / "benchmarks.json").read_text("utf-8"))
    page = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert list(results) == ["cold_start", "commands", "fixed_cost", "copy", "many_indices"]
    for part in results.values():
        assert part["figures"]
        for figure in part["figures"]:
            assert f"| {figure['name']} |" in page
            assert min(figure["values"]) >= 0
    wrong = [each for each in results["many_indices"]["figures"] if each["name"].startswith("model: state transitions")]
    assert [figure["values"] for figure in wrong] == [[0, 0, 0]]
    assert "/_reindex" in json.dumps(results["fixed_cost"]["tables"])
    assert (ROOT / "README.md").read_text("utf-8") == readme
