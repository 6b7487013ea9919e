"""Alias actions, and the hidden aliases by which a target index says how far its rebuild is. No I/O.

Aliases, because `_aliases` is OpenSearch's one compare-and-set: a `remove` with `must_exist` fails together with all
other actions of its request, and of two requests that remove the same alias exactly one succeeds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

REINDEX_ACTION = "indices:data/write/reindex"

OWNER_ALIAS_PREFIX = "opensearch-reindex-owner~"
SOURCE_ALIAS_PREFIX = "opensearch-reindex-source~"
# With a capital letter, which a name of an index cannot have: a copy that lost its alias would else create an index.
COPY_ALIAS_PREFIX = "opensearch-reindex-Copy~"
PROVEN_ALIAS_PREFIX = "opensearch-reindex-proven~"
DISCARD_ALIAS_PREFIX = "opensearch-reindex-discard~"
_OWN_PREFIXES = (OWNER_ALIAS_PREFIX, SOURCE_ALIAS_PREFIX, COPY_ALIAS_PREFIX, PROVEN_ALIAS_PREFIX, DISCARD_ALIAS_PREFIX)
# The owner of a target index that the execution before gave up.
RELEASED = "released"


@dataclass(frozen=True)
class Markers:
    """What the hidden aliases of a target index say.

    Attributes:
        owner: ARN of the execution that works on it, or `released`; None: nobody began, or the work is done.
        copy_alias: the alias that the latest copy writes through; there is one until the aliases have moved.
        is_proven: the copy was proven complete, and the aliases of the source index were moved here.
        frozen_seq_no: the source's sum of sequence numbers that was copied, or proven; None: nothing was copied yet.
        discard_alias: on a source index, the permit to delete its unused target; see `ownership.discard_target`.
    """

    owner: str | None = None
    copy_alias: str | None = None
    is_proven: bool = False
    frozen_seq_no: int | None = None
    discard_alias: str | None = None

    @classmethod
    def read(cls, aliases: Iterable[str]) -> "Markers":
        """Read them from all aliases of an index."""
        names = sorted(aliases)
        owners = [name.removeprefix(OWNER_ALIAS_PREFIX) for name in names if name.startswith(OWNER_ALIAS_PREFIX)]
        copies = [name for name in names if name.startswith(COPY_ALIAS_PREFIX)]
        proofs = [name for name in names if name.startswith(PROVEN_ALIAS_PREFIX)]
        discards = [name for name in names if name.startswith(DISCARD_ALIAS_PREFIX)]
        return cls(
            owner=owners[0].replace("~", ":") if owners else None,
            copy_alias=copies[0] if copies else None,
            is_proven=bool(proofs),
            frozen_seq_no=_last_number([*copies, *proofs]),
            discard_alias=discards[0] if discards else None,
        )


def owner_alias(execution_id: str) -> str:
    """The hidden alias that names the execution at work on a target index.

    Names of executions hold no `~`, and names of aliases no `:`.
    """
    return OWNER_ALIAS_PREFIX + execution_id.replace(":", "~")


def source_alias(source_uuid: str) -> str:
    """The hidden alias that every target index of a source index has as its write index.

    An alias has one write index, so of two executions that make different targets of one source exactly one succeeds.
    """
    return SOURCE_ALIAS_PREFIX + source_uuid


def new_copy_alias(frozen_seq_no: int | None = None) -> str:
    """The hidden alias of one copy, which writes through it and through nothing else.

    Whoever puts another one in its place ends the copy, however late it was started: its next batch has no target.

    Args:
        frozen_seq_no: the source's sum of sequence numbers, which says what is copied; None as long as nothing is.
    """
    return f"{COPY_ALIAS_PREFIX}{uuid4().hex}~{'' if frozen_seq_no is None else frozen_seq_no}"


def proven_alias(frozen_seq_no: int) -> str:
    """The hidden alias of a target index that was proven to hold every document of the source index.

    Args:
        frozen_seq_no: the source's sum of sequence numbers at that time; any write to it since would be missing.
    """
    return f"{PROVEN_ALIAS_PREFIX}{frozen_seq_no}"


def new_discard_alias() -> str:
    """The hidden alias of a source index that permits to delete its target once."""
    return DISCARD_ALIAS_PREFIX + uuid4().hex


def is_own_alias(alias: str) -> bool:
    """Whether an alias is one of this module's, not of the user's."""
    return alias.startswith(_OWN_PREFIXES)


def _last_number(aliases: list[str]) -> int | None:
    numbers = [number for number in (alias.rpartition("~")[2] for alias in aliases) if number.isdigit()]
    return int(numbers[0]) if numbers else None
