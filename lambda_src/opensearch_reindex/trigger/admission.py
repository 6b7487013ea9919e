"""What the domain has against one planned index."""

from collections.abc import Iterator, Mapping

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import (
    flat_settings,
    keeps_documents_apart,
    target_settings,
)
from opensearch_reindex.trigger.plan import PlannedIndex

# Ids of OpenSearch's versions carry this bit, to be told from Elasticsearch's.
_VERSION_MASK = 0x08000000


def is_done(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> bool:
    """Whether an earlier run has rebuilt this index: the target has no owner any more, the source is gone or was kept.

    Args:
        planned: names worked out from the file.
        indices: every index that has one of the file's names or aliases.
    """
    source, target = indices.get(planned.source_index), indices.get(planned.target_index)
    return (
        target is not None
        and target.markers.owner is None
        and target.provenance.source_index == planned.source_index
        and target.provenance.changes == planned.changes
        and target.aliases.get(planned.alias_name, {}).get("is_write_index") is True
        and (source is None or (target.provenance.source_uuid == source.uuid and not source.aliases))
    )


def domain_problems(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> list[str]:
    """What the domain has against one planned index.

    Args:
        planned: names worked out from the file.
        indices: every index that has one of the file's names or aliases.
    """
    if is_done(planned, indices):
        return []
    source = indices.get(planned.source_index)
    if not source and any(info.data_stream == planned.source_index for info in indices.values()):
        return [f"{planned.path}: source index {planned.source_index!r} is a data stream"]
    if not source:
        aliased = sorted(name for name, info in indices.items() if planned.source_index in info.aliases)
        what = f"is an alias of {', '.join(aliased)}; name the index itself" if aliased else "does not exist"
        return [f"{planned.path}: source index {planned.source_index!r} {what}"]
    problems = [
        *_source_problems(planned, source),
        *_target_problems(planned, source, indices),
        *_alias_problems(planned, indices),
    ]
    return [f"{planned.path}: {problem}" for problem in problems]


def _source_problems(planned: PlannedIndex, source: IndexInfo) -> Iterator[str]:
    name = f"source index {planned.source_index!r}"
    if source.markers.owner:
        yield f"{name} is itself the unfinished target of {source.markers.owner}: finish that run first"
    if source.settings.get("verified_before_close") == "true":
        yield f"{name} is closed"
    # Any of them but a write block, which this module sets itself, would stop a later step.
    for block, value in source.settings.get("blocks", {}).items():
        if block != "write" and value == "true":
            yield f"{name} has index.blocks.{block} set"
    source_field = source.mappings.get("_source", {})
    if source_field.get("enabled") is False:
        yield f"{name} has _source disabled: its documents cannot be read, and so not be copied"
    left_out = [f"_source.{key} {source_field[key]}" for key in ("includes", "excludes") if source_field.get(key)]
    if left_out:
        vectors = ", which holds for k-NN vectors too" if source.settings.get("knn") == "true" else ""
        yield (
            f"{name} has {' and '.join(left_out)}: the values that _source leaves out cannot be read, and would be "
            f"missing in every copy{vectors}"
        )
    if _may_misread_vectors(source):
        yield (
            f"{name} has k-NN vectors by a dynamic template and was made before OpenSearch 3.6: with "
            "index.knn.derived_source.enabled some of them are read as 1 (k-NN issue 3012); index the documents anew "
            "from where they come from"
        )
    final_pipeline = source.settings.get("final_pipeline")
    if final_pipeline not in (None, "_none") and not any(
        "final_pipeline" in flat_settings(patch) for patch in planned.settings
    ):
        yield (
            f"{name} has final_pipeline {final_pipeline!r}, which would run again on every copied document: "
            'decide with "final_pipeline" in settings, its name to run it, null to leave it out'
        )


def _may_misread_vectors(source: IndexInfo) -> bool:
    """Whether k-NN vectors are not what was stored.

    With derived source, the default since 3.0, vectors are kept out of the stored _source and put back whenever it is
    read, also by _reindex: nothing is lost. But until 3.6 that was forgotten for fields that a dynamic template had
    made while a segment was written (https://github.com/opensearch-project/k-NN/issues/3012, repaired by #3035).
    """
    settings = flat_settings(source.settings)
    templates = [each for named in source.mappings.get("dynamic_templates", []) for each in named.values()]
    return (
        settings.get("knn.derived_source.enabled") == "true"
        and any(template.get("mapping", {}).get("type") == "knn_vector" for template in templates)
        and int(settings.get("version.created", 0)) ^ _VERSION_MASK < 3_06_00_00
    )


def may_collapse(planned: PlannedIndex, source: IndexInfo) -> bool:
    """Whether documents of one id under different routings, if there are any, could come to one shard.

    Args:
        planned: names worked out from the file, and the changed settings.
        source: the source index.
    """
    return not keeps_documents_apart(source.settings, target_settings(source.settings, *planned.settings))


def _target_problems(planned: PlannedIndex, source: IndexInfo, indices: Mapping[str, IndexInfo]) -> Iterator[str]:
    target = indices.get(planned.target_index)
    if target:
        made_from = target.provenance
        if made_from.source_uuid != source.uuid:
            yield f"target index {planned.target_index!r} exists, and was not made from this source index"
        elif planned.alias_name in target.aliases and made_from.changes != planned.changes:
            maker = made_from.trigger_file
            yield (
                f"target index {planned.target_index!r} was made by {maker} with other settings, mappings, script, "
                "pipeline or strategy, and may hold documents: upload that file again, or roll back (see the README)"
            )
        elif target.markers.owner is None:
            yield f"target index {planned.target_index!r} has lost its owner alias: roll back (see the README)"
    if any(planned.target_index in info.aliases for info in indices.values()):
        yield f"target index {planned.target_index!r} is the name of an alias"
    if any(info.data_stream == planned.target_index for info in indices.values()):
        yield f"target index {planned.target_index!r} is the name of a data stream"


def _alias_problems(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> Iterator[str]:
    alias = planned.alias_name
    if alias in indices:
        yield f"alias {alias!r} is the name of an index"
    if any(info.data_stream == alias for info in indices.values()):
        yield f"alias {alias!r} is the name of a data stream"
    members = {name: info.aliases[alias] for name, info in indices.items() if alias in info.aliases}
    for name, entry in members.items():
        # The only index of an alias is its write index, unless its entry says otherwise.
        writes = entry.get("is_write_index", len(members) == 1)
        if writes and name not in (planned.source_index, planned.target_index):
            yield f"alias {alias!r} has another write index, {name!r}"
