"""One index fails: the error, and the state of all indices."""

from typing import Any

import pytest

from opensearch_reindex.trigger.get_trigger_file import MAX_STATE_BYTES
from support.trigger_file import trigger_file
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines

DOCUMENTS: Documents = {str(number): {"amount": f"secret-{number}"} for number in range(30)}
KEYWORD = {"properties": {"amount": {"type": "keyword"}}}
INTEGER = {"properties": {"amount": {"type": "integer"}}}


@pytest.fixture
def three(indices: Indices) -> list[str]:
    return [indices.create(base, DOCUMENTS, mappings=KEYWORD) for base in ("first", "second", "third")]


def file_of(indices: Indices, three: list[str]) -> dict[str, Any]:
    """Return a trigger file whose second index has documents that do not fit."""
    first, second, third = three
    changed = {"name": second, "mappings": INTEGER}
    return trigger_file(indices.endpoint, first, changed, third, readers_may_fail=True)


def test_the_first_index_that_fails_ends_the_execution_and_later_ones_are_untouched(
    machines: StateMachines, indices: Indices, three: list[str]
) -> None:
    first, second, third = three
    untouched = indices.get(third)

    execution = machines.run(file_of(indices, three))

    assert execution.status == "FAILED"
    assert [nested.status for nested in machines.nested()] == ["SUCCEEDED", "FAILED"]
    assert third not in {call.source_index for call in machines.functions.calls}
    assert indices.get(third) == untouched
    assert indices.documents(third) == DOCUMENTS
    assert indices.names() == {indices.target(first), second, third}  # the trial found it


@pytest.mark.usefixtures("past_the_trial")
def test_index_before_the_failure_is_rebuilt_and_the_failing_one_keeps_its_documents(
    machines: StateMachines, indices: Indices, three: list[str]
) -> None:
    first, second, _third = three

    machines.run(file_of(indices, three))

    assert indices.documents(indices.target(first)) == DOCUMENTS
    assert indices.aliases()[indices.target(first)] == {indices.alias(first): {}}
    assert indices.documents(second) == DOCUMENTS
    assert indices.alias(second) in indices.aliases()[second]
    assert [call.step for call in machines.functions.calls[-3:]] == ["create_index", "update_aliases", "start_reindex"]


@pytest.mark.usefixtures("past_the_trial")
def test_failed_documents_are_one_json_object_in_parent_and_nested_execution(
    machines: StateMachines, indices: Indices, three: list[str]
) -> None:
    _first, second, _third = three

    execution = machines.run(file_of(indices, three))

    assert execution.error == "ReindexFailedError"
    message = execution.message()
    assert message["step"] == "StartReindex"
    assert message["source_index"] == second
    assert message["target_index"] == indices.target(second)
    assert message["execution_id"] == execution.arn
    assert "did not copy every document" in message["reason"]
    assert "source index is complete" in message["next"]
    assert message["problems"][0] == "documents failed: 30 with status 400"
    assert "failed to parse field [amount] of type [integer]" in message["problems"][1]
    assert "secret-" not in str(execution.cause), "an error must not quote documents"
    failed = machines.nested()[-1]
    assert (failed.error, failed.cause) == (execution.error, execution.cause)


@pytest.mark.usefixtures("past_the_trial")
@pytest.mark.parametrize("kilobytes", [30, 200])
def test_the_error_of_a_nested_execution_survives_large_changes(
    machines: StateMachines, indices: Indices, three: list[str], kilobytes: int
) -> None:
    first, second, third = three
    described = {"_meta": {"text": "x" * (kilobytes * 1024)}}

    execution = machines.run(
        trigger_file(
            indices.endpoint,
            first,
            {"name": second, "mappings": {**INTEGER, **described}},
            third,
            readers_may_fail=True,
        )
    )

    assert [nested.status for nested in machines.nested()] == ["SUCCEEDED", "FAILED"]
    assert (execution.status, execution.error) == ("FAILED", "ReindexFailedError")
    message = execution.message()
    assert (message["step"], message["source_index"]) == ("StartReindex", second)
    assert execution.cause == machines.nested()[-1].cause


def test_a_nested_execution_that_is_aborted_is_named_after_large_changes(
    machines: StateMachines, indices: Indices, three: list[str]
) -> None:
    def abort(handler: Handler, event: Event) -> State:
        machines.abort_nested()
        return handler(event)

    machines.functions.hooks["update_aliases"] = abort
    mappings = {**KEYWORD, "_meta": {"text": "x" * 40_000}}

    execution = machines.run(trigger_file(indices.endpoint, *three, mappings=mappings))

    assert (execution.status, execution.error) == ("FAILED", "ExecutionError")
    description = execution.message()
    assert description["Status"] == "ExecutionAborted"
    assert description["ExecutionArn"] == machines.nested()[0].arn
    assert description["Input"]["index"]["source_index"] == three[0]


def test_an_index_with_a_state_as_large_as_can_be_is_rebuilt(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("large", DOCUMENTS)
    mappings = {"_meta": {"text": "x" * (MAX_STATE_BYTES - 2_000)}}

    execution = machines.run(trigger_file(indices.endpoint, source, mappings=mappings))

    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert indices.documents(indices.target(source)) == DOCUMENTS
