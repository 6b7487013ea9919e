"""Faults, refusals and signatures, with a server that returns prepared answers."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import trustme
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from opensearchpy import ConnectionTimeout, RequestsHttpConnection
from pytest_mock import MockerFixture

from opensearch_reindex.index.alias_actions import change_owner
from opensearch_reindex.index.allocation_filters import DataNode
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import Allocation, StoreSize
from opensearch_reindex.index.policies import Management, Policy
from opensearch_reindex.index.tokens import with_tokens
from opensearch_reindex.opensearch_client import OpenSearchClient, _connect, connect
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import (
    DomainBusyError,
    OpenSearchRequestError,
    ReindexError,
    TransientOpenSearchError,
)
from opensearch_reindex.trigger.preflight import _PARTS as PARTS_OF_FIRST_STEP
from support.signatures import AccessKey, Request, refusal

CREDENTIALS = Credentials("AKIDEXAMPLE", "a-secret", "a-token")
COPY = {"source": {"index": "a_v1"}, "dest": {"index": "copy~1"}}
ERROR = {"error": {"type": "some_exception", "reason": "some reason"}, "status": 400}
COUNTED = {
    "timed_out": False,
    "_shards": {"total": 1, "successful": 1, "failed": 0},
    "hits": {"total": {"value": 1, "relation": "eq"}},
}
FOUND = {
    "_shards": {"total": 2, "successful": 2, "failed": 0},
    "aggregations": {"indices": {"buckets": [{"key": "a", "doc_count": 1}]}},
}


class Server(ThreadingHTTPServer):
    """A server that returns one answer a request, then the last, and keeps requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.requests.append(
            {"method": self.command, "path": self.path, "headers": dict(self.headers.items()), "body": body}
        )
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        if status == 0:  # act, and cut the connection
            self.close_connection = True
            return
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(content, str) else "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        if status == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def client(server: Server) -> OpenSearchClient:
    client = OpenSearchClient(parse_endpoint(server.url), CREDENTIALS, "eu-west-1")
    client._engine = Engine(True, 2, 19)
    return client


def segments(*shown: tuple[str, int, int], is_searched: bool = True) -> dict[str, Any]:
    """Return segments of a shard copy from name, documents and deleted documents."""
    return {
        name: {"num_docs": documents, "deleted_docs": deleted, "search": is_searched}
        for name, documents, deleted in shown
    }


def copies(primary: dict[str, Any], *replicas: dict[str, Any], failed: int = 0) -> tuple[int, Any]:
    """Return OpenSearch's answer for the segments of one shard."""
    total = 1 + len(replicas)
    counts = {"total": total, "successful": total - failed, "failed": failed}
    shard = [
        {"routing": {"primary": number == 0}, **({"segments": shown} if shown else {})}
        for number, shown in enumerate((primary, *replicas))
    ]
    return 200, {"_shards": counts, "indices": {"a": {"shards": {"0": shard}}}}


def preferences_of(request: dict[str, Any]) -> list[str]:
    return parse_qs(urlsplit(request["path"]).query).get("preference", [])


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_or_absent_domain_is_transient(status: int, server: Server, client: OpenSearchClient) -> None:
    server.answers = [(status, {**ERROR, "status": status})]
    with pytest.raises(TransientOpenSearchError) as caught:
        client.refresh("a")
    assert (caught.value.status, caught.value.error_type) == (status, "some_exception")
    assert caught.value.reason == "POST /a/_refresh: some reason"
    assert len(server.requests) == 1, "the state machine retries, not the client"


def test_the_page_of_a_load_balancer_is_understood(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(504, "<html>504 Gateway Time-out</html>")]
    with pytest.raises(TransientOpenSearchError, match="504 Gateway Time-out"):
        client.count("a")


def test_a_connection_that_is_cut_is_transient_and_a_post_is_not_repeated(
    server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(0, None)]
    with pytest.raises(TransientOpenSearchError, match="no answer from http"):
        client.submit_reindex(COPY, {})
    assert len(server.requests) == 1


def test_a_question_whose_connection_is_cut_is_asked_again(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(0, None), (0, None), (200, {"status": "green"})]
    assert client.health("a") == "green"
    server.answers = [(0, None), (0, None), (200, COUNTED)]
    assert client.count("a") == 1
    server.answers = [(0, None)]
    with pytest.raises(TransientOpenSearchError, match="no answer from http"):
        client.health("a")
    assert len(server.requests) == 3 + 3 + 3


def of_index(status: str, active: int) -> dict[str, Any]:
    shards = {"a": {"status": status, "number_of_shards": 2, "active_primary_shards": active}}
    return {"status": status, "indices": shards}


def test_a_yellow_index_whose_primary_shards_start_is_waited_for(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, of_index("yellow", 1)), (200, of_index("yellow", 2))]
    assert client.health("a", wait_for_status="yellow") == "yellow"
    assert ["wait_for_no_initializing_shards" in request["path"] for request in server.requests] == [False, True]
    server.answers = [(200, of_index("yellow", 1)), (408, of_index("yellow", 1))]
    assert client.health("a", wait_for_status="yellow") == "red"
    server.answers = [(200, of_index("yellow", 1))]
    assert client.health("a") == "red"


