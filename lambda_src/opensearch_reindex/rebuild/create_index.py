"""Step CreateIndex: create the target index once, owned by one execution."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import SOURCE_ALIAS_PREFIX, block_alias, first_markers
from opensearch_reindex.index.names import expand_names
from opensearch_reindex.index.provenance import Provenance, lasting_changes_of
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import TargetIndex, keeps_documents_apart
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.adoption import Adoption, adopt_or_replace
from opensearch_reindex.rebuild.allocation import UPLOAD_AGAIN, discard_unallocated, is_red
from opensearch_reindex.rebuild.correction import correct_target
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import apply_as, discard_target, new_token, stop_copy, take_ownership
from opensearch_reindex.rebuild.pipelines import refuse_pipelines
from opensearch_reindex.rebuild.trial import TRIAL_DOCUMENTS, trial_problems
from opensearch_reindex.rebuild.write_block import lift_flood_blocks, mend_marker
from opensearch_reindex.runtime.errors import (
    RESUME_OR_ROLL_BACK,
    ROLL_BACK,
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
    TransientOpenSearchError,
)
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
        raise IndexCreationError(f"source index {source_index!r} does not exist")
    if source.markers.owner:
        raise ConcurrentReindexError(
            f"source index {source_index!r} is the unfinished target index of execution {source.markers.owner}",
            next_step="Wait until that execution has ended. Upload its trigger file again to finish its run.",
        )
    source_health = client.health(source_index)
    if source_health == "red":
        raise IndexCreationError(
            f"source index {source_index!r} is red; expected yellow or green, so that every document can be read"
        )
    requested = TargetIndex.derive(trigger_file, entry, source)
    creation = _Creation(
        client=client,
        execution_id=execution_id,
        source_index=source_index,
        source=source,
        target_index=target_index,
        requested=requested,
        provenance=Provenance(
            source_index=source_index,
            source_uuid=source.uuid,
            strategy=trigger_file["strategy"],
            changes=requested.changes,
            lasting_changes=lasting_changes_of(trigger_file, entry),
            trigger_file=trigger_file["s3_uri"],
        ),
        options=trigger_file["reindex"],
    )
    if not (found and found.markers.is_proven):
        refuse_pipelines(client, source_index, source, requested.settings, trigger_file["reindex"])
        creation.refuse_collapsing()
    is_new = found is None and creation.create()
    target = creation.get_target()
    if target.provenance.source_uuid != source.uuid:
        raise IndexCreationError(f"target index {target_index!r} exists, and was not created from this source index")
    if target.markers.is_proven and not trigger_file["keep_source"]:
        lift_flood_blocks(client, {source_index: source, target_index: target})
    take_ownership(client, target_index, target, execution_id, is_running)
    if mending := mend_marker(source_index, source, target):
        # Now, because the note of an older version goes with a target index that is created again.
        apply_as(client, target_index, execution_id, mending)
    target = creation.prepare(target, alias_name, source_health, is_new=is_new)
    log.info("target index ready", extra={"settings_left_out": requested.settings_left_out})
    return Job(
        execution_id=execution_id,
        opensearch_endpoint=trigger_file["opensearch_endpoint"],
        source_index=source_index,
        target_index=target_index,
        alias_name=alias_name,
        strategy=Strategy(trigger_file["strategy"]),
        keep_source=trigger_file["keep_source"],
        reindex=trigger_file["reindex"],
        source_uuid=source.uuid,
        target_uuid=target.uuid,
        source_health=source_health,
        settings_after_copy=requested.settings_after_copy,
        settings_left_out=requested.settings_left_out,
    )


@dataclass(frozen=True)
class _Creation:
    """One attempt to create a target index."""

    client: OpenSearchClient
    execution_id: str
    source_index: str
    source: IndexInfo
    target_index: str
    requested: TargetIndex
    provenance: Provenance
    options: Mapping[str, Any]

    def create(self, *, is_for_trial: bool = True) -> bool:
        """Create the target index; False if an index of its name exists.

        Args:
            is_for_trial: whether documents are tried in it, so that it is deleted afterwards.
        """
        markers = first_markers(self.execution_id, self.source.uuid, new_token(), is_for_trial=is_for_trial)
        return self._create(markers, self.requested.filling_settings)

    def _create(self, markers: Mapping[str, Any], filling_settings: Mapping[str, Any]) -> bool:
        try:
            self.client.put_index(self.target_index, self.requested.body(self.provenance, markers, filling_settings))
        except OpenSearchRequestError as error:
            if error.error_type == "resource_already_exists_exception":
                return False
            if error.error_type == "illegal_state_exception" and SOURCE_ALIAS_PREFIX in error.reason:
                raise ConcurrentReindexError(
                    f"source index {self.source_index!r} has another target index already: {error.reason}",
                    next_step="Upload the trigger file of that target index again to finish its run, or roll it back "
                    "(see docs/roll-back.md).",
                ) from error
            if error.error_type == "validation_exception" and filling_settings:
                # A domain with standby has a copy of every shard in each zone, and refuses an index without replicas.
                return self._create(markers, {})
            raise
        return True

    def get_target(self) -> IndexInfo:
        """Return the target index as it is now.

        Raises:
            TransientOpenSearchError: another run of this step, or another execution, just deleted it.
        """
        target = self.client.get_indices([self.target_index]).get(self.target_index)
        if target is None:
            # To create it again. The next attempt finds the owner.
            raise TransientOpenSearchError(f"target index {self.target_index!r} was deleted during the step")
        return target

    def prepare(self, target: IndexInfo, alias_name: str, source_health: str, *, is_new: bool) -> IndexInfo:
        """Return the target index as requested and on nodes, or in use already.

        Raises:
            IndexCreationError: the target index is not as requested, or OpenSearch does not allocate its shards.
        """
        # In a new target, an index template may have added the alias itself.
        is_in_use = not is_new and target.aliases.get(alias_name, {}).get("is_write_index")
        if not is_new:
            target = self.adopt_or_replace(target, alias_name)
        if is_in_use or target.markers.is_proven:
            return target
        self._refuse_other(target, source_health)
        if target.markers.trial_alias is None:
            return target
        self._try_documents(target, target.markers.trial_alias)
        target = self._create_again(target, is_for_trial=False)
        self._refuse_other(target, source_health)
        return target

    def _refuse_other(self, target: IndexInfo, source_health: str) -> None:
        # Once the target index holds documents, dynamic mapping may have added fields that no template added.
        if target.markers.frozen_seq_no is None:
            self.refuse_template_additions(target)
        self.refuse_unallocated(target, source_health)

    def _try_documents(self, target: IndexInfo, trial_alias: str) -> None:
        """Copy a few documents into the target index of the trial.

        Raises:
            IndexCreationError: documents do not fit, or the script or pipeline fails.
        """
        if target.aliases:
            return  # readers would find the documents twice
        problems = trial_problems(self.client, self.source_index, trial_alias, self.options)
        if not problems:
            return
        self._discard(target)
        raise IndexCreationError(
            f"a trial copy of the first {TRIAL_DOCUMENTS} documents of {self.source_index!r} failed",
            problems=problems,
            next_step="No writer was redirected or blocked, and no document was moved. Correct the mappings, or add a "
            "script that mends the documents. Then upload the trigger file again.",
        )

    def _create_again(self, target: IndexInfo, *, is_for_trial: bool = True) -> IndexInfo:
        """Delete an unused target index, and create it.

        Raises:
            ConcurrentReindexError: another execution created the target index in between.
        """
        self._discard(target)
        if not self.create(is_for_trial=is_for_trial):
            owner = self.get_target().markers.owner
            raise ConcurrentReindexError(f"target index {self.target_index!r} was created by execution {owner}")
        return self.get_target()

    def adopt_or_replace(self, target: IndexInfo, alias_name: str) -> IndexInfo:
        """Continue with a target index that exists, or create it again.

        Args:
            target: the index as it was before this execution took it over.
            alias_name: alias whose write index moves.

        Raises:
            IndexCreationError: the index may hold documents of writers, and is not as requested.
            ConcurrentReindexError: another execution created the target index in between.
        """
        adoption = adopt_or_replace(
            target,
            alias_name=alias_name,
            requested=self.provenance,
            execution_id=self.execution_id,
            source_seq_no=lambda: self.client.last_seq_no(self.source_index, self.source.shards),
            is_red=lambda: is_red(self.client, self.target_index),
        )
        if adoption == Adoption.ADOPT:
            return target
        if adoption == Adoption.REFUSE:
            raise IndexCreationError(
                f"target index {self.target_index!r} was created with other settings or another strategy",
                next_step=RESUME_OR_ROLL_BACK,
            )
        if adoption == Adoption.CORRECT:
            correct_target(self.client, self.target_index, target, self.execution_id, self.requested, self.provenance)
            return self.get_target()
        if adoption == Adoption.REPLACE_IF_EMPTY and not self._is_empty(target):
            raise IndexCreationError(
                f"target index {self.target_index!r} holds documents, but is not the write index of the alias",
                next_step=ROLL_BACK,
            )
        for alias in (target.markers.copy_alias, target.markers.trial_alias):
            stop_copy(self.client, alias)
        return self._create_again(target)

    def refuse_collapsing(self) -> None:
        """Refuse a number of shards that would merge documents with custom routing.

        Raises:
            IndexCreationError: the source index has documents with custom routing.
        """
        if keeps_documents_apart(self.source.settings, self.requested.settings):
            return
        self.client.refresh(self.source_index)
        if self.client.has_routed_documents(self.source_index, primaries=self.source.replicas_may_be_behind):
            raise IndexCreationError(
                f"source index {self.source_index!r} has documents with custom routing: with this number of shards, "
                "documents with one id and different routings would become one",
                next_step="No document was moved. Keep number_of_shards, or double it.",
            )

    def refuse_template_additions(self, target: IndexInfo) -> None:
        """Refuse a target index to which an index template added what was not requested.

        Raises:
            IndexCreationError: with everything that was added.
        """
        added = self.requested.unrequested(target)
        if not added:
            return
        kept = "; it holds documents and was kept, write-blocked"
        if self._is_empty(target):
            self._discard(target)
            kept = ""
        raise IndexCreationError(
            f"an index template added to {self.target_index!r} what was not requested: {', '.join(added)}{kept}",
            next_step="Narrow the index_patterns of the template, or put what it adds into the trigger file. Upload "
            "the file again.",
        )

    def refuse_unallocated(self, target: IndexInfo, expected: str) -> None:
        """Refuse an unused target index whose shards are not there, and delete it.

        Raises:
            IndexCreationError: with the reason why OpenSearch does not allocate them.
        """
        if problem := discard_unallocated(
            self.client, expected, self.source_index, self.source, self.target_index, self.execution_id, target
        ):
            raise IndexCreationError(problem, next_step=UPLOAD_AGAIN)

    def _discard(self, target: IndexInfo) -> None:
        discard_target(self.client, self.source_index, self.source, self.target_index, self.execution_id, target)

    def _is_empty(self, target: IndexInfo) -> bool:
        """Block writes to an unused target index, and return whether it is empty."""
        if target.markers.trial_alias and not target.aliases:
            return True  # but for documents of the trial
        # Before the block: after a fault, the next attempt would take the block for one of an index template.
        apply_as(
            self.client,
            self.target_index,
            self.execution_id,
            [alias_actions.add_marker(self.target_index, block_alias(target.uuid))],
        )
        self.client.block_writes(self.target_index)
        self.client.refresh(self.target_index)
        return self.client.count(self.target_index, primaries=target.replicas_may_be_behind) == 0
