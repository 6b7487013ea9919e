"""What a target index was made from, and how: a note in `_meta` of its mappings."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from opensearch_reindex.index.strategy import Strategy

PROVENANCE_KEY = "opensearch_reindex"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The note of one target index.

    Anyone with permission to write to the mappings can change it. So it proves nothing by itself.

    Attributes:
        source_index: name of the source index.
        source_uuid: UUID of the source index.
        source_was_blocked: note of earlier versions: whether the source index had a write block of the user. Now a
            marker of the source index tells it.
        strategy: `strategy` of the trigger file.
        changes: fingerprint of what the trigger file changes, see `changes_of`.
        lasting_changes: fingerprint of what no correction can change, see `lasting_changes_of`; older notes lack it.
        is_hidden: whether wildcards pass by the finished index; None if it is not hidden while it is filled.
        trigger_file: `s3://` URI of the trigger file.
        task_id: the latest reindex task; None before the first.
    """

    source_index: str | None = None
    source_uuid: str | None = None
    source_was_blocked: bool | None = None
    strategy: str | None = None
    changes: str | None = None
    lasting_changes: str | None = None
    is_hidden: bool | None = None
    trigger_file: str | None = None
    task_id: str | None = None

    @classmethod
    def read(cls, mappings: Mapping[str, Any]) -> Self:
        """Read the note in the mappings of an index; without one, all attributes are None.

        Args:
            mappings: as stored.
        """
        note = mappings.get("_meta", {}).get(PROVENANCE_KEY)
        known = {part.name for part in fields(cls)}
        return cls(**{key: value for key, value in note.items() if key in known} if isinstance(note, Mapping) else {})

    def meta(self, mappings: Mapping[str, Any]) -> dict[str, Any]:
        """Return `_meta` of these mappings with this note beside the user's own keys.

        Args:
            mappings: as stored or requested.
        """
        meta = mappings.get("_meta", {})
        # Keys of another version stay.
        stored = meta.get(PROVENANCE_KEY)
        note = {key: value for key, value in asdict(self).items() if value is not None}
        return {**meta, PROVENANCE_KEY: {**stored, **note} if isinstance(stored, Mapping) else note}


def changes_of(
    trigger_file: Mapping[str, Any], entry: Mapping[str, Any], template: Mapping[str, Any] | None = None
) -> str:
    """Return the fingerprint of a trigger file's changes to one index.

    A target index with another fingerprint was made by another file, or the file was corrected.

    Args:
        trigger_file: with or without `settings`, `mappings`, `reindex` and `strategy`.
        entry: one entry of `indices`, with or without `settings` and `mappings`.
        template: the index template whose mappings the target index gets; None for those of the source index.
    """
    changes = [part.get(key, {}) for key in ("settings", "mappings") for part in (trigger_file, entry)]
    changes += [trigger_file.get("reindex", {}).get(key) for key in ("script", "pipeline")]
    changes.append(trigger_file.get("strategy") == Strategy.BLOCK_WRITES)
    # Only then, so that fingerprints of earlier versions stay.
    given = [] if template is None else [template.get(key) for key in ("settings", "mappings")]
    return _fingerprint([*changes, *given])


def lasting_changes_of(trigger_file: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Return the fingerprint of what stays as it is once writers use the index.

    These are the settings, which an open index cannot all change, and the strategy. OpenSearch adds to mappings, and
    another script or pipeline applies to the documents that are not copied yet.

    Args:
        trigger_file: with or without `settings` and `strategy`.
        entry: one entry of `indices`, with or without `settings`.
    """
    settings = [part.get("settings", {}) for part in (trigger_file, entry)]
    return _fingerprint([*settings, trigger_file.get("strategy") == Strategy.BLOCK_WRITES])


def _fingerprint(changes: list[Any]) -> str:
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()[:16]
