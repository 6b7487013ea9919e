"""Run make targets side by side, and print their outputs and a table of times.

`python -m support.run_suites [--jobs 3] TARGET...` starts the targets in this order. After a failure it starts no more
of them. The output of a target that failed comes last.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.paths import ROOT, unused_run_dir

_POLL_SECONDS = 0.2
_REPORT_SECONDS = 60
_END_SECONDS = 30
_LINE_CHARACTERS = 70


@dataclass
class Part:
    """A make target that runs or has run.

    Attributes:
        target: its name.
        log: file with its output.
        process: the running make.
        started: seconds of the monotonic clock.
        seconds: its duration so far.
        status: exit status; None while it runs.
    """

    target: str
    log: Path
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0
    status: int | None = None

    @classmethod
    def start(cls, target: str, folder: Path) -> "Part":
        """Start a target.

        Args:
            target: its name.
            folder: where its output is kept.
        """
        path = folder / target
        with path.open("wb") as log:
            command = [os.environ.get("MAKE", "make"), "--no-print-directory", target]
            environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # make alone would not pass a signal on to what it started
            )
        return cls(target, path, process)

    def poll(self) -> bool:
        """Update duration and status, and say whether the target has ended."""
        self.seconds = time.monotonic() - self.started
        self.status = self.process.poll()
        return self.status is not None

    @property
    def output(self) -> str:
        """What the target has printed so far."""
        return self.log.read_text("utf-8", errors="replace")

    @property
    def last_line(self) -> str:
        """The last line that the target has printed so far."""
        lines = self.output.split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[-_LINE_CHARACTERS:]


def run(targets: Sequence[str], jobs: int, folder: Path) -> list[Part]:
    """Run the targets, print what happens, and return the targets that were started.

    Args:
        targets: in the order in which they start.
        jobs: how many run at a time.
        folder: where their output is kept.
    """
    waiting, running, ended = list(targets), list[Part](), list[Part]()
    next_report = time.monotonic() + _REPORT_SECONDS
    try:
        while running or (waiting and not any(part.status for part in ended)):
            while waiting and len(running) < jobs and not any(part.status for part in ended):
                running.append(Part.start(waiting.pop(0), folder))
                print(f"==> {running[-1].target}: started", flush=True)
            time.sleep(_POLL_SECONDS)
            for part in [part for part in running if part.poll()]:
                running.remove(part)
                ended.append(part)
                _print_end(part)
            if time.monotonic() > next_report:
                next_report = time.monotonic() + _REPORT_SECONDS
                for part in running:
                    print(f"... {part.target}: {part.seconds:.0f} s, {part.last_line}", flush=True)
    finally:
        _interrupt(running)
    return ended


def _interrupt(parts: Sequence[Part]) -> None:
    """End targets as Ctrl-C does, with everything that they started."""
    for part in parts:
        os.killpg(part.process.pid, signal.SIGINT)
    for part in parts:
        try:
            part.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(part.process.pid, signal.SIGKILL)


def _print_end(part: Part) -> None:
    if part.status:
        print(f"==> {part.target}: FAILED after {part.seconds:.0f} s, its output comes last", flush=True)
        return
    print(f"\n==> {part.target}: passed after {part.seconds:.0f} s\n{part.output}", flush=True)


def table(targets: Sequence[str], parts: Sequence[Part], seconds: float) -> str:
    """Return one line for each target, and one for all of them.

    Args:
        targets: every target, in the order of the lines.
        parts: targets that have ended.
        seconds: duration of the whole run.
    """
    width = max(map(len, targets))
    ended = {part.target: part for part in parts}
    lines = [
        f"{target:<{width}}  {_line(ended[target]) if target in ended else 'not run, because another suite failed'}"
        for target in targets
    ]
    return "\n".join([*lines, f"{'all':<{width}}  {_minutes(seconds)}"])


def _line(part: Part) -> str:
    return f"{_minutes(part.seconds)}  {'FAILED' if part.status else 'passed'}"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:3} m {rest:2} s"


def main() -> int:
    """Run the targets of the command line, and return the exit status."""
    parser = argparse.ArgumentParser(prog="run_suites", description=__doc__)
    parser.add_argument("--jobs", type=int, default=3, help="how many targets run at a time")
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    options = parser.parse_args()
    started = time.monotonic()
    folder = unused_run_dir("suites")
    folder.mkdir(parents=True)
    try:
        parts = run(options.targets, options.jobs, folder)
        failed = [part for part in parts if part.status]
        for part in failed:
            print(f"\n==> {part.target}: FAILED\n{part.output}")
        print(f"\n{table(options.targets, parts, time.monotonic() - started)}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # SIGTERM ends the run like Ctrl-C. What a shell starts in the background ignores SIGINT, and what that starts too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