def test_a_domain_whose_packets_get_lost_is_waited_for_once(client: OpenSearchClient, mocker: MockerFixture) -> None:
    timeout = ConnectionTimeout("TIMEOUT", "timed out", requests.ConnectTimeout())
    sent = mocker.patch.object(RequestsHttpConnection, "perform_request", side_effect=timeout)
    with pytest.raises(TransientOpenSearchError, match="no answer from http"):
        client.health("a")
    assert sent.call_count == 1  # three times the time-out would be more than a function may have


def test_a_domain_that_cannot_be_reached_is_named(server: Server, client: OpenSearchClient) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(TransientOpenSearchError, match=f"no answer from {server.url}") as caught:
        client.get_indices(["a"])
    assert caught.value.error_type == "ConnectionError"


def test_a_certificate_that_is_not_trusted_is_no_passing_fault(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # would be trusted also if no certificate were checked
        monkeypatch.delenv(name, raising=False)
    certificate = trustme.CA().issue_cert("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    client = OpenSearchClient(parse_endpoint(f"https://localhost:{server.server_port}"), CREDENTIALS, "eu-west-1")
    with pytest.raises(OpenSearchRequestError, match=f"the certificate of https://localhost:{server.server_port}"):
        client.refresh("a")
    assert server.requests == []


def test_a_connection_that_ends_within_the_tls_handshake_is_transient(server: Server) -> None:
    client = OpenSearchClient(parse_endpoint(server.url.replace("http:", "https:")), CREDENTIALS, "eu-west-1")
    server.answers = [(0, None)]
    with pytest.raises(TransientOpenSearchError, match="no answer from https"):
        client.refresh("a")


@pytest.mark.parametrize(("status", "error_type"), [(400, "a"), (401, "b"), (403, "c"), (404, "d"), (500, "e")])
def test_a_refused_request_fails_at_once_with_opensearch_s_words(
    status: int, error_type: str, server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(status, {"error": {"type": error_type, "reason": "some reason"}, "status": status})]
    with pytest.raises(OpenSearchRequestError) as caught:
        client.apply_alias_actions([])
    assert (caught.value.status, caught.value.error_type) == (status, error_type)
    assert caught.value.reason == "POST /_aliases: some reason"
    assert len(server.requests) == 1


def test_the_refusal_of_a_search_quotes_no_document(server: Server, client: OpenSearchClient) -> None:
    reason = "Cannot parse [a secret value] as a number"
    server.answers = [(400, {"error": {"type": "illegal_argument_exception", "reason": reason}})]
    with pytest.raises(OpenSearchRequestError, match="reason redacted"):
        client.has_routed_documents("a")
    server.answers = [(400, {"error": {"type": "index_closed_exception", "reason": "closed"}})]
    with pytest.raises(OpenSearchRequestError, match="POST /a/_search: closed"):
        client.has_routed_documents("a")


def test_every_unknown_setting_is_named(server: Server, client: OpenSearchClient) -> None:
    error = {
        "type": "illegal_argument_exception",
        "reason": "unknown setting [a]",
        "suppressed": [{"reason": "unknown setting [b]"}],
        "caused_by": {"reason": "why"},
    }
    server.answers = [(400, {"error": error})]
    with pytest.raises(OpenSearchRequestError, match=r"unknown setting \[a\]; unknown setting \[b\]; why"):
        client.put_index("a", {})


def test_the_message_of_aws_is_understood(server: Server, client: OpenSearchClient) -> None:
    message = "User: x is not authorized to perform: es:ESHttpGet"
    server.answers = [(403, {"Message": message})]
    with pytest.raises(OpenSearchRequestError, match="not authorized to perform"):
        client.count("a")


def test_expired_credentials_are_transient(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(403, {"message": "The security token included in the request is expired"})]
    with pytest.raises(TransientOpenSearchError, match="token included in the request is expired") as caught:
        client.count("a")
    assert type(caught.value) is TransientOpenSearchError  # Step Functions retries by the very name
    assert caught.value.status == 403


def test_no_redirect_is_followed(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(302, "moved")]
    with pytest.raises(TransientOpenSearchError):
        client.count("a")
    assert len(server.requests) == 1


def test_a_failed_shard_is_no_success(server: Server, client: OpenSearchClient) -> None:
    failure = {"reason": {"type": "node_closed_exception", "reason": "node closed"}}
    server.answers = [(200, {**COUNTED, "_shards": {"total": 2, "successful": 1, "failed": 1, "failures": [failure]}})]
    with pytest.raises(TransientOpenSearchError, match="node closed"):
        client.count("a")


def test_a_shard_that_did_not_count_is_no_success(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, {**COUNTED, "_shards": {"total": 2, "successful": 1, "failed": 0}})]
    with pytest.raises(TransientOpenSearchError, match="only 1 of 2 shards"):
        client.count("a")


def test_an_index_of_which_no_shard_was_asked_is_not_empty(server: Server, client: OpenSearchClient) -> None:
    # The security plugin's do_not_fail_on_forbidden_empty answers so for an index that a role may not read.
    server.answers = [(200, {**COUNTED, "_shards": {"total": 0, "successful": 0, "failed": 0}})]
    with pytest.raises(TransientOpenSearchError, match="only 0 of 1 shards of a answered"):
        client.count("a")


def test_a_shard_that_was_not_searched_for_routing_is_no_success(server: Server, client: OpenSearchClient) -> None:
    nothing: dict[str, Any] = {"aggregations": {"indices": {"buckets": []}}}
    server.answers = [(200, {**nothing, "_shards": {"total": 2, "successful": 1, "failed": 0}})]
    with pytest.raises(TransientOpenSearchError, match="only 1 of 2 shards of a, b answered"):
        client.indices_with_routing(["a", "b"])


@pytest.mark.parametrize(
    ("options", "preferences"), [({}, []), ({"primaries": True}, ["_primary"])], ids=["all", "primaries"]
)
@pytest.mark.parametrize(
    ("call", "answer", "expected"),
    [
        (lambda client, **options: client.count("a", **options), COUNTED, 1),
        (lambda client, **options: client.has_routed_documents("a", **options), FOUND, True),
        (lambda client, **options: client.indices_with_routing(["a"], **options), FOUND, {"a"}),
    ],
    ids=["count", "has_routed_documents", "indices_with_routing"],
)
def test_only_primary_shards_are_counted_where_replicas_may_lag_behind(
    call: Callable[..., Any],
    answer: dict[str, Any],
    expected: Any,
    options: dict[str, bool],
    preferences: list[str],
    server: Server,
    client: OpenSearchClient,
) -> None:
    server.answers = [(200, answer)]
    assert call(client, **options) == expected
    (request,) = server.requests
    assert preferences_of(request) == preferences


SEARCHES: dict[str, tuple[Callable[[OpenSearchClient], Any], list[tuple[int, Any]]]] = {
    "count": (lambda client: client.count("a"), [(200, COUNTED)]),
    "indices_with_routing": (lambda client: client.indices_with_routing(["a"]), [(200, FOUND)]),
}


def searches_of(server: Server) -> list[dict[str, list[str]]]:
    paths = (urlsplit(request["path"]) for request in server.requests)
    return [parse_qs(path.query) for path in paths if path.path == "/a/_search"]


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_finds_what_the_shards_hold(name: str, server: Server, client: OpenSearchClient) -> None:
    call, server.answers = SEARCHES[name]
    server.answers = list(server.answers)
    call(client)
    assert searches_of(server)
    for query in searches_of(server):
        assert query["search_pipeline"] == ["_none"]
        assert query["allow_partial_search_results"] == ["false"]
        assert query["timeout"] == ["-1"]


def test_an_engine_without_search_pipelines_is_searched_without_the_parameter(
    server: Server, client: OpenSearchClient
) -> None:
    reason = "request [/a/_search] contains unrecognized parameter: [search_pipeline]"
    error = {"error": {"type": "illegal_argument_exception", "reason": reason}, "status": 400}
    server.answers = [(400, error), (200, COUNTED)]
    assert client.count("a") == 1
    assert ["search_pipeline" in query for query in searches_of(server)] == [True, False]


def test_another_refusal_of_a_search_is_not_repeated(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(400, ERROR)]
    with pytest.raises(OpenSearchRequestError, match="some_exception"):
        client.count("a")
    assert len(server.requests) == 1


def test_a_search_that_timed_out_counts_nothing(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, {**COUNTED, "timed_out": True})]
    with pytest.raises(TransientOpenSearchError, match="a search of a timed out; expected all documents"):
        client.count("a")


