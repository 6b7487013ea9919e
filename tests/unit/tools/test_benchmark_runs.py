"""An incomplete run ends the benchmark instead of giving a wrong figure."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from bench.data import Source, documents, expect_documents
from bench.executions import Execution, Run
from bench.figures import BenchmarkError

START = datetime(2026, 1, 1, tzinfo=UTC)


def execution(after: float, seconds: float, *events: dict[str, object]) -> Execution:
    started = START + timedelta(seconds=after)
    description = {
        "startDate": started,
        "stopDate": started + timedelta(seconds=seconds),
        "input": "{}",
        "output": '{"a": "Łódź"}',
    }
    return Execution(description, events)


def event(kind: str, after: float, **details: object) -> dict[str, object]:
    key = f"{kind[0].lower()}{kind[1:]}EventDetails" if "Entered" not in kind else "stateEnteredEventDetails"
    return {"type": kind, "timestamp": START + timedelta(seconds=after), key: details}


def test_expect_documents_fails_when_a_document_is_missing() -> None:
    client = Mock()
    client.count.return_value = {"count": 9}
    expect_documents(client, "a_v2", 9)
    with pytest.raises(BenchmarkError, match="holds 9 documents; expected 10"):
        expect_documents(client, "a_v2", 10)
    client.indices.refresh.assert_called_with(index="a_v2")


def test_documents_are_unique_and_the_same_in_every_run() -> None:
    source = Source("orders_v1", 200, words=20)
    first, again = dict(documents(source)), dict(documents(source))
    assert first == again
    assert len(first) == 200
    assert len({document["text"] for document in first.values()}) == 200


def test_run_reads_calls_and_states_from_the_history() -> None:
    function, nested = "arn:aws:states:::lambda:invoke", "arn:aws:states:::states:startExecution.sync:2"
    child = execution(
        1,
        2,
        event("TaskStateEntered", 1, name="CreateIndex", input="{}"),
        event("TaskScheduled", 1, resource=function),
        event("TaskSucceeded", 1.5, resource=function, output="{}"),
        event("SucceedStateEntered", 2, name="Success", input="{}"),
    )
    parent = execution(
        0, 4, event("MapStateEntered", 0, name="ReindexIndices", input="{}"), event("TaskScheduled", 1, resource=nested)
    )
    run = Run(parent, [child], 5)
    assert child.states == ["CreateIndex", "Success"]
    assert child.calls == [("CreateIndex", 0.5)]
    assert child.state_bytes == len('{"a": "Łódź"}'.encode())
    assert (run.transitions, run.lambda_calls, run.lambda_seconds) == (4, 1, 0.5)
    assert run.seconds_of_indices == [3]
