"""Check a planned index against the indices and aliases that the domain has."""

from collections.abc import Iterator, Mapping, Sequence

from opensearch_reindex.index.blocks import blocks_of
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import MAX_RESULT_WINDOW, IndexInfo
from opensearch_reindex.index.markers import RELEASED, is_of_other_deployment
from opensearch_reindex.index.search_pipeline import removal_of_search_pipeline, search_pipeline_problem
from opensearch_reindex.index.source_kinds import BLOCKS_OF_KINDS, KIND_PARTS, problems_of_kind
from opensearch_reindex.index.target_index import (
    flat_settings,
    keeps_documents_apart,
    target_settings,
)
from opensearch_reindex.index.tokens import how_to_release
from opensearch_reindex.index.vectors import may_misread_vectors
from opensearch_reindex.runtime.blocks import how_to_lift
from opensearch_reindex.trigger.finished import is_proven, later_problem
from opensearch_reindex.trigger.plan import PlannedIndex

# What `done_as` and `domain_problems` read of an index, as parts of a `filter_path`.
ADMISSION_PARTS = (
    "data_stream",
    "mappings._meta.opensearch_reindex",
    "mappings._source",
    "mappings.dynamic_templates.*.mapping.type",
    "settings.index.blocks",
    "settings.index.final_pipeline",
    "settings.index.knn*",
    "settings.index.max_result_window",
    "settings.index.search.default_pipeline",
    "settings.index.verified_before_close",
    "settings.index.version.created",
    *KIND_PARTS,
)
# What `may_merge_documents` reads.
ROUTING_PARTS = (
    "settings.index.number_of_routing_shards",
    "settings.index.number_of_shards",
    "settings.index.resize",
    "settings.index.routing_partition_size",
    "settings.index.shrink",
)
# An index in cold storage is not among the indices of its domain.
_NOT_THERE = "does not exist; expected an index, moved to hot storage first if it is in cold storage"


def domain_problems(
    planned: PlannedIndex, indices: Mapping[str, IndexInfo], execution_id: str, engine: Engine
) -> list[str]:
    """Find everything on the domain that prevents the rebuild of one index.

    Args:
        planned: a planned index that is not done.
        indices: every index that has one of the file's names or aliases.
        execution_id: ARN of this execution.
        engine: the oldest engine of the domain.
    """
    if problem := later_problem(planned, indices):
        return [f"{planned.path}: {problem}"]
    source = indices.get(planned.source_index)
    if not source and any(info.data_stream == planned.source_index for info in indices.values()):
        return [f"{planned.path}: source index {planned.source_index!r} is a data stream; expected an index"]
    if not source:
        aliased = sorted(name for name, info in indices.items() if planned.source_index in info.aliases)
        state = f"is an alias of {', '.join(aliased)}; expected the name of an index" if aliased else _NOT_THERE
        return [f"{planned.path}: source index {planned.source_index!r} {state}"]
    is_copied = is_proven(planned, indices)
    problems = [
        *_block_problems(planned, indices, is_copied=is_copied),
        *([] if is_copied else _problems_of_kind(planned, indices)),
        *([] if is_copied else _source_problems(planned, source)),
        *_target_problems(planned, source, indices, execution_id, engine),
        *_alias_problems(planned, source, indices.get(planned.target_index), indices),
    ]
    return [f"{planned.path}: {problem}" for problem in problems]


def batch_problems(planned: PlannedIndex, source: IndexInfo, batch_size: int | None) -> list[str]:
    """Find a batch that is larger than a search of the source index may be.

    Args:
        planned: the planned index.
        source: the source index.
        batch_size: `reindex.batch_size` of the trigger file; None if the module chooses.
    """
    window = int(source.settings.get("max_result_window", MAX_RESULT_WINDOW))
    if batch_size is None or batch_size <= window:
        return []
    return [
        f"{planned.path}: reindex.batch_size is {batch_size}, but index.max_result_window of source index "
        f"{planned.source_index!r} is {window}; expected at most {window}"
    ]


def may_merge_documents(planned: PlannedIndex, source: IndexInfo) -> bool:
    """Return whether documents that share an id could come to one shard.

    That needs documents with different custom routings, which this function does not look for.

    Args:
        planned: the planned index, with the changes to its settings.
        source: the source index.
    """
    return not keeps_documents_apart(source.settings, target_settings(source.settings, *planned.settings))


def _block_problems(planned: PlannedIndex, indices: Mapping[str, IndexInfo], *, is_copied: bool) -> Iterator[str]:
    for kind, name in (("source", planned.source_index), ("target", planned.target_index)):
        if name in indices:
            for block in blocks_of(indices[name], is_proven=is_copied):
                if block not in BLOCKS_OF_KINDS:
                    yield (
                        f"{kind} index {name!r} has index.blocks.{block} set; expected no block but a write block. To "
                        f"lift it, send {how_to_lift(name, block)}"
                    )


