"""One safety check, taken out of a copy of lambda_src."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.paths import ROOT, unused_run_dir

_SOURCES = ROOT / "lambda_src"


@dataclass(frozen=True)
class Mutation:
    """What to change in one file, and which tests have to notice it.

    Attributes:
        name: what the code does wrong then.
        file: of lambda_src.
        original: text that the file has exactly once.
        mutated: what takes its place.
        unit: file or test below tests/ that has to notice it.
        node: file or test below tests/opensearch/ that has to notice it, on a real node.
    """

    name: str
    file: str
    original: str
    mutated: str
    unit: str = ""
    node: str = ""

    @property
    def suites(self) -> list[str]:
        """What has to notice it, as pytest takes it."""
        unit, node = f"tests/{self.unit}", f"tests/opensearch/{self.node}"
        return [suite for suite, given in ((unit, self.unit), (node, self.node)) if given]

    def apply(self, sources: Path = _SOURCES) -> str:
        """The changed file.

        Args:
            sources: folder of the file.

        Raises:
            ValueError: the text to be replaced is not there exactly once, or what comes out is no Python.
        """
        text = (sources / self.file).read_text("utf-8")
        found = text.count(self.original)
        if found != 1:
            raise ValueError(f"stale: {self.name!r} replaces what {self.file} has {found} times, not once")
        mutated = text.replace(self.original, self.mutated)
        try:
            compile(mutated, self.file, "exec")
        except SyntaxError as error:
            raise ValueError(f"{self.name!r} makes no Python of {self.file}: {error}") from error
        return mutated


@contextmanager
def copy_of_sources(mutation: Mutation | None) -> Iterator[Path]:
    """Give a folder with lambda_src, changed if asked for, which is gone afterwards."""
    folder = unused_run_dir("mutation")
    try:
        sources = Path(shutil.copytree(_SOURCES, folder / "lambda_src"))
        if mutation:
            (sources / mutation.file).write_text(mutation.apply(), "utf-8")
        yield sources
    finally:
        shutil.rmtree(folder, ignore_errors=True)
