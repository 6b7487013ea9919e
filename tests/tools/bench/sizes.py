"""How much is measured: all of it, or just enough to see that the benchmark works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """What every part gets.

    Attributes:
        runs: how often each figure is measured.
        small_documents: number of documents of about 500 bytes.
        large_documents: number of documents of about 10 KB.
        indices: four numbers of indices in one execution, rising.
        name_characters: length of their names.
        demo: whether `make demo` is among the commands.
    """

    runs: int
    small_documents: int = 500_000
    large_documents: int = 20_000
    indices: tuple[int, int, int, int] = (10, 100, 300, 1000)
    name_characters: int = 200
    demo: bool = True


def tiny(runs: int) -> Sizes:
    """Sizes that take a minute and tell nothing.

    Args:
        runs: how often each figure is measured.
    """
    return Sizes(
        runs,
        small_documents=2000,
        large_documents=100,
        indices=(2, 4, 5, 7),
        name_characters=60,
        demo=False,
    )
