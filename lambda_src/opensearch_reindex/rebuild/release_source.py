"""State ReleaseSource: allow writes again after a failed run."""

from collections.abc import Callable, Sequence

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import RELEASED, is_of_other_deployment, source_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.ownership import release_ownership, stop_copy
from opensearch_reindex.rebuild.write_block import is_blocked_by_module, lift_block, lift_flood_blocks, unmark_block
from opensearch_reindex.runtime.blocks import how_to_lift
from opensearch_reindex.runtime.errors import ConcurrentReindexError, OpenSearchRequestError, ReindexError
from opensearch_reindex.runtime.logs import log


def release_source(
    client: OpenSearchClient,
    execution_id: str,
    source_index: str,
    is_running: Callable[[str], bool],
    source_uuid: str | None = None,
) -> None:
    """Let writers use the source index again, unless they have moved to the target.

    Before: a step failed. After: the copy is stopped, this execution can change nothing more, and the source index has
    no write block but the user's. Nothing changes while another execution owns the work.

    Args:
        client: the domain.
        execution_id: ARN of the execution that failed.
        source_index: name of the source index.
        is_running: tells whether another execution still runs.
        source_uuid: UUID of the source index when the run started; None if CreateIndex did not get so far.
    """
    source = client.get_indices([source_index], parts="settings.index.blocks").get(source_index)
    if source is None or source_uuid not in (None, source.uuid):
        log.warning("nothing to release: the source index is gone, or another index has its name")
        return
    found = _target_of(client, source)
    if found and not _give_up(client, execution_id, *found, is_running):
        return
    target = found[1] if found else None
    if is_blocked_by_module(source, target):
        lift_flood_blocks(client, {source_index: source})
        lift_block(client, source_index, source)
        log.warning("the run failed: the write block of the source index was lifted")
    elif stale := unmark_block(source_index, source):
        client.apply_alias_actions(stale)


def release_abandoned(
    client: OpenSearchClient, execution_id: str, source_indices: Sequence[str], is_running: Callable[[str], bool]
) -> list[str]:
    """Lift every write block of a run that was killed.

    Args:
        client: the domain.
        execution_id: ARN of this execution, which does not rebuild these indices now.
        source_indices: names of source indices.
        is_running: tells whether another execution still runs.

    Returns:
        The write blocks that may be left, with the requests that lift them.
    """
    problems = []
    try:
        found = client.get_indices(source_indices, parts="settings.index.blocks")
    except (OpenSearchRequestError, ReindexError) as error:
        log.warning("write blocks of earlier runs could not be looked for", extra={"reason": error.reason})
        return []
    for name, source in found.items():
        if name not in source_indices or not source.is_write_blocked:
            continue
        try:
            release_source(client, execution_id, name, is_running)
        except (OpenSearchRequestError, ReindexError) as error:
            problems.append(
                f"index {name!r} may have a write block of a run that was killed, which could not be lifted "
                f"({error.reason}). To lift it: {how_to_lift(name, 'write')}"
            )
    return problems


def _target_of(client: OpenSearchClient, source: IndexInfo) -> tuple[str, IndexInfo] | None:
    """Return the one target index that a source index has, or None.

    It may have another name than this execution's: another trigger file may rebuild the same source index.
    """
    try:
        found = client.get_indices([source_alias(source.uuid)], parts="mappings._meta,settings.index.blocks")
    except OpenSearchRequestError as error:
        # The security plugin checks an alias by the names of its indices, and a missing alias by its own name.
        if not error.is_denied:
            raise
        return None
    return next(iter(found.items()), None)


def _may_work(owner: str, execution_id: str, is_running: Callable[[str], bool]) -> bool:
    """Return whether another execution runs, or cannot be asked."""
    try:
        return is_of_other_deployment(owner, execution_id) or is_running(owner)
    except ConcurrentReindexError:
        return True


def _give_up(
    client: OpenSearchClient, execution_id: str, target_index: str, target: IndexInfo, is_running: Callable[[str], bool]
) -> bool:
    """Release the target index and stop its copy; False if its work must go on."""
    owner = target.markers.owner
    if target.markers.is_proven or target.has_taken_writes:
        log.warning("the write block stays: writers use the target index")
        return False
    if owner not in (execution_id, RELEASED, None) and _may_work(owner, execution_id, is_running):
        log.warning("the write block stays: another execution may work on this index", extra={"owner": owner})
        return False
    lift_flood_blocks(client, {target_index: target})
    if owner not in (RELEASED, None):
        # Before anything else: a late RemoveAlias that moved the aliases after the block is lifted would lose writes.
        try:
            release_ownership(client, target_index, owner)
        except ConcurrentReindexError as error:
            log.warning("the write block stays: another execution took over", extra={"reason": error.reason})
            return False
    stop_copy(client, target.markers.copy_alias)
    return True
