"""Sizes of the benchmark: full, or tiny for a test of the benchmark itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes for all parts.

    Attributes:
        runs: number of runs for each figure.
        small_documents: number of documents of about 500 bytes.
        large_documents: number of documents of about 10 KB.
        indices: four numbers of indices in one execution, in ascending order.
        name_characters: length of the names of these indices.
        demo: whether to time `make demo` too.
    """

    runs: int
    small_documents: int = 500_000
    large_documents: int = 20_000
    indices: tuple[int, int, int, int] = (10, 100, 300, 1000)
    name_characters: int = 200
    demo: bool = True


def tiny(runs: int) -> Sizes:
    """Return sizes that take a minute and give no useful figures.

    Args:
        runs: number of runs for each figure.
    """
    return Sizes(
        runs,
        small_documents=2000,
        large_documents=100,
        indices=(2, 4, 5, 7),
        name_characters=60,
        demo=False,
    )
