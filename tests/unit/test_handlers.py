import json
import logging
from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

import boto3
import pytest
from moto import mock_aws
from pytest_mock import MockerFixture

import handlers
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Copy, Job
from opensearch_reindex.runtime import errors
from opensearch_reindex.runtime.executions import is_running
from support.mocked_domain import EVENT, JOB, copied, index, task_answer
from support.room import with_room
from support.trigger_file import trigger_file

pytestmark = pytest.mark.usefixtures("lambda_environment")

FILE = trigger_file("https://search.example.com", "products_v1")
# Step, handler, function that does the step, error for what OpenSearch refuses.
STEPS = [
    (
        "CreateIndex",
        handlers.create_index_handler,
        "handlers.create_index",
        errors.IndexCreationError,
    ),
    (
        "UpdateAliases",
        handlers.update_aliases_handler,
        "handlers.update_aliases",
        errors.AliasUpdateError,
    ),
    (
        "StartReindex",
        handlers.start_reindex_handler,
        "handlers.start_reindex",
        errors.ReindexStartError,
    ),
    (
        "CheckReindexStatus",
        handlers.check_reindex_status_handler,
        "handlers.check_reindex_status",
        errors.ReindexFailedError,
    ),
    (
        "RemoveAlias",
        handlers.remove_alias_handler,
        "handlers.remove_alias",
        errors.AliasRemovalError,
    ),
    (
        "DeleteIndex",
        handlers.delete_index_handler,
        "handlers.delete_index",
        errors.IndexDeletionError,
    ),
]


@pytest.fixture
def connected(mocker: MockerFixture) -> Any:
    """The client that every handler gets, over a domain on which the copy is done."""
    domain = copied()
    mocker.patch("handlers.connect", return_value=domain.client)
    return domain.client


def event_of(step: str) -> dict[str, Any]:
    return EVENT if step == "CreateIndex" else JOB.to_event()


def test_the_trigger_file_is_read_from_s3(mocker: MockerFixture) -> None:
    client = with_room(create_autospec(OpenSearchClient, instance=True))
    client.get_indices.return_value = {"products_v1": IndexInfo("u", {}, {"number_of_shards": "1"}, {})}
    mocker.patch("handlers.connect", return_value=client)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="triggers")
        s3.put_object(Bucket="triggers", Key="t.json", Body=json.dumps(FILE))
        detail = {"bucket": {"name": "triggers"}, "object": {"key": "t.json"}}
        state = handlers.get_trigger_file_handler({"execution_id": "arn:e", "detail": detail}, None)
    assert state["indices"] == [{"source_index": "products_v1"}]


@pytest.mark.parametrize(
    ("changes", "released"),
    [
        ({}, ["orders_v1"]),  # CreateIndex follows at once for the first index
        ({"alias_name": "_x"}, ["products_v1", "orders_v1"]),
        ({"strategy": "none"}, ["products_v1", "orders_v1"]),
        ({"opensearch_endpoint": "https://other.example.com"}, None),
        ({"index_pattern": "("}, None),
    ],
)
def test_blocks_of_killed_runs_are_lifted_unless_their_index_is_next(
    changes: dict[str, Any], released: list[str] | None, mocker: MockerFixture
) -> None:
    client = with_room(create_autospec(OpenSearchClient, instance=True))
    shards = {"number_of_shards": "1"}
    client.get_indices.return_value = {name: IndexInfo("u", {}, shards, {}) for name in ("products_v1", "orders_v1")}
    mocker.patch("handlers.connect", return_value=client)
    release = mocker.patch("handlers.release_abandoned", return_value=["a block is left"])
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="triggers")
        file = {**FILE, "indices": ["products_v1", "orders_v1"], **changes}
        s3.put_object(Bucket="triggers", Key="t.json", Body=json.dumps(file))
        event = {"execution_id": "arn:e", "detail": {"bucket": {"name": "triggers"}, "object": {"key": "t.json"}}}
        if changes:
            with pytest.raises(errors.TriggerFileError) as caught:
                handlers.get_trigger_file_handler(event, None)
            assert ("a block is left" in caught.value.problems) is bool(released)
        else:
            handlers.get_trigger_file_handler(event, None)
    calls = [call.args for call in release.call_args_list]
    assert calls == ([(client, "arn:e", released, is_running)] if released else [])


def test_each_step_returns_the_state_for_the_next_and_the_last_one_the_result(connected: Any) -> None:
    connected.find_reindex_task.return_value = "n:1"
    connected.get_task.return_value = task_answer()
    state = JOB.to_event()
    for name, handler, _, _ in STEPS[1:]:
        state = handler(state, None)
        assert json.loads(json.dumps(state)) == state, name
        if name != "DeleteIndex":
            assert Job.from_event(state) == replace(JOB, task=Copy.read(state["task"]), aliases=["a_current"])
    assert set(state) == {"source_index", "target_index", "source_count", "task", "settings_left_out", "warnings"}


