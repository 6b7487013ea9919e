"""Pure helpers: names, settings, mappings and what a run notes in them. No I/O, no clock."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from opensearch_reindex.index.provenance import PROVENANCE_KEY
from opensearch_reindex.utils import flat_items, is_below, merge_patch

# Private settings, which OpenSearch refuses in a new index, and those that stop or divert the copy.
_SETTINGS_LEFT_OUT = (
    "allocation.existing_shards_allocator",
    "blocks",
    "creation_date",
    "creation_date_string",
    "final_pipeline",
    "frozen",
    "history",
    "lifecycle",
    "provided_name",
    "resize",
    "routing.allocation.exclude",
    "routing.allocation.include",
    "routing.allocation.initial_recovery",
    "routing.allocation.require",
    "shrink",
    "uuid",
    "verified_before_close",
    "version",
)
# Of those, what a trigger file may set: it is a real choice of the user.
_SETTINGS_OF_THE_USER = (
    "final_pipeline",
    "routing.allocation.exclude",
    "routing.allocation.include",
    "routing.allocation.require",
)
# Settings of a template that would change or stop documents.
_SETTINGS_COMPARED = ("default_pipeline", "final_pipeline", "blocks")


def flat_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in one form, whichever way they were written: full dotted names without `index.`, and their values.

    Nested objects would not do: `index.knn` is a setting, and `index.knn.derived_source.enabled` another.
    """
    return {name.removeprefix("index."): value for name, value in flat_items(settings)}


def forbidden_settings(settings: Mapping[str, Any]) -> list[str]:
    """Names in a trigger file's `settings` that no new index can have."""
    flat = flat_settings(settings)
    left_out = [name for name in _SETTINGS_LEFT_OUT if name not in _SETTINGS_OF_THE_USER]
    return [name for name in left_out if any(is_below(setting, name) for setting in flat)]


def repeated_settings(settings: Mapping[str, Any]) -> list[str]:
    """Names that are there in two spellings, such as `index.codec` and `codec`: nobody could say which one counts."""
    counts = Counter(name.removeprefix("index.") for name, _ in flat_items(settings))
    return [name for name, count in counts.items() if count > 1]


def target_settings(source_settings: Mapping[str, Any], *patches: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the target index: the source's, without what cannot be copied, with the patches merged over.

    Args:
        source_settings: as `GET /<index>` gives them, below `index`.
        patches: `settings` of the trigger file, then of the index entry; null removes a setting and all below it. That
            comes first, then values are set: the order in the file does not matter.
    """
    settings = {
        name: value
        for name, value in flat_settings(source_settings).items()
        if not any(is_below(name, left_out) for left_out in _SETTINGS_LEFT_OUT)
    }
    for patch in map(flat_settings, patches):
        removed = [name for name, value in patch.items() if value is None]
        settings = {name: settings[name] for name in settings if not any(is_below(name, each) for each in removed)}
        settings |= {name: value for name, value in patch.items() if value is not None}
    return settings


def copy_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings under which an index that nobody uses yet is filled faster: no refresh, no replicas.

    Args:
        settings: of the target index, nested.
    """
    # With auto_expand_replicas OpenSearch sets the number of replicas itself.
    expands = str(settings.get("auto_expand_replicas", "false")) != "false"
    return {"refresh_interval": "-1"} | ({} if expands else {"number_of_replicas": "0"})


def target_mappings(
    source_mappings: Mapping[str, Any], provenance: Mapping[str, Any], *patches: Mapping[str, Any]
) -> dict[str, Any]:
    """Mappings of the target index: the source's with the patches merged over; the user's `_meta` is kept.

    Args:
        source_mappings: as stored.
        provenance: who made this index, from what; kept below `_meta.opensearch_reindex`.
        patches: `mappings` of the trigger file, then of the index entry.
    """
    mappings: Any = dict(source_mappings)
    for patch in patches:
        mappings = merge_patch(mappings, patch)
    return {**mappings, "_meta": {**mappings.get("_meta", {}), PROVENANCE_KEY: dict(provenance)}}


def unrequested(
    asked: Mapping[str, Any], settings: Mapping[str, Any], mappings: Mapping[str, Any], aliases: Iterable[str]
) -> list[str]:
    """What an index template added to a new index beside what was asked for.

    Args:
        asked: `settings` and `mappings` of the create request.
        settings: of the index created; only those that change or stop documents count.
        mappings: of the index created.
        aliases: of the index created.
    """
    asked_settings, asked_mappings = asked["settings"]["index"], asked["mappings"]
    added = [f"alias {name}" for name in aliases]
    added += [f"setting {name}" for name in _SETTINGS_COMPARED if settings.get(name) != asked_settings.get(name)]
    added += [f"mapping parameter {key}" for key in mappings if key != "properties" and key not in asked_mappings]
    fields = _fields(mappings) - _fields(asked_mappings)
    return added + [f"field {field}" for field in sorted(fields)]


def keeps_documents_apart(source_settings: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether documents of one id under different routings, on different shards, cannot come to one shard.

    With another number of shards they can, and then the later one replaces the earlier. Doubling is safe: a shard
    is split in two. So is a source of one shard, which has one document of an id. An index that was shrunk or split
    keeps the hash space of the index it came from, which none of its settings tells.

    Args:
        source_settings: as `GET /<index>` gives them, below `index`.
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


def _fields(mappings: Mapping[str, Any], prefix: str = "") -> set[str]:
    """Full names of all fields, sub-objects and multi-fields."""
    names: set[str] = set()
    for part in ("properties", "fields"):
        for name, field in mappings.get(part, {}).items():
            steps = f"{prefix}{name}".split(".")
            names.update(".".join(steps[: end + 1]) for end in range(len(steps)))
            names |= _fields(field, f"{prefix}{name}.")
    return names
