"""Redact what an answer may quote of a document, or of a request."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

_HIDDEN = "<redacted>"
_REASON_HIDDEN = "(reason redacted: it may quote the document)"
MAX_TEXT_CHARACTERS = 500
MAX_CAUSES_SHOWN = 5
# Reasons of these types name indices, nodes, settings and permissions, never the values of a document.
_TYPES_SHOWN = {
    "action_request_validation_exception",
    "circuit_breaking_exception",
    "cluster_block_exception",
    "cluster_manager_not_discovered_exception",
    "connect_transport_exception",
    "es_rejected_execution_exception",
    "illegal_index_shard_state_exception",
    "index_closed_exception",
    "index_not_found_exception",
    "index_shard_closed_exception",
    "knn_circuit_breaker_exception",
    "master_not_discovered_exception",
    "no_shard_available_action_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "parsing_exception",
    "preference_based_search_not_allowed_exception",
    "process_cluster_event_timeout_exception",
    "receive_timeout_transport_exception",
    "rejected_execution_exception",
    "routing_missing_exception",
    "search_context_missing_exception",
    "search_phase_execution_exception",
    "security_exception",
    "shard_not_found_exception",
    "task_cancelled_exception",
    "unavailable_shards_exception",
    "version_conflict_engine_exception",
}
# From here on, the reason of a refused or unavailable write quotes the request: a single document with its source.
_QUOTED_REQUEST = re.compile(r",? ?request: .*", re.DOTALL)
# Each pattern ends before the reason would quote a value. They match the beginning of a reason, because a quoted value
# could hold any of them. Read from the sources of OpenSearch 1.3, 2.19 and 3.x: DocumentParser, FieldMapper,
# MapperService, ReindexValidator, SearchService.
_POSITION = r"(?:\[\d+:\d+\] )?"
_NAME = r"\[[^\]]*\]"
_REASONS_SHOWN = [
    re.compile(_POSITION + pattern)
    for pattern in (
        rf"failed to parse field {_NAME} of type {_NAME}",
        rf"object mapping for {_NAME} tried to parse field {_NAME} as object",
        rf"mapping set to \w+, dynamic introduction of {_NAME} within {_NAME} is not allowed",
        r"Document contains at least one immense term in field=\"[^\"]*\"",
        r"Limit of [\w ]+ \[\d+\] (?:has been|in index \[[^\]]*\] has been) exceeded",
        r"The (?:depth|number) of [\w ]+ has exceeded the allowed limit of \[\d+\]",
        rf"mapper {_NAME} cannot be changed from type {_NAME} to {_NAME}",
        rf"can't merge a non object mapping {_NAME} with an object mapping",
        rf"Could not dynamically add mapping for field {_NAME}",
        rf"Field {_NAME} is a metadata field and cannot be added inside a document",
        rf"Cannot write to a field alias {_NAME}",
        rf"object field starting or ending with a \[\.\] makes object resolution ambiguous: {_NAME}",
        r"field name cannot be an empty string|field name cannot contain only the character \[\.\]",
        r"failed to parse, document is empty|Malformed content, must start with an object",
        r"Model not ready yet\. Please deploy the model first\.?$",
        r"Vector dimension mismatch\. Expected: \d+, Given: \d+",
        r"(?:compile|runtime) error$",
        rf"pipeline with id {_NAME} does not exist",
        rf"\[\w+\] (?:unknown field|failed to parse field) {_NAME}",
        rf"node {_NAME} is not available",
        r"[Bb]atch size is too large, size must be less than or equal to: \[\d+\](?: but was \[\d+\])?",
        r"Result window is too large",
        r"Trying to create too many (?:scroll contexts|buckets|slices)\b[^\[]*\[\d+\]",
        rf"reindex cannot write into an index its reading from {_NAME}",
        rf"{_NAME} didn't store _source",
        r"no data nodes with criteria",
        rf"request {_NAME} contains unrecognized parameters?: {_NAME}",
        r"Pipeline [\w.-]+ is not defined",
        r"Text fields are not optimised for operations that require per-document field data",
    )
]
# What AWS, or a proxy before the domain, quotes of a request, with the session token, after these texts.
_CREDENTIALS = (
    (re.compile(r"\s*The Canonical String.*", re.DOTALL), ""),
    (
        re.compile(r"'.*' (not a valid key=value pair.*? in Authorization header): .*", re.DOTALL),
        rf"{_HIDDEN} \1: {_HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)(authorization|x-amz-[\w-]+|set-cookie|cookie|credential|signature|(?:security|session)[ _-]?token)"
            r"([\"']?\s*[:=]).*",
            re.DOTALL,
        ),
        rf"\1\2 {_HIDDEN}",
    ),
)
_PREVIEW = re.compile(r"(Preview of field's value: |For input string: ).*", re.DOTALL)
# Longer than any word, shorter than a signature or a token. The dots and colons of hosts and ARNs end a run.
_OPAQUE = re.compile(r"[\w+/=%-]{32,}")
_IS_DENIED = re.compile(r"User: \S+ is not authorized to perform: ")
_TITLE = re.compile(r"<(title|h1|message)[^>]*>(.*?)</", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def redact(reason: str) -> str:
    """Redact the value or part of the request that a reason may quote."""
    for pattern, replacement in _CREDENTIALS:
        reason = pattern.sub(replacement, reason)
    return _PREVIEW.sub(rf"\1{_HIDDEN}", reason)


def text_of(answer: str) -> str:
    """Return the message of AWS, or the title of a page, in an answer."""
    if answer.lstrip().startswith("<"):
        title = _TITLE.search(answer)
        answer = title[2] if title else _TAG.sub(" ", answer)
    # AWS quotes the request from the second line on.
    text = redact(next(iter(answer.strip().splitlines()), ""))[:MAX_TEXT_CHARACTERS]
    return text if _IS_DENIED.match(text) else _OPAQUE.sub(_HIDDEN, text)


def document_error(cause: Mapping[str, Any]) -> str:
    """Describe the failure of a document or task without any value of a document.

    Scripts, processors and parsers each quote values in their own way. So only reasons of a known form are shown.

    Args:
        cause: `type`, `reason` and, if there are, `caused_by` and `failed_shards`.
    """
    causes = islice(_causes(cause), MAX_CAUSES_SHOWN)
    # Causes of a failed search often repeat each other.
    reasons = list(dict.fromkeys((str(each.get("type")), _shown_reason(each)) for each in causes))
    text = " caused by ".join(f"{name}: {reason}" if reason else name for name, reason in reasons)
    return text if any(reason for _, reason in reasons) else f"{text}: {_REASON_HIDDEN}"


def document_reason(cause: Mapping[str, Any]) -> str:
    """Return the reason without its type, and without any value of a document."""
    return _shown_reason(cause) or _REASON_HIDDEN


def _shown_reason(cause: Mapping[str, Any]) -> str | None:
    """Return the part of a reason that cannot quote a document, or None."""
    reason = str(cause.get("reason"))
    if cause.get("type") == "script_exception":
        return _script_reason(cause)
    if cause.get("type") in _TYPES_SHOWN:
        return redact(_QUOTED_REQUEST.sub("", reason))
    return next((match[0] for pattern in _REASONS_SHOWN if (match := pattern.match(reason))), None)


def _causes(cause: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a cause and those below it; without one, of the first shard that failed.

    The cause of a compile error is part of its reason.
    """
    yield cause
    shards = cause.get("failed_shards") or [{}]
    below = cause.get("caused_by") or shards[0].get("reason")
    if isinstance(below, Mapping) and not _is_compile_error(cause):
        yield from _causes(below)


def _script_reason(cause: Mapping[str, Any]) -> str | None:
    """Return the reason of a script, and the line that failed.

    A script that does not compile has seen no document.
    """
    reason = str(cause.get("reason"))
    if _is_compile_error(cause):
        below = cause.get("caused_by")
        return f"{reason}: {below.get('reason')}" if isinstance(below, Mapping) else reason
    if reason != "runtime error":
        return None
    stack = [str(line) for line in cause.get("script_stack") or []]
    # The line of the script stands before the mark. Lines of Java could end with any text.
    marked = [stack[place - 1].strip() for place, line in enumerate(stack) if place and line.strip() == "^---- HERE"]
    return f"{reason} at {marked[0]}" if marked else reason


def _is_compile_error(cause: Mapping[str, Any]) -> bool:
    return cause.get("type") == "script_exception" and cause.get("reason") == "compile error"
