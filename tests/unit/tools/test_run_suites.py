import os
import re
from pathlib import Path

import pytest

from support.run_suites import Part, run, table
from support.waiting import wait_until

# Stands for make: prints its target, fails at `bad`, and hands `long` to a process that takes an hour.
MAKE = """#!/bin/sh
echo "output of $2"
[ "$2" != long ] || sh -c 'echo $$ > "$0"; exec sleep 3600' "$(dirname "$0")/pid"
[ "$2" != bad ]
"""


@pytest.fixture(autouse=True)
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "make"
    program.write_text(MAKE)
    program.chmod(0o755)
    monkeypatch.setenv("MAKE", str(program))


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_suite_runs_and_its_output_is_printed_whole(
    jobs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = run(["one", "two", "three"], jobs, tmp_path)
    assert {part.target: part.status for part in parts} == {"one": 0, "two": 0, "three": 0}
    printed = capsys.readouterr().out
    for target in ("one", "two", "three"):
        assert re.search(rf"^==> {target}: passed after \d+ s\noutput of {target}\n", printed, re.MULTILINE)


def test_after_a_failure_no_further_suite_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = run(["bad", "one"], 1, tmp_path)
    assert [(part.target, part.status) for part in parts] == [("bad", 1)]
    assert parts[0].output == "output of bad\n"
    printed = capsys.readouterr().out
    assert "==> bad: FAILED after" in printed
    assert "output of bad" not in printed  # it comes last


def test_an_interruption_ends_everything_that_a_suite_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"

    def interrupt(_: Part) -> bool:
        wait_until(lambda: pid.exists() and pid.read_text())
        raise KeyboardInterrupt

    monkeypatch.setattr(Part, "poll", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(["long"], 1, tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_table_has_the_time_of_each_suite(tmp_path: Path) -> None:
    parts = run(["one", "bad", "two"], 1, tmp_path)
    for part in parts:
        part.seconds = 61.4
    assert table(["one", "bad", "two"], parts, 754).splitlines() == [
        "one    1 m  1 s  passed",
        "bad    1 m  1 s  FAILED",
        "two  not run, because another suite failed",
        "all   12 m 34 s",
    ]
