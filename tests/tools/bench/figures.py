"""Measured figures: values of all runs, median, and the goal of the median."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

Comparison = Literal["at least", "at most", "below"]


class BenchmarkError(RuntimeError):
    """Error for a failed run or a missing document, so that nothing is published."""


@dataclass(frozen=True)
class Goal:
    """Goal for the median of a figure.

    Attributes:
        comparison: how to compare the median with the value.
        value: the value, in the unit of the figure.
    """

    comparison: Comparison
    value: float

    def is_met(self, value: float) -> bool:
        """Return whether a value reaches the goal."""
        if self.comparison == "at least":
            return value >= self.value
        return value <= self.value if self.comparison == "at most" else value < self.value


@dataclass(frozen=True)
class Figure:
    """One measured figure, a row of the page.

    Attributes:
        name: name of the figure.
        unit: unit of the values; empty for a ratio or a number of things.
        values: the values of all runs.
        goal: goal for the median.
        group: heading of the table; empty for the first table.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None
    group: str = ""

    @property
    def median(self) -> float:
        """Median of all runs."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """`met` or `MISSED`, empty without a goal."""
        if self.goal is None:
            return ""
        return "met" if self.goal.is_met(self.median) else "MISSED"

    def to_json(self) -> dict[str, Any]:
        """Return the figure in the form of the JSON file."""
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
        """Read a figure from the JSON file."""
        goals = [Goal(comparison, value) for comparison, value in (kept["goal"] or {}).items()]
        return cls(kept["name"], kept["unit"], tuple(kept["values"]), goals[0] if goals else None, kept["group"])


def figure(
    name: str, unit: str, values: float | Sequence[float], goal: Goal | None = None, *, group: str = ""
) -> Figure:
    """Create a figure with values of six significant digits.

    Args:
        name: name of the figure.
        unit: unit of the values.
        values: the values of all runs, or one value.
        goal: goal for the median.
        group: heading of the table.
    """
    runs = [values] if isinstance(values, (int, float)) else values
    return Figure(name, unit, tuple(float(f"{value:.6g}") for value in runs), goal, group)


@dataclass(frozen=True)
class Table:
    """An additional table below the figures.

    Attributes:
        title: heading of the table.
        head: titles of the columns.
        rows: cells of each row.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """Results of one part of the benchmark.

    Attributes:
        figures: the measured figures.
        notes: explanations for a reader of the figures.
        tables: additional tables.
        data: raw values for the model.
        versions: versions of programs that only this part knows.
    """

    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the results in the form of the JSON file."""
        return {
            "figures": [each.to_json() for each in self.figures],
            "notes": list(self.notes),
            "tables": [{"title": each.title, "head": each.head, "rows": each.rows} for each in self.tables],
            "data": dict(self.data),
        }
