"""The first step of an index: the target index, made once and owned by one execution."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import SOURCE_ALIAS_PREFIX, new_copy_alias, owner_alias, source_alias
from opensearch_reindex.index.names import expand_names
from opensearch_reindex.index.provenance import BLOCK_WRITES, changes_of, provenance_of
from opensearch_reindex.index.target_index import (
    copy_settings,
    keeps_documents_apart,
    target_mappings,
    target_settings,
    unrequested,
)
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import discard_target, stop_copy, take_ownership
from opensearch_reindex.runtime.errors import (
    ROLL_BACK,
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
)
from opensearch_reindex.runtime.logs import add_context

# Deletes the target index that it is given.
Discard = Callable[[IndexInfo], None]


def create_index(client: OpenSearchClient, event: Mapping[str, Any], is_running: Callable[[str], bool]) -> Job:
    """Create the target index with the source's settings and mappings and the trigger file's changes.

    Before: the source index exists and is not red. After: the target index exists, and this execution owns it.

    Args:
        client: the domain.
        event: `execution_id`, `trigger_file` and `index`.
        is_running: tells whether another execution is still at work.

    Raises:
        IndexCreationError: no such source, a target that is not ours, or one that came out different.
        ConcurrentReindexError: another execution works on one of the two indices.
    """
    file, index, execution_id = event["trigger_file"], event["index"], event["execution_id"]
    source_index = index["source_index"]
    target_index, alias_name = expand_names(file, source_index)
    add_context(target_index=target_index)

    indices = client.get_indices([source_index, target_index])
    source, found = indices.get(source_index), indices.get(target_index)
    if not source:
        raise IndexCreationError(f"source index {source_index!r} does not exist")
    if source.markers.owner:
        raise ConcurrentReindexError(
            f"source index {source_index!r} is itself the unfinished target of {source.markers.owner}",
            next_step="Finish that run first: upload its trigger file again when its execution is over.",
        )
    source_health = client.health(source_index)
    if source_health == "red":
        raise IndexCreationError(f"source index {source_index!r} is red: some of its documents cannot be read")

    body = _target_body(file, index, source, found, execution_id)
    faster = copy_settings(body["settings"]["index"]) if file["strategy"] == BLOCK_WRITES else {}
    _refuse_collapsing(client, source_index, source, body)
    is_new = found is None and _create(client, target_index, body, faster)
    target = client.get_indices([target_index])[target_index]
    made_from = provenance_of(target.mappings)
    if made_from.get("source_uuid") != source.uuid:
        raise IndexCreationError(f"target index {target_index!r} exists, and was not made from this source index")
    take_ownership(client, target_index, target, execution_id, is_running)
    # An index template may have put a new target into the very alias, but not as its write index beside the source.
    in_use = not is_new and bool(target.aliases.get(alias_name, {}).get("is_write_index"))
    is_as_asked = made_from["changes"] == provenance_of(body["mappings"])["changes"]
    if in_use and not is_as_asked:
        reason = f"target index {target_index!r} was made with other settings, mappings, script, pipeline or strategy"
        raise IndexCreationError(reason, next_step=ROLL_BACK)
    discard = partial(discard_target, client, source_index, source, target_index, execution_id)
    is_ours_and_empty = target.markers.owner == execution_id and target.markers.frozen_seq_no is None
    is_kept = (
        is_new
        or in_use
        or (is_as_asked and (is_ours_and_empty or _is_half_copied(client, source_index, source, target)))
    )
    if not is_kept:
        # Left by an attempt before: the source index, or the trigger file, may have changed since.
        _delete_unused(client, target_index, target, discard)
        if not _create(client, target_index, body, faster):
            raise ConcurrentReindexError(f"another execution made target index {target_index!r} meanwhile")
        target = client.get_indices([target_index])[target_index]
    if not in_use and target.markers.frozen_seq_no is None:  # later, documents add fields too
        _refuse_template_additions(client, target_index, target, body, discard)
    return Job(
        execution_id=execution_id,
        opensearch_endpoint=file["opensearch_endpoint"],
        source_index=source_index,
        target_index=target_index,
        alias_name=alias_name,
        strategy=file["strategy"],
        keep_source=file["keep_source"],
        reindex=file["reindex"],
        source_uuid=source.uuid,
        target_uuid=target.uuid,
        source_health=source_health,
        settings_after_copy={name: body["settings"]["index"].get(name) for name in faster},
    )


def _target_body(
    file: Mapping[str, Any], index: Mapping[str, Any], source: IndexInfo, found: IndexInfo | None, execution_id: str
) -> dict[str, Any]:
    """The create request: settings, mappings with a note of their origin, and the aliases that keep others away."""
    before = provenance_of(found.mappings) if found else {}
    provenance = {
        "source_index": index["source_index"],
        "source_uuid": source.uuid,
        # A block that an attempt before has set is not the user's.
        "source_was_blocked": before.get(
            "source_was_blocked", source.settings.get("blocks", {}).get("write") == "true"
        ),
        "strategy": file["strategy"],
        "changes": changes_of(file, index),
        "trigger_file": file["s3_uri"],
    }
    return {
        "settings": {"index": target_settings(source.settings, file.get("settings", {}), index.get("settings", {}))},
        "mappings": target_mappings(source.mappings, provenance, file.get("mappings", {}), index.get("mappings", {})),
        "aliases": {
            owner_alias(execution_id): {"is_hidden": True},
            source_alias(source.uuid): {"is_hidden": True, "is_write_index": True},
            new_copy_alias(): {"is_hidden": True},
        },
    }


def _refuse_collapsing(client: OpenSearchClient, source_index: str, source: IndexInfo, body: Mapping[str, Any]) -> None:
    if keeps_documents_apart(source.settings, body["settings"]["index"]):
        return
    client.refresh(source_index)
    if client.has_routed_documents(source_index, primaries=source.replicas_may_be_behind):
        raise IndexCreationError(
            f"source index {source_index!r} has documents with custom routing, and with this number of shards those of "
            "one id under different routings would become one",
            next_step="No document was moved. Keep number_of_shards, or double it.",
        )


def _create(client: OpenSearchClient, target_index: str, body: Mapping[str, Any], faster: Mapping[str, Any]) -> bool:
    """Create the index, with settings under which it is filled faster; False if one of that name is there already."""
    settings = {"index": {**body["settings"]["index"], **faster}}
    try:
        client.create_index(target_index, {**body, "settings": settings})
    except OpenSearchRequestError as error:
        if error.error_type == "resource_already_exists_exception":
            return False
        if error.error_type == "illegal_state_exception" and SOURCE_ALIAS_PREFIX in error.reason:
            raise ConcurrentReindexError(
                f"another target index is being made of this source index: {error.reason}",
                next_step="Finish that one, by uploading its trigger file again, or roll it back (see the README).",
            ) from error
        if error.error_type == "validation_exception" and faster:
            # A domain with standby has a copy of every shard in each zone, so it refuses an index without replicas.
            return _create(client, target_index, body, {})
        raise
    return True


def _is_half_copied(client: OpenSearchClient, source_index: str, source: IndexInfo, target: IndexInfo) -> bool:
    """Whether a target index that nobody uses yet holds a part of the source index as it still is."""
    frozen_seq_no = target.markers.frozen_seq_no
    is_copied = provenance_of(target.mappings)["strategy"] == BLOCK_WRITES and frozen_seq_no is not None
    return is_copied and frozen_seq_no == client.last_seq_no(source_index, source.shards)


def _delete_unused(client: OpenSearchClient, target_index: str, target: IndexInfo, discard: Discard) -> None:
    """Delete a target index that no alias of the user points at; with `block_writes` nothing but copies is in it."""
    if provenance_of(target.mappings)["strategy"] == BLOCK_WRITES and not target.aliases:
        stop_copy(client, target.markers.copy_alias)
        discard(target)
    elif not _delete_empty(client, target_index, target, discard):
        raise IndexCreationError(
            f"target index {target_index!r} holds documents, but is not the write index of the alias",
            next_step=ROLL_BACK,
        )


def _delete_empty(client: OpenSearchClient, target_index: str, target: IndexInfo, discard: Discard) -> bool:
    """Delete a target index that is not in use, unless somebody wrote to it all the same."""
    client.block_writes(target_index)
    client.refresh(target_index)
    empty = client.count(target_index, primaries=target.replicas_may_be_behind) == 0
    if empty:
        discard(target)
    return empty


def _refuse_template_additions(
    client: OpenSearchClient, target_index: str, target: IndexInfo, body: Mapping[str, Any], discard: Discard
) -> None:
    """An index template may add what nobody asked for; the copy would then not be what the trigger file says."""
    added = unrequested(body, target.settings, target.mappings, target.aliases)
    if not added:
        return
    kept = (
        ""
        if _delete_empty(client, target_index, target, discard)
        else "; it holds documents and was kept, write-blocked"
    )
    raise IndexCreationError(
        f"an index template added to {target_index!r} what was not asked for: {', '.join(added)}{kept}",
        next_step="Narrow the template's index_patterns, or put what it adds into the trigger file; then upload again.",
    )