@pytest.mark.parametrize(
    ("on_replica", "behind"),
    [
        (segments(("_0", 2, 0), ("_1", 1, 1)), 0),
        (segments(("_0", 2, 0), ("_1", 1, 1), ("_2", 0, 1)), 0),  # copies differ in when they drop it
        (segments(("_0", 2, 0)), 1),
        (segments(("_0", 2, 0), ("_1", 2, 0)), 1),  # a deleted or overwritten document
        (segments(("_3", 3, 0)), 1),  # merged, and it may lack an overwritten document
        ({}, 1),
        (segments(("_0", 2, 0), ("_1", 1, 1), is_searched=False), 1),
    ],
)
def test_a_replica_that_shows_other_segments_than_its_primary_is_behind(
    on_replica: dict[str, Any], behind: int, server: Server, client: OpenSearchClient
) -> None:
    on_primary = segments(("_0", 2, 0), ("_1", 1, 1))
    server.answers = [copies(on_primary, on_primary, on_replica)]
    assert client.replicas_behind("a") == behind
    assert len(server.requests) == 1


def test_an_empty_replica_of_an_empty_shard_is_not_behind(server: Server, client: OpenSearchClient) -> None:
    server.answers = [copies({}, {}, segments(("_0", 0, 1)))]
    assert client.replicas_behind("a") == 0


