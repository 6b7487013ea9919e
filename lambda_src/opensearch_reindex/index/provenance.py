"""The note that the module leaves in `_meta` of a target index: what it was made from, and how."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

PROVENANCE_KEY = "opensearch_reindex"
BLOCK_WRITES = "block_writes"


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
