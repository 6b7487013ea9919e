"""A measured figure: every run's value, their median and spread, and the goal it is held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

Comparison = Literal["at least", "at most", "below"]


class BenchmarkError(RuntimeError):
    """A run failed, or a document is missing: there is nothing to publish."""


@dataclass(frozen=True)
class Goal:
    """What a figure's median is to be.

    Attributes:
        comparison: how it is compared.
        value: with what, in the figure's unit.
    """

    comparison: Comparison
    value: float

    def is_met(self, value: float) -> bool:
        """Say whether a value reaches the goal."""
        if self.comparison == "at least":
            return value >= self.value
        return value <= self.value if self.comparison == "at most" else value < self.value


@dataclass(frozen=True)
class Figure:
    """One line of the page.

    Attributes:
        name: what was measured.
        unit: of the values; empty for a ratio or a number of things.
        values: one for each run, none left out.
        goal: what the median is to be.
        group: heading of the table it is in; empty for the first one.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None
    group: str = ""

    @property
    def median(self) -> float:
        """The middle value of all runs."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """`met` or `MISSED`, empty without a goal."""
        if self.goal is None:
            return ""
        return "met" if self.goal.is_met(self.median) else "MISSED"

    def to_json(self) -> dict[str, Any]:
        """The figure as it is kept in the JSON file."""
        goal = {self.goal.comparison: self.goal.value} if self.goal else None
        return {
            "group": self.group,
            "name": self.name,
            "unit": self.unit,
            "values": list(self.values),
            "goal": goal,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Figure":
        """Read a figure back."""
        goals = [Goal(comparison, value) for comparison, value in (kept["goal"] or {}).items()]
        return cls(kept["name"], kept["unit"], tuple(kept["values"]), goals[0] if goals else None, kept["group"])


def figure(
    name: str, unit: str, values: float | Sequence[float], goal: Goal | None = None, *, group: str = ""
) -> Figure:
    """Make a figure, its values rounded to the six digits that are more than was measured.

    Args:
        name: what was measured.
        unit: of the values.
        values: one for each run.
        goal: what the median is to be.
        group: heading of the table it is in.
    """
    runs = [values] if isinstance(values, (int, float)) else values
    return Figure(name, unit, tuple(float(f"{value:.6g}") for value in runs), goal, group)


@dataclass(frozen=True)
class Table:
    """A table of its own below the figures.

    Attributes:
        title: what it shows.
        head: titles of the columns.
        rows: cells, as they are printed.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """What one part of the benchmark measured.

    Attributes:
        figures: the lines of its table.
        notes: what has to be known to read them.
        tables: further tables.
        data: raw values that other figures are computed from.
        versions: of programs that only this part knows.
    """

    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The part as it is kept in the JSON file."""
        return {
            "figures": [each.to_json() for each in self.figures],
            "notes": list(self.notes),
            "tables": [{"title": each.title, "head": each.head, "rows": each.rows} for each in self.tables],
            "data": dict(self.data),
        }
