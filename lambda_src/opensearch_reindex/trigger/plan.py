"""Plan the target of each index in a trigger file, without asking the domain."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from opensearch_reindex.index.markers import is_own_alias
from opensearch_reindex.index.names import expand_names, name_problem
from opensearch_reindex.index.provenance import changes_of, lasting_changes_of
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import (
    flat_settings,
    forbidden_settings,
    repeated_settings,
)

# What a value must match, and the same in words. A null leaves the choice to OpenSearch.
_NUMBERS = {
    "number_of_shards": (r"[1-9]\d*", "a positive integer"),
    "number_of_replicas": (r"\d+", "a non-negative integer"),
    "auto_expand_replicas": (r"false|\d+-(\d+|all)", "false or a range such as 0-1 or 0-all"),
}
# A thousand names take some milliseconds.
MAX_PATTERN_SECONDS = 5


@dataclass(frozen=True)
class PlannedIndex:
    """Hold the plan of one entry of `indices`.

    Attributes:
        path: place in the file, e.g. `indices[3]`.
        source_index: index to rebuild.
        target_index: index to create.
        alias_name: alias to create if it does not exist; None moves the source's aliases alone.
        settings: patches on the settings of the source index: the file's, then the entry's.
        changes: fingerprint of everything that the file changes in this index.
        lasting_changes: fingerprint of what a correction cannot change in a target index that writers use.
        needs_alias: whether no one would find the target index if the source index is in no alias.
    """

    path: str
    source_index: str
    target_index: str
    alias_name: str | None
    settings: tuple[Mapping[str, Any], ...]
    changes: str
    lasting_changes: str = ""
    needs_alias: bool = False


def plan(
    file: Mapping[str, Any], pattern_time_limit: AbstractContextManager[None]
) -> tuple[list[PlannedIndex], list[str]]:
    """Plan every index of a trigger file, and find all problems of the file alone.

    Args:
        file: trigger file that fits the schema.
        pattern_time_limit: raises TimeoutError after `MAX_PATTERN_SECONDS`; `index_pattern` may backtrack endlessly.

    Returns:
        The planned indices, and the problems with their places in the file.
    """
    problems = _settings_problems("settings", file.get("settings", {}))
    try:
        with pattern_time_limit:
            re.compile(file["index_pattern"])
            planned, index_problems = _plan_indices(file)
    except (re.error, RecursionError, OverflowError) as error:
        return [], [*problems, f"index_pattern: is invalid: {error}; expected a Python regular expression"]
    except TimeoutError:
        problem = (
            f"takes more than {MAX_PATTERN_SECONDS} s to match the names, because it backtracks almost endlessly, like "
            "(a+)+; expected a pattern whose parts say what they may hold, e.g. [^_]+ instead of .+"
        )
        return [], [*problems, f"index_pattern: {problem}"]
    return planned, [*problems, *index_problems, *_conflicts(planned)]


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
            problems.append(f"{path}: source index {name!r} {problem}; expected the name of one index, no wildcard")
            continue
        try:
            target_index, alias_name = expand_names(file, name)
        except ValueError as error:
            problems.append(f"{path}: {error}")
            continue
        planned.append(
            PlannedIndex(
                path,
                name,
                target_index,
                alias_name,
                patches,
                changes=changes_of(file, own),
                lasting_changes=lasting_changes_of(file, own),
                needs_alias=alias_name is None
                and not file.get("keep_source", False)
                and not file.get("keep_source_name_as_alias", False),
            )
        )
    return planned, problems


def _conflicts(planned: list[PlannedIndex]) -> list[str]:
    """Find names that no index can have, or that two entries share."""
    problems = []
    # The first entry with each name.
    by_source: dict[str, str] = {}
    by_target: dict[str, str] = {}
    sources = {index.source_index for index in planned}
    targets = {index.target_index for index in planned}
    for index in planned:
        first_source = by_source.setdefault(index.source_index, index.path)
        if first_source != index.path:
            problems.append(f"{index.path}: duplicate source index {index.source_index!r}, first at {first_source}")
            continue
        first_target = by_target.setdefault(index.target_index, index.path)
        target = f"target index {index.target_index!r}"
        if problem := name_problem(index.target_index):
            problems.append(f"{index.path}: {target} {problem}")
        if index.target_index in sources:
            problems.append(f"{index.path}: {target} is also a source index of this file")
        if first_target != index.path:
            problems.append(f"{index.path}: {target} is also the target index of {first_target}")
        if index.alias_name is not None:
            problems += _alias_conflicts(index, index.alias_name, sources | targets)
    return problems


def _alias_conflicts(index: PlannedIndex, name: str, names: Set[str]) -> Iterator[str]:
    alias = f"{index.path}: alias {name!r}"
    if problem := name_problem(name, alias=True):
        yield f"{alias} {problem}"
    if is_own_alias(name):
        yield f"{alias} has a name that is reserved for this module"
    # The source index may give its own name to the alias.
    if name in names - {index.source_index}:
        yield f"{alias} is the name of an index"


def source_name_problems(file: Mapping[str, Any], planned: Sequence[PlannedIndex]) -> list[str]:
    """Find what prevents that the name of a source index becomes an alias.

    Args:
        file: trigger file that fits the schema.
        planned: its planned indices.
    """
    keeps_source = file.get("keep_source", False)
    problems = []
    if keeps_source and file.get("keep_source_name_as_alias", False):
        problems.append(
            "keep_source_name_as_alias: is true, and so is keep_source; expected one of them, because an alias cannot "
            "have the name of an index that stays"
        )
    for index in planned:
        if index.alias_name != index.source_index:
            continue
        alias = f"{index.path}: alias {index.alias_name!r} has the name of the source index"
        if keeps_source:
            problems.append(f"{alias}; expected keep_source false, because that name is only free once it is deleted")
        if file.get("strategy", Strategy.REDIRECT_WRITES) != Strategy.BLOCK_WRITES:
            problems.append(
                f"{alias}; expected strategy block_writes, because writes cannot be redirected through an alias that "
                "is only there once the source index is deleted"
            )
    return problems


def _settings_problems(path: str, settings: Mapping[str, Any]) -> list[str]:
    problems = [f"{path}: {name!r} cannot be set on a new index" for name in forbidden_settings(settings)]
    problems += [f"{path}: duplicate setting {name!r}, in two spellings" for name in repeated_settings(settings)]
    for name, value in flat_settings(settings).items():
        if name not in _NUMBERS or value is None:
            continue
        pattern, expected = _NUMBERS[name]
        if not re.fullmatch(pattern, str(value).lower()):
            problems.append(f"{path}: {name!r} is {value!r}; expected {expected}")
    return problems
