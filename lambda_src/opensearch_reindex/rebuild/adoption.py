"""What to do with a target index that exists: adopt it, replace it, or refuse it."""

from collections.abc import Callable
from enum import Enum, auto

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.index.strategy import Strategy


class Adoption(Enum):
    """What to do with a target index that exists.

    Attributes:
        ADOPT: continue with it.
        REPLACE: delete it with the copies in it, and create it again.
        REPLACE_IF_EMPTY: the same, but only if it holds no document: a writer may have stored one.
        CORRECT: it is in use, and the file was corrected: extend its mappings, and start the copy again.
        REFUSE: it is in use, and was made with other settings or another strategy.
    """

    ADOPT = auto()
    REPLACE = auto()
    REPLACE_IF_EMPTY = auto()
    CORRECT = auto()
    REFUSE = auto()


def adopt_or_replace(
    target: IndexInfo,
    *,
    requested: Provenance,
    execution_id: str,
    source_seq_no: Callable[[], int],
    is_red: Callable[[], bool],
) -> Adoption:
    """Decide on a target index that an earlier attempt created from the source index.

    Args:
        target: the index as it was before this execution took it over.
        requested: what a new target index would note, with the fingerprints of the requested changes.
        execution_id: ARN of this execution.
        source_seq_no: returns the sum of the source's sequence numbers; asked only where the decision needs it.
        is_red: returns whether the target index lacks primary shards; asked only where the decision needs it.
    """
    if target.markers.is_proven:
        return Adoption.ADOPT  # every document is there, and writers use it: other changes come too late
    is_as_requested = target.provenance.changes == requested.changes
    if target.has_taken_writes:
        if is_as_requested:
            return Adoption.ADOPT
        is_correction = target.provenance.lasting_changes == requested.lasting_changes
        return Adoption.CORRECT if is_correction else Adoption.REFUSE
    if target.markers.trial_alias and not target.aliases:
        return Adoption.REPLACE  # of an attempt that was killed in its trial
    if target.markers.blocked_uuid == target.uuid:
        return Adoption.REPLACE_IF_EMPTY  # of an attempt that was killed before it deleted the index
    has_copies_only = target.provenance.strategy == Strategy.BLOCK_WRITES
    frozen_seq_no = target.markers.frozen_seq_no
    # A target index that is to be used at once has other settings than one that is filled first.
    if is_as_requested and target.provenance.strategy in (None, requested.strategy):
        # Created by an earlier run of this step, and nothing was copied yet.
        if frozen_seq_no is None and target.markers.owner == execution_id:
            return Adoption.ADOPT
        # Half copied, and the source index has not changed since.
        if has_copies_only and frozen_seq_no is not None and frozen_seq_no == source_seq_no():
            # Every document of a lost shard is still in the source index.
            return Adoption.REPLACE if is_red() and not target.aliases else Adoption.ADOPT
    # Documents of an index without shards cannot be counted. Without alias and copy, no writer could store any.
    if not target.aliases and (has_copies_only or (frozen_seq_no is None and is_red())):
        return Adoption.REPLACE
    return Adoption.REPLACE_IF_EMPTY
