"""Markers: hidden aliases that record owner and progress of a rebuild.

They are aliases because `_aliases` is OpenSearch's one compare-and-set. A `remove` with `must_exist` fails together
with every other action of its request, so of two requests that remove the same alias exactly one succeeds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

OWNER_ALIAS_PREFIX = "opensearch-reindex-owner~"
SOURCE_ALIAS_PREFIX = "opensearch-reindex-source~"
# With a capital letter, which no index name may have: otherwise a copy that lost its alias would create an index.
COPY_ALIAS_PREFIX = "opensearch-reindex-Copy~"
# The same holds for the trial copy.
TRIAL_ALIAS_PREFIX = "opensearch-reindex-Trial~"
PROVEN_ALIAS_PREFIX = "opensearch-reindex-proven~"
DISCARD_ALIAS_PREFIX = "opensearch-reindex-discard~"
BLOCK_ALIAS_PREFIX = "opensearch-reindex-blocked~"
IMPLICIT_ALIAS_PREFIX = "opensearch-reindex-implicit~"
_OWN_PREFIXES = (
    OWNER_ALIAS_PREFIX,
    SOURCE_ALIAS_PREFIX,
    COPY_ALIAS_PREFIX,
    TRIAL_ALIAS_PREFIX,
    PROVEN_ALIAS_PREFIX,
    DISCARD_ALIAS_PREFIX,
    BLOCK_ALIAS_PREFIX,
    IMPLICIT_ALIAS_PREFIX,
)
# The owner of a target index whose execution gave the ownership up.
RELEASED = "released"
# The owner of a finished target index whose source index was kept. Its `proven` marker stays: a later run that deletes
# the source index proves with it that the source index is unchanged.
KEPT = "kept"
# In place of the sum of sequence numbers, and more than any: a pipeline may have changed the copied documents.
_SPOILED = 2**63 - 1
# Action of a reindex task and of its slices.
REINDEX_ACTION = "indices:data/write/reindex"


@dataclass(frozen=True)
class Markers:
    """What the markers of one index say.

    Attributes:
        owner: ARN of the execution that owns the target index, or `released`; None before and after a rebuild.
        is_kept: whether the rebuild is finished, and its source index was kept.
        copy_alias: the alias that the latest copy writes through; None once the copy is proven.
        is_proven: whether the copy was proven complete and the aliases were moved.
        frozen_seq_no: the sum of the source's sequence numbers as of which documents were copied; None before a copy.
        discard_alias: of a source index, the permit to delete its target, see `ownership.discard_target`.
        trial_alias: the alias that the trial copy writes through; None in an index that is not for a trial.
        blocked_uuid: UUID of the index whose write block the module set; None without such a block.
        names: all of them, as aliases.
    """

    owner: str | None = None
    is_kept: bool = False
    copy_alias: str | None = None
    is_proven: bool = False
    frozen_seq_no: int | None = None
    discard_alias: str | None = None
    trial_alias: str | None = None
    blocked_uuid: str | None = None
    names: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_finished(self) -> bool:
        """Whether no run works on the index, and none left it half done."""
        return self.is_kept or (self.owner is None and self.copy_alias is None and not self.is_proven)

    @property
    def is_spoiled(self) -> bool:
        """Whether a pipeline may have changed the copied documents."""
        return self.frozen_seq_no == _SPOILED

    @classmethod
    def read(cls, aliases: Iterable[str]) -> "Markers":
        """Read the markers among all aliases of an index."""
        names = sorted(aliases)
        owners = [name.removeprefix(OWNER_ALIAS_PREFIX) for name in names if name.startswith(OWNER_ALIAS_PREFIX)]
        copies = [name for name in names if name.startswith(COPY_ALIAS_PREFIX)]
        proofs = [name for name in names if name.startswith(PROVEN_ALIAS_PREFIX)]
        discards = [name for name in names if name.startswith(DISCARD_ALIAS_PREFIX)]
        blocks = [name.removeprefix(BLOCK_ALIAS_PREFIX) for name in names if name.startswith(BLOCK_ALIAS_PREFIX)]
        return cls(
            owner=owners[0].replace("~", ":") if owners and owners != [KEPT] else None,
            is_kept=owners == [KEPT],
            copy_alias=copies[0] if copies else None,
            is_proven=bool(proofs),
            frozen_seq_no=_last_number([*copies, *proofs]),
            discard_alias=discards[0] if discards else None,
            trial_alias=next((name for name in names if name.startswith(TRIAL_ALIAS_PREFIX)), None),
            blocked_uuid=blocks[0] if blocks else None,
            names=tuple(name for name in names if is_own_alias(name)),
        )


def owner_alias(execution_id: str) -> str:
    """Return the marker of the execution that owns a target index.

    ARNs of executions hold no `~`, and alias names may not hold `:`.
    """
    return OWNER_ALIAS_PREFIX + execution_id.replace(":", "~")


def is_of_other_deployment(owner: str, execution_id: str) -> bool:
    """Tell whether an owner belongs to another state machine, account or region.

    A deployment may ask only for the executions of its own state machine.

    Args:
        owner: ARN of the execution that owns an index.
        execution_id: ARN of this execution.
    """
    return owner.rpartition(":")[0] != execution_id.rpartition(":")[0]


def source_alias(source_uuid: str) -> str:
    """Return the marker whose write index is the only target index of a source index.

    An alias has one write index. Of two executions that create different targets of one source, exactly one succeeds.
    """
    return SOURCE_ALIAS_PREFIX + source_uuid


def new_copy_alias(token: str, frozen_seq_no: int | None = None) -> str:
    """Return the marker of one copy, which writes through this alias alone.

    Replacing the marker ends the copy, however late it was started: the next batch has no target.

    Args:
        token: unique among all copies.
        frozen_seq_no: sum of the source's sequence numbers as of which documents are copied; None before a copy.
    """
    return f"{COPY_ALIAS_PREFIX}{token}~{'' if frozen_seq_no is None else frozen_seq_no}"


def spoiled_copy_alias(token: str) -> str:
    """Return the marker of a copy whose documents a pipeline may have changed.

    It is no copy of any state of the source index. So no later execution continues or proves it.

    Args:
        token: unique among all copies.
    """
    return new_copy_alias(token, _SPOILED)


def proven_alias(frozen_seq_no: int) -> str:
    """Return the marker of a target index that provably holds every source document.

    Args:
        frozen_seq_no: sum of the source's sequence numbers at the time of the proof; the target lacks any later write.
    """
    return f"{PROVEN_ALIAS_PREFIX}{frozen_seq_no}"


def new_discard_alias(token: str) -> str:
    """Return the marker of a source index that permits one deletion of its target.

    Args:
        token: unique among all permits.
    """
    return DISCARD_ALIAS_PREFIX + token


def block_alias(index_uuid: str) -> str:
    """Return the marker of an index whose write block the module set.

    It belongs to the blocked index, because the module may throw a target index away.

    Args:
        index_uuid: UUID of the blocked index; an index restored from a snapshot of it has another.
    """
    return BLOCK_ALIAS_PREFIX + index_uuid


def first_markers(
    execution_id: str, source_uuid: str, token: str, *, is_for_trial: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the first markers of a target index: owner, source, unused copy alias.

    Args:
        execution_id: ARN of the owner.
        source_uuid: UUID of the source index.
        token: unique among all copies.
        is_for_trial: whether the index is for the trial copy alone, so that it is always deleted.
    """
    trial = {TRIAL_ALIAS_PREFIX + token: {"is_hidden": True}} if is_for_trial else {}
    return {
        **trial,
        owner_alias(execution_id): {"is_hidden": True},
        source_alias(source_uuid): {"is_hidden": True, "is_write_index": True},
        new_copy_alias(token): {"is_hidden": True},
    }


def is_own_alias(alias: str) -> bool:
    """Tell whether an alias is a marker and not an alias of the user."""
    return alias.startswith(_OWN_PREFIXES)


def _last_number(aliases: list[str]) -> int | None:
    numbers = [number for number in (alias.rpartition("~")[2] for alias in aliases) if number.isdigit()]
    return int(numbers[0]) if numbers else None
