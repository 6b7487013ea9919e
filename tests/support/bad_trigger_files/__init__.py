"""Make trigger files that must be refused: good ones with one fault or two.

A file is bad because of its fault, not because the code under test says so.
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

# Visible without a request to the domain, and listed together.
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
    # No other fault uses this key.
    file["keep_source"] = random.choice(["yes", "true", 1, 0, None, [], {}])
    return BadFile("several", "two faults, both to be listed", written(random, file), (says, "keep_source: "))


FAULTS: tuple[Fault, ...] = (
    *bytes_broken.FAULTS,
    *_ON_PAPER,
    *names_broken.WITH_OTHER_KEYS,
    *domain_broken.FAULTS,
    Fault("several", "two faults, both to be listed", _two_faults),
)


def bad_files(url: str, number: int = 5000, seed: int = 0) -> Iterator[BadFile]:
    """Make bad trigger files, no two alike, of every kind in turn.

    Args:
        url: URL of the node that `domain_broken.prepared` has prepared.
        number: number of files; with at least as many files as faults, every fault appears.
        seed: equal seeds make equal files.
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
                faults.remove(fault)  # for example, there are few different empty files


def _unlike(fault: Fault, url: str, random: Random, seen: set[bytes]) -> BadFile | None:
    for _ in range(_TRIES):
        bad = fault.make(random, good_file(random, url))
        digest = hashlib.sha256(bad.content).digest()
        if digest not in seen:
            seen.add(digest)
            return bad
    return None
