"""Write docs/benchmarks.md and both tables of costs from docs/benchmarks.json.

`python -m bench.page` writes all of them. `--check` writes nothing and names the outdated files.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.model import (
    EXECUTION_TIMEOUT_SECONDS,
    LAMBDA_GB,
    MAX_INDICES,
    Costs,
    Growth,
    most_indices,
    predict,
)
from support.paths import ROOT
from support.terraform_docs import between_marks

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"
JSON_NAME, PAGE_NAME, COST_NAME = "benchmarks.json", "benchmarks.md", "cost.md"
NOT_MEASURED = "Not measured yet: `make bench`."

Results = Mapping[str, Any]

_TITLES = {
    "copy": "Copy speed",
    "fixed_cost": "Fixed cost of an index",
    "many_indices": "Many indices in one execution",
    "cold_start": "Cold start",
    "commands": "Commands",
}
_PREDICTED_INDICES = (10, 100, 1000)
_PREDICTED_DOCUMENTS = (1000, 100_000, 1_000_000)
_COST_HEADS = (
    "Indices",
    "Documents in each",
    "Duration",
    "State transitions",
    "Lambda seconds",
    "Dollars",
    "In one file",
)
_NAME_CHARACTERS = (20, 100, 200)
# The model needs these parts.
_NEEDED = ("copy", "many_indices")


def page(results: Results) -> str:
    """Return the page in Markdown.

    Args:
        results: content of the JSON file.
    """
    lines = [
        "# Benchmarks",
        "",
        "`make bench` writes this page from [`benchmarks.json`](benchmarks.json), which has the values of all runs. "
        "Do not edit the page. `make bench PARTS=copy,commands` measures single parts again. The parts are "
        f"{', '.join(f'`{name}`' for name in _TITLES)}. **MISSED** marks a figure that misses its goal. Each part "
        "names the commit that it measured; later commits may send other requests.",
    ]
    for name, title in _TITLES.items():
        if name in results:
            lines += ["", f"## {title}", "", *_part(name, results[name])]
    if all(name in results for name in _NEEDED):
        lines += ["", "## What an execution costs", "", *_costs(results)]
    lines += ["", "## Machine and versions", "", *_machines(results)]
    return "\n".join(lines) + "\n"


def readme_table(results: Results) -> str:
    """Return the README's table of costs, or a line that says that there is none.

    Args:
        results: content of the JSON file, empty if there is none.
    """
    if not all(name in results for name in _NEEDED):
        return NOT_MEASURED
    measured = measured_costs(results)
    cases = zip(_PREDICTED_INDICES, _PREDICTED_DOCUMENTS, strict=True)
    table = _table(_COST_HEADS, [_prediction(indices, documents, measured) for indices, documents in cases])
    small = results["copy"]["data"]["orders"]
    text = (
        f"Predicted for documents of about {small['bytes_of_document']} bytes, on one small node, at list prices of "
        "Step Functions and Lambda. More sizes, and how far off the prediction is: "
        "[What an execution costs](docs/cost.md)."
    )
    return "\n".join([*table, "", text])


def cost_table(results: Results) -> str:
    """Return the table of docs/cost.md, or a line that says that there are no results.

    Args:
        results: content of the JSON file, empty if there is none.
    """
    if not all(name in results for name in _NEEDED):
        return NOT_MEASURED
    measured = measured_costs(results)
    table = _table(
        _COST_HEADS,
        [
            _prediction(indices, documents, measured)
            for documents in _PREDICTED_DOCUMENTS
            for indices in _PREDICTED_INDICES
        ],
    )
    small = results["copy"]["data"]["orders"]
    checked = _unknown_to_model(results)
    text = (
        f"Predicted by a model that knows runs of up to {max(_run_sizes(results)):,} indices; for {checked} of ten "
        f"documents each, which it does not know, its duration is off by {_off(results, 'seconds'):+.0%} and its "
        f"Lambda seconds by {_off(results, 'lambda_seconds'):+.0%} ([benchmarks](benchmarks.md)). The documents "
        f"have about {small['bytes_of_document']} bytes and are copied at {measured.documents_per_second:,.0f} a "
        "second, the speed of `redirect_writes` on one small node: the speed of your domain decides. Dollars are list "
        "prices of Step Functions and Lambda in us-east-1; domain, logs and S3 are not in them. *In one file*: "
        f"whether it ends within `execution_timeout_seconds` ({EXECUTION_TIMEOUT_SECONDS}); where it does not, split "
        "it at that number of indices, or at fewer to have time to spare, or raise the time-out."
    )
    return "\n".join([*table, "", text])


def measured_costs(results: Results) -> Costs:
    """Return the measured costs of many indices, and the speed of `redirect_writes`.

    Args:
        results: content of the JSON file.
    """
    kept = results["many_indices"]["data"]["costs"]
    speed = results["copy"]["data"]["orders"]["documents_per_second"]
    return Costs(Growth(**kept["seconds"]), Growth(**kept["lambda_seconds"]), speed)


def write(folder: Path, readme: Path | None) -> None:
    """Write the page beside the JSON file, and the tables of docs/cost.md and README.

    Args:
        folder: folder of the JSON file and, with a README, of the page of costs.
        readme: the README; None leaves README and page of costs unchanged.
    """
    for path, text in _written(folder, readme).items():
        path.write_text(text, "utf-8")


def _written(folder: Path, readme: Path | None) -> dict[Path, str]:
    kept = folder / JSON_NAME
    results: Results = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    texts = {folder / PAGE_NAME: page(results)} if results else {}
    if readme:
        for path, table in ((readme, readme_table(results)), (folder / COST_NAME, cost_table(results))):
            texts[path] = between_marks(path.read_text("utf-8"), table, BEGIN, END)
    return texts


def _part(name: str, part: Results) -> list[str]:
    made = f"Measured {part['date']} at commit `{part['commit']}`{' with changes' if part['is_dirty'] else ''}, "
    figures = [Figure.from_json(kept) for kept in part["figures"]]
    runs = f"{part['runs']} {'run' if part['runs'] == 1 else 'runs'}"
    lines = [
        f"{made}{runs}. To measure again: `make bench PARTS={name} RUNS={part['runs']}`.",
        "",
        *(f"- {note}" for note in part["notes"]),
    ]
    for group in dict.fromkeys(each.group for each in figures):
        rows = [_row(each) for each in figures if each.group == group]
        lines += ["", *([f"### {group}", ""] if group else [])]
        lines += _table(["Figure", "Median", "Spread", "Unit", "Goal", ""], rows)
    for table in part["tables"]:
        lines += ["", f"### {table['title']}", "", *_table(table["head"], table["rows"])]
    return lines


def _row(each: Figure) -> list[str]:
    spread = f"{_number(min(each.values))} to {_number(max(each.values))}" if len(each.values) > 1 else ""
    goal = f"{each.goal.comparison} {_number(each.goal.value)}" if each.goal else ""
    verdict = "**MISSED**" if each.verdict == "MISSED" else each.verdict
    return [each.name, _number(each.median), spread, each.unit, goal, verdict]


def _number(value: float) -> str:
    """Format a number with three significant digits, or all digits of a whole number."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _costs(results: Results) -> list[str]:
    measured = measured_costs(results)
    rows = [
        [f"{documents:,}", *(f"{most_indices(documents, length, measured):,}" for length in _NAME_CHARACTERS)]
        for documents in (0, *_PREDICTED_DOCUMENTS)
    ]
    head = ["Documents in each index", *(f"Names of {length} characters" for length in _NAME_CHARACTERS)]
    return [
        "[What an execution costs](cost.md) has the predictions, and how far off they are.",
        "",
        "- Prices: [Step Functions](https://aws.amazon.com/step-functions/pricing/) Standard, $0.025 for 1,000 state "
        "transitions; [Lambda](https://aws.amazon.com/lambda/pricing/) x86, $0.20 for a million requests and "
        f"$0.0000166667 for a GB-second, with {LAMBDA_GB:g} GB for each function.",
        f"- Measured costs of the runs above, on this machine: {measured.seconds.per_file:.2f} s for a file and "
        f"{measured.seconds.per_index:.2f} s for an index, of which {measured.lambda_seconds.per_file:.2f} s and "
        f"{measured.lambda_seconds.per_index:.2f} s in functions. Each index takes "
        f"{measured.seconds.per_neighbour * 1000:.2f} s more for every thousand indices of the domain, because "
        "OpenSearch publishes each change of an index with the state of all indices.",
        "",
        "### Predictions for the copies",
        "",
        *_copies(results),
        "",
        "### Largest number of indices in a file",
        "",
        *_table(head, rows),
        "",
        f"{EXECUTION_TIMEOUT_SECONDS} seconds (`execution_timeout_seconds`), 220 KiB of state and {MAX_INDICES} "
        "entries limit the number.",
    ]


