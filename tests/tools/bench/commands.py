"""Measure the duration of the commands that a person waits for."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import BenchmarkError, Part, figure
from bench.sizes import Sizes
from bench.stack import running_stack, say
from stack.packaging import make_package
from support.paths import ROOT

_DEMO_SECONDS = 900


def measure(sizes: Sizes) -> Part:
    """Time each command after a first run, which fills the caches.

    Raises:
        BenchmarkError: a command failed, or `terraform plan` found a change.
    """
    figures = []
    if sizes.demo:
        figures.append(figure("`make demo`", "s", _timed("make demo", _demo, sizes.runs)))
    with running_stack() as stack:

        def plan() -> None:
            if not stack.deployment.root.plan_is_empty():
                raise BenchmarkError("terraform plan after apply finds changes; expected none")

        figures.append(figure("`terraform plan` with no change", "s", _timed("terraform plan", plan, sizes.runs)))
        versions = stack.versions
    figures.append(figure("`make package`", "s", _timed("make package", _package, sizes.runs)))
    notes = [
        "All tools are installed, and each command ran once before the first measured run.",
        "`terraform plan` runs in examples/basic.",
    ]
    return Part(figures, notes, versions=versions)


def _timed(name: str, command: Callable[[], None], runs: int) -> list[float]:
    seconds = []
    for number in range(runs + 1):
        say(f"commands: {name}, {f'run {number}' if number else 'warm-up'}")
        started = time.monotonic()
        command()
        seconds.append(time.monotonic() - started)
    return seconds[1:]


def _demo() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "OPENSEARCH_URL")}
    result = subprocess.run(
        ["make", "--no-print-directory", "demo", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_DEMO_SECONDS,
        check=False,
    )
    if result.returncode:
        raise BenchmarkError(f"make demo failed:\n{result.stdout}{result.stderr}")


def _package() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_package(Path(folder) / "package.zip")