def test_the_release_of_the_source_is_a_payload_of_its_own(connected: Any, mocker: MockerFixture) -> None:
    release_source = mocker.patch("handlers.release_source")
    state = {**JOB.to_event(), "error": {"Error": "ReindexFailedError", "Cause": "{}"}}
    assert handlers.update_aliases_handler({"release_source": state}, None) == {}
    release_source.assert_called_once_with(connected, "arn:e", "a_v1", is_running, "u1")
    assert connected.block_writes.call_count == 0


def test_the_source_is_released_after_a_failed_create_index_too(connected: Any, mocker: MockerFixture) -> None:
    release_source = mocker.patch("handlers.release_source")
    state = {**EVENT, "error": {"Error": "IndexCreationError", "Cause": "{}"}}
    assert handlers.update_aliases_handler({"release_source": state}, None) == {}
    release_source.assert_called_once_with(connected, "arn:e", "a_v1", is_running, None)


@pytest.mark.usefixtures("connected")
def test_a_failed_release_names_its_state_and_its_indices(mocker: MockerFixture) -> None:
    mocker.patch("handlers.release_source", side_effect=errors.OpenSearchRequestError(403, "x", "no"))
    with pytest.raises(errors.AliasUpdateError) as caught:
        handlers.update_aliases_handler({"release_source": JOB.to_event()}, None)
    message = json.loads(str(caught.value))
    named = [message[key] for key in ("step", "source_index", "target_index", "execution_id")]
    assert named == ["ReleaseSource", "a_v1", "a_v2", "arn:e"]


