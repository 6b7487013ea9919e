"""Which failures of a copy pass, and which are final, by OpenSearch's types."""

from typing import Any

import pytest

from opensearch_reindex.rebuild.faults import is_final
from opensearch_reindex.rebuild.proof import task_problems
from support.mocked_domain import COUNTERS, task_answer

# As a search answers whose scrolls are gone, or whose data node left.
PHASE = {"type": "search_phase_execution_exception", "reason": "all shards failed", "phase": "query", "grouped": True}
NODE_LEFT = {"type": "illegal_state_exception", "reason": "node [x1] is not available"}


NOT_READY = "Model not ready yet. Please deploy the model first."


def of_shard(reason: dict[str, Any]) -> dict[str, Any]:
    return {**PHASE, "failed_shards": [{"shard": 0, "index": "a_v1", "node": "n", "reason": reason}]}


def caused_by(*types: str) -> dict[str, Any]:
    error: dict[str, Any] = {}
    for error_type in reversed(types):
        error = {"type": error_type, "reason": "r", **({"caused_by": error} if error else {})}
    return error


def ended(**differences: Any) -> dict[str, Any]:
    answer = task_answer(**differences)
    if "error" in differences:
        del answer["response"]
    return answer


def failed(*failures: dict[str, Any], **counters: Any) -> dict[str, Any]:
    return ended(response={**COUNTERS, "failures": list(failures), **counters})


def document(status: int, error_type: str) -> dict[str, Any]:
    return {"index": "a_v2", "id": "1", "cause": {"type": error_type, "reason": "r"}, "status": status}


def search(error_type: str, **more: Any) -> dict[str, Any]:
    return {"index": "a_v1", "shard": 0, "node": "n", "reason": {"type": error_type, "reason": "r"}, **more}


@pytest.mark.parametrize(
    "answer",
    [
        *(
            ended(error=error)
            for error in (
                of_shard({"type": "search_context_missing_exception", "reason": "No search context found for id [1]"}),
                {**PHASE, "failed_shards": [], "caused_by": NODE_LEFT},
                of_shard(NODE_LEFT),
                of_shard(caused_by("no_shard_available_action_exception")),
                caused_by("node_disconnected_exception"),
                caused_by("node_not_connected_exception"),
                caused_by("node_closed_exception"),
                caused_by("rejected_execution_exception"),
                caused_by("es_rejected_execution_exception"),
                caused_by("circuit_breaking_exception"),
                caused_by("search_phase_execution_exception", "task_cancelled_exception"),
                caused_by("receive_timeout_transport_exception"),
                caused_by("unavailable_shards_exception"),
                caused_by("cluster_block_exception"),
                caused_by("an_exception_of_a_later_version"),
            )
        ),
        failed(document(429, "rejected_execution_exception")),
        failed(document(429, "circuit_breaking_exception"), document(409, "version_conflict_engine_exception")),
        failed(document(503, "unavailable_shards_exception")),
        failed(document(503, "process_cluster_event_timeout_exception")),
        failed(document(500, "i_o_exception")),
        failed(document(500, "node_closed_exception")),
        failed(document(429, "cluster_block_exception")),
        failed({**document(400, ""), "cause": caused_by("mapper_parsing_exception", "knn_circuit_breaker_exception")}),
        failed({**document(400, ""), "cause": {**caused_by("illegal_argument_exception"), "reason": NOT_READY}}),
        failed(document(403, "cluster_block_exception")),
        failed(document(404, "shard_not_found_exception")),
        failed(document(408, "timeout_exception")),
        failed(search("search_context_missing_exception", status=404)),
        failed(search("no_shard_available_action_exception", status=503)),
        failed(search("illegal_index_shard_state_exception", status=404)),
        failed(search("node_disconnected_exception")),
        failed(timed_out=True),
        ended(response={}),  # OpenSearch could not store the result
    ],
)
def test_a_fault_of_the_domain_passes(answer: dict[str, Any]) -> None:
    assert task_problems(answer)
    assert not is_final(answer)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            ended(error=error)
            for error in (
                caused_by("script_exception", "illegal_state_exception"),
                caused_by("security_exception"),
                caused_by("index_not_found_exception"),
                of_shard(caused_by("illegal_argument_exception")),
                {**caused_by("some_exception"), "root_cause": [caused_by("parsing_exception")]},
            )
        ),
        failed(document(400, "mapper_parsing_exception")),
        failed(document(400, "strict_dynamic_mapping_exception")),
        failed(document(400, "a_reason_of_a_later_version")),
        failed(document(403, "security_exception")),
        failed(document(404, "index_not_found_exception")),
        failed(document(500, "fail_processor_exception")),
        failed(document(500, "null_pointer_exception")),
        failed(search("script_exception", status=400)),
        failed(search("some_exception", reason=caused_by("some_exception", "illegal_argument_exception"))),
        failed(document(429, "rejected_execution_exception"), document(400, "mapper_parsing_exception")),
        failed(canceled="by user request"),
        task_answer(task={**task_answer()["task"], "cancelled": True}),
        ended(task={**task_answer()["task"], "cancelled": True}, error=caused_by("task_cancelled_exception")),
    ],
)
def test_documents_that_do_not_fit_and_a_cancelled_task_are_final(answer: dict[str, Any]) -> None:
    assert task_problems(answer)
    assert is_final(answer)


def test_a_search_that_failed_is_named_by_its_shard_and_its_inner_reason() -> None:
    inner = {"type": "search_context_missing_exception", "reason": "No search context found for id [7]"}
    failure = search("x", reason=of_shard(inner), status=404)
    header, reason = task_problems(failed(failure, {**failure, "shard": 1, "node": None}))
    assert header == "searches failed: 2 with status 404"
    assert reason == (
        "search_phase_execution_exception: all shards failed caused by search_context_missing_exception: "
        "No search context found for id [7] (searches of shard 0 on node n, of shard 1 on node unknown)"
    )


def test_documents_and_searches_that_failed_are_listed_apart() -> None:
    failures = [*(document(400, "mapper_parsing_exception") | {"id": str(n)} for n in range(12)), search("x")]
    problems = task_problems(failed(*failures))
    assert problems[0] == "documents failed: 12 with status 400"
    assert problems[1].endswith("(documents 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more)")
    assert problems[2] == "searches failed: 1 with status unknown"


@pytest.mark.parametrize(
    "reason",
    [
        "[a_v2][0] primary shard is not active Timeout: [1m], request: [BulkShardRequest [[a_v2][0]] containing "
        '[index {[a_v2][1], source[{"n":"secret"}]}]]',
        "[a_v2][0] primary shard is not active Timeout: [1m] request: x secret",
    ],
)
def test_a_reason_that_quotes_the_request_is_cut_before_it(reason: str) -> None:
    cause = {"type": "unavailable_shards_exception", "reason": reason}
    problems = task_problems(failed({**document(503, ""), "cause": cause}))
    assert "primary shard is not active Timeout: [1m] (documents 1)" in problems[1]
