"""Tell a fault of the domain, which passes, from a document that does not fit.

A fault of the domain passes: the copy starts again. Whatever is not known to be final counts as such a fault, because a
copy that starts again in vain costs minutes, and a copy that is given up costs a person's night. Restarts without
progress are counted, see `restart`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# Another attempt gives the same answer: the request, the script, the mapping or a permission has to change.
_FINAL_TYPES = {
    "action_request_validation_exception",
    "fail_processor_exception",
    "illegal_argument_exception",
    "index_closed_exception",
    "index_not_found_exception",
    "invalid_index_name_exception",
    "json_parse_exception",
    "mapper_parsing_exception",
    "max_bytes_length_exceeded_exception",
    "parsing_exception",
    "query_shard_exception",
    "routing_missing_exception",
    "script_exception",
    "security_exception",
    "strict_dynamic_mapping_exception",
    "x_content_parse_exception",
}
# A processor of an ingest pipeline raised one of Java's own exceptions; OpenSearch reports status 500.
_FINAL_TYPES_OF_DOCUMENTS = {
    "arithmetic_exception",
    "array_index_out_of_bounds_exception",
    "class_cast_exception",
    "date_time_parse_exception",
    "index_out_of_bounds_exception",
    "null_pointer_exception",
    "number_format_exception",
    "string_index_out_of_bounds_exception",
    "unsupported_operation_exception",
}
# Their status would say that the request is wrong: a shard or a scroll moved, a disk is full, a search was cancelled.
_PASSING_TYPES = {
    "cluster_block_exception",  # 403, or 429 for a disk at the flood stage
    "illegal_index_shard_state_exception",  # 404, like the next five
    "index_shard_closed_exception",
    "index_shard_not_started_exception",
    "index_shard_recovering_exception",
    "index_shard_relocated_exception",
    "shard_not_found_exception",
    "search_context_missing_exception",  # 404
    "task_cancelled_exception",  # a search that the domain cancelled to save memory
    "version_conflict_engine_exception",  # 409: the document is there
}
# Memory is short. A mapper wraps these in the exception of a document that does not fit.
_PASSING_INSIDE = {"circuit_breaking_exception", "knn_circuit_breaker_exception"}
# Reason of an illegal_argument_exception while a model is deployed again, for example after an update of the domain.
_MODEL_NOT_READY = "Model not ready yet"
# Request timeout, too many requests.
_PASSING_CLIENT_STATUSES = {408, 429}


def is_final(answer: Mapping[str, Any]) -> bool:
    """Tell whether another attempt of an ended reindex task would end in the same way.

    If an answer has failures of both kinds, it is final.

    Args:
        answer: of `GET _tasks/<id>`, with `completed: true` or `task.cancelled: true`.
    """
    response = answer.get("response") or {}
    if response.get("canceled") or answer["task"].get("cancelled"):
        return True  # a person cancelled the task
    if any(kind in _FINAL_TYPES for kind in _types(answer.get("error"))):
        return True
    return any(_is_final_failure(failure) for failure in response.get("failures") or [])


def _is_final_failure(failure: Mapping[str, Any]) -> bool:
    """Tell whether a failed document, or a failed search, fails again."""
    cause = failure.get("cause") or failure.get("reason") or {}
    status, error_type = failure.get("status"), cause.get("type") if isinstance(cause, Mapping) else None
    if error_type in _PASSING_TYPES or any(kind in _PASSING_INSIDE for kind in _types(cause)):
        return False
    if str(cause.get("reason")).startswith(_MODEL_NOT_READY):
        return False
    if "id" not in failure:  # a search: the exception of a shard may be inside
        return any(kind in _FINAL_TYPES for kind in _types(cause))
    if error_type in _FINAL_TYPES or error_type in _FINAL_TYPES_OF_DOCUMENTS:
        return True
    return isinstance(status, int) and 400 <= status < 500 and status not in _PASSING_CLIENT_STATUSES


def _types(error: Any) -> Iterator[str]:
    """List the types of an error, of its causes and of the shards that failed."""
    if not isinstance(error, Mapping):
        return
    yield str(error.get("type"))
    yield from _types(error.get("caused_by"))
    for part in error.get("root_cause") or []:
        yield from _types(part)
    for shard in error.get("failed_shards") or []:
        yield from _types(shard.get("reason"))
