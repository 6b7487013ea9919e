"""Create a target index, try documents in it, adopt or replace an existing one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.held_aliases import HeldAliases
from opensearch_reindex.index.index_info import MAX_RESULT_WINDOW, IndexInfo
from opensearch_reindex.index.markers import SOURCE_ALIAS_PREFIX, block_alias, first_markers
from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.index.settings import HIDDEN
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import TargetIndex, keeps_documents_apart
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.adoption import Adoption, adopt_or_replace
from opensearch_reindex.rebuild.allocation import UPLOAD_AGAIN, discard_unallocated, is_red
from opensearch_reindex.rebuild.correction import correct_target
from opensearch_reindex.rebuild.ownership import apply_as, discard_target, new_token, stop_copy
from opensearch_reindex.rebuild.template_aliases import create_without_aliases
from opensearch_reindex.rebuild.trial import TRIAL_DOCUMENTS, trial_problems
from opensearch_reindex.runtime.blocks import how_to_lift
from opensearch_reindex.runtime.errors import (
    RESUME_OR_ROLL_BACK,
    ROLL_BACK,
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
    TransientOpenSearchError,
)


@dataclass(frozen=True)
class Creation:
    """One attempt to create a target index."""

    client: OpenSearchClient
    execution_id: str
    source_index: str
    source: IndexInfo
    target_index: str
    requested: TargetIndex
    provenance: Provenance
    options: Mapping[str, Any]
    held: HeldAliases = field(default_factory=HeldAliases)

    def create(self, *, is_for_trial: bool = True) -> bool:
        """Create the target index; False if an index of its name exists.

        Args:
            is_for_trial: whether documents are tried in it, so that it is deleted afterwards.
        """
        markers = first_markers(self.execution_id, self.source.uuid, new_token(), is_for_trial=is_for_trial)
        return create_without_aliases(
            self.client,
            self.execution_id,
            self.source_index,
            self.target_index,
            self.held,
            lambda: self._create({**self.held.entries, **markers}, self.requested.filling_settings),
        )

    def _create(self, aliases: Mapping[str, Any], filling_settings: Mapping[str, Any]) -> bool:
        try:
            self.client.put_index(self.target_index, self.requested.body(self.provenance, aliases, filling_settings))
        except OpenSearchRequestError as error:
            if error.error_type == "resource_already_exists_exception":
                return False
            if error.error_type == "illegal_state_exception" and SOURCE_ALIAS_PREFIX in error.reason:
                raise ConcurrentReindexError(
                    f"source index {self.source_index!r} has another target index already: {error.reason}",
                    next_step="Upload the trigger file of that target index again to finish its run, or roll it back "
                    "(see docs/roll-back.md).",
                ) from error
            if error.error_type == "validation_exception" and filling_settings.keys() - {HIDDEN}:
                # A domain with standby has a copy of every shard in each zone, and refuses an index without replicas.
                return self._create(aliases, {HIDDEN: "true"})
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

    def prepare(self, target: IndexInfo, source_health: str, *, is_new: bool) -> IndexInfo:
        """Return the target index as requested and on nodes, or in use already.

        Raises:
            IndexCreationError: the target index is not as requested, or OpenSearch does not allocate its shards.
        """
        # In a new target, an index template may have added the alias itself.
        is_in_use = not is_new and target.has_taken_writes
        if not is_new:
            target = self.adopt_or_replace(target)
        if is_in_use or target.markers.is_proven:
            return target
        self._refuse_other(target, source_health)
        if target.is_write_blocked:  # by a run that was killed before it moved the aliases
            self.client.put_settings(self.target_index, {"blocks.write": None})
        if target.markers.trial_alias is None:
            return target
        self._try_documents(target, target.markers.trial_alias)
        target = self._create_again(target, is_for_trial=False)
        self.refuse_template_additions(target)
        return target  # UpdateAliases waits for its shards

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
        try:
            window = int(self.source.settings.get("max_result_window", MAX_RESULT_WINDOW))
            problems = trial_problems(self.client, self.source_index, trial_alias, self.options, window)
        except OpenSearchRequestError:
            self._discard(target)
            raise
        if not problems:
            return
        self._discard(target)
        raise IndexCreationError(
            f"a trial copy of up to {TRIAL_DOCUMENTS} documents of {self.source_index!r} failed",
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

    def adopt_or_replace(self, target: IndexInfo) -> IndexInfo:
        """Continue with a target index that exists, or create it again.

        Args:
            target: the index as it was before this execution took it over.

        Raises:
            IndexCreationError: the index may hold documents of writers, and is not as requested.
            ConcurrentReindexError: another execution created the target index in between.
        """
        adoption = adopt_or_replace(
            target,
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
                f"target index {self.target_index!r} holds documents, but is the write index of no alias",
                next_step=ROLL_BACK,
            )
        for alias in (target.markers.copy_alias, target.markers.trial_alias):
            stop_copy(self.client, alias)
        return self._create_again(target)

    def refuse_collapsing(self) -> None:
        """Refuse a number of shards that could merge documents with custom routing.

        Where no writer uses the target index, the proof shows whether it did.

        Raises:
            IndexCreationError: the source index has documents with custom routing.
        """
        if self.provenance.strategy != Strategy.REDIRECT_WRITES or keeps_documents_apart(
            self.source.settings, self.requested.settings
        ):
            return
        self.client.refresh(self.source_index)
        if self.client.has_routed_documents(self.source_index, primaries=self.source.replicas_may_be_behind):
            raise IndexCreationError(
                f"source index {self.source_index!r} has documents with custom routing: with this number of shards, "
                "documents with one id and different routings could become one, and new documents would hide it",
                next_step="No document was moved. Keep number_of_shards, or double it. Or use strategy block_writes, "
                "with which the proof shows whether any did.",
            )

    def refuse_template_additions(self, target: IndexInfo) -> None:
        """Refuse a target index to which an index template added what was not requested.

        Raises:
            IndexCreationError: with everything that was added.
        """
        added = self.requested.unrequested(target)
        if not added:
            return
        lift = how_to_lift(self.target_index, "write")
        kept = f"; it holds documents and was kept. To lift its write block, send {lift}"
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