def test_a_replica_whose_primary_did_not_answer_is_behind(server: Server, client: OpenSearchClient) -> None:
    status, answer = copies({}, {})
    del answer["indices"]["a"]["shards"]["0"][0]
    server.answers = [(status, answer)]
    assert client.replicas_behind("a") == 1


@pytest.mark.parametrize(
    ("error_type", "is_refused"), [("resource_already_exists_exception", False), ("mapper_parsing_exception", True)]
)
def test_an_index_that_another_execution_just_created_is_not_refused(
    error_type: str, is_refused: bool, server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(400, {"error": {"type": error_type, "reason": "its reason"}, "status": 400})]
    assert (client.refused_creation("a", {}) is not None) == is_refused


def test_a_replica_that_is_on_no_node_is_not_waited_for(server: Server, client: OpenSearchClient) -> None:
    status, answer = copies(segments(("_0", 1, 0)))
    answer["_shards"]["total"] = 2
    server.answers = [(status, answer)]
    assert client.replicas_behind("a") == 0


def test_a_copy_that_did_not_answer_is_not_taken_for_an_empty_one(server: Server, client: OpenSearchClient) -> None:
    server.answers = [copies({}, {}, failed=1)]
    with pytest.raises(TransientOpenSearchError, match="only 1 of 2 shards of a answered"):
        client.replicas_behind("a")


@pytest.mark.parametrize(
    "answer",
    [
        {"acknowledged": False, "shards_acknowledged": False, "indices": []},
        {"acknowledged": True, "shards_acknowledged": False, "indices": [{"name": "a", "blocked": False}]},
    ],
)
def test_a_block_that_is_not_everywhere_yet_is_asked_for_again(
    answer: dict[str, Any], server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(200, answer), (200, {"a": {"settings": {}}})]
    with pytest.raises(TransientOpenSearchError, match="not write-blocked"):
        client.block_writes("a")


UNCONFIRMED = {"acknowledged": False, "shards_acknowledged": False, "indices": [{"name": "a", "failed_shards": []}]}
CONFIRMED = {"acknowledged": True, "shards_acknowledged": True, "indices": [{"name": "a", "blocked": True}]}
DONE = {"acknowledged": True}


@pytest.mark.parametrize("second", [CONFIRMED, UNCONFIRMED])
def test_a_block_that_waits_for_missing_copies_is_confirmed_without_them(
    second: dict[str, Any], server: Server, client: OpenSearchClient
) -> None:
    waits = {"a": {"settings": {"index.write.wait_for_active_shards": "2"}}}
    server.answers = [(200, answer) for answer in (UNCONFIRMED, waits, DONE, second, DONE)]
    with nullcontext() if second is CONFIRMED else pytest.raises(TransientOpenSearchError, match="not write-blocked"):
        client.block_writes("a")
    changes = [json.loads(request["body"])["index"] for request in server.requests if request["body"]]
    assert [change["write.wait_for_active_shards"] for change in changes] == ["1", "2"]


@pytest.mark.parametrize("confirmed", [CONFIRMED, UNCONFIRMED])
def test_a_block_is_lifted_after_its_confirmation(
    confirmed: dict[str, Any], server: Server, client: OpenSearchClient
) -> None:
    settings: list[tuple[int, Any]] = [] if confirmed is CONFIRMED else [(200, {"a": {"settings": {}}})]
    server.answers = [(200, confirmed), *settings, (200, DONE)]
    with nullcontext() if confirmed is CONFIRMED else pytest.raises(TransientOpenSearchError, match="not write"):
        client.allow_writes("a")
    assert urlsplit(server.requests[0]["path"]).path == "/a/_block/write"
    assert json.loads(server.requests[-1]["body"]) == {"index": {"blocks.write": None}}


@pytest.mark.parametrize(
    "change",
    [
        lambda client: client.apply_alias_actions([]),
        lambda client: client.put_settings("a", {}),
        lambda client: client.put_meta("a", {}),
    ],
)
def test_a_change_that_not_every_node_knows_of_yet_is_asked_for_again(
    change: Callable[[OpenSearchClient], None], server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(200, {"acknowledged": False}), (200, {"acknowledged": True})]
    with pytest.raises(TransientOpenSearchError, match="not every node"):
        change(client)
    change(client)


def test_a_copy_that_ran_synchronously_is_noticed(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, {"took": 1, "created": 1})]
    with pytest.raises(KeyError, match="task"):
        client.submit_reindex(COPY, {})


def test_a_task_that_has_not_ended_in_time_is_read_again(server: Server, client: OpenSearchClient) -> None:
    timeout = {"error": {"type": "timeout_exception", "reason": "Timed out waiting for completion"}, "status": 500}
    server.answers = [(500, timeout), (200, {"completed": False})]
    assert client.get_task("n:1", wait_seconds=5) == {"completed": False}
    assert [r["path"] for r in server.requests] == ["/_tasks/n:1?wait_for_completion=true&timeout=5s", "/_tasks/n:1"]


