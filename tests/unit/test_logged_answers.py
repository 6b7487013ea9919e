"""No answer brings credentials or documents into an error or a log."""

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import Mock

import pytest
from pytest_mock import MockerFixture

import handlers
from opensearch_reindex import opensearch_client
from opensearch_reindex.runtime import logs
from opensearch_reindex.runtime.errors import ReindexError
from support.mocked_domain import JOB, copied, task_answer
from support.rebuild import event
from support.signed_front import FUNCTION_KEY
from support.trigger_file import trigger_file

TOKEN, SECRET, VALUE = FUNCTION_KEY.session_token, FUNCTION_KEY.secret_access_key, "secret value"
SIGNATURE = "0f" * 32
AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/es/aws4_request, Signature={SIGNATURE}"
WRONG = "The request signature we calculated does not match the signature you provided. Check your key."
CANONICAL = f"The Canonical String for this request should have been\n'GET\n/\n\nx-amz-security-token:{TOKEN}'\n"
PREVIEW = f"failed to parse field [n] of type [long] in document with id '1'. Preview of field's value: '{VALUE}'"
IAM = "User: arn:aws:sts::123456789012:assumed-role/opensearch-reindex-dev-lambda/create-index is not authorized to "


def refused(error_type: str, reason: str, **more: Any) -> dict[str, Any]:
    """Return OpenSearch's answer to a refused request."""
    cause = {"type": error_type, "reason": reason, **more}
    return {"error": {"root_cause": [cause], **cause}, "status": 400}


