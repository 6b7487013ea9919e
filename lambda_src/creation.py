"""The first step of an index: the target index, made once and owned by one execution."""

from collections.abc import Callable, Mapping
from typing import Any

from aliases import SOURCE_ALIAS_PREFIX, owner_alias, source_alias
from errors import ROLL_BACK, ConcurrentReindexError, IndexCreationError, OpenSearchRequestError
from job import Job
from logs import add_context, log
from opensearch_client import IndexInfo, OpenSearchClient
from utils import (
    changes_of,
    expand_names,
    keeps_documents_apart,
    provenance_of,
    target_mappings,
    target_settings,
    unrequested,
)


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

    source = client.get_indices([source_index]).get(source_index)
    if not source:
        raise IndexCreationError(f"source index {source_index!r} does not exist")
    if source.owner:
        raise ConcurrentReindexError(
            f"source index {source_index!r} is itself the unfinished target of {source.owner}",
            next_step="Finish that run first: upload its trigger file again when its execution is over.",
        )
    source_health = client.health(source_index)
    if source_health == "red":
        raise IndexCreationError(f"source index {source_index!r} is red: some of its documents cannot be read")

    body = _target_body(file, index, source, execution_id)
    _refuse_collapsing(client, source_index, source, body)
    created = _create(client, target_index, body)
    target = client.get_indices([target_index])[target_index]
    _refuse_foreign(target_index, target, body)
    _take_ownership(client, target_index, target, execution_id, is_running)
    # An index template may have put a new target into the very alias, but not as its write index beside the source.
    in_use = not created and bool(target.aliases.get(alias_name, {}).get("is_write_index"))
    if not created and not in_use:
        # Left by an attempt before, whose source may have got fields since.
        _delete_empty(client, target_index)
        if not _create(client, target_index, body):
            raise IndexCreationError(
                f"target index {target_index!r} holds documents, but no alias writes to it", next_step=ROLL_BACK
            )
        target = client.get_indices([target_index])[target_index]
    if not in_use:
        _refuse_template_additions(client, target_index, target, body)
    return Job(
        execution_id=execution_id,
        opensearch_endpoint=file["opensearch_endpoint"],
        source_index=source_index,
        target_index=target_index,
        alias_name=alias_name,
        keep_source=file["keep_source"],
        reindex=file["reindex"],
        source_uuid=source.uuid,
        target_uuid=target.uuid,
        source_health=source_health,
    )


def _target_body(
    file: Mapping[str, Any], index: Mapping[str, Any], source: IndexInfo, execution_id: str
) -> dict[str, Any]:
    provenance = {
        "source_index": index["source_index"],
        "source_uuid": source.uuid,
        "changes": changes_of(file, index),
        "trigger_file": file["s3_uri"],
    }
    return {
        "settings": {"index": target_settings(source.settings, file.get("settings", {}), index.get("settings", {}))},
        "mappings": target_mappings(source.mappings, provenance, file.get("mappings", {}), index.get("mappings", {})),
        "aliases": {
            owner_alias(execution_id): {"is_hidden": True},
            source_alias(source.uuid): {"is_hidden": True, "is_write_index": True},
        },
    }


def _refuse_collapsing(client: OpenSearchClient, source_index: str, source: IndexInfo, body: Mapping[str, Any]) -> None:
    if keeps_documents_apart(source.settings, body["settings"]["index"]):
        return
    client.refresh(source_index)
    if client.has_routed_documents(source_index):
        raise IndexCreationError(
            f"source index {source_index!r} has documents with custom routing, and with this number of shards those of "
            "one id under different routings would become one",
            next_step="No document was moved. Keep number_of_shards, or double it.",
        )


def _create(client: OpenSearchClient, target_index: str, body: Mapping[str, Any]) -> bool:
    """Create the index; False if one of that name is there already."""
    try:
        client.create_index(target_index, body)
    except OpenSearchRequestError as error:
        if error.error_type == "resource_already_exists_exception":
            return False
        if error.error_type == "illegal_state_exception" and SOURCE_ALIAS_PREFIX in error.reason:
            raise ConcurrentReindexError(
                f"another target index is being made of this source index: {error.reason}",
                next_step="Finish that one, by uploading its trigger file again, or roll it back (see the README).",
            ) from error
        raise
    return True


def _delete_empty(client: OpenSearchClient, target_index: str) -> bool:
    """Delete a target index that is not in use, unless somebody wrote to it all the same."""
    client.block_writes(target_index)
    client.refresh(target_index)
    empty = client.count(target_index) == 0
    if empty:
        client.delete_index(target_index)
    return empty


def _refuse_foreign(target_index: str, target: IndexInfo, body: Mapping[str, Any]) -> None:
    """Go on only with an index that was made from this source, with these settings, mappings and options."""
    made_from, ours = provenance_of(target.mappings), provenance_of(body["mappings"])
    if made_from.get("source_uuid") != ours["source_uuid"]:
        raise IndexCreationError(f"target index {target_index!r} exists, and was not made from this source index")
    if made_from.get("changes") != ours["changes"]:
        reason = f"target index {target_index!r} was made with other settings, mappings, script or pipeline"
        raise IndexCreationError(reason, next_step=ROLL_BACK)


def _take_ownership(
    client: OpenSearchClient, target_index: str, target: IndexInfo, execution_id: str, is_running: Callable[[str], bool]
) -> None:
    """Make sure that of all executions this one works on the target index, and no other that runs."""
    if target.owner == execution_id:
        return
    if target.owner is None:
        raise IndexCreationError(f"target index {target_index!r} has lost its owner alias", next_step=ROLL_BACK)
    if is_running(target.owner):
        raise ConcurrentReindexError(f"target index {target_index!r} is owned by execution {target.owner}, which runs")
    take_over = [
        {"remove": {"index": target_index, "alias": owner_alias(target.owner), "must_exist": True}},
        {"add": {"index": target_index, "alias": owner_alias(execution_id), "is_hidden": True}},
    ]
    try:
        client.update_aliases(take_over)
    except OpenSearchRequestError as error:
        if error.error_type != "aliases_not_found_exception":
            raise
        raise ConcurrentReindexError(f"another execution took target index {target_index!r} over first") from error
    log.warning("took over from an execution that is over", extra={"previous_owner": target.owner})


def _refuse_template_additions(
    client: OpenSearchClient, target_index: str, target: IndexInfo, body: Mapping[str, Any]
) -> None:
    """An index template may add what nobody asked for; the copy would then not be what the trigger file says."""
    added = unrequested(body, target.settings, target.mappings, target.aliases)
    if not added:
        return
    kept = "" if _delete_empty(client, target_index) else "; it holds documents and was kept, write-blocked"
    raise IndexCreationError(
        f"an index template added to {target_index!r} what was not asked for: {', '.join(added)}{kept}",
        next_step="Narrow the template's index_patterns, or put what it adds into the trigger file; then upload again.",
    )
