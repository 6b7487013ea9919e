"""Print the progress and the results of the demo."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo.watch import Progress
from support.writer import Written

_COPY_LINE_SECONDS = 2.0
_PROBLEMS_SHOWN = 10
# Columns of the table.
_RIGHT_ALIGNED = {
    "source_index": False,
    "target_index": False,
    "before": True,
    "after": True,
    "writes during the rebuild": False,
    "seconds": True,
    "aliases": False,
}
# Keys of the error object that every step raises, with their labels.
_ERROR_FIELDS = (
    ("step", "step"),
    ("source_index", "source_index"),
    ("target_index", "target_index"),
    ("status", "HTTP status"),
    ("type", "type"),
    ("reason", "reason"),
    ("problems", "problems"),
    ("next", "what to do"),
    ("execution_id", "execution"),
)


@dataclass(frozen=True)
class Row:
    """One row of the table at the end."""

    source_index: str
    target_index: str
    documents_before: int
    documents_after: int
    writes: str
    seconds: float
    aliases: Sequence[str]


class Report:
    """Printer of lines that start with the seconds since the start."""

    def __init__(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._states_shown: dict[str, int] = {}
        self._ends_shown: set[str] = set()
        self._next_copy_line = 0.0

    def say(self, topic: str, text: str) -> None:
        """Print a line.

        Args:
            topic: part of the stack, or index, that the line is about.
            text: the rest of the line.
        """
        print(f"{time.monotonic() - self._start:6.1f} s  {topic:<16} {text}", flush=True)

    def progress(self, progress: Progress, written: Written) -> None:
        """Print the states, copied documents and finished indices since the last call.

        Args:
            progress: the current state of the execution.
            written: acknowledged writes of the writer since the upload.
        """
        for index in progress.indices:
            new_states = index.states[self._states_shown.get(index.source_index, 0) :]
            if new_states:
                self._states_shown[index.source_index] = len(index.states)
                self.say(index.source_index, " > ".join(new_states))
            if index.seconds is not None and index.source_index not in self._ends_shown:
                self._ends_shown.add(index.source_index)
                self.say(index.source_index, f"{index.status} after {index.seconds:.1f} s")
        copy = progress.copy
        if copy and copy.copied and time.monotonic() >= self._next_copy_line:
            self._next_copy_line = time.monotonic() + _COPY_LINE_SECONDS
            self.say(
                copy.source_index,
                f"{copy.part:.0%} copied: {copy.copied:,} of {copy.total:,}; writer: {written}",
            )

    def table(self, rows: Iterable[Row]) -> None:
        """Print the table of the rebuilt indices."""
        heads = [*_RIGHT_ALIGNED]
        lines = []
        for row in rows:
            alias, *further = row.aliases or [""]
            documents = f"{row.documents_before:,}", f"{row.documents_after:,}"
            lines += [[row.source_index, row.target_index, *documents, row.writes, f"{row.seconds:.1f}", alias]]
            lines += [[*[""] * (len(heads) - 1), alias] for alias in further]
        widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
        print("\nDocuments before and after the rebuild:")
        for line in [heads, ["-" * width for width in widths], *lines]:
            cells = [
                cell.rjust(width) if _RIGHT_ALIGNED[head] else cell.ljust(width)
                for cell, width, head in zip(line, widths, heads, strict=True)
            ]
            print("  ".join(cells).rstrip())
        print(flush=True)

    def failure(self, progress: Progress) -> None:
        """Print the error object of the first index that failed."""
        failed = [index for index in progress.indices if index.status not in ("RUNNING", "SUCCEEDED")]
        error, cause = (failed[0].error, failed[0].cause) if failed else (progress.error, progress.cause)
        print(f"\nThe execution ended with status {progress.status}.\n")
        for label, text in _error_fields(error, cause):
            print(f"  {label:<12}  {text}")
        if len(failed) > 1:
            print("\nOn AWS the first failed index ends the execution; MiniStack tries the other indices too.")
        print(flush=True)

    def problems(self, problems: Sequence[str]) -> None:
        """Print the first problems and the number of the others."""
        print()
        for problem in problems[:_PROBLEMS_SHOWN]:
            print(f"  {problem}")
        if len(problems) > _PROBLEMS_SHOWN:
            print(f"  ... and {len(problems) - _PROBLEMS_SHOWN:,} more")
        print(flush=True)


def _error_fields(error: str, cause: str) -> list[tuple[str, str]]:
    """Return the fields of an error object with labels, or any other cause as it is."""
    # MiniStack gives every exception this name; AWS gives the name of the exception's class.
    shown = [] if error == "Runtime.HandlerError" else [("error", error)]
    try:
        fields = json.loads(cause)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return [*shown, ("cause", cause)]
    for key, label in _ERROR_FIELDS:
        value = fields.get(key)
        if value:
            shown.append((label, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return shown