def test_a_slice_and_a_cancelled_copy_are_not_the_running_copy(server: Server, client: OpenSearchClient) -> None:
    def listed(**tasks: Any) -> tuple[int, Any]:
        return 200, {"nodes": {"n": {"tasks": {f"n:{number}": task for number, task in tasks.items()}}}}

    ours = {"headers": {"X-Opaque-Id": "copy~1"}}
    # A copy that is cancelled during its wait after 429 can stay in the list forever.
    others: dict[str, Any] = {
        "1": {"headers": {}},
        "2": {**ours, "parent_task_id": "n:4"},
        "3": {**ours, "cancelled": True},
    }
    server.answers = [listed(**others), listed(**others, **{"4": ours})]
    assert [client.find_reindex_task("copy~1") for _ in range(2)] == [None, "n:4"]


def test_a_snapshot_of_the_index_is_waited_for(server: Server, client: OpenSearchClient) -> None:
    reason = "Cannot delete indices that are being snapshotted: [[a_v1/u1]]. Try again after snapshot finishes"
    server.answers = [(400, {"error": {"type": "snapshot_in_progress_exception", "reason": reason}, "status": 400})]
    with pytest.raises(DomainBusyError, match="being snapshotted"):
        client.apply_alias_actions([])


def test_a_write_to_any_shard_raises_the_sequence_number_and_a_new_replica_does_not(
    server: Server, client: OpenSearchClient
) -> None:
    def shard(primary: int, *replicas: int) -> list[dict[str, Any]]:
        copies = ((primary, True), *((replica, False) for replica in replicas))
        return [
            {"routing": {"primary": is_primary}, "seq_no": {"max_seq_no": n}, "store": {"size_in_bytes": 1}}
            for n, is_primary in copies
        ]

    states = [{"0": shard(4), "1": shard(1)}, {"0": shard(4, 4), "1": shard(1, 0)}, {"0": shard(4), "1": shard(2)}]
    server.answers = [(200, {"indices": {"a": {"shards": state}}}) for state in states]
    assert [client.last_seq_no("a", 2) for _ in states] == [7, 7, 8]


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        ({}, 0),  # none is on a node
        ({"indices": {"a": {"shards": {"1": [{"routing": {"primary": True}, "seq_no": {"max_seq_no": 1}}]}}}}, 1),
        ({"indices": {"a": {"shards": {"0": [{"routing": {"primary": True}}]}}}}, 0),  # it starts
    ],
)
def test_a_primary_shard_that_is_away_is_not_one_without_writes(
    answer: dict[str, Any], answered: int, server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(200, answer)]
    with pytest.raises(TransientOpenSearchError, match=f"only {answered} of 2 primary shards of a answered"):
        client.last_seq_no("a", 2)


def test_another_error_while_waiting_for_a_task_is_an_error(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(500, ERROR)]
    with pytest.raises(OpenSearchRequestError):
        client.get_task("n:1", wait_seconds=5)
    with pytest.raises(OpenSearchRequestError):
        client.get_task("n:1")


def test_names_are_asked_for_in_requests_that_opensearch_accepts(server: Server, client: OpenSearchClient) -> None:
    names = [f"{number:04}-ü".ljust(60, "x") for number in range(200)]
    server.answers = [(200, {})]
    assert client.get_indices([*names, *names]) == {}
    assert 4 <= len(server.requests) <= 6
    assert all(len(request["path"]) < 4000 for request in server.requests)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda client: client.get_indices(["a'b+%ü", "x"]), {}),
        (lambda client: client.health("a", wait_for_status="green"), {"status": "green"}),
        (
            lambda client: client.submit_reindex(
                {"source": {"index": "ü"}, "dest": {"index": "A~b"}}, {"slices": "auto"}
            ),
            {"task": "n:1"},
        ),
        (lambda client: client.refresh("a&b=c"), {}),
    ],
)
def test_every_request_is_signed_so_that_aws_accepts_it(
    call: Any, answer: dict[str, str], server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(200, answer)]
    call(client)
    (request,) = server.requests
    headers = {name.lower(): value for name, value in request["headers"].items()}
    authorization = headers["authorization"]
    assert "/eu-west-1/es/aws4_request" in authorization
    assert headers["x-amz-security-token"] == "a-token"
    assert headers["host"] == f"127.0.0.1:{server.server_port}"

    # botocore, as an independent signer, comes to the same signature for what arrived.
    signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    expected = AWSRequest(
        request["method"],
        server.url + request["path"],
        headers={name: headers[name] for name in signed if name != "host"},
        data=request["body"],
    )
    signer = SigV4Auth(CREDENTIALS, "es", "eu-west-1")
    expected.context["timestamp"] = headers["x-amz-date"]
    canonical = signer.canonical_request(expected)
    signature = signer.signature(signer.string_to_sign(expected, canonical), expected)
    assert f"Signature={signature}" in authorization


def test_the_region_of_an_aws_endpoint_is_signed_for() -> None:
    url = "https://search-products-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"
    client = OpenSearchClient(parse_endpoint(url), CREDENTIALS, "us-east-1")
    connection = client._transport._client.transport.get_connection()
    assert connection.session.auth.region == "eu-central-1"
    assert connection.host == f"{url}:443"


