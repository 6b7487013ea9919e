"""Faults between client and node: the error of the client, and the node's state."""

import socket
import time
from pathlib import Path

import certifi
import pytest
import trustme
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime import transport
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from support.domain import Domain
from support.faults import Fault
from support.opensearch_node import OpenSearchNode
from support.signatures import Request
from support.signed_front import FUNCTION_KEY, Exchange, SignedFront
from support.waiting import wait_until

PREFIX = "faults"

CREDENTIALS = Credentials(FUNCTION_KEY.access_key_id, FUNCTION_KEY.secret_access_key, FUNCTION_KEY.session_token)
COPY = {"source": {"index": "faults_v1"}, "dest": {"index": "faults_copy", "op_type": "create"}}
# What replaces the public authorities, for one library or the other.
BUNDLES = ("AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")


def is_count(request: Request) -> bool:
    return request.path.endswith("/_search")


def statuses(front: SignedFront) -> list[int | None]:
    return [exchange.status for exchange in front.requests]


@pytest.fixture
def client(client: OpenSearchClient, front: SignedFront) -> OpenSearchClient:
    """A client that knows the engine, so that the first request is the tested one."""
    client.engine()
    front.requests.clear()
    return client


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_status_in_place_of_the_node_is_transient_and_nothing_was_done(
    status: int, front: SignedFront, client: OpenSearchClient, domain: Domain
) -> None:
    front.inject(Fault.status(status))
    with pytest.raises(TransientOpenSearchError) as caught:
        client.put_index("faults_v1", {})
    assert caught.value.status == status
    assert not domain.exists("faults_v1")
    client.put_index("faults_v1", {})
    assert statuses(front) == [status, 200]


def test_a_status_after_the_node_has_acted_is_transient_and_all_was_done(
    front: SignedFront, client: OpenSearchClient, domain: Domain
) -> None:
    front.inject(Fault.status(504).after_node())
    with pytest.raises(TransientOpenSearchError, match="504 Gateway Timeout"):
        client.put_index("faults_v1", {})
    assert domain.exists("faults_v1")
    assert statuses(front) == [504]


def test_a_status_is_not_asked_for_again(front: SignedFront, client: OpenSearchClient) -> None:
    front.inject(Fault.status(503))
    with pytest.raises(TransientOpenSearchError):
        client.get_indices(["faults_v1"])
    assert statuses(front) == [503]


def test_what_no_policy_allows_is_refused_at_once(front: SignedFront, client: OpenSearchClient, domain: Domain) -> None:
    front.inject(Fault.forbidden("es:ESHttpPut"))
    with pytest.raises(OpenSearchRequestError, match="is not authorized to perform: es:ESHttpPut") as caught:
        client.put_index("faults_v1", {})
    assert caught.value.status == 403
    assert not domain.exists("faults_v1")


def test_a_late_answer_is_waited_for(front: SignedFront, client: OpenSearchClient) -> None:
    front.inject(Fault.latency(0.5))
    started = time.monotonic()
    assert client.get_indices(["faults_v1"]) == {}
    assert time.monotonic() - started > 0.5


def test_an_answer_that_is_too_late_is_not_asked_for_again(front: SignedFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "REQUEST_TIMEOUT_SECONDS", 0.5)
    client = OpenSearchClient(parse_endpoint(front.url), CREDENTIALS, front.region, front.ca_certificates)
    front.inject(Fault.latency(2))  # two more attempts would be noted before
    with pytest.raises(TransientOpenSearchError) as caught:
        client.get_indices(["faults_v1"])
    assert caught.value.error_type == "ConnectionTimeout"
    wait_until(lambda: front.requests)  # noted when its answer is due
    assert statuses(front) == [200]


@pytest.mark.parametrize(
    ("fault", "is_done"),
    [
        pytest.param(Fault.reset(), False, id="reset before"),
        pytest.param(Fault.reset().after_node(), True, id="reset after"),
        pytest.param(Fault.cut(), True, id="cut"),
    ],
)
def test_a_change_with_a_broken_connection_is_not_sent_again(
    fault: Fault, front: SignedFront, client: OpenSearchClient, domain: Domain, *, is_done: bool
) -> None:
    front.inject(fault)
    with pytest.raises(TransientOpenSearchError, match="no answer from https"):
        client.put_index("faults_v1", {})
    assert domain.exists("faults_v1") is is_done
    assert len(front.requests) == 1
    assert statuses(front) == [200 if fault.ending == "cut" else None]


def test_a_copy_whose_answer_is_lost_is_not_started_again(
    front: SignedFront, client: OpenSearchClient, domain: Domain
) -> None:
    domain("PUT", "faults_v1")
    domain("PUT", "faults_v2", {"aliases": {"faults_copy": {}}})
    domain.bulk("faults_v1", {"1": {}})
    domain("POST", "faults_v1/_refresh")
    front.inject(Fault.reset().after_node())
    with pytest.raises(TransientOpenSearchError):
        client.submit_reindex(COPY, {})
    assert front.requests == [Exchange("POST", "/_reindex", "wait_for_completion=false&require_alias=true", None)]
    assert wait_until(lambda: domain.documents("faults_v2")) == {"1": {}}


@pytest.mark.parametrize("fault", [Fault.reset(), Fault.reset().after_node(), Fault.cut()])
def test_a_question_whose_connection_breaks_is_asked_three_times(
    fault: Fault, front: SignedFront, client: OpenSearchClient, domain: Domain
) -> None:
    domain("PUT", "faults_v1")
    front.inject(fault, is_count, times=2)
    assert client.count("faults_v1") == 0
    assert len(front.requests) == 3

    front.inject(fault, is_count, times=3)
    with pytest.raises(TransientOpenSearchError, match="no answer from"):
        client.count("faults_v1")
    assert len(front.requests) == 6


def test_a_node_that_does_not_answer_is_a_bad_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://{}:{}".format(*listener.getsockname())
    keys = {FUNCTION_KEY.access_key_id: FUNCTION_KEY}
    with SignedFront(url, keys.get) as front:
        client = OpenSearchClient(parse_endpoint(front.url), CREDENTIALS, front.region, front.ca_certificates)
        with pytest.raises(TransientOpenSearchError, match="502 Bad Gateway"):
            client.get_indices(["faults_v1"])


def test_a_private_authority_has_to_be_given(front: SignedFront) -> None:
    client = OpenSearchClient(parse_endpoint(front.url), CREDENTIALS, front.region)
    with pytest.raises(OpenSearchRequestError, match=f"the certificate of {front.url} was refused"):
        client.get_indices(["faults_v1"])
    assert front.requests == []


def test_a_private_authority_is_trusted_beside_the_public_ones(
    front: SignedFront, node: OpenSearchNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {FUNCTION_KEY.access_key_id: FUNCTION_KEY}
    with SignedFront(node.url, keys.get) as public:
        (tmp_path / "public.pem").write_text(public.ca_certificates)
        for variable in BUNDLES:
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "public.pem"))
        for each in (front, public):
            client = OpenSearchClient(parse_endpoint(each.url), CREDENTIALS, each.region, front.ca_certificates)
            assert client.get_indices(["faults_v1"]) == {}


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_private_authority_is_trusted_whatever_bundle_the_environment_names(
    variable: str, front: SignedFront, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv(variable, str(tmp_path / "other.pem"))
    client = OpenSearchClient(parse_endpoint(front.url), CREDENTIALS, front.region, front.ca_certificates)
    assert client.get_indices(["faults_v1"]) == {}
