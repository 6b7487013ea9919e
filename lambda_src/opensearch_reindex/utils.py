"""Merge patches and flat keys of JSON objects."""

from collections.abc import Iterator, Mapping
from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7396 JSON merge patch: merge objects, null removes, others replace."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def flat_items(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List the leaves of nested objects under their full dotted keys."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat_items(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def is_below(setting: str, name: str) -> bool:
    """Return whether a setting is the named one, or below it like `merge.policy.x`."""
    return setting == name or setting.startswith(f"{name}.")