def _prediction(indices: int, documents: int, measured: Costs) -> list[str]:
    predicted = predict(indices, documents, measured)
    most = most_indices(documents, _NAME_CHARACTERS[0], measured)
    fits = "yes" if indices <= most else f"split at {most:,}" if most else "raise the time-out"
    return [
        f"{indices:,}",
        f"{documents:,}",
        _duration(predicted.seconds),
        f"{predicted.transitions:,}",
        f"{predicted.lambda_seconds:,.0f}",
        f"{predicted.dollars:,.3f}",
        fits,
    ]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _run_sizes(results: Results) -> list[int]:
    return sorted({run["indices"] for run in results["many_indices"]["data"]["runs"]})


def _unknown_to_model(results: Results) -> int:
    """Return the number of indices in the runs that the model does not learn from."""
    *_, checked, _ = _run_sizes(results)
    return checked


def _off(results: Results, what: str) -> float:
    """Return the relative error of the model for runs that it does not learn from."""
    checked = _unknown_to_model(results)
    measured = median(run[what] for run in results["many_indices"]["data"]["runs"] if run["indices"] == checked)
    predicted = getattr(predict(checked, 0, measured_costs(results)), what)
    return float(predicted / measured - 1)


def _copies(results: Results) -> list[str]:
    """Compare predictions with the measured copies, each at its own speed."""
    rows = []
    for copied in results["copy"]["data"].values():
        samples = copied["samples"]["`redirect_writes`"]
        seconds = median(sample["seconds"] for sample in samples)
        transitions = median(sample["transitions"] for sample in samples)
        measured = replace(measured_costs(results), documents_per_second=copied["documents_per_second"])
        ours = predict(1, copied["documents"], measured)
        error = ours.seconds / seconds - 1
        times = f"{ours.seconds:.1f} s", f"{seconds:.1f} s", f"{error:+.1%}"
        rows.append([f"{copied['documents']:,}", *times, f"{ours.transitions}", f"{transitions:g}"])
    head = ["Documents", "Predicted", "Measured", "Error", "Predicted transitions", "Measured transitions"]
    return _table(head, rows)


def _machines(results: Results) -> list[str]:
    """Return one table, with a column for each different machine."""
    columns: list[tuple[list[str], dict[str, str]]] = []
    for name, part in results.items():
        for names, machine in columns:
            if all(machine.get(key, value) == value for key, value in part["machine"].items()):
                names.append(name)
                machine.update(part["machine"])
                break
        else:
            columns.append(([name], dict(part["machine"])))
    head = ["", *(", ".join(f"`{name}`" for name in names) for names, _ in columns)]
    keys = dict.fromkeys(key for _, machine in columns for key in machine)
    return _table(head, [[key, *(machine.get(key, "") for _, machine in columns)] for key in keys])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def main(check: bool) -> int:
    """Write pages and README, or check them, and return the exit status.

    Args:
        check: whether to write nothing and fail if a file is outdated.
    """
    texts = _written(ROOT / "docs", ROOT / "README.md")
    outdated = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if not check:
        for path in outdated:
            path.write_text(texts[path], "utf-8")
    if outdated:
        names = ", ".join(str(path.relative_to(ROOT)) for path in outdated)
        print(f"{'outdated; run `make docs`' if check else 'written'}: {names}")
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
