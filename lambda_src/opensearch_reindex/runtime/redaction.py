"""Redact what could come from a document in OpenSearch's reasons."""

import re
from collections.abc import Mapping
from typing import Any

# Reasons of these types name indices, nodes and settings, never the values of a document.
_TYPES_SHOWN = {
    "circuit_breaking_exception",
    "cluster_block_exception",
    "cluster_manager_not_discovered_exception",
    "connect_transport_exception",
    "es_rejected_execution_exception",
    "illegal_index_shard_state_exception",
    "index_closed_exception",
    "index_not_found_exception",
    "index_shard_closed_exception",
    "master_not_discovered_exception",
    "no_shard_available_action_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "process_cluster_event_timeout_exception",
    "receive_timeout_transport_exception",
    "rejected_execution_exception",
    "search_context_missing_exception",
    "search_phase_execution_exception",
    "shard_not_found_exception",
    "task_cancelled_exception",
    "unavailable_shards_exception",
}
# From here on, the reason of a refused or unavailable write quotes the request: a single document with its source.
_QUOTED_REQUEST = re.compile(r",? ?request: .*", re.DOTALL)
# Each pattern ends before the reason would quote a value.
_REASONS_SHOWN = [
    re.compile(pattern)
    for pattern in (
        r"failed to parse field \[[^\]]*\] of type \[[^\]]*\]",
        r"object mapping for \[[^\]]*\] tried to parse field \[[^\]]*\] as object",
        r"mapping set to strict, dynamic introduction of \[[^\]]*\] within \[[^\]]*\] is not allowed",
        r"Document contains at least one immense term in field=\"[^\"]*\"",
        r"Limit of \w+ \w+ \[\d+\] (?:has been|in index \[[^\]]*\] has been) exceeded",
        r"^(?:compile|runtime) error$",
        r"node \[[^\]]*\] is not available",
        r"[Bb]atch size is too large, size must be less than or equal to: \[\d+\]",
        r"pipeline with id \[[^\]]*\] does not exist",
    )
]


def redact(reason: str) -> str:
    """Redact the field value that the reason of a refused request may quote."""
    return re.sub(r"(Preview of field's value: |For input string: ).*", r"\1<redacted>", reason, flags=re.DOTALL)


def document_error(cause: Mapping[str, Any]) -> str:
    """Describe the failure of a document or task without any value of a document.

    Scripts, processors and parsers each quote values in their own way. So only reasons of a known form are shown.

    Args:
        cause: `type` and `reason`.
    """
    error_type, reason = str(cause.get("type")), str(cause.get("reason"))
    if error_type in _TYPES_SHOWN:
        return f"{error_type}: {_QUOTED_REQUEST.sub('', reason)}"
    shown = [match[0] for pattern in _REASONS_SHOWN if (match := pattern.search(reason))]
    return f"{error_type}: {shown[0] if shown else '(reason redacted: it may quote the document)'}"
