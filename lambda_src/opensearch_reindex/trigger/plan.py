"""What becomes of each index of a trigger file, and everything that speaks against it. No I/O."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index.markers import is_own_alias
from opensearch_reindex.index.target_index import (
    changes_of,
    expand_names,
    flat_settings,
    forbidden_settings,
    keeps_documents_apart,
    name_problem,
    provenance_of,
    repeated_settings,
    target_settings,
)
from opensearch_reindex.opensearch_client import IndexInfo
from opensearch_reindex.runtime.time_limit import time_limit

# What these settings may be; a null leaves the choice to OpenSearch.
_NUMBERS = {
    "number_of_shards": r"[1-9]\d*",
    "number_of_replicas": r"\d+",
    "auto_expand_replicas": r"false|\d+-(\d+|all)",
}
# Ids of OpenSearch's versions carry this bit, to be told from Elasticsearch's.
_VERSION_MASK = 0x08000000
# A thousand names take some milliseconds.
MAX_PATTERN_SECONDS = 5


@dataclass(frozen=True)
class PlannedIndex:
    """What becomes of one entry of `indices`.

    Attributes:
        path: place in the file, e.g. `indices[3]`.
        source_index: index to be rebuilt.
        target_index: index to be created.
        alias_name: alias whose write index moves.
        settings: the patches on the source's settings, general one first.
        changes: fingerprint of all that the file changes in this index.
    """

    path: str
    source_index: str
    target_index: str
    alias_name: str
    settings: tuple[Mapping[str, Any], ...]
    changes: str


def plan(file: Mapping[str, Any]) -> tuple[list[PlannedIndex], list[str]]:
    """Work out the names of every index, and every problem that can be seen without asking the domain.

    Args:
        file: a trigger file that fits the schema.
    """
    problems = _settings_problems("settings", file.get("settings", {}))
    try:
        with time_limit(MAX_PATTERN_SECONDS):
            re.compile(file["index_pattern"])
            planned, found = _plan_indices(file)
    except (re.error, RecursionError, OverflowError) as error:
        return [], [*problems, f"index_pattern: is not a regular expression: {error}"]
    except TimeoutError:
        problem = (
            f"takes more than {MAX_PATTERN_SECONDS} s to match the names: it backtracks almost without end, as "
            "(a+)+ does; say with each part what it may hold, e.g. [^_]+ for .+"
        )
        return [], [*problems, f"index_pattern: {problem}"]
    return planned, [*problems, *found, *_conflicts(planned)]


def _plan_indices(file: Mapping[str, Any]) -> tuple[list[PlannedIndex], list[str]]:
    problems: list[str] = []
    planned = []
    for position, entry in enumerate(file["indices"]):
        path = f"indices[{position}]"
        name = entry if isinstance(entry, str) else entry["name"]
        own: Mapping[str, Any] = {} if isinstance(entry, str) else entry
        patches = (file.get("settings", {}), own.get("settings", {}))
        problems += _settings_problems(f"{path}.settings", patches[1])
        if problem := name_problem(name):
            problems.append(f"{path}: source index {name!r} {problem}; name each index itself, no wildcard")
            continue
        try:
            target_index, alias_name = expand_names(file, name)
        except ValueError as error:
            problems.append(f"{path}: {error}")
            continue
        planned.append(PlannedIndex(path, name, target_index, alias_name, patches, changes_of(file, own)))
    return planned, problems


def _conflicts(planned: list[PlannedIndex]) -> list[str]:
    """What is wrong with the names of the file taken together."""
    problems = []
    by_source: dict[str, str] = {}
    by_target: dict[str, str] = {}
    by_alias: dict[str, str] = {}
    sources = {index.source_index for index in planned}
    targets = {index.target_index for index in planned}
    for index in planned:
        if index.source_index in by_source:
            problems.append(
                f"{index.path}: {index.source_index!r} is listed twice, first at {by_source[index.source_index]}"
            )
            continue
        by_source[index.source_index] = index.path
        first_target = by_target.setdefault(index.target_index, index.path)
        first_alias = by_alias.setdefault(index.alias_name, index.path)
        if problem := name_problem(index.target_index):
            problems.append(f"{index.path}: target index {index.target_index!r} {problem}")
        if index.target_index in sources:
            problems.append(f"{index.path}: target index {index.target_index!r} is itself in the list")
        if first_target != index.path:
            problems.append(f"{index.path}: target index {index.target_index!r} is that of {first_target} too")
        if problem := name_problem(index.alias_name, alias=True):
            problems.append(f"{index.path}: alias {index.alias_name!r} {problem}")
        if is_own_alias(index.alias_name):
            problems.append(f"{index.path}: alias {index.alias_name!r} has a name that this module keeps for itself")
        if index.alias_name in sources | targets:
            problems.append(f"{index.path}: alias {index.alias_name!r} is the name of an index")
        if first_alias != index.path:
            problems.append(
                f"{index.path}: alias {index.alias_name!r} is that of {first_alias} too; it has one write index only"
            )
    return problems


def is_done(planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> bool:
    """Whether an earlier run has rebuilt this index: the target has no owner any more, the source is gone or was kept.

    Args:
        planned: names worked out from the file.
        indices: every index that has one of the file's names or aliases.
    """
    source, target = indices.get(planned.source_index), indices.get(planned.target_index)
    made_from = provenance_of(target.mappings) if target else {}
    return (
        target is not None
        and target.markers.owner is None
        and made_from.get("source_index") == planned.source_index
        and made_from.get("changes") == planned.changes
        and target.aliases.get(planned.alias_name, {}).get("is_write_index") is True
        and (source is None or (made_from.get("source_uuid") == source.uuid and not source.aliases))
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
        made_from = provenance_of(target.mappings)
        if made_from.get("source_uuid") != source.uuid:
            yield f"target index {planned.target_index!r} exists, and was not made from this source index"
        elif planned.alias_name in target.aliases and made_from.get("changes") != planned.changes:
            maker = made_from.get("trigger_file")
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


def _settings_problems(path: str, settings: Mapping[str, Any]) -> list[str]:
    problems = [f"{path}: {name!r} cannot be set on a new index" for name in forbidden_settings(settings)]
    problems += [f"{path}: {name!r} is set twice, in two spellings" for name in repeated_settings(settings)]
    for name, value in flat_settings(settings).items():
        if name in _NUMBERS and value is not None and not re.fullmatch(_NUMBERS[name], str(value).lower()):
            problems.append(f"{path}: {name!r} cannot be {value!r}")
    return problems
