"""OpenSearch's reasons without a word that could come from a document. No I/O."""

import re
from collections.abc import Mapping
from typing import Any

# Types whose reasons name indices, nodes and settings, never a document's values.
_TYPES_TOLD = {
    "circuit_breaking_exception",
    "cluster_block_exception",
    "index_closed_exception",
    "index_not_found_exception",
    "no_shard_available_action_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "rejected_execution_exception",
    "search_context_missing_exception",
    "search_phase_execution_exception",
    "task_cancelled_exception",
    "unavailable_shards_exception",
}
# Reasons of other types, up to where they would quote a value.
_REASONS_TOLD = [
    re.compile(pattern)
    for pattern in (
        r"failed to parse field \[[^\]]*\] of type \[[^\]]*\]",
        r"object mapping for \[[^\]]*\] tried to parse field \[[^\]]*\] as object",
        r"mapping set to strict, dynamic introduction of \[[^\]]*\] within \[[^\]]*\] is not allowed",
        r"Document contains at least one immense term in field=\"[^\"]*\"",
        r"Limit of \w+ \w+ \[\d+\] (?:has been|in index \[[^\]]*\] has been) exceeded",
        r"^(?:compile|runtime) error$",
        r"pipeline with id \[[^\]]*\] does not exist",
    )
]


def redact(reason: str) -> str:
    """The reason of a refused request without the field value that it may quote from a document."""
    return re.sub(r"(Preview of field's value: |For input string: ).*", r"\1<left out>", reason, flags=re.DOTALL)


def document_error(cause: Mapping[str, Any]) -> str:
    """What OpenSearch says of a document or a task, without a word that could come from a document.

    Reasons quote values in many ways (scripts, processors and parsers each in its own), so only known ones are told.

    Args:
        cause: `type` and `reason`.
    """
    error_type, reason = str(cause.get("type")), str(cause.get("reason"))
    if error_type in _TYPES_TOLD:
        return f"{error_type}: {reason}"
    told = [match[0] for pattern in _REASONS_TOLD if (match := pattern.search(reason))]
    return f"{error_type}: {told[0] if told else '(reason left out, it may quote the document)'}"
