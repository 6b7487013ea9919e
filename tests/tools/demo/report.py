"""What the demo prints."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo.watch import Progress
from demo.writer import Written

_COPY_LINE_SECONDS = 2.0
_PROBLEMS_SHOWN = 10
# Columns of the table.
_RIGHT_ALIGNED = {
    "source_index": False,
    "target_index": False,
    "documents before": True,
    "after": True,
    "written meanwhile": False,
    "seconds": True,
    "aliases": False,
}
# Keys of the error object that every step raises, and how they are shown.
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
    """One line of the table at the end."""

    source_index: str
    target_index: str
    documents_before: int
    documents_after: int
    written_meanwhile: str
    seconds: float
    aliases: Sequence[str]


class Report:
    """Prints lines with the seconds since the start in front."""

    def __init__(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._states_shown: dict[str, int] = {}
        self._ends_shown: set[str] = set()
        self._next_copy_line = 0.0

    def say(self, topic: str, text: str) -> None:
        """Print a line.

        Args:
            topic: what it is about: a part of the stack or an index.
            text: what happened.
        """
        print(f"{time.monotonic() - self._start:6.1f} s  {topic:<16} {text}", flush=True)

    def progress(self, progress: Progress, written: Written) -> None:
        """Print what is new since the last call: states entered, documents copied, indices done.

        Args:
            progress: the execution as it is now.
            written: what the writer got acknowledged since the upload.
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
                f"{copy.part:.0%} copied: {copy.copied:,} of {copy.total:,}; {written} meanwhile",
            )

    def table(self, rows: Iterable[Row]) -> None:
        """Print the table of the rebuilt indices."""
        heads = [*_RIGHT_ALIGNED]
        lines = [
            [
                row.source_index,
                row.target_index,
                f"{row.documents_before:,}",
                f"{row.documents_after:,}",
                row.written_meanwhile,
                f"{row.seconds:.1f}",
                ", ".join(row.aliases),
            ]
            for row in rows
        ]
        widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
        print()
        for line in [heads, ["-" * width for width in widths], *lines]:
            cells = [
                cell.rjust(width) if _RIGHT_ALIGNED[head] else cell.ljust(width)
                for cell, width, head in zip(line, widths, heads, strict=True)
            ]
            print("  ".join(cells).rstrip())
        print(flush=True)

    def failure(self, progress: Progress) -> None:
        """Print why the execution failed: the error object of the index that failed first."""
        failed = [index for index in progress.indices if index.status not in ("RUNNING", "SUCCEEDED")]
        error, cause = (failed[0].error, failed[0].cause) if failed else (progress.error, progress.cause)
        print(f"\nThe execution ended with status {progress.status}.\n")
        for label, text in _error_fields(error, cause):
            print(f"  {label:<12}  {text}")
        if len(failed) > 1:
            print("\nAWS ends an execution at the first index that fails; MiniStack tries the others as well.")
        print(flush=True)

    def problems(self, problems: Sequence[str]) -> None:
        """Print what is off, the first lines of it."""
        print()
        for problem in problems[:_PROBLEMS_SHOWN]:
            print(f"  {problem}")
        if len(problems) > _PROBLEMS_SHOWN:
            print(f"  ... and {len(problems) - _PROBLEMS_SHOWN:,} more")
        print(flush=True)


def _error_fields(error: str, cause: str) -> list[tuple[str, str]]:
    """Return the fields of an error object with their labels; a cause that is no such object, whole."""
    # MiniStack gives every exception this name; on AWS it is the exception's class.
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
