"""The demo, once until success and once with a killed node."""

import os
import re
import subprocess
import sys

from support.paths import ROOT

DEADLINE_SECONDS = 600


def run_demo(*options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT / "tests" / "tools")])}
    environment.pop("OPENSEARCH_URL", None)  # the demo cannot kill a node that it did not start
    return subprocess.run(
        [sys.executable, "-m", "demo", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_demo_rebuilds_three_indices_and_verifies_every_document() -> None:
    result = run_demo()
    assert result.returncode == 0, result.stdout + result.stderr
    last = result.stdout.splitlines()[-1]
    match = re.fullmatch(r"demo: 3 indices reindexed, (\d+) documents verified, 0 lost", last)
    assert match, result.stdout
    assert int(match[1]) > 77_000


def test_demo_with_a_killed_node_fails_with_a_readable_error_and_loses_nothing() -> None:
    result = run_demo("--kill-node")
    assert result.returncode == 1, result.stdout + result.stderr
    for line in (r"source_index +cities_v1", r"target_index +cities_v2", r"reason +\S.*", r"what to do +\S.*"):
        assert re.search(rf"^ *{line}$", result.stdout, re.MULTILINE), result.stdout
    last = result.stdout.splitlines()[-1]
    assert re.fullmatch(r"demo: the execution failed; \d+ documents verified, 0 lost", last), result.stdout
