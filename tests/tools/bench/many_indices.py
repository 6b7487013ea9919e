"""Rebuild up to a thousand indices in one execution, and test the model with it."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from bench import small_indices
from bench.executions import Run, run_file
from bench.figures import Figure, Goal, Part, Table, figure
from bench.model import Costs, Measured, Prediction, costs, dollars, parent_events, predict, relative_errors
from bench.sizes import Sizes
from bench.stack import Stack, running_stack, say

_STRATEGY = "redirect_writes"
_EXECUTION_SECONDS = 2 * 3600.0
_WARM_UP = 3
_MAX_STATE_BYTES = 256 * 1024
# A copy of ten documents takes too little time to matter.
_NO_DOCUMENTS, _ANY_SPEED = 0, 1.0


def measure(sizes: Sizes) -> Part:
    """Run trigger files of increasing length.

    Raises:
        BenchmarkError: an execution failed, or a document is missing.
    """
    with running_stack() as stack:
        _run(stack, "warm", _WARM_UP, sizes.name_characters)
        runs = {
            number: [_run(stack, f"many-{number}-{each}", number, sizes.name_characters) for each in range(sizes.runs)]
            for number in sizes.indices
        }
        memory = _peaks(stack.deployment.ministack.run_dir)
        versions = stack.versions
    *known, checked, most = sizes.indices
    medians = [_median([_measured(number, run) for run in runs[number]]) for number in (*known, most)]
    measured = costs(medians, _ANY_SPEED)
    differences = [
        abs(predict(number, _NO_DOCUMENTS, measured).transitions - run.transitions)
        for number in runs
        for run in runs[number]
    ]
    figures = [
        *(
            figure(f"{number:,} indices: duration", "s", [run.parent.seconds for run in runs[number]])
            for number in runs
        ),
        *_figures(runs[most], most, memory),
        figure("wrong state transitions in the model's predictions", "", differences, Goal("at most", 0)),
    ]
    notes = [
        f"Indices with {small_indices.DOCUMENTS} documents, one shard, no replicas and names of "
        f"{sizes.name_characters} characters. The strategy is `{_STRATEGY}`.",
        f"A first execution rebuilds {_WARM_UP} indices, to start the functions.",
        "Events are calculated by AWS's rules. The largest state is the largest input or output of a state, also of "
        "the Map.",
        "Memory is VmHWM of the processes in which MiniStack runs the functions, after the last run.",
        f"The model learns the cost of a file and of an index from the runs of {known[0]:,}, {known[1]:,} and {most:,} "
        f"indices. It predicts {checked:,} indices. Transitions and invocations follow from the state machines.",
    ]
    tables = [
        _model_table(runs, measured),
        Table("Peak memory of the functions", ["Function", "MiB"], _memory_rows(memory)),
    ]
    kept = [vars(_measured(number, run)) for number in runs for run in runs[number]]
    return Part(figures, notes, tables, data={"runs": kept, "costs": asdict(measured)}, versions=versions)


def _run(stack: Stack, prefix: str, number: int, characters: int) -> Run:
    say(f"many indices: creating {number:,} indices")
    indices = small_indices.names(prefix, number, characters)
    small_indices.make(stack, indices)
    stack.front.forget()  # the front records every request
    say(f"many indices: rebuilding {number:,} indices in one execution")
    run = run_file(stack, small_indices.file(stack, indices, _STRATEGY), _EXECUTION_SECONDS)
    say(f"many indices: {number:,} indices rebuilt in {run.parent.seconds:.0f} s")
    small_indices.expect_rebuilt(stack, indices)
    return run


def _figures(runs: Sequence[Run], number: int, memory: dict[str, float]) -> list[Figure]:
    part = min(100, number // 2)
    firsts = [median(run.seconds_of_indices[:part]) for run in runs]
    lasts = [median(run.seconds_of_indices[-part:]) for run in runs]
    growth = [last / first for first, last in zip(firsts, lasts, strict=True)]
    minutes = [run.parent.seconds / 60 for run in runs]
    rebuilt = [len(run.indices) for run in runs]
    state = [_largest_state(run) for run in runs]
    group = f"{number:,} indices"
    return [
        figure("duration", "min", minutes, Goal("below", 60), group=group),
        figure("rebuilt indices, all with every document", "", rebuilt, Goal("at least", number), group=group),
        figure("history of the file's execution", "events", parent_events(number), Goal("below", 12_000), group=group),
        figure("largest state of the file's execution", "bytes", state, Goal("below", _MAX_STATE_BYTES), group=group),
        figure(f"an index, median of the first {part}", "s", firsts, group=group),
        figure(f"an index, median of the last {part}", "s", lasts, group=group),
        figure(f"last {part} / first {part}", "", growth, Goal("at most", 1.2), group=group),
        figure("peak memory of a Lambda function", "MiB", max(memory.values()), Goal("below", 200), group=group),
    ]


def _largest_state(run: Run) -> int:
    """Return the size of the largest state, or of the Map's results, in bytes."""
    answers = json.dumps([{"source_index": index.output["source_index"]} for index in run.indices])
    return max(run.parent.state_bytes, len(answers.encode()))


def _measured(number: int, run: Run) -> Measured:
    return Measured(number, run.parent.seconds, run.lambda_seconds)


def _median(runs: Sequence[Measured]) -> Measured:
    return Measured(runs[0].indices, median(run.seconds for run in runs), median(run.lambda_seconds for run in runs))


def _model_table(runs: dict[int, list[Run]], measured: Costs) -> Table:
    rows = []
    for number, same in runs.items():
        seen = _median([_measured(number, run) for run in same])
        real = Prediction(
            seconds=seen.seconds,
            transitions=same[0].transitions,
            lambda_calls=same[0].lambda_calls,
            lambda_seconds=seen.lambda_seconds,
            dollars=dollars(same[0].transitions, same[0].lambda_calls, seen.lambda_seconds),
        )
        ours = predict(number, _NO_DOCUMENTS, measured)
        errors = relative_errors(ours, real)
        for name, unit, digits in _ROWS:
            predicted, seen_value = getattr(ours, name), getattr(real, name)
            cells = (f"{value:,.{digits}f} {unit}".strip() for value in (predicted, seen_value))
            rows.append([f"{number:,}", name.replace("_", " "), *cells, f"{errors[name]:+.1%}"])
    return Table("Predictions of the model", ["Indices", "", "Predicted", "Measured", "Error"], rows)


_ROWS = (
    ("seconds", "s", 1),
    ("transitions", "", 0),
    ("lambda_calls", "", 0),
    ("lambda_seconds", "s", 1),
    ("dollars", "$", 4),
)


def _peaks(run_dir: Path) -> dict[str, float]:
    """Return the peak memory of each function in MiB.

    MiniStack runs each function in a process of its own, in a folder with the function's name.
    """
    peaks: dict[str, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            folder = (process / "cwd").readlink().relative_to(run_dir).parts[0]
            status = (process / "status").read_text()
        except (OSError, ValueError, IndexError):  # ended, of another user, or elsewhere
            continue
        if found := re.fullmatch(r"ministack-lambda-(.+)-[^-]+", folder):
            kilobytes = int(re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[0])
            peaks[found[1]] = max(peaks.get(found[1], 0.0), kilobytes / 1024)
    return peaks


def _memory_rows(memory: dict[str, float]) -> list[list[str]]:
    return [[f"`{name}`", f"{peak:.0f}"] for name, peak in sorted(memory.items())]