# Status, content type, body, and what the error still says.
ANSWERS: dict[str, tuple[int, str, Any, str]] = {
    "wrong signature": (403, "application/json", {"message": f"{WRONG}\n\n{CANONICAL}"}, "signature we calculated"),
    "wrong signature in one line": (403, "application/json", {"message": f"{WRONG} {CANONICAL}"}, "Check your key."),
    "wrong signature as text": (403, "text/plain", f"{WRONG}\n\n{CANONICAL}", "signature we calculated"),
    "wrong signature of a service": (
        403,
        "application/x-amz-json-1.0",
        {"__type": "InvalidSignatureException", "message": f"{WRONG}\n\n{CANONICAL}"},
        "signature we calculated",
    ),
    "incomplete signature": (
        403,
        "application/json",
        {"message": f"Authorization header requires 'Signature' parameter. Authorization={AUTHORIZATION}"},
        "requires 'Signature' parameter",
    ),
    "no key=value pair": (
        403,
        "application/json",
        {"message": f"'{TOKEN}' not a valid key=value pair (missing equal-sign) in Authorization header: '{TOKEN}'."},
        "not a valid key=value pair",
    ),
    "no permission": (403, "application/json", {"Message": f"{IAM}perform: es:ESHttpGet"}, IAM),
    "page with headers": (
        403,
        "text/html",
        f"<html><head><title>403 Forbidden</title></head><body>X-Amz-Security-Token: {TOKEN}<br>{AUTHORIZATION}</body>",
        "403 Forbidden",
    ),
    "text with headers": (403, "text/plain", f"Forbidden: authorization: {AUTHORIZATION} {TOKEN}", "Forbidden"),
    "message with headers": (403, "application/json", {"message": f"blocked {SIGNATURE} {TOKEN}"}, "blocked"),
    "reason with headers": (403, "application/json", refused("x", f"no. X-Amz-Security-Token: {TOKEN}"), "no"),
    "field value": (400, "application/json", refused("mapper_parsing_exception", PREVIEW), "[n] of type [long]"),
    "number": (400, "application/json", refused("number_format_exception", f'For input string: "{VALUE}"'), "number_"),
    "gateway": (502, "text/html", f"<html><h1>502 Bad Gateway</h1>{TOKEN}</html>", "502 Bad Gateway"),
    "list": (503, "application/json", [TOKEN], "503"),
    "broken JSON": (500, "application/json", f'{{"error": "{TOKEN}', "500"),
    "login page": (200, "text/html", f"<html>{TOKEN}</html>", "the answer is no JSON"),
    "text": (200, "text/plain", TOKEN, "the answer is no JSON"),
    "broken answer": (200, "application/json", f'{{"hits": "{VALUE}', "the answer is no JSON"),
    "other JSON": (200, "application/json", {"message": TOKEN, "hits": VALUE}, "Error"),
    "status line": (0, "", f"HTTP/1.1 {VALUE}\r\n\r\n", "no answer from"),
    "chunks": (0, "", f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{VALUE}\r\n", "no answer from"),
}
JOB_STEPS = ("update_aliases", "start_reindex", "check_reindex_status", "remove_alias", "delete_index")


class Handler(BaseHTTPRequestHandler):
    def parse_request(self) -> bool:
        """Answer every request in the same way."""
        if not super().parse_request():
            return False
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, content_type, body, _ = ANSWERS[self.server.case]  # type: ignore[attr-defined]
        data = body if isinstance(body, str) else json.dumps(body)
        if status:
            head = f"HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nConnection: close\r\n"
            head += f"Content-Length: {len(data)}\r\n\r\n"
            data = head + data
        self.wfile.write(data.encode())
        return False

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def endpoint(server: ThreadingHTTPServer, lambda_environment: pytest.MonkeyPatch) -> str:
    lambda_environment.setenv("ALLOWED_ENDPOINTS", f"127.0.0.1:{server.server_port}")
    for name, value in FUNCTION_KEY.environment.items():
        lambda_environment.setenv(name, value)
    opensearch_client._connect.cache_clear()
    return f"http://127.0.0.1:{server.server_port}"


def events(endpoint: str) -> dict[str, dict[str, Any]]:
    job = replace(JOB, opensearch_endpoint=endpoint).to_event()
    uploaded = {"execution_id": "e", "detail": {"bucket": {"name": "b"}, "object": {"key": "k"}}}
    return {"get_trigger_file": uploaded, "create_index": event("a_v1", endpoint), **dict.fromkeys(JOB_STEPS, job)}


def everything_told(call: Callable[[], object], caplog: pytest.LogCaptureFixture) -> str:
    """Return all that a traceback and the formatter of a log could print."""
    caplog.set_level(logging.DEBUG, logs.log.name)
    with pytest.raises(ReindexError) as caught:
        call()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    records = [json.dumps({**vars(each), "text": each.getMessage()}, default=repr) for each in caplog.records]
    return "\n".join([*traceback.format_exception(caught.value), *records])


@pytest.mark.parametrize("step", ["get_trigger_file", "create_index", *JOB_STEPS])
@pytest.mark.parametrize("case", ANSWERS)
def test_no_answer_brings_credentials_or_values_into_an_error_or_a_log(
    case: str,
    step: str,
    endpoint: str,
    server: ThreadingHTTPServer,
    mocker: MockerFixture,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.case = case  # type: ignore[attr-defined]
    body = json.dumps(trigger_file(endpoint, "a_v1")).encode()
    found = {"ContentLength": len(body), "Body": Mock(read=lambda: body)}
    mocker.patch("boto3.client", return_value=Mock(get_object=lambda **_: found))
    handler = getattr(handlers, f"{step}_handler")

    told = everything_told(lambda: handler(events(endpoint)[step], None), caplog)

    for hidden in (TOKEN, SECRET, VALUE, SIGNATURE):
        assert hidden not in told
    if case not in ("other JSON", "field value", "number"):  # a step may take a part of these for an answer
        assert ANSWERS[case][-1] in told


SCRIPT_STACK = [
    "java.base/java.lang.Integer.parseInt(Integer.java:652)",
    "ctx._source.n = Integer.parseInt(ctx._source.s)",
    "                                            ^---- HERE",
]
SCRIPT_FAILED = {
    "type": "script_exception",
    "reason": "runtime error",
    "script_stack": SCRIPT_STACK,
    "script": "ctx._source.n = Integer.parseInt(ctx._source.s)",
    "lang": "painless",
    "caused_by": {"type": "number_format_exception", "reason": f'For input string: "{VALUE}"'},
}
NOT_COMPILED = {
    "type": "script_exception",
    "reason": "compile error",
    "script_stack": ["ctx._source.b = ctxx._source.a", "                ^---- HERE"],
    "caused_by": {"type": "illegal_argument_exception", "reason": "cannot resolve symbol [ctxx._source]"},
}
BULK_FAILED = {
    "failures": [
        {"id": "1", "status": 400, "cause": {"type": "mapper_parsing_exception", "reason": PREVIEW}},
        {
            "id": "2",
            "status": 400,
            "cause": {
                "type": "mapper_parsing_exception",
                "reason": "failed to parse",
                "caused_by": {"type": "illegal_argument_exception", "reason": f"unable to convert [{VALUE}]"},
            },
        },
        {"id": "3", "status": 500, "cause": {"type": "exception", "reason": f"Grok does not match: [{VALUE}]"}},
        {"index": "a_v1", "shard": 0, "status": 500, "reason": {"type": "x", "reason": f"Text '{VALUE}' is no date"}},
    ]
}


@pytest.mark.usefixtures("lambda_environment")
@pytest.mark.parametrize(
    ("ended", "shown"),
    [
        ({"error": SCRIPT_FAILED}, "runtime error at ctx._source.n = Integer.parseInt(ctx._source.s)"),
        ({"error": SCRIPT_FAILED}, "caused by number_format_exception"),
        ({"error": NOT_COMPILED}, "compile error: cannot resolve symbol [ctxx._source]"),
        ({"response": {**task_answer()["response"], **BULK_FAILED}}, "failed to parse field [n] of type [long]"),
    ],
    ids=["script", "cause", "compile error", "bulk"],
)
def test_no_failure_of_a_copy_brings_values_into_an_error_or_a_log(
    ended: dict[str, Any], shown: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    client = copied().client
    answer = {key: value for key, value in task_answer().items() if key != "response"}
    client.get_task.return_value = {**answer, **ended}
    mocker.patch("handlers.connect", return_value=client)

    told = everything_told(lambda: handlers.check_reindex_status_handler(JOB.to_event(), None), caplog)

    assert shown in told
    assert VALUE not in told


def test_a_stack_has_classes_and_places_but_no_text() -> None:
    try:
        try:
            json.loads(VALUE)
        except ValueError as error:
            raise KeyError(VALUE) from error
    except KeyError as error:
        stack = logs.stack_of(error)
    assert stack[0] == "KeyError"
    assert "test_logged_answers.py:" in stack[1]
    assert "behind it: json.decoder.JSONDecodeError" in stack
    assert VALUE not in "\n".join(stack)