@pytest.mark.usefixtures("lambda_environment")
def test_an_endpoint_is_checked_at_every_step_and_its_client_kept() -> None:
    _connect.cache_clear()
    assert connect("https://search.example.com") is connect("https://search.example.com")
    for refused in ("https://evil.example", "https://search.example.com/x"):
        with pytest.raises(ReindexError, match="opensearch_endpoint"):
            connect(refused)
    _connect.cache_clear()


@pytest.mark.usefixtures("lambda_environment")
def test_without_credentials_nothing_is_sent(mocker: MockerFixture) -> None:
    mocker.patch("boto3.Session").return_value.get_credentials.return_value = None
    _connect.cache_clear()
    with pytest.raises(ReindexError, match="no AWS credentials"):
        connect("https://search.example.com")


def test_nothing_is_refused_where_every_request_is_answered_for_another_reason(
    server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(400, ERROR), (404, ERROR), (200, {"total": 0}), (400, ERROR), (404, ERROR)]
    assert client.refused_actions("a_v1", "a_v2") == []
    assert client.refused_alias_change(["a_v1"]) is None
    assert [request["method"] for request in server.requests] == ["PUT", "PUT", "POST", "PUT", "POST"]


def test_refusals_have_the_wording_of_opensearch_and_aws(server: Server, client: OpenSearchClient) -> None:
    forbidden = {"error": {"type": "security_exception", "reason": "no permissions for [x]"}, "status": 403}
    iam = {"Message": "User: x is not authorized to perform: es:ESHttpPost"}
    server.answers = [(403, forbidden), (401, forbidden), (403, iam), (403, forbidden)]
    reasons = [refusal.reason for refusal in client.refused_actions("a_v1", "a_v2")]
    assert reasons[0] == "PUT /a_v2: no permissions for [x]"
    assert reasons[1].startswith("PUT /a_v2/_doc/")
    assert reasons[2] == "POST /_reindex: User: x is not authorized to perform: es:ESHttpPost"
    assert reasons[3].startswith("PUT /a_v1/_settings")


def test_a_busy_domain_is_no_missing_permission(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(429, ERROR)]
    with pytest.raises(TransientOpenSearchError):
        client.refused_actions("a_v1", "a_v2")


def test_settings_of_the_cluster_are_those_in_force(server: Server, client: OpenSearchClient) -> None:
    def disk(low: str) -> dict[str, Any]:
        return {"cluster": {"routing": {"allocation": {"disk": {"watermark": {"low": low}}}}}}

    defaults: dict[str, Any] = {"cluster": {"max_shards_per_node": "1000", **disk("85%")["cluster"]}}
    server.answers = [(200, {"defaults": defaults, "persistent": disk("25gb"), "transient": disk("30gb")})]
    assert client.cluster_settings() == {
        "cluster.max_shards_per_node": "1000",
        "cluster.routing.allocation.disk.watermark.low": "30gb",
    }


def test_only_nodes_that_hold_ordinary_shards_are_data_nodes(server: Server, client: OpenSearchClient) -> None:
    disk = {"total": {"total_in_bytes": 10, "available_in_bytes": 5}}
    named = {"name": "n", "host": "h", "ip": "[::1]:9300", "attributes": {"zone": "a"}, "fs": disk}
    roles = {"a": ["data", "ingest"], "b": ["cluster_manager"], "c": ["search"], "d": ["warm"], "e": ["data_content"]}
    server.answers = [(200, {"nodes": {node: {"roles": each, **named} for node, each in roles.items()}})]
    found = client.data_nodes()
    assert found[0] == DataNode("a", "n", "h", "::1", {"zone": "a"}, total_bytes=10, available_bytes=5)
    assert [node.id for node in found] == ["a", "e"]


def test_nodes_of_shards_are_those_of_every_copy(server: Server, client: OpenSearchClient) -> None:
    shards = {"0": [{"routing": {"node": "a"}}, {"routing": {"node": "b"}}], "1": [{"routing": {"node": "a"}}]}
    server.answers = [(200, {"indices": {"a_v1": {"shards": shards}}})]
    assert client.nodes_of_shards(["a_v1", "b_v1"]) == {"a_v1": {"a", "b"}}


def test_sizes_and_routing_of_many_indices_are_asked_for_in_few_requests(
    server: Server, client: OpenSearchClient
) -> None:
    names = [f"{number:04}".ljust(60, "x") for number in range(100)]
    store = {"store": {"size_in_bytes": 7}}
    server.answers = [(200, {"indices": {"a": {"primaries": store, "total": {"store": {"size_in_bytes": 14}}}}})]
    assert client.store_sizes(names) == {"a": StoreSize(7, 14)}
    server.answers = [(200, FOUND)]
    assert client.indices_with_routing(names) == {"a"}
    assert len(server.requests) == 6


def test_a_request_line_has_room_for_long_names_and_many_parts(server: Server, client: OpenSearchClient) -> None:
    names = [f"{number:03}".ljust(250, "x") for number in range(30)]
    server.answers = [(200, {})]
    for parts in ("settings.index.blocks", PARTS_OF_FIRST_STEP):
        assert client.get_indices(names, parts=parts) == {}
    # OpenSearch refuses a request line of more than 4,096 bytes.
    assert max(len(f"GET {request['path']} HTTP/1.1") for request in server.requests) < 4096
    asked = [name for request in server.requests for name in urlsplit(request["path"]).path[1:].split(",")]
    assert asked == names * 2


