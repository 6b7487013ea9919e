"""Count the outcomes of all scenarios."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """Outcome of one scenario, from the first upload to the last verified document.

    Attributes:
        uploads: number of uploads until success.
        written: number of documents from before the rebuild, and of acknowledged writes.
        lost: descriptions of missing or outdated documents.
        duplicated: descriptions of documents that exist twice.
        leftovers: descriptions of aliases, blocks, indices and tasks that an undisturbed run does not leave.
    """

    uploads: int
    written: int
    lost: tuple[str, ...] = ()
    duplicated: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the outcome has no problem."""
        return not (self.lost or self.duplicated or self.leftovers)


@dataclass
class Tally:
    """All outcomes, by scenario."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    def add(self, scenario: str, outcome: Outcome) -> None:
        """Add an outcome, and print its problems at once."""
        self.outcomes.setdefault(scenario, []).append(outcome)
        for kind in ("lost", "duplicated", "leftovers"):
            for problem in getattr(outcome, kind):
                print(f"{scenario}: {kind}: {problem}", flush=True)

    def table(self) -> str:
        """Return a table with a row for each scenario."""
        width = max(map(len, self.outcomes), default=0)
        lines = [f"{'scenario':{width}}  runs  uploads  written  lost  duplicated  leftovers"]
        for scenario, outcomes in self.outcomes.items():
            uploads, written = _sum(each.uploads for each in outcomes), _sum(each.written for each in outcomes)
            lost, duplicated, leftovers = self._problems(outcomes)
            numbers = f"{len(outcomes):4}  {uploads:7}  {written:7}  {lost:4}  {duplicated:10}  {leftovers:9}"
            lines.append(f"{scenario:{width}}  {numbers}")
        return "\n".join(lines)

    def summary(self) -> str:
        """Return the last line of the output."""
        every = [outcome for outcomes in self.outcomes.values() for outcome in outcomes]
        lost, duplicated, leftovers = self._problems(every)
        return (
            f"chaos: {len(every)} runs, {_sum(each.written for each in every)} written documents, "
            f"{lost} lost, {duplicated} duplicated, {leftovers} leftovers"
        )

    @property
    def is_good(self) -> bool:
        """Whether at least one scenario ran, and no outcome has a problem."""
        every = [outcome for outcomes in self.outcomes.values() for outcome in outcomes]
        return bool(every) and all(outcome.is_good for outcome in every)

    @staticmethod
    def _problems(outcomes: Iterable[Outcome]) -> tuple[int, int, int]:
        kept = list(outcomes)
        return (
            _sum(len(each.lost) for each in kept),
            _sum(len(each.duplicated) for each in kept),
            _sum(len(each.leftovers) for each in kept),
        )


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)
