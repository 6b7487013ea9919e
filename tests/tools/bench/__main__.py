"""Measure speed and cost of the module, and publish them in docs/ and the README.

A figure that misses its goal is marked and is no failure. A failed run or a missing document ends the benchmark.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from opensearchpy import OpenSearchException

from bench import cold_start, commands, copies, fixed_cost, many_indices, page
from bench.figures import Figure, Part
from bench.machine import machine, moment
from bench.sizes import Sizes, tiny
from bench.stack import say
from support.paths import ROOT

# The benchmark runs and prints the parts in this order.
PARTS: dict[str, Callable[[Sizes], Part]] = {
    "cold_start": cold_start.measure,
    "commands": commands.measure,
    "fixed_cost": fixed_cost.measure,
    "copy": copies.measure,
    "many_indices": many_indices.measure,
}
_FAILURES = (
    RuntimeError,
    SubprocessError,
    TimeoutError,
    AssertionError,
    OSError,
    OpenSearchException,
    Boto3Error,
    BotoCoreError,
    ClientError,
)
# Terraform prints a lot; the error comes last.
_ERROR_CHARACTERS = 4000


def main() -> int:
    """Run the requested parts and return the exit status."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"parts to measure, from {','.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=3, help="number of runs for each figure")
    parser.add_argument("--indices", type=_numbers, help="four numbers of indices in one execution, in ascending order")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, to test the benchmark itself")
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="folder for the results")
    options = parser.parse_args()
    chosen = options.parts.split(",")
    if unknown := sorted(set(chosen) - PARTS.keys()):
        parser.error(f"unknown part {', '.join(unknown)}; expected some of {','.join(PARTS)}")
    if (options.tiny or options.indices) and options.output.resolve() == ROOT / "docs":
        parser.error("--tiny and --indices need an --output of their own; docs/ holds the full sizes only")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sizes = tiny(options.runs) if options.tiny else Sizes(options.runs)
    sizes = replace(sizes, indices=options.indices or sizes.indices)
    options.output.mkdir(parents=True, exist_ok=True)
    for name in (each for each in PARTS if each in chosen):
        say(f"==> {name}")
        try:
            part = PARTS[name](sizes)
        except KeyboardInterrupt:
            print("bench: everything has stopped", file=sys.stderr)
            return 130
        except _FAILURES as error:
            print(f"bench: {name} failed: {str(error)[-_ERROR_CHARACTERS:]}", file=sys.stderr)
            return 1
        # After each part: a later failure must not lose the results.
        _keep(options.output / page.JSON_NAME, name, part, options.runs)
        for each in part.figures:
            print(_line(each), flush=True)
    is_published = options.output.resolve() == ROOT / "docs"
    page.write(options.output, ROOT / "README.md" if is_published else None)
    say(f"written: {options.output / page.PAGE_NAME}")
    return 0


def _numbers(text: str) -> tuple[int, int, int, int]:
    first, second, third, fourth = sorted(int(number) for number in text.split(","))
    return first, second, third, fourth


def _keep(path: Path, name: str, part: Part, runs: int) -> None:
    """Replace the results of a part in the JSON file."""
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    measured = {**part.to_json(), **moment(), "runs": runs, "machine": machine() | dict(part.versions)}
    kept[name] = measured
    ordered = {each: kept[each] for each in PARTS if each in kept}
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _line(each: Figure) -> str:
    goal = f"  goal: {each.goal.comparison} {each.goal.value:g}, {each.verdict}" if each.goal else ""
    spread = f" ({min(each.values):g} to {max(each.values):g})" if len(each.values) > 1 else ""
    name = f"{each.group}: {each.name}" if each.group else each.name
    return f"  {name}: {each.median:g} {each.unit}{spread}{goal}"


if __name__ == "__main__":
    sys.exit(main())
