"""Derive settings and mappings of a target index from source and trigger file."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from opensearch_reindex.index.allocation_filters import TIER_PREFERENCE, allocation_filters
from opensearch_reindex.index.comparison import is_same, mapping_differences, with_template
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.mappings import target_mappings
from opensearch_reindex.index.provenance import Provenance, changes_of
from opensearch_reindex.index.settings import (
    ALLOCATION,
    CHOICES_OF_THE_USER,
    HARMFUL,
    HIDDEN,
    LEFT_TO_OPENSEARCH,
    OF_OPENSEARCH,
    PRIVATE,
    is_copied,
    obsolete_settings,
)
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.templates import (
    differing_mappings,
    differing_settings,
    needed_settings,
    over_copied,
    takes_mappings,
)
from opensearch_reindex.utils import flat_items, is_below

# Elasticsearch 7.10 gives this tier to every new index.
_OWN_TIER = "data_content"


@dataclass(frozen=True)
class TargetIndex:
    """The target index that a trigger file requests for one source index.

    Attributes:
        settings: flat names without `index.`.
        mappings: the source's mappings with the changes of the trigger file; without a note of their provenance.
        changes: fingerprint of what the trigger file changes.
        filling_settings: settings in force while the index is filled, in place of the requested ones; flat.
        settings_left_out: settings of the source index that the target index does not get, each with the reason.
        settings_at_end: requested settings that keep shards unassigned, for an index whose shards are assigned; flat.
        template_differences: where the index template differs from the target index, apart from changes of the file.
    """

    settings: dict[str, Any]
    mappings: dict[str, Any]
    changes: str
    filling_settings: dict[str, Any]
    settings_left_out: list[str] = field(default_factory=list)
    settings_at_end: dict[str, Any] = field(default_factory=dict)
    template_differences: list[str] = field(default_factory=list)

    @classmethod
    def derive(
        cls,
        trigger_file: Mapping[str, Any],
        entry: Mapping[str, Any],
        source: IndexInfo,
        filters: Mapping[str, str] | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> Self:
        """Derive the target index from its source index and the changes of a trigger file.

        Args:
            trigger_file: with `strategy`, and with or without `settings`, `mappings` and `mappings_from`.
            entry: entry of `indices`, with or without `settings` and `mappings`.
            source: the source index.
            filters: its allocation filters that hold for its shards; None: all of them.
            template: what the index template of the target index gives, as `_simulate_index` returns it.
        """
        patched = (trigger_file, entry)
        patches = [part.get("settings", {}) for part in patched]
        mappings_patches = [part.get("mappings", {}) for part in patched]
        if filters is None:
            filters = allocation_filters(flat_settings(source.settings))
        mappings, copied_settings = source.mappings, source.settings
        given = (template or {}).get("mappings", {}), flat_settings((template or {}).get("settings", {}))
        if takes_mappings(trigger_file):
            mappings = over_copied(mappings, given[0])
            copied_settings = flat_settings(copied_settings)
            copied_settings |= needed_settings(given[1], copied_settings)
        requested = target_settings(copied_settings, *patches, filters=filters)
        at_end = {name: value for name, value in requested.items() if name == ALLOCATION and str(value) != "all"}
        settings = {name: value for name, value in requested.items() if name not in at_end}
        mappings = target_mappings(mappings, *mappings_patches)
        is_unused_during_copy = trigger_file["strategy"] == Strategy.BLOCK_WRITES
        return cls(
            settings=settings,
            mappings=mappings,
            changes=changes_of(*patched, template if takes_mappings(trigger_file) else None),
            filling_settings=filling_settings(settings) if is_unused_during_copy else {},
            settings_left_out=_left_out(source.settings, requested, patches),
            settings_at_end=at_end,
            # The file's changes apply to both, so that its own choices are no difference.
            template_differences=[
                *differing_settings(target_settings(given[1], *patches), requested),
                *differing_mappings(target_mappings(given[0], *mappings_patches), mappings),
            ]
            if template
            else [],
        )

    @property
    def settings_after_copy(self) -> dict[str, Any]:
        """The requested values of `filling_settings`; None means OpenSearch's default."""
        return {name: self.settings.get(name) for name in self.filling_settings if name != HIDDEN}

    @property
    def is_hidden_at_end(self) -> bool | None:
        """Whether wildcards pass by the finished index; None if it is never hidden."""
        return str(self.settings.get(HIDDEN)).lower() == "true" if HIDDEN in self.filling_settings else None

    def body(
        self, provenance: Provenance, aliases: Mapping[str, Any], filling_settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the body of the create request.

        Args:
            provenance: note for `_meta`.
            aliases: entry of each alias by name.
            filling_settings: what is in force while the index is filled; empty for the requested settings.
        """
        return {
            "settings": {"index": {**self.settings, **filling_settings}},
            "mappings": {**self.mappings, "_meta": provenance.meta(self.mappings)},
            "aliases": dict(aliases),
        }

    def unrequested(self, created: IndexInfo) -> list[str]:
        """List what an index template added to the created index, compared by value.

        Args:
            created: the index as it was created.
        """
        return [
            *(f"alias {name}" for name in created.aliases),
            *self._setting_differences(flat_settings(created.settings)),
            *mapping_differences(created.mappings, self.mappings),
        ]

    def added_by_template(self, template: Mapping[str, Any], known_aliases: Collection[str | None] = ()) -> list[str]:
        """List what a composable index template would add to the index, compared by value.

        Args:
            template: `template` of the answer to `POST _index_template/_simulate_index/<target index>`.
            known_aliases: aliases in which the target index will be in the end.
        """
        settings = flat_settings(template.get("settings", {})) | self.settings | self.filling_settings
        return [
            *(f"alias {name}" for name in template.get("aliases", {}) if name not in known_aliases),
            *self._setting_differences(settings),
            *mapping_differences(with_template(self.mappings, template.get("mappings", {})), self.mappings),
        ]

    def _setting_differences(self, found: Mapping[str, Any]) -> list[str]:
        ignored = [*OF_OPENSEARCH]
        if _expands_replicas(found):
            ignored.append("number_of_replicas")
        return [
            f"setting {name}"
            for name, value in found.items()
            if not any(is_below(name, each) for each in ignored)
            and not any(
                name in asked and is_same(value, asked[name]) for asked in (self.settings, self.filling_settings)
            )
            and not (name in LEFT_TO_OPENSEARCH and name not in self.settings)
        ]


def flat_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of any spelling by their full dotted names without `index.`.

    Nested objects could not hold them: `index.knn` is a setting, and `index.knn.derived_source.enabled` is another.
    """
    return {name.removeprefix("index."): value for name, value in flat_items(settings)}


def forbidden_settings(settings: Mapping[str, Any]) -> list[str]:
    """List the names in a trigger file's `settings` that no new index can have."""
    flat = flat_settings(settings)
    left_out = sorted({*PRIVATE, *HARMFUL} - {*CHOICES_OF_THE_USER})
    return [name for name in left_out if any(is_below(setting, name) for setting in flat)]


def repeated_settings(settings: Mapping[str, Any]) -> list[str]:
    """List the names that are set in two spellings, such as `index.codec` and `codec`."""
    counts = Counter(name.removeprefix("index.") for name, _ in flat_items(settings))
    return [name for name, count in counts.items() if count > 1]


def _left_out(
    source_settings: Mapping[str, Any], settings: Mapping[str, Any], patches: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Say of each setting that is left out, and that the file does not change, why."""
    flat = flat_settings(source_settings)
    reasons = dict.fromkeys(obsolete_settings(flat), "newer versions refuse it in a new index")
    reasons |= dict.fromkeys(
        allocation_filters(flat), "not every shard of the source index is on a node that it allows"
    )
    if flat.get(TIER_PREFERENCE, _OWN_TIER) != _OWN_TIER:
        reasons[TIER_PREFERENCE] = "the engine chooses it"
    changed = [name for patch in patches for name in flat_settings(patch)]
    return sorted(
        f"{name} {flat[name]}: {reason}"
        for name, reason in reasons.items()
        if name not in settings and not any(is_below(name, each) for each in changed)
    )


def target_settings(
    source_settings: Mapping[str, Any], *patches: Mapping[str, Any], filters: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the settings of the target: patches over the source's copyable settings.

    A null removes a setting and every setting below it. A patch removes before it sets, so the order of its keys does
    not matter.

    Args:
        source_settings: as `GET /<index>` returns them, below `index`.
        patches: `settings` of the trigger file, then of the index entry.
        filters: allocation filters of the source index to keep.
    """
    settings = {name: value for name, value in flat_settings(source_settings).items() if is_copied(name)}
    settings |= filters or {}
    for patch in map(flat_settings, patches):
        removed = [name for name, value in patch.items() if value is None]
        settings = {name: settings[name] for name in settings if not any(is_below(name, each) for each in removed)}
        settings |= {name: value for name, value in patch.items() if value is not None}
    return settings


def filling_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that hide an unused index, and let it fill faster.

    It is filled without refresh and replicas. OpenSearch applies no index template of the pattern `*` to a hidden
    index.

    Args:
        settings: of the target index, flat names without `index.`.
    """
    unused = {HIDDEN: "true", "refresh_interval": "-1"}
    if _expands_replicas(settings):
        return unused
    # OpenSearch refuses an index whose writes would wait for more copies than it has.
    copies = str(settings.get("write.wait_for_active_shards", "1"))
    waiting = {"write.wait_for_active_shards": "1"} if copies.isdecimal() and int(copies) > 1 else {}
    return {**unused, "number_of_replicas": "0", **waiting}


def _expands_replicas(settings: Mapping[str, Any]) -> bool:
    """Return whether OpenSearch sets the number of replicas itself."""
    return str(settings.get("auto_expand_replicas", "false")).lower() != "false"


def keeps_documents_apart(source_settings: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Return whether documents of one id and different routing stay apart.

    With another number of shards they may meet in one shard, where the later one replaces the earlier. Doubling is
    safe: each shard is split in two. A source of one shard is safe too: it holds one document of each id. An index that
    was shrunk or split keeps the hash space of the index it came from, and none of its settings names that space.

    Args:
        source_settings: as `GET /<index>` returns them, below `index`.
        settings: of the target index.
    """
    before, after = (int(each.get("number_of_shards", 1)) for each in (source_settings, settings))
    if before == 1:
        return True
    if not {"resize", "shrink"}.isdisjoint(source_settings):
        return False
    doubled, rest = divmod(after, before)
    same = all(
        str(source_settings.get(name)) == str(settings.get(name))
        for name in ("number_of_routing_shards", "routing_partition_size")
    )
    return same and rest == 0 and doubled & (doubled - 1) == 0
