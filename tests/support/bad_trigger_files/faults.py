"""What a fault is, and the file that has it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from support.bad_trigger_files.good import written

File = dict[str, Any]
Change = Callable[[Random, File], str]
BytesChange = Callable[[Random, bytes], bytes]


@dataclass(frozen=True)
class BadFile:
    """A trigger file to be refused.

    Attributes:
        kind: of fault: bytes, schema, endpoint, names, copy or domain.
        fault: in words.
        content: as it lies in the bucket.
        says: what the refusal has to say, each of it: the place in the file where there is one.
    """

    kind: str
    fault: str
    content: bytes
    says: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A way to break a good file.

    Attributes:
        kind: of fault.
        name: the fault in words.
        make: makes a bad file of a good one.
        change: changes a file and returns what the refusal has to say, unless it is the bytes that are broken.
        at_most: how many such files are worth their time.
    """

    kind: str
    name: str
    make: Callable[[Random, File], BadFile]
    change: Change | None = None
    at_most: int | None = None


class Faults(list[Fault]):
    """The faults of one kind; a decorator adds each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def in_file(self, name: str, *, at_most: int | None = None) -> Callable[[Change], Change]:
        """Add a function that changes a file and returns what the refusal has to say."""

        def add(change: Change) -> Change:
            def make(random: Random, file: File) -> BadFile:
                says = change(random, file)
                return BadFile(self.kind, name, written(random, file), (says,))

            self.append(Fault(self.kind, name, make, change, at_most))
            return change

        return add

    def in_bytes(self, name: str, says: str, *, at_most: int | None = None) -> Callable[[BytesChange], BytesChange]:
        """Add a function that changes the bytes of a file."""

        def add(change: BytesChange) -> BytesChange:
            def make(random: Random, file: File) -> BadFile:
                return BadFile(self.kind, name, change(random, written(random, file)), (says,))

            self.append(Fault(self.kind, name, make, None, at_most))
            return change

        return add


def put_in(random: Random, file: File, *entries: Any) -> int:
    """Put entries somewhere into `indices`; returns the position of the first."""
    position = random.randint(0, len(file["indices"]))
    file["indices"][position:position] = entries
    return position
