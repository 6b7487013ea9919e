"""Pure helpers: names, settings, mappings and what a run notes in them. No I/O, no clock."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PROVENANCE_KEY = "opensearch_reindex"
BLOCK_WRITES = "block_writes"
REINDEX_ACTION = "indices:data/write/reindex"
MAX_NAME_BYTES = 255

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
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def expand_names(trigger_file: Mapping[str, Any], source_index: str) -> tuple[str, str]:
    """The target index and the alias of a source index.

    Args:
        trigger_file: with `index_pattern`, `index_replacement` and `alias_name`.
        source_index: name of the source index.

    Raises:
        ValueError: the name does not match, or a template cannot be filled in.
    """
    match = re.fullmatch(trigger_file["index_pattern"], source_index)
    if not match:
        raise ValueError(
            f"source index {source_index!r} does not match index_pattern {trigger_file['index_pattern']!r}"
        )
    return _expand(trigger_file["index_replacement"], match), _expand(trigger_file["alias_name"], match)


def _expand(template: str, match: re.Match[str]) -> str:
    r"""Fill in `\1`, `\g<name>`, `{{index_base}}` and `{{next_version}}`."""
    expanded = []
    # Literal text and placeholders by turns: a version must not run into a `\1` before it.
    for position, part in enumerate(_PLACEHOLDER.split(template)):
        if position % 2:
            expanded.append(_placeholder_value(part, match))
        else:
            try:
                expanded.append(match.expand(part))
            except (re.error, IndexError) as error:
                raise ValueError(f"{template!r}: {error}") from None
    return "".join(expanded)


def _placeholder_value(name: str, match: re.Match[str]) -> str:
    groups = match.groupdict()
    if name == "index_base":
        base = groups.get("base") or (match.group(1) if match.re.groups else None)
        if not base:
            raise ValueError("{{index_base}} needs a group named base, or a first group, in index_pattern")
        return base
    if name == "next_version":
        digits = [group for group in match.groups() if group and re.fullmatch("[0-9]+", group)]
        version = groups.get("version") or (digits[-1] if digits else "")
        if not re.fullmatch("[0-9]+", version):
            raise ValueError("{{next_version}} needs a group named version, or a group of digits, in index_pattern")
        return str(int(version) + 1).zfill(len(version))
    raise ValueError(f"{{{{{name}}}}} is not a placeholder; there are {{{{index_base}}}} and {{{{next_version}}}}")


def name_problem(name: str, *, alias: bool = False) -> str | None:
    """Why OpenSearch, or this module, refuses the name of an index or alias; None if it is fine.

    The rules are those of OpenSearch's MetadataCreateIndexService. A leading dot marks system and hidden indices.
    """
    if not name:
        return "is empty"
    if name[0] in "-_+.":
        return f"must not start with {name[0]!r}"
    bad = sorted({character for character in name if character in '\\/*?"<>|,#: ' or not character.isprintable()})
    if bad:
        return f"must not contain {' '.join(map(repr, bad))}"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    if not alias and name != name.lower():
        return "must be lower case"
    return None


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7396 JSON merge patch: objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def flat_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in one form, whichever way they were written: full dotted names without `index.`, and their values.

    Nested objects would not do: `index.knn` is a setting, and `index.knn.derived_source.enabled` another.
    """
    return {name.removeprefix("index."): value for name, value in _flat(settings)}


def forbidden_settings(settings: Mapping[str, Any]) -> list[str]:
    """Names in a trigger file's `settings` that no new index can have."""
    flat = flat_settings(settings)
    left_out = [name for name in _SETTINGS_LEFT_OUT if name not in _SETTINGS_OF_THE_USER]
    return [name for name in left_out if any(_is_below(setting, name) for setting in flat)]


def repeated_settings(settings: Mapping[str, Any]) -> list[str]:
    """Names that are there in two spellings, such as `index.codec` and `codec`: nobody could say which one counts."""
    counts = Counter(name.removeprefix("index.") for name, _ in _flat(settings))
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
        if not any(_is_below(name, left_out) for left_out in _SETTINGS_LEFT_OUT)
    }
    for patch in map(flat_settings, patches):
        removed = [name for name, value in patch.items() if value is None]
        settings = {name: settings[name] for name in settings if not any(_is_below(name, each) for each in removed)}
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


def changes_of(trigger_file: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    """A fingerprint of what a trigger file changes in one index and its documents; another one needs another target.

    Args:
        trigger_file: with or without `settings`, `mappings`, `reindex` and `strategy`.
        index: the first two again, for one entry of `indices`.
    """
    changes = [part.get(key, {}) for key in ("settings", "mappings") for part in (trigger_file, index)]
    changes += [trigger_file.get("reindex", {}).get(key) for key in ("script", "pipeline")]
    changes.append(trigger_file.get("strategy") == BLOCK_WRITES)
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()[:16]


def provenance_of(mappings: Mapping[str, Any]) -> dict[str, Any]:
    """What `target_mappings` left in an index, or nothing."""
    provenance = mappings.get("_meta", {}).get(PROVENANCE_KEY)
    return dict(provenance) if isinstance(provenance, Mapping) else {}


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


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _is_below(setting: str, name: str) -> bool:
    """Whether a setting is the named one or, like `merge.policy.x` below `merge`, a part of it."""
    return setting == name or setting.startswith(f"{name}.")


def _fields(mappings: Mapping[str, Any], prefix: str = "") -> set[str]:
    """Full names of all fields, sub-objects and multi-fields."""
    names: set[str] = set()
    for part in ("properties", "fields"):
        for name, field in mappings.get(part, {}).items():
            steps = f"{prefix}{name}".split(".")
            names.update(".".join(steps[: end + 1]) for end in range(len(steps)))
            names |= _fields(field, f"{prefix}{name}.")
    return names