def _problems_of_kind(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> Iterator[str]:
    for kind, name in (("source", planned.source_index), ("target", planned.target_index)):
        if name in indices:
            settings = flat_settings(indices[name].settings)
            yield from (f"{kind} index {name!r} {problem}" for problem in problems_of_kind(name, settings))


def _source_problems(planned: PlannedIndex, source: IndexInfo) -> Iterator[str]:
    name = f"source index {planned.source_index!r}"
    if source.markers.owner:
        yield f"{name} is the unfinished target index of {source.markers.owner}; finish that rebuild first"
    if source.settings.get("verified_before_close") == "true":
        yield f"{name} is closed; expected open"
    source_field = source.mappings.get("_source", {})
    if source_field.get("enabled") is False:
        yield f"{name} has _source disabled, so its documents cannot be read or copied"
    left_out = [f"_source.{key} {source_field[key]}" for key in ("includes", "excludes") if source_field.get(key)]
    if left_out:
        vectors = ", including k-NN vectors" if source.settings.get("knn") == "true" else ""
        yield (
            f"{name} has {' and '.join(left_out)}; values that _source leaves out cannot be read and would be missing "
            f"in every copy{vectors}"
        )
    if may_misread_vectors(source):
        yield (
            f"{name} has k-NN vectors from a dynamic template and was created before OpenSearch 3.6; with "
            "index.knn.derived_source.enabled some vectors are read as 1 (k-NN issue 3012). Index the documents again "
            "from their origin"
        )
    if problem := search_pipeline_problem(planned.source_index, source):
        yield f"{problem}. {removal_of_search_pipeline(planned.source_index)}"
    final_pipeline = source.settings.get("final_pipeline")
    if final_pipeline not in (None, "_none") and not any(
        "final_pipeline" in flat_settings(patch) for patch in planned.settings
    ):
        yield (
            f"{name} has final_pipeline {final_pipeline!r}, which would run again on every copied document; expected "
            '"final_pipeline" in settings: the name of the pipeline runs it, null leaves it out'
        )


def _target_problems(
    planned: PlannedIndex, source: IndexInfo, indices: Mapping[str, IndexInfo], execution_id: str, engine: Engine
) -> Iterator[str]:
    name = f"target index {planned.target_index!r}"
    target = indices.get(planned.target_index)
    if target:
        made_from, owner = target.provenance, target.markers.owner
        if made_from.source_uuid != source.uuid:
            yield f"{name} exists, but was not created from this source index"
        elif owner not in (None, RELEASED) and is_of_other_deployment(owner, execution_id):
            yield (
                f"{name} is half done, and owned by an execution of another deployment. "
                f"{how_to_release(planned.target_index, owner, engine)}"
            )
        elif target.has_taken_writes and not _may_continue(planned, target):
            yield (
                f"{name} was created by {made_from.trigger_file} with other settings or another strategy, and writers "
                "use it. Give the file these settings and this strategy again, or roll back (see docs/roll-back.md)"
            )
        elif owner is None and not target.markers.is_kept:
            yield f"{name} has lost its owner alias; roll back (see docs/roll-back.md)"
    if any(planned.target_index in info.aliases for info in indices.values()):
        yield f"{name} is the name of an alias"
    if any(info.data_stream == planned.target_index for info in indices.values()):
        yield f"{name} is the name of a data stream"


def _may_continue(planned: PlannedIndex, target: IndexInfo) -> bool:
    """Return whether a run can continue with a target index that writers use."""
    made_from = target.provenance
    return (
        target.markers.is_proven
        or made_from.changes == planned.changes
        or made_from.lasting_changes == planned.lasting_changes
    )


def created_aliases(planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo]) -> list[str]:
    """Find entries that would create an alias that an entry before them creates.

    Args:
        planned: the indices to rebuild.
        indices: every index that has one of the file's names or aliases.
    """
    existing = {alias for info in indices.values() for alias in info.aliases}
    first: dict[str, str] = {}
    problems = []
    for index in planned:
        alias = index.alias_name
        if alias is None or alias in existing:
            continue
        creator = first.setdefault(alias, index.path)
        if creator != index.path:
            problems.append(
                f"{index.path}: alias {alias!r} is created for {creator}, whose target index becomes its write index; "
                "expected an alias that has the source index, or one alias for each entry"
            )
    return problems


def _alias_problems(
    planned: PlannedIndex, source: IndexInfo, target: IndexInfo | None, indices: Mapping[str, IndexInfo]
) -> Iterator[str]:
    if planned.needs_alias and not source.aliases and not (target and target.aliases):
        yield (
            f"source index {planned.source_index!r} is in no alias, so no client would find the target index; expected "
            "alias_name, keep_source_name_as_alias or keep_source"
        )
    alias = planned.alias_name
    if alias is None or alias == planned.source_index:
        return
    if alias in indices:
        yield f"alias {alias!r} is the name of an index"
    if any(info.data_stream == alias for info in indices.values()):
        yield f"alias {alias!r} is the name of a data stream"
    if alias in source.aliases or (target and alias in target.aliases):
        return  # the target index takes the role of the source index
    members = {name: info.aliases[alias] for name, info in indices.items() if alias in info.aliases}
    for name, entry in members.items():
        # The only index of an alias is its write index, unless its entry says otherwise.
        if entry.get("is_write_index", len(members) == 1):
            yield f"alias {alias!r} has another write index, {name!r}; expected an alias that has the source index"
    if any(entry.get("is_hidden") for entry in members.values()):
        # OpenSearch demands one choice of all its indices.
        yield f"alias {alias!r} is hidden; expected the source index in it, so that the target index takes its entry"
