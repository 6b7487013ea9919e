"""What was tried, how often, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """One scenario, from the first upload to the last document looked up.

    Attributes:
        uploads: how often the file was uploaded until everything was done.
        written: documents stored before, and acknowledged writes during it.
        lost: what is missing or not as last acknowledged, in words.
        duplicated: what is found twice, in words.
        leftovers: aliases, blocks, indices and tasks that an undisturbed run does not leave, in words.
    """

    uploads: int
    written: int
    lost: tuple[str, ...] = ()
    duplicated: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.duplicated or self.leftovers)


@dataclass
class Tally:
    """All outcomes, by what was tried."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    def add(self, what: str, outcome: Outcome) -> None:
        """Keep an outcome, and say at once what is wrong."""
        self.outcomes.setdefault(what, []).append(outcome)
        for kind in ("lost", "duplicated", "leftovers"):
            for problem in getattr(outcome, kind):
                print(f"{what}: {kind}: {problem}", flush=True)

    def table(self) -> str:
        """One line for each thing that was tried."""
        width = max(map(len, self.outcomes), default=0)
        lines = [f"{'tried':{width}}  runs  uploads  written  lost  duplicated  leftovers"]
        for what, outcomes in self.outcomes.items():
            uploads, written = _sum(each.uploads for each in outcomes), _sum(each.written for each in outcomes)
            lost, duplicated, leftovers = self._problems(outcomes)
            lines.append(
                f"{what:{width}}  {len(outcomes):4}  {uploads:7}  {written:7}  {lost:4}  {duplicated:10}  {leftovers:9}"
            )
        return "\n".join(lines)

    def summary(self) -> str:
        """The last line."""
        every = [outcome for outcomes in self.outcomes.values() for outcome in outcomes]
        lost, duplicated, leftovers = self._problems(every)
        return (
            f"chaos: {len(every)} runs, {_sum(each.written for each in every)} documents written, "
            f"{lost} lost, {duplicated} duplicated, {leftovers} leftovers"
        )

    @property
    def is_good(self) -> bool:
        """Whether something was tried, and nothing went wrong."""
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
