"""Ownership of a target index: one execution at a time, by compare-and-set."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.alias_actions import Action
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import (
    KEPT,
    OWNER_ALIAS_PREFIX,
    RELEASED,
    is_of_other_deployment,
    new_copy_alias,
    new_discard_alias,
    spoiled_copy_alias,
)
from opensearch_reindex.index.tokens import how_to_release
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.runtime.errors import (
    ROLL_BACK,
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
    TransientOpenSearchError,
)
from opensearch_reindex.runtime.logs import log


def take_ownership(
    client: OpenSearchClient, target_index: str, target: IndexInfo, execution_id: str, is_running: Callable[[str], bool]
) -> None:
    """Make this execution the owner of the target index, unless another owner runs.

    Raises:
        ConcurrentReindexError: another execution works on the target index, or may do so.
        IndexCreationError: the target index has lost its owner alias.
    """
    owner = KEPT if target.markers.is_kept else target.markers.owner
    if owner == execution_id:
        return
    if owner is None:
        raise IndexCreationError(f"target index {target_index!r} has lost its owner alias", next_step=ROLL_BACK)
    if owner not in (RELEASED, KEPT):
        _refuse_running(client.engine(), target_index, owner, execution_id, is_running)
    try:
        _apply_as_owner(client, target_index, owner, execution_id, [])
    except OpenSearchRequestError as error:
        if error.error_type != "index_not_found_exception":
            raise
        # Another take-over from the same owner deletes it, to create it again.
        reason = f"target index {target_index!r} was deleted while this execution took it over from {owner}"
        raise ConcurrentReindexError(reason, next_step="Upload the trigger file again.") from error
    log.warning("took over from an execution that has ended", extra={"previous_owner": owner})


def _refuse_running(
    engine: Engine, target_index: str, owner: str, execution_id: str, is_running: Callable[[str], bool]
) -> None:
    """Refuse a target index whose owner runs, or cannot be asked.

    Raises:
        ConcurrentReindexError: the owner runs, belongs to another deployment, or Step Functions does not know it.
    """
    owned = f"target index {target_index!r} is owned by execution {owner}"
    release = f"{how_to_release(target_index, owner, engine)}."
    if is_of_other_deployment(owner, execution_id):
        raise ConcurrentReindexError(f"{owned} of another deployment", next_step=release)
    try:
        runs = is_running(owner)
    except ConcurrentReindexError as error:
        raise ConcurrentReindexError(f"{owned}: {error.reason}", next_step=release) from error
    if runs:
        raise ConcurrentReindexError(f"{owned}, which runs")


def apply_as_owner(client: OpenSearchClient, job: Job, actions: list[Action]) -> None:
    """Apply alias actions, all or none, and only as the owner of the target index.

    Raises:
        ConcurrentReindexError: another execution owns the target index.
        TransientOpenSearchError: an alias is not where it was a moment ago.
    """
    apply_as(client, job.target_index, job.execution_id, actions)


def apply_as(client: OpenSearchClient, target_index: str, owner: str, actions: list[Action]) -> None:
    """Apply alias actions like `apply_as_owner`, before there is a job.

    Raises:
        ConcurrentReindexError: another execution owns the target index.
        TransientOpenSearchError: an alias is not where it was a moment ago.
    """
    _apply_as_owner(client, target_index, owner, owner, actions)


def release_ownership(client: OpenSearchClient, target_index: str, owner: str) -> None:
    """Give a target index up: whatever its owner tries from now on fails.

    Raises:
        ConcurrentReindexError: another execution owns the target index.
    """
    _apply_as_owner(client, target_index, owner, RELEASED, [])


def open_copy(client: OpenSearchClient, job: Job, copy_alias: str) -> str:
    """Replace the copy alias, so that the latest copy can write no more.

    Returns:
        The new copy alias.

    Raises:
        ConcurrentReindexError: another execution owns the target index.
        TransientOpenSearchError: another run of this step was faster.
    """
    opened = new_copy_alias(new_token(), job.source_seq_no)
    apply_as_owner(client, job, alias_actions.replace_marker(job.target_index, copy_alias, opened))
    return opened


def spoil_copy(client: OpenSearchClient, job: Job, copy_alias: str) -> None:
    """Note that a pipeline may have changed the copied documents.

    No execution proves them from then on.

    Raises:
        ConcurrentReindexError: another execution owns the target index.
        TransientOpenSearchError: another run of this step was faster.
    """
    spoiled = spoiled_copy_alias(new_token())
    apply_as_owner(client, job, alias_actions.replace_marker(job.target_index, copy_alias, spoiled))


def stop_copy(client: OpenSearchClient, copy_alias: str | None) -> None:
    """Cancel the running reindex task that writes through an alias, if there is one."""
    task_id = client.find_reindex_task(copy_alias) if copy_alias else None
    if not task_id:
        return
    try:
        client.cancel_task(task_id)
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        # What the caller does next matters more, for example to let writers go on.
        log.warning("reindex task not cancelled: the role may not", extra={"task_id": task_id})
        return
    log.warning("reindex task cancelled", extra={"task_id": task_id})


def discard_target(
    client: OpenSearchClient,
    source_index: str,
    source: IndexInfo,
    target_index: str,
    execution_id: str,
    target: IndexInfo,
) -> None:
    """Delete a target index that is not in use, only as its owner.

    A late run of this step must not delete a later index of the same name, perhaps the only copy of the documents. A
    request cannot set conditions on an index that it deletes, so there are two requests. The first replaces the copy
    alias, which no other index has, and adds a permit to the source index. The second uses the permit up.

    Raises:
        ConcurrentReindexError: another execution took over.
        TransientOpenSearchError: another run of this step was faster.
        IndexCreationError: the target index has lost its copy alias.
    """
    permit = new_discard_alias(new_token())
    actions = [
        *_replace_copy(target_index, target),
        alias_actions.add_marker(source_index, permit),
    ]
    if source.markers.discard_alias:  # of an attempt that did not end
        actions.append(alias_actions.remove_if_present(source_index, source.markers.discard_alias))
    _apply_as_owner(client, target_index, execution_id, execution_id, actions)
    client.apply_alias_actions([alias_actions.remove(source_index, permit), alias_actions.remove_index(target_index)])


def close_copy(client: OpenSearchClient, target_index: str, target: IndexInfo, execution_id: str) -> None:
    """Replace the copy alias, so that a copy of an earlier execution writes no more.

    Raises:
        ConcurrentReindexError: another execution took over.
        TransientOpenSearchError: another run of this step was faster.
        IndexCreationError: the target index has lost its copy alias.
    """
    actions = _replace_copy(target_index, target)
    _apply_as_owner(client, target_index, execution_id, execution_id, actions)


def _replace_copy(target_index: str, target: IndexInfo) -> list[Action]:
    if target.markers.copy_alias is None:
        raise IndexCreationError(f"target index {target_index!r} has lost its copy alias", next_step=ROLL_BACK)
    # With the same number: the index holds the copied documents, and another attempt has to know.
    closed = new_copy_alias(new_token(), target.markers.frozen_seq_no)
    return alias_actions.replace_marker(target_index, target.markers.copy_alias, closed)


def note_task(client: OpenSearchClient, job: Job, target: IndexInfo, task_id: str) -> None:
    """Note the latest reindex task, for an execution that takes over.

    Args:
        client: the domain.
        job: state so far.
        target: the target index as it is.
        task_id: `<node>:<number>`.
    """
    client.put_meta(job.target_index, replace(target.provenance, task_id=task_id).meta(target.mappings))


def new_token() -> str:
    """Return the unique part of a marker."""
    return uuid4().hex


def _apply_as_owner(
    client: OpenSearchClient, target_index: str, owner: str, new_owner: str, actions: list[Action]
) -> None:
    try:
        client.apply_alias_actions([*alias_actions.change_owner(target_index, owner, new_owner), *actions])
    except OpenSearchRequestError as error:
        if error.error_type != "aliases_not_found_exception":
            raise
        if OWNER_ALIAS_PREFIX in error.reason:
            reason = f"another execution took target index {target_index!r} over from {owner}"
            raise ConcurrentReindexError(reason) from error
        # Another run of this step, or a person, changed the aliases. The next attempt reads them again.
        raise TransientOpenSearchError(f"aliases changed during the step: {error.reason}") from error
