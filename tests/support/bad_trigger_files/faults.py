"""Define a fault, and a bad trigger file."""

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
    """Hold a trigger file that must be refused.

    Attributes:
        kind: kind of fault: bytes, schema, endpoint, names, copy or domain.
        fault: the fault in words.
        content: content of the object in the bucket.
        says: texts that the refusal must contain, with the place in the file where there is one.
    """

    kind: str
    fault: str
    content: bytes
    says: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """Hold one way to break a good file.

    Attributes:
        kind: kind of fault.
        name: the fault in words.
        make: makes a bad file from a good one.
        change: changes a file and returns what the refusal must say; None if the fault is in the bytes.
        at_most: highest useful number of such files.
    """

    kind: str
    name: str
    make: Callable[[Random, File], BadFile]
    change: Change | None = None
    at_most: int | None = None


class Faults(list[Fault]):
    """Collect the faults of one kind; a decorator adds each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def in_file(self, name: str, *, at_most: int | None = None) -> Callable[[Change], Change]:
        """Add a function that changes a file and returns what the refusal must say."""

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
    """Put entries somewhere into `indices` and return the position of the first."""
    position = random.randint(0, len(file["indices"]))
    file["indices"][position:position] = entries
    return position