def test_every_shard_of_the_domain_counts(server: Server, client: OpenSearchClient) -> None:
    counters = {"active_shards": 5, "initializing_shards": 2, "unassigned_shards": 1, "relocating_shards": 1}
    server.answers = [(200, {"number_of_data_nodes": 3, **counters})]
    assert client.shards() == (3, 8)


@pytest.mark.parametrize(
    ("initializing", "relocating", "is_building"), [(0, 0, False), (1, 0, True), (0, 1, True), (2, 1, True)]
)
def test_shards_that_are_built_or_moved_keep_others_waiting(
    initializing: int, relocating: int, server: Server, client: OpenSearchClient, *, is_building: bool
) -> None:
    counters = {"unassigned_shards": 3, "initializing_shards": initializing, "relocating_shards": relocating}
    server.answers = [(200, {"status": "yellow", **counters})]
    assert client.is_building() is is_building
    assert server.requests[0]["path"].startswith("/_cluster/health?")


@pytest.mark.parametrize(
    ("status", "error_type", "restricted"),
    [
        # OpenSearch 2.19 with the security plugin, for roles with one of the three, and without any.
        (500, "security_exception", True),
        (404, "index_not_found_exception", False),
        (403, "http_error", False),
        (500, "some_exception", False),
    ],
)
def test_a_role_that_sees_not_all_of_an_index_is_recognised(
    status: int, error_type: str, server: Server, client: OpenSearchClient, *, restricted: bool
) -> None:
    reason = "Update is not supported when FLS or DLS or Fieldmasking is activated"
    server.answers = [(status, {"error": {"type": error_type, "reason": reason}, "status": status})]
    assert client.is_restricted("a_v1") is restricted
    server.answers = [(200, {"result": "noop"})]
    assert client.is_restricted("a_v1") is False


def test_a_role_without_updates_may_see_less_than_all(server: Server, client: OpenSearchClient) -> None:
    reason = "no permissions for [indices:data/write/update]"
    server.answers = [(403, {"error": {"type": "security_exception", "reason": reason}, "status": 403})]
    with pytest.raises(OpenSearchRequestError, match="data/write/update"):
        client.is_restricted("a_v1")


@pytest.mark.parametrize("url", ["https://search.example.com", "https://search.example.com:8443"])
def test_the_host_is_signed_as_it_is_sent(url: str) -> None:
    endpoint = parse_endpoint(url)
    connection = OpenSearchClient(endpoint, CREDENTIALS, "eu-west-1")._transport._client.transport.get_connection()
    prepared = connection.session.prepare_request(requests.Request("GET", f"{connection.host}/a?b=c"))
    # http.client leaves the port out where it is the scheme's own.
    headers = {"host": url.removeprefix("https://"), **{key.lower(): value for key, value in prepared.headers.items()}}
    key = AccessKey(CREDENTIALS.access_key, CREDENTIALS.secret_key, str(CREDENTIALS.token))
    assert refusal(Request("GET", "/a", "b=c", headers, b""), "eu-west-1", lambda _: key) is None


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_authority_that_cannot_be_read_is_named(text: str, lambda_environment: pytest.MonkeyPatch) -> None:
    lambda_environment.setenv("CA_CERTIFICATES", text)
    with pytest.raises(ReindexError, match="ca_certificates cannot be read"):
        connect("https://search.example.com")


SHARDS = {
    "status": "yellow",
    "indices": {
        "a": {
            "shards": {
                "0": {"primary_active": True, "unassigned_shards": 0},
                "1": {"primary_active": True, "unassigned_shards": 1},
            }
        }
    },
}
DECIDERS = [
    {"decider": "enable", "decision": "NO", "explanation": "no allocations are allowed"},
    {"decider": "throttling", "decision": "YES", "explanation": "below limit"},
]


@pytest.mark.parametrize(("can_allocate", "may_follow"), [("no", False), ("throttled", True)])
def test_the_reasons_of_an_unassigned_shard_are_those_of_the_deciders(
    server: Server, client: OpenSearchClient, can_allocate: str, *, may_follow: bool
) -> None:
    nodes = [{"deciders": DECIDERS}, {"deciders": DECIDERS}]
    server.answers = [(200, SHARDS), (200, {"can_allocate": can_allocate, "node_allocation_decisions": nodes})]
    found = client.explain_allocation("a")
    assert found == Allocation("a replica of shard 1", "no allocations are allowed", may_follow)


def test_a_shard_that_is_on_a_node_by_now_has_no_reason(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, SHARDS), (400, ERROR)]
    assert client.explain_allocation("a") is None
    server.answers = [(200, {"indices": {"a": {"shards": {"0": {"primary_active": True, "unassigned_shards": 0}}}}})]
    assert client.explain_allocation("a") is None
    server.answers = [(200, SHARDS), (403, ERROR)]
    with pytest.raises(OpenSearchRequestError):
        client.explain_allocation("a")


