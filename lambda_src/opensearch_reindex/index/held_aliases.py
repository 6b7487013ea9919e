"""Aliases that an index template gives to a target index too early.

OpenSearch creates them together with the index. So the request that creates the index says what they are: entries
through which nothing is found or written, for the moment until a second request removes them. An alias with two indices
has no write index unless an entry says so. So the source index says so for the same moment.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opensearch_reindex.index.alias_actions import Action, add, add_marker, remove_if_present
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import IMPLICIT_ALIAS_PREFIX, is_own_alias

# The name of the query distinguishes such an entry from every entry of the user.
_FILTER = {"match_none": {"_name": "opensearch-reindex"}}
_WRITES = "is_write_index"


@dataclass(frozen=True)
class HeldAliases:
    """The aliases of one target index that its index template gives to it.

    Attributes:
        entries: in the body of the create request, by alias.
        implicit: those that take writes as long as the source index is the only one in them.
    """

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    implicit: frozenset[str] = frozenset()

    @classmethod
    def derive(
        cls, template: Iterable[str], source: IndexInfo, alias_name: str | None, shared: Collection[str]
    ) -> "HeldAliases":
        """Derive them from the aliases of the index template.

        An alias that the target index will not have in the end is not among them. It is found in the new index.

        Args:
            template: aliases of the index template.
            source: the source index.
            alias_name: alias that is created if it does not exist.
            shared: aliases that have an index beside the two.
        """
        entries = {
            alias: _held_entry(source.aliases.get(alias, {}))
            for alias in template
            if alias in source.aliases or alias == alias_name
        }
        implicit = {
            alias
            for alias in entries
            if alias in source.aliases and _WRITES not in source.aliases[alias] and alias not in shared
        }
        return cls(entries, frozenset(implicit))

    def to_hold(self, source_index: str, source: IndexInfo) -> list[Action]:
        """Return the actions before the creation, for writers of the source index."""
        return [
            action
            for alias in sorted(self.implicit & source.aliases.keys())
            for action in (
                add(source_index, alias, {**source.aliases[alias], _WRITES: True}),
                add_marker(source_index, _implicit_alias(alias)),
            )
        ]


def to_let_go(target_index: str, held: Iterable[str]) -> list[Action]:
    """Return the actions that take a target index out of held aliases."""
    return [remove_if_present(target_index, alias) for alias in held]


def to_restore(source_index: str, source: IndexInfo, aliases: Iterable[str]) -> list[Action]:
    """Return the actions that give a source index its entries back."""
    return [
        action
        for alias in sorted(aliases)
        for action in (
            add(source_index, alias, source.aliases[alias]),
            remove_if_present(source_index, _implicit_alias(alias)),
        )
    ]


def changed_entries(source: IndexInfo) -> list[str]:
    """List the aliases whose entry has `is_write_index` for the moment alone."""
    return [alias for alias in source.aliases if _implicit_alias(alias) in source.markers.names]


def _implicit_alias(alias: str) -> str:
    """Return the marker of an entry that has `is_write_index` for a moment alone.

    Without it, the entry says nothing of writes, and takes them as the only one of its alias.

    Args:
        alias: an alias of the user, whose name may be too long for a part of another.
    """
    return IMPLICIT_ALIAS_PREFIX + hashlib.sha256(alias.encode()).hexdigest()[:32]


def _held_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry in place of the one of an index template.

    Args:
        entry: of the source index; OpenSearch demands one choice of `is_hidden` in an alias.
    """
    hidden = {key: entry[key] for key in ("is_hidden",) if key in entry}
    return {"filter": _FILTER, _WRITES: False, **hidden}


def held_aliases(aliases: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the aliases of an index that it has from its index template alone."""
    return tuple(alias for alias, entry in aliases.items() if entry.get("filter") == _FILTER)


def entries_of_the_user(aliases: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the entries of an index by alias, as they are without the module.

    Args:
        aliases: all entries, as `GET /<index>` returns them.
    """
    held = held_aliases(aliases)
    return {
        alias: _as_it_was(entry) if _implicit_alias(alias) in aliases else entry
        for alias, entry in aliases.items()
        if alias not in held and not is_own_alias(alias)
    }


def _as_it_was(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if (key, value) != (_WRITES, True)}
