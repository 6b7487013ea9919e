"""Recognise indices that earlier executions rebuilt, whatever changed since."""

from collections.abc import Mapping
from enum import StrEnum

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.trigger.plan import PlannedIndex


class Done(StrEnum):
    """Why an index is skipped; the result of the execution has these words.

    Attributes:
        AS_REQUESTED: an earlier execution rebuilt the index with the changes of this file.
        OTHERWISE: an earlier execution rebuilt the index, and the file was changed since.
    """

    AS_REQUESTED = "rebuilt earlier"
    OTHERWISE = "rebuilt earlier with other changes"


def done_as(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> Done | None:
    """Return how an earlier execution rebuilt this index; None if there is work.

    Its target index then names this source index, is in the named alias and belongs to no run. The source index is
    deleted or in no alias. A source index of another UUID is a new index of that name.

    Args:
        planned: the planned index.
        indices: every index that has one of the file's names or aliases.
    """
    source, target = indices.get(planned.source_index), indices.get(planned.target_index)
    if target is None or not _is_found(planned, target) or not _is_rebuilt(target, planned.source_index):
        return None
    if source and (target.provenance.source_uuid != source.uuid or source.aliases):
        return None
    return Done.AS_REQUESTED if target.provenance.changes == planned.changes else Done.OTHERWISE


def is_proven(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> bool:
    """Return whether only the deletion of the source index is left to do.

    Args:
        planned: an index that `done_as` does not take for done.
        indices: every index that has one of the file's names or aliases.
    """
    source, target = indices.get(planned.source_index), indices.get(planned.target_index)
    return bool(source and target and target.markers.is_proven and target.provenance.source_uuid == source.uuid)


def is_to_be_deleted(planned: PlannedIndex, indices: Mapping[str, IndexInfo], *, keep_source: bool) -> bool:
    """Return whether a source index that was kept is now to be deleted.

    The target index has to be in an alias still, and to have the number that proves the source index unchanged.

    Args:
        planned: an index that `done_as` takes for done.
        indices: every index that has one of the file's names or aliases.
        keep_source: `keep_source` of the file.
    """
    target = indices[planned.target_index]
    return (
        not keep_source
        and planned.source_index in indices
        and bool(target.aliases or not planned.needs_alias)
        and target.markers.frozen_seq_no is not None  # a source index that an older version kept has none
    )


def later_problem(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> str | None:
    """Explain what happened after a rebuild, if that prevents another one.

    Args:
        planned: an index that `done_as` does not take for done.
        indices: every index that has one of the file's names or aliases.
    """
    source, target = indices.get(planned.source_index), indices.get(planned.target_index)
    name, alias = f"source index {planned.source_index!r}", planned.alias_name
    place = f"alias {alias!r}" if alias else "its aliases"
    is_target = target is not None and _is_rebuilt(target, planned.source_index)
    if source is None:
        if is_target:
            return (
                f"{name} was rebuilt as {planned.target_index!r}, which is not in alias {alias!r}; put it into that "
                "alias, or remove the entry from the file"
            )
        for other, info in indices.items():
            if _is_rebuilt(info, planned.source_index):
                return f"{name} was rebuilt as {other!r}; correct index_replacement, or remove the entry from the file"
            if _is_rebuilt(info, planned.target_index):
                return (
                    f"{name} does not exist; its target index {planned.target_index!r} was rebuilt as {other!r} since. "
                    "Remove the entry from the file"
                )
    elif target is not None and is_target and target.provenance.source_uuid == source.uuid:
        left = f"is in {', '.join(map(repr, sorted(source.aliases)))} again" if source.aliases else "is in no alias"
        return (
            f"{name} {left}, and its finished target index {planned.target_index!r} exists; expected target index in "
            f"{place}, source index in none. To rebuild the source index again, delete the target index"
        )
    return None


def _is_found(planned: PlannedIndex, target: IndexInfo) -> bool:
    """Return whether the target is in the named alias, perhaps the source's name."""
    return planned.alias_name is None or planned.alias_name in target.aliases


def _is_rebuilt(target: IndexInfo, source_index: str) -> bool:
    return target.markers.is_finished and target.provenance.source_index == source_index
