"""What becomes of each index of a trigger file, and everything that speaks against it. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index.markers import is_own_alias
from opensearch_reindex.index.names import expand_names, name_problem
from opensearch_reindex.index.provenance import changes_of
from opensearch_reindex.index.target_index import (
    flat_settings,
    forbidden_settings,
    repeated_settings,
)
from opensearch_reindex.runtime.time_limit import time_limit

# What these settings may be; a null leaves the choice to OpenSearch.
_NUMBERS = {
    "number_of_shards": r"[1-9]\d*",
    "number_of_replicas": r"\d+",
    "auto_expand_replicas": r"false|\d+-(\d+|all)",
}
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


def _settings_problems(path: str, settings: Mapping[str, Any]) -> list[str]:
    problems = [f"{path}: {name!r} cannot be set on a new index" for name in forbidden_settings(settings)]
    problems += [f"{path}: {name!r} is set twice, in two spellings" for name in repeated_settings(settings)]
    for name, value in flat_settings(settings).items():
        if name in _NUMBERS and value is not None and not re.fullmatch(_NUMBERS[name], str(value).lower()):
            problems.append(f"{path}: {name!r} cannot be {value!r}")
    return problems