@pytest.mark.usefixtures("connected")
def test_a_failed_release_has_the_error_of_the_step_and_how_to_lift_the_block(
    mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    mocker.patch("handlers.release_source", side_effect=errors.TransientOpenSearchError("busy"))
    failed = errors.ReindexFailedError("not copied", problems=["one"], next_step="Mend it.")
    failed.context = {"step": "StartReindex", "target_index": "a_v2"}
    cause = json.dumps({"errorMessage": str(failed), "errorType": "ReindexFailedError"})
    state = {**JOB.to_event(), "error": {"Error": "ReindexFailedError", "Cause": cause}}
    with pytest.raises(errors.TransientOpenSearchError) as caught:  # by its name, so that it is retried
        handlers.update_aliases_handler({"release_source": state}, None)
    lift = 'PUT /a_v1/_settings {"index.blocks.write": null}'
    message = json.loads(str(caught.value))
    assert [message[key] for key in ("step", "reason", "problems")] == ["StartReindex", "not copied", ["one"]]
    assert message["write_block"].endswith(f"(TransientOpenSearchError: busy). To lift it, send {lift}")
    assert message["next"] == f"Lift the write block: send {lift}. Mend it."
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (record.step, record.error["reason"]) == ("ReleaseSource", "busy")  # type: ignore[attr-defined]


@pytest.mark.usefixtures("connected")
def test_a_failed_release_after_a_dead_function_has_its_cause(mocker: MockerFixture) -> None:
    mocker.patch("handlers.release_source", side_effect=errors.TransientOpenSearchError("busy"))
    state = {**JOB.to_event(), "error": {"Error": "Lambda.Unknown", "Cause": "Task timed out"}}
    with pytest.raises(errors.TransientOpenSearchError) as caught:
        handlers.update_aliases_handler({"release_source": state}, None)
    message = json.loads(str(caught.value))
    assert message["reason"] == "a step failed with Lambda.Unknown: Task timed out"
    assert "PUT /a_v1/_settings" in message["write_block"]


def test_the_poll_interval_comes_from_the_environment(connected: Any, lambda_environment: pytest.MonkeyPatch) -> None:
    lambda_environment.setenv("POLL_INTERVAL_SECONDS", "7")
    connected.get_task.return_value = task_answer(completed=False)
    connected.get_task.return_value["task"]["running_time_in_nanos"] = 10**12
    assert handlers.check_reindex_status_handler(JOB.to_event(), None)["task"]["wait_seconds"] == 7


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(("name", "handler", "function", "error_class"), STEPS)
def test_what_opensearch_refuses_becomes_the_error_of_the_step(
    name: str,
    handler: Any,
    function: str,
    error_class: type[errors.ReindexError],
    mocker: MockerFixture,
) -> None:
    refusal = errors.OpenSearchRequestError(400, "illegal_argument_exception", "no, because")
    mocker.patch(function, side_effect=refusal)
    with pytest.raises(errors.ReindexError) as caught:
        handler(event_of(name), None)
    assert type(caught.value) is error_class
    message = json.loads(str(caught.value))
    assert message["next"] == error_class.next_step
    expected = {
        "execution_id": "arn:e",
        "step": name,
        "source_index": "a_v1",
        "status": 400,
        "type": "illegal_argument_exception",
        "reason": "no, because",
    }
    assert expected.items() <= message.items()


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_permission_says_where_to_give_it(status: int, mocker: MockerFixture) -> None:
    refusal = errors.OpenSearchRequestError(status, "security_exception", "no permissions for [indices:admin/create]")
    mocker.patch("handlers.create_index", side_effect=refusal)
    with pytest.raises(errors.IndexCreationError, match="fine-grained access control"):
        handlers.create_index_handler(EVENT, None)


@pytest.mark.usefixtures("connected")
def test_a_block_is_no_missing_permission(mocker: MockerFixture) -> None:
    refusal = errors.OpenSearchRequestError(403, "cluster_block_exception", "blocked by: [FORBIDDEN/10/create-index]")
    mocker.patch("handlers.create_index", side_effect=refusal)
    with pytest.raises(errors.IndexCreationError, match="create-index") as caught:
        handlers.create_index_handler(EVENT, None)
    assert "cluster.blocks.create_index" in caught.value.next_step


def test_an_error_names_source_and_target_index_from_the_first_step_on(connected: Any) -> None:
    connected.get_indices.side_effect = lambda *_, **__: {"a_v1": index("u1")}
    connected.put_index.side_effect = errors.OpenSearchRequestError(400, "x", "y")
    with pytest.raises(errors.IndexCreationError) as caught:
        handlers.create_index_handler(EVENT, None)
    assert json.loads(str(caught.value))["target_index"] == "a_v2"


@pytest.mark.usefixtures("connected")
def test_an_error_of_this_package_keeps_its_class(mocker: MockerFixture) -> None:
    mocker.patch(
        "handlers.delete_index",
        side_effect=errors.TransientOpenSearchError("busy", status=503),
    )
    with pytest.raises(errors.TransientOpenSearchError, match='"step": "DeleteIndex"'):
        handlers.delete_index_handler(JOB.to_event(), None)


@pytest.mark.usefixtures("connected")
def test_an_unexpected_exception_is_a_reindex_error(mocker: MockerFixture) -> None:
    mocker.patch("handlers.delete_index", side_effect=ZeroDivisionError("division by zero"))
    with pytest.raises(errors.ReindexError, match=r"unexpected ZeroDivisionError at handlers\.py:") as caught:
        handlers.delete_index_handler(JOB.to_event(), None)
    assert type(caught.value) is errors.ReindexError
    assert "division by zero" not in str(caught.value), "a text of Python may quote a document"


@pytest.mark.usefixtures("connected")
def test_a_state_that_is_none_is_an_error_of_the_step() -> None:
    with pytest.raises(errors.ReindexError, match='"step": "DeleteIndex"'):
        handlers.delete_index_handler({}, None)


@pytest.mark.usefixtures("connected")
def test_a_failure_is_logged_with_its_problems_and_stack(
    mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    failure = errors.VerificationError("not proven", problems=["one", "two"])
    mocker.patch("handlers.delete_index", side_effect=failure)
    with pytest.raises(errors.VerificationError):
        handlers.delete_index_handler(JOB.to_event(), None)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.error["name"] == "VerificationError"  # type: ignore[attr-defined]
    assert record.error["problems"] == ["one", "two"]  # type: ignore[attr-defined]
    assert record.stack[0] == "VerificationError"  # type: ignore[attr-defined]
    assert any("handlers.py:" in line for line in record.stack)  # type: ignore[attr-defined]
    assert not record.exc_info


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("error_class", [errors.OpenSearchRequestError, errors.TransientOpenSearchError])
def test_a_block_is_named_with_the_call_that_lifts_it(error_class: type[Exception], mocker: MockerFixture) -> None:
    reason = "index [a_v1] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];"
    refusal: Exception = errors.OpenSearchRequestError(403, "cluster_block_exception", reason)
    if error_class is errors.TransientOpenSearchError:
        refusal = errors.TransientOpenSearchError(reason, status=429, error_type="cluster_block_exception")
    mocker.patch("handlers.delete_index", side_effect=refusal)
    with pytest.raises(errors.ReindexError) as caught:
        handlers.delete_index_handler(JOB.to_event(), None)
    call = 'PUT /a_v1/_settings {"index.blocks.read_only_allow_delete": null}'
    assert call in json.loads(str(caught.value))["next"]
