"""Step CreateIndex: create the target index once, owned by one execution."""

from collections.abc import Callable, Mapping
from typing import Any

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.allocation_filters import allocation_filters, filters_in_force
from opensearch_reindex.index.held_aliases import HeldAliases
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.names import ends_rollover, expand_names
from opensearch_reindex.index.provenance import Provenance, changes_of, lasting_changes_of
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import TargetIndex, flat_settings
from opensearch_reindex.index.templates import takes_mappings, template_warning
from opensearch_reindex.index.vectors import has_semantic_field
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.creation import Creation
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import apply_as, take_ownership
from opensearch_reindex.rebuild.pipelines import refuse_pipelines
from opensearch_reindex.rebuild.roles import shared_aliases, strategy_of
from opensearch_reindex.rebuild.template_aliases import known_template, let_go
from opensearch_reindex.rebuild.write_block import keeps_block, lift_flood_blocks, mend_marker
from opensearch_reindex.runtime.errors import ConcurrentReindexError, IndexCreationError
from opensearch_reindex.runtime.logs import add_context, log


def create_index(client: OpenSearchClient, event: Mapping[str, Any], is_running: Callable[[str], bool]) -> Job:
    """Create the target index, or adopt the one that an earlier attempt created.

    Before: the source index exists and is not red. After: the target index exists with the source's settings and
    mappings and the changes of the trigger file, and this execution owns it.

    Args:
        client: the domain.
        event: `execution_id`, `trigger_file` and `index`.
        is_running: tells whether another execution still runs.

    Raises:
        IndexCreationError: the source index is missing or red, or the target index is foreign or not as requested.
        ConcurrentReindexError: another execution works on one of the two indices.
    """
    trigger_file, entry, execution_id = event["trigger_file"], event["index"], event["execution_id"]
    source_index = entry["source_index"]
    target_index, alias_name = expand_names(trigger_file, source_index)
    add_context(target_index=target_index)

    indices = client.get_indices([source_index, target_index])
    source, found = indices.get(source_index), indices.get(target_index)
    if not source:
        raise IndexCreationError(
            f"source index {source_index!r} does not exist",
            next_step="No document was moved. Correct the name, or remove the entry. Upload the trigger file again.",
        )
    if source.markers.owner:
        raise ConcurrentReindexError(
            f"source index {source_index!r} is the unfinished target index of execution {source.markers.owner}",
            next_step="Wait until that execution has ended. Upload its trigger file again to finish its run.",
        )
    source_health = client.health(source_index)
    if source_health == "red":
        raise IndexCreationError(
            f"source index {source_index!r} is red; expected yellow or green, so that every document can be read",
            next_step="No document was moved. Ask _cluster/allocation/explain for the missing shard, and restore it. "
            "Upload the trigger file again.",
        )
    takes_source_name = alias_name == source_index or trigger_file.get("keep_source_name_as_alias", False)
    alias_name = None if alias_name == source_index else alias_name  # it can be there once the source index is gone
    shared = shared_aliases(client, source_index, target_index, source, alias_name)
    own = found if found and found.provenance.source_uuid == source.uuid else None
    wanted = Strategy.BLOCK_WRITES if keeps_block(source, own) else Strategy(trigger_file["strategy"])
    strategy = strategy_of(wanted, source, own, alias_name, shared)
    filters = _filters(client, source_index, source)
    is_proven = found is not None and found.markers.is_proven
    template = {} if is_proven else known_template(client, target_index, trigger_file)
    requested = TargetIndex.derive({**trigger_file, "strategy": strategy}, entry, source, filters, template)
    creation = Creation(
        client=client,
        execution_id=execution_id,
        source_index=source_index,
        source=source,
        target_index=target_index,
        requested=requested,
        provenance=Provenance(
            source_index=source_index,
            source_uuid=source.uuid,
            strategy=strategy,
            changes=changes_of(trigger_file, entry, template if takes_mappings(trigger_file) else None),
            lasting_changes=lasting_changes_of(trigger_file, entry),
            is_hidden=requested.is_hidden_at_end,
            trigger_file=trigger_file["s3_uri"],
        ),
        options=trigger_file["reindex"],
        held=HeldAliases.derive(template.get("aliases", {}), source, alias_name, shared),
    )
    if not is_proven:
        refuse_pipelines(client, source_index, source, requested.settings, trigger_file["reindex"])
        creation.refuse_collapsing()
    is_new = found is None and creation.create()
    target = creation.get_target()
    if target.provenance.source_uuid != source.uuid:
        raise IndexCreationError(
            f"target index {target_index!r} exists, and was not created from this source index",
            next_step="No document was moved. Delete that index, or change index_replacement. Then upload the trigger "
            "file again.",
        )
    if target.markers.is_proven and not trigger_file["keep_source"]:
        lift_flood_blocks(client, {source_index: source, target_index: target})
    take_ownership(client, target_index, target, execution_id, is_running)
    let_go(client, execution_id, source_index, source, target_index, target.held)
    if mending := mend_marker(source_index, source, target):
        # Now, because the note of an older version goes with a target index that is created again.
        apply_as(client, target_index, execution_id, mending)
    target = creation.prepare(target, source_health, is_new=is_new)
    log.info("target index ready", extra={"settings_left_out": requested.settings_left_out})
    job = Job(
        execution_id=execution_id,
        opensearch_endpoint=trigger_file["opensearch_endpoint"],
        source_index=source_index,
        target_index=target_index,
        alias_name=alias_name,
        strategy=strategy,
        keep_source=trigger_file["keep_source"],
        reindex=trigger_file["reindex"],
        source_uuid=source.uuid,
        target_uuid=target.uuid,
        source_health=source_health,
        settings_after_copy=requested.settings_after_copy,
        # By now an earlier execution may have hidden the source index.
        is_hidden_at_end=target.provenance.is_hidden if target.markers.is_proven else requested.is_hidden_at_end,
        settings_left_out=requested.settings_left_out,
        asks_model=has_semantic_field(requested.mappings),
        settings_at_end=requested.settings_at_end,
        takes_source_name=takes_source_name,
        attach_policy=None if found and found.markers.is_kept else trigger_file.get("attach_policy", True),
    )
    if found_differences := requested.template_differences:
        job = job.warn(template_warning(target_index, found_differences, trigger_file))
    is_written = target.has_taken_writes or alias_actions.redirected(source.aliases, {}, None, shared)
    if is_written and ends_rollover(source_index, target_index):
        return job.warn(
            f"the name of target index {target_index!r} does not end in a hyphen and a number, so a rollover of its "
            "aliases needs the name of the new index from now on"
        )
    return job


def _filters(client: OpenSearchClient, source_index: str, source: IndexInfo) -> dict[str, str]:
    """Return the allocation filters of the source index that all its shards obey."""
    settings = flat_settings(source.settings)
    if not allocation_filters(settings):
        return {}
    holders = client.nodes_of_shards([source_index]).get(source_index, set())
    return filters_in_force(settings, (node for node in client.data_nodes() if node.id in holders))