HAND_OVER = change_owner("a_v2", "arn:1", "arn:2")


@pytest.fixture
def old_client(client: OpenSearchClient) -> OpenSearchClient:
    client._engine = Engine(False, 7, 10)
    return client


def sent(server: Server) -> list[tuple[str, str, Any]]:
    """Return method, path without parameters, and body of each request."""
    return [
        (each["method"], urlsplit(each["path"]).path, json.loads(each["body"] or "null")) for each in server.requests
    ]


def test_an_old_engine_gets_a_token_before_the_actions(server: Server, old_client: OpenSearchClient) -> None:
    server.answers = [(200, {"acknowledged": True})]
    old_client.apply_alias_actions(HAND_OVER)
    (created, *_), *_, (method, path, body) = sent(server)
    assert (created, method, path) == ("PUT", "POST", "/_aliases")
    assert "must_exist" not in json.dumps(body)
    assert any("remove_index" in action for action in body["actions"])


def test_the_loser_of_a_race_deletes_its_token(server: Server, old_client: OpenSearchClient) -> None:
    token = next(iter(with_tokens(HAND_OVER, {}).demanded))
    missing = {"error": {"type": "index_not_found_exception", "reason": f"no such index [{token}]"}, "status": 404}
    server.answers = [(200, {"acknowledged": True}), (404, missing), (200, {}), (200, {"acknowledged": True})]
    with pytest.raises(OpenSearchRequestError) as caught:
        old_client.apply_alias_actions(HAND_OVER)
    assert caught.value.error_type == "aliases_not_found_exception"
    assert "remove_index" in sent(server)[-1][2]["actions"][0]
    assert old_client._engine is None, "the domain may have been upgraded"


def test_a_token_that_exists_already_is_used(server: Server, old_client: OpenSearchClient) -> None:
    exists = {"error": {"type": "resource_already_exists_exception", "reason": "exists"}, "status": 400}
    server.answers = [(400, exists), (200, {"acknowledged": True})]
    old_client.apply_alias_actions(HAND_OVER)
    assert [path for _, path, _ in sent(server)][-1] == "/_aliases"


def test_the_oldest_node_decides_which_engine_it_is(server: Server, client: OpenSearchClient) -> None:
    client._engine = None
    server.answers = [(200, {"nodes": {"a": {"version": "2.19.1"}, "b": {"version": "2.11.0"}}})]
    assert client.engine() == client.engine() == Engine(True, 2, 11)
    assert len(server.requests) == 1


def test_an_answer_without_nodes_is_transient(server: Server, client: OpenSearchClient) -> None:
    client._engine = None
    server.answers = [(200, {})]
    with pytest.raises(TransientOpenSearchError):
        client.engine()


@pytest.mark.parametrize("is_old", [False, True])
def test_policies_are_asked_of_the_plugin_of_the_engine(is_old: bool, server: Server, client: OpenSearchClient) -> None:
    client._engine = Engine(not is_old, *((7, 10) if is_old else (2, 19)))
    server.answers = [(200, {"a": {"policy_id": "keep30", "state": {"name": "hot"}}, "total_managed_indices": 1})]
    assert client.managements(["a"]) == {"a": Management("keep30", "hot")}
    assert sent(server)[0][1] == f"/_{'opendistro' if is_old else 'plugins'}/_ism/explain/a"


@pytest.mark.parametrize(("status", "reason"), [(400, "no handler found for uri"), (404, "missing")])
def test_a_domain_without_the_plugin_has_no_policies(
    status: int, reason: str, server: Server, client: OpenSearchClient
) -> None:
    server.answers = [(status, {"error": {"type": "x", "reason": reason}, "status": status})]
    assert client.managements(["a"]) is None


def test_a_policy_that_is_not_attached_is_an_error(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, {"updated_indices": 0, "failed_indices": [{"reason": "has a policy"}]})]
    with pytest.raises(OpenSearchRequestError, match="has a policy"):
        client.add_policy("a", "keep30")
    with pytest.raises(OpenSearchRequestError, match="has a policy"):
        client.change_policy("a", "keep30", "hot")


def test_a_policy_is_read_or_missing(server: Server, client: OpenSearchClient) -> None:
    server.answers = [(200, {"policy": {"default_state": "hot"}}), (404, ERROR), (403, ERROR)]
    assert client.get_policy("keep30") == Policy("hot", {})
    assert client.get_policy("keep30") is None
    with pytest.raises(OpenSearchRequestError):
        client.get_policy("keep30")


def test_a_legacy_template_counts_without_a_composable_one(server: Server, client: OpenSearchClient) -> None:
    legacy = {"t": {"index_patterns": ["a*"], "mappings": {"properties": {"n": {"type": "long"}}}}}
    server.answers = [(200, {}), (200, legacy), (403, ERROR)]
    template = client.index_template("a_v2")
    assert template
    assert template["mappings"] == legacy["t"]["mappings"]
    assert client.index_template("a_v2") is None
