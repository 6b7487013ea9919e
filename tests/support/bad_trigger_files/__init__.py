"""Trigger files that have to be refused: each was a good one, into which one fault was put, or two.

No file is asked whether it is bad: it is, by what was done to it.
"""

import hashlib
from collections.abc import Iterator
from random import Random

from support.bad_trigger_files import (
    bytes_broken,
    copy_broken,
    domain_broken,
    endpoint_broken,
    names_broken,
    schema_broken,
)
from support.bad_trigger_files.faults import BadFile, Fault, File
from support.bad_trigger_files.good import good_file, written

# To be seen without asking the domain, and told together.
_ON_PAPER: tuple[Fault, ...] = (
    *schema_broken.FAULTS,
    *endpoint_broken.FAULTS,
    *names_broken.FAULTS,
    *copy_broken.FAULTS,
)
_TRIES = 20


def _two_faults(random: Random, file: File) -> BadFile:
    first = random.choice([fault for fault in _ON_PAPER if fault.change and not fault.at_most])
    says = first.change(random, file)  # type: ignore[misc]
    # No other fault has to do with this key.
    file["keep_source"] = random.choice(["yes", "true", 1, 0, None, [], {}])
    return BadFile("several", "two faults, both to be told", written(random, file), (says, "keep_source: "))


FAULTS: tuple[Fault, ...] = (
    *bytes_broken.FAULTS,
    *_ON_PAPER,
    *domain_broken.FAULTS,
    Fault("several", "two faults, both to be told", _two_faults),
)


def bad_files(url: str, number: int = 5000, seed: int = 0) -> Iterator[BadFile]:
    """Make bad trigger files, no two alike, of every kind in turn.

    Args:
        url: of the node on which `domain_broken.prepare` has made what the files speak of.
        number: how many; every fault appears if there are at least as many.
        seed: the same one makes the same files.
    """
    random = Random(seed)
    seen: set[bytes] = set()
    faults = list(FAULTS)
    turns = dict.fromkeys(faults, 0)
    while len(seen) < number:
        for fault in list(faults):
            if len(seen) == number:
                return
            bad = _unlike(fault, url, random, seen)
            turns[fault] += 1
            if bad:
                yield bad
            if not bad or turns[fault] == fault.at_most:
                faults.remove(fault)  # there are only so many empty files


def _unlike(fault: Fault, url: str, random: Random, seen: set[bytes]) -> BadFile | None:
    for _ in range(_TRIES):
        bad = fault.make(random, good_file(random, url))
        digest = hashlib.sha256(bad.content).digest()
        if digest not in seen:
            seen.add(digest)
            return bad
    return None
