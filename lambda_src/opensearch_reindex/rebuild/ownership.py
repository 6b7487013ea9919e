"""Who works on a target index: one execution at a time, by compare-and-set, and what it notes for the next one."""

from collections.abc import Callable
from typing import Any

from opensearch_reindex.index.alias_actions import take_over_actions
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import OWNER_ALIAS_PREFIX, RELEASED, new_copy_alias, new_discard_alias
from opensearch_reindex.index.provenance import PROVENANCE_KEY, provenance_of
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
    """Make sure that of all executions this one works on the target index, and no other that runs.

    Raises:
        ConcurrentReindexError: another execution works on it.
        IndexCreationError: the target index has lost its owner alias.
    """
    owner = target.markers.owner
    if owner == execution_id:
        return
    if owner is None:
        raise IndexCreationError(f"target index {target_index!r} has lost its owner alias", next_step=ROLL_BACK)
    if owner != RELEASED and is_running(owner):
        raise ConcurrentReindexError(f"target index {target_index!r} is owned by execution {owner}, which runs")
    _update_owned(client, target_index, owner, execution_id, [])
    log.warning("took over from an execution that is over", extra={"previous_owner": owner})


def update_aliases_as_owner(client: OpenSearchClient, job: Job, actions: list[dict[str, Any]]) -> None:
    """Apply alias actions, all or none, and only while this execution owns the target index.

    Raises:
        ConcurrentReindexError: it does not any more.
        TransientOpenSearchError: an alias is not where it was a moment ago.
    """
    _update_owned(client, job.target_index, job.execution_id, job.execution_id, actions)


def release_ownership(client: OpenSearchClient, job: Job, actions: list[dict[str, Any]]) -> None:
    """Apply alias actions and give the target index up: whatever this execution does late fails from here on.

    Raises:
        ConcurrentReindexError: it is another execution's.
    """
    _update_owned(client, job.target_index, job.execution_id, RELEASED, actions)


def discard_target(
    client: OpenSearchClient,
    source_index: str,
    source: IndexInfo,
    target_index: str,
    execution_id: str,
    target: IndexInfo,
) -> None:
    """Delete a target index that is not in use: this very one, and only as its owner.

    A run of this step that comes too late must not delete what has its name by then, perhaps the only copy of the
    documents. A request cannot ask anything of an index that it deletes, so there are two: the first replaces the copy
    alias, which no other index has, and leaves a permit at the source index; the second uses the permit up.

    Raises:
        ConcurrentReindexError: another execution took over.
        TransientOpenSearchError: another run of this step was faster.
        IndexCreationError: the target index has lost its copy alias.
    """
    if target.markers.copy_alias is None:
        raise IndexCreationError(f"target index {target_index!r} has lost its copy alias", next_step=ROLL_BACK)
    permit = new_discard_alias()
    actions: list[dict[str, Any]] = [
        {"remove": {"index": target_index, "alias": target.markers.copy_alias, "must_exist": True}},
        # With the same number: until the index is gone it holds what was copied, and another attempt has to know.
        {"add": {"index": target_index, "alias": new_copy_alias(target.markers.frozen_seq_no), "is_hidden": True}},
        {"add": {"index": source_index, "alias": permit, "is_hidden": True}},
    ]
    if source.markers.discard_alias:  # of an attempt that came to no end
        actions.append({"remove": {"index": source_index, "alias": source.markers.discard_alias}})
    _update_owned(client, target_index, execution_id, execution_id, actions)
    client.update_aliases(
        [
            {"remove": {"index": source_index, "alias": permit, "must_exist": True}},
            {"remove_index": {"index": target_index}},
        ]
    )


def note(client: OpenSearchClient, job: Job, target: IndexInfo, **facts: Any) -> None:
    """Write into the target index what an execution that takes over has to know.

    Args:
        client: the domain.
        job: state so far.
        target: the target index as it is.
        facts: keys and values of `_meta.opensearch_reindex`.
    """
    meta = target.mappings.get("_meta", {})
    client.put_meta(job.target_index, {**meta, PROVENANCE_KEY: {**provenance_of(target.mappings), **facts}})


def _update_owned(
    client: OpenSearchClient, target_index: str, owner: str, new_owner: str, actions: list[dict[str, Any]]
) -> None:
    try:
        client.update_aliases([*take_over_actions(target_index, owner, new_owner), *actions])
    except OpenSearchRequestError as error:
        if error.error_type != "aliases_not_found_exception":
            raise
        if OWNER_ALIAS_PREFIX in error.reason:
            reason = f"another execution took target index {target_index!r} over from {owner}"
            raise ConcurrentReindexError(reason) from error
        # By another run of this step, or by hand: the next attempt looks at the aliases anew.
        raise TransientOpenSearchError(f"aliases were changed meanwhile: {error.reason}") from error


def stop_copy(client: OpenSearchClient, copy_alias: str | None) -> None:
    """Cancel the running copy that writes through an alias, if there is one."""
    task_id = client.find_reindex_task(copy_alias) if copy_alias else None
    if task_id:
        client.cancel_task(task_id)
        log.warning("the copy was cancelled", extra={"task_id": task_id})
