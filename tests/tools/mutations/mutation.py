"""Remove one safety check from a copy of lambda_src."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.paths import ROOT, unused_run_dir

_SOURCES = ROOT / "lambda_src"


@dataclass(frozen=True)
class Mutation:
    """A change of one file, and the tests that must notice it.

    Attributes:
        name: what the changed code does wrong.
        file: path below lambda_src.
        original: text that the file has exactly once.
        mutated: replacement of the text.
        unit: file or test below tests/ that must notice it.
        node: file or test below tests/opensearch/ that must notice it, on a real node.
        case: `file[id-strategy]` of a case in tests/cases/ that must notice it.
    """

    name: str
    file: str
    original: str
    mutated: str
    unit: str = ""
    node: str = ""
    case: str = ""

    @property
    def suites(self) -> list[str]:
        """Arguments of pytest for the tests that must notice the mutation."""
        suites = {
            f"tests/{self.unit}": self.unit,
            f"tests/opensearch/{self.node}": self.node,
            f"tests/cases/{self.case.replace('[', '::test_case[')}": self.case,
        }
        return [suite for suite, given in suites.items() if given]

    def apply(self, sources: Path = _SOURCES) -> str:
        """Return the changed file.

        Args:
            sources: folder of the file.

        Raises:
            ValueError: the file does not have the original text exactly once, or the changed file is not Python.
        """
        text = (sources / self.file).read_text("utf-8")
        found = text.count(self.original)
        if found != 1:
            raise ValueError(f"stale mutation {self.name!r}: {self.file} has its text {found} times; expected once")
        mutated = text.replace(self.original, self.mutated)
        try:
            compile(mutated, self.file, "exec")
        except SyntaxError as error:
            raise ValueError(f"mutation {self.name!r} breaks the syntax of {self.file}: {error}") from error
        return mutated


@contextmanager
def copy_of_sources(mutation: Mutation | None) -> Iterator[Path]:
    """Give a temporary copy of lambda_src with the mutation, if there is one."""
    folder = unused_run_dir("mutation")
    try:
        sources = Path(shutil.copytree(_SOURCES, folder / "lambda_src"))
        if mutation:
            (sources / mutation.file).write_text(mutation.apply(), "utf-8")
        yield sources
    finally:
        shutil.rmtree(folder, ignore_errors=True)
