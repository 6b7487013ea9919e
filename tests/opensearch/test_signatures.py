"""Signatures, verified like on AWS: only requests of the client are accepted."""

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pytest_mock import MockerFixture

from opensearch_reindex.index.markers import new_copy_alias
from opensearch_reindex.index.names import name_problem
from opensearch_reindex.index.policies import Management, Policy
from opensearch_reindex.opensearch_client import OpenSearchClient, connect
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from support.domain import Domain
from support.signatures import AccessKey
from support.signed_front import FUNCTION_KEY, SignedFront
from support.state_management import StateManagement

# Any: what names may begin with is tested here.
PREFIX = ""

TARGET = "/signed_v1?wait_for_active_shards=1&timeout=9s"
BODY = b'{"settings": {"number_of_shards": 1}}'
KEY_ID, SECRET, TOKEN = FUNCTION_KEY.access_key_id, FUNCTION_KEY.secret_access_key, FUNCTION_KEY.session_token
WRONG_SECRET, WRONG_TOKEN = AccessKey(KEY_ID, "another", TOKEN), AccessKey(KEY_ID, SECRET, "another")
PRINTABLE = "".join(map(chr, range(33, 127)))
UNUSUAL = "a" + "".join(each for each in PRINTABLE if not each.isalnum() and not name_problem(f"a{each}")) + "z"

Headers = dict[str, str]
Send = Callable[..., tuple[int, Any]]


@pytest.fixture
def send(front: SignedFront) -> Iterator[Send]:
    """Send a request as it is given, and return status and answer."""
    context = ssl.create_default_context(cadata=front.ca_certificates)
    with closing(http.client.HTTPSConnection(urlsplit(front.url).netloc, context=context)) as connection:

        def send(headers: Headers, method: str = "PUT", target: str = TARGET, body: bytes = BODY) -> tuple[int, Any]:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

        yield send


def signed(
    front: SignedFront,
    key: AccessKey = FUNCTION_KEY,
    target: str = TARGET,
    service: str = "es",
    region: str = "us-east-1",
) -> Headers:
    """Return the headers of a PUT request that botocore signs, as a second opinion."""
    request = AWSRequest("PUT", front.url + target, {"Content-Type": "application/json"}, BODY)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token or None)
    auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


def test_a_request_that_botocore_signed_reaches_the_node(front: SignedFront, send: Send, domain: Domain) -> None:
    assert send(signed(front)) == (200, {"acknowledged": True, "shards_acknowledged": True, "index": "signed_v1"})
    assert domain.exists("signed_v1")


def test_a_key_that_lasts_needs_no_session_token(
    front: SignedFront, send: Send, domain: Domain, access_keys: dict[str, AccessKey]
) -> None:
    access_keys["AKIALASTS"] = AccessKey("AKIALASTS", "another-secret")
    assert send(signed(front, access_keys["AKIALASTS"]))[0] == 200
    assert domain.exists("signed_v1")


def changed(**headers: str) -> Callable[[SignedFront], Headers]:
    return lambda front: {**signed(front), **headers}


def without(header: str) -> Callable[[SignedFront], Headers]:
    return lambda front: {name: value for name, value in signed(front).items() if name.lower() != header}


@pytest.mark.parametrize(
    ("headers", "sent", "message"),
    [
        pytest.param(lambda _: {}, {}, "anonymous is not authorized to perform: es:ESHttpPut", id="unsigned"),
        pytest.param(changed(Authorization="Basic eDp5"), {}, "Authorization header", id="basic authentication"),
        pytest.param(
            lambda front: signed(front, replace(FUNCTION_KEY, access_key_id="ASIAFOREIGN")),
            {},
            "The security token included in the request is invalid",
            id="unknown key",
        ),
        pytest.param(
            lambda front: signed(front, WRONG_SECRET),
            {},
            "The request signature we calculated does not match",
            id="wrong secret",
        ),
        pytest.param(lambda front: signed(front, region="eu-west-1"), {}, "valid region", id="wrong region"),
        pytest.param(lambda front: signed(front, service="s3"), {}, "correct service: 'es'", id="wrong service"),
        pytest.param(
            lambda front: signed(front, replace(FUNCTION_KEY, session_token="")), {}, "token", id="no session token"
        ),
        pytest.param(lambda front: signed(front, WRONG_TOKEN), {}, "token", id="wrong token"),
        pytest.param(changed(**{"X-Amz-Security-Token": "another"}), {}, "token", id="changed session token"),
        pytest.param(without("x-amz-security-token"), {}, "token", id="session token left out"),
        pytest.param(changed(**{"X-Amz-Date": "20260101T000000Z"}), {}, "Date in Credential scope", id="changed date"),
        pytest.param(changed(**{"Content-Type": "text/plain"}), {}, "does not match", id="changed content type"),
        pytest.param(changed(Host="127.0.0.1"), {}, "does not match", id="host without its port"),
        pytest.param(changed(**{"X-Amz-More": "1"}), {}, "'x-amz-more' must be a 'SignedHeader'", id="unsigned header"),
        pytest.param(signed, {"method": "POST"}, "does not match", id="changed method"),
        pytest.param(signed, {"body": BODY.replace(b"1", b"2")}, "does not match", id="changed body"),
        pytest.param(signed, {"target": TARGET.replace("9", "8")}, "does not match", id="changed query"),
        pytest.param(signed, {"target": f"{TARGET}&pretty"}, "does not match", id="longer query"),
        pytest.param(signed, {"target": TARGET.partition("?")[0]}, "does not match", id="no query"),
        pytest.param(signed, {"target": TARGET.replace("signed_v1", "signed_v2")}, "does not match", id="changed path"),
        pytest.param(
            signed, {"target": TARGET.replace("s", "%73", 1)}, "does not match", id="same path in other words"
        ),
    ],
)
def test_what_is_not_signed_as_it_was_sent_is_refused_and_never_reaches_the_node(
    headers: Callable[[SignedFront], Headers],
    sent: dict[str, Any],
    message: str,
    front: SignedFront,
    send: Send,
    domain: Domain,
) -> None:
    status, answer = send(headers(front), **sent)
    assert status == 403
    assert message in next(iter(answer.values()))
    assert [exchange.status for exchange in front.requests] == [403]
    assert domain.holdings() == []


@pytest.mark.parametrize(
    ("age", "message"),
    [(timedelta(minutes=6), "Signature expired"), (-timedelta(minutes=6), "Signature not yet current")],
)
def test_a_signature_is_good_for_five_minutes(
    age: timedelta, message: str, front: SignedFront, send: Send, domain: Domain, mocker: MockerFixture
) -> None:
    clock = mocker.patch.object(auth, "get_current_datetime")
    clock.return_value = datetime.now(UTC) - age
    status, answer = send(signed(front))
    assert status == 403
    assert answer["message"].startswith(message)
    clock.return_value = datetime.now(UTC) - age / 6 * 4
    assert send(signed(front))[0] == 200
    assert domain.exists("signed_v1")


def test_names_of_one_meaning_are_signed_in_the_form_in_which_they_are_sent(
    front: SignedFront, send: Send, domain: Domain
) -> None:
    for index, target in {"b+b": "/b+b", "c+c": "/c%2Bc", "d:d": "/d%3ad", "e~e": "/e%7Ee"}.items():
        status, _ = send(signed(front, target=target), target=target)
        assert status == (400 if ":" in index else 200)  # of OpenSearch, which wants no colon
        assert domain.exists(quote(index, safe="")) == (":" not in index)


@pytest.mark.parametrize(
    "name",
    [
        UNUSUAL,
        *("per%cent", "a%41b", "a%2fb", "50%", "a..b", "a.", "~a", "!a", "(a)"),
        *("ünï-çode", "日本語", "e\u0301", "\u00e9", "😀"),
    ],
)
def test_every_call_of_the_client_is_taken_with_every_legal_name(
    name: str, front: SignedFront, client: OpenSearchClient, domain: Domain
) -> None:
    target, alias, copy_alias, pipeline = (
        f"{name}_v2",
        f"{name}_current",
        new_copy_alias(uuid4().hex),
        f"{name}_pipeline",
    )
    assert name_problem(name) is None
    domain("PUT", quote(name, safe=""))
    domain("PUT", f"_ingest/pipeline/{quote(pipeline, safe='')}", {"processors": []})
    domain("PUT", f"_search/pipeline/{quote(pipeline, safe='')}", {"request_processors": []})
    copy = {"source": {"index": name}, "dest": {"index": copy_alias, "op_type": "create"}}
    front.stand_in = plugin = StateManagement()
    plugin.policies[name] = {"default_state": "hot"}
    started: list[str] = []
    calls: dict[str, Callable[[], Any]] = {
        "put_index": partial(client.put_index, target, {}),
        "get_indices": lambda: client.get_indices([name, target]).keys() == {name, target},
        "engine": lambda: client.engine().is_opensearch,
        "apply_alias_actions": partial(
            client.apply_alias_actions, [{"add": {"index": target, "aliases": [alias, copy_alias]}}]
        ),
        "put_meta": partial(client.put_meta, name, {"name": name}),
        "put_mappings": partial(client.put_mappings, name, {"dynamic": "strict"}),
        "block_writes": partial(client.block_writes, name),
        "refresh": partial(client.refresh, name),
        "replicas_behind": lambda: client.replicas_behind(name) == 0,
        "count": lambda: client.count(name) == 0,
        "primary_shards": lambda: client.primary_shards(name, 1).last_seq_no == 0,
        "last_seq_no": lambda: client.last_seq_no(name, 1) == 0,
        "source_bytes": lambda: client.source_bytes(name, 10, shard=0, from_seq_no=0) == [],
        "first_ids": lambda: client.first_ids(name, 10) == [],
        "bytes_of": lambda: client.bytes_of(name, ["1"]) == [],
        "has_routed_documents": lambda: not client.has_routed_documents(name),
        "get_pipeline": lambda: client.get_pipeline(pipeline) == {"processors": []},
        "has_search_pipeline": lambda: client.has_search_pipeline(pipeline),
        "simulate_template": lambda: client.simulate_template(target) is not None,
        "index_template": lambda: client.index_template(target) is not None,
        "health": lambda: client.health(target, wait_for_status="yellow") != "red",
        "green_indices": lambda: client.green_indices([name, target]) <= {name, target},
        "is_building": lambda: not client.is_building(),
        "explain_allocation": lambda: client.explain_allocation(target) is not None,  # one node holds no replica
        "reindex": lambda: client.reindex(copy, {})["total"] == 0,
        "submit_reindex": lambda: started.append(client.submit_reindex(copy, {"slices": "auto"})),
        "get_task": lambda: (client.get_task(started[0], wait_seconds=30) or {})["completed"],
        "has_run_for": lambda: client.has_run_for(started[0].partition(":")[0], 0),
        "find_reindex_task": lambda: client.find_reindex_task(copy_alias) is None,
        "slice_statuses": lambda: client.slice_statuses(started[0]) == [],
        "rethrottle": lambda: not client.rethrottle(started[0], 500),
        "write_queues": lambda: [queue.length for queue in client.write_queues()] == [0],
        "cancel_task": lambda: client.cancel_task(started[0]),
        "indices_with_routing": lambda: client.indices_with_routing([name]) == set(),
        "store_sizes": lambda: client.store_sizes([name]).keys() == {name},
        "cluster_settings": lambda: bool(client.cluster_settings()),
        "copy_limits": lambda: client.copy_limits().bulk_bytes is not None,
        "shards": lambda: client.shards()[0] == 1,
        "data_nodes": lambda: len(client.data_nodes()) == 1,
        "nodes_of_shards": lambda: client.nodes_of_shards([name]) == {name: {client.data_nodes()[0].id}},
        "put_settings": partial(client.put_settings, name, {"refresh_interval": "1s"}),
        "allow_writes": partial(client.allow_writes, name),
        "managements": lambda: client.managements([name]) == {name: Management()},
        "get_policy": lambda: client.get_policy(name) == Policy("hot", {}),
        "add_policy": partial(client.add_policy, name, name),
        "change_policy": partial(client.change_policy, name, name, "hot"),
        "skip_rollover": partial(client.skip_rollover, name),
    }
    probes: dict[str, Callable[[], Any]] = {
        "refused_actions": lambda: client.refused_actions(name, target) == [],
        "refused_creation": lambda: client.refused_creation(f"{name}_v3", {}) is None,
        "cancel_trial": lambda: client.cancel_trial(target),
        "failed_documents": lambda: client.failed_documents(name, target, 1, "_none", None) == [],
        "refused_alias_change": lambda: client.refused_alias_change([name]) is None,
        "is_restricted": lambda: not client.is_restricted(name),
    }
    assert calls.keys() | probes.keys() == {method for method in vars(OpenSearchClient) if not method.startswith("_")}

    for method, call in calls.items():
        assert call() in (None, True), method
    # Cancelling or slowing down a copy that is over.
    assert {exchange.status for exchange in front.requests} - {404} == {200}
    for method, call in probes.items():
        assert call() in (None, True), method
    assert 403 not in {exchange.status for exchange in front.requests}
    domain("DELETE", f"_search/pipeline/{quote(pipeline, safe='')}")


def client_with(key: AccessKey, front: SignedFront) -> OpenSearchClient:
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    return OpenSearchClient(parse_endpoint(front.url), credentials, front.region, front.ca_certificates)


def test_a_wrong_signature_is_a_refusal_that_tells_no_session_token(front: SignedFront, send: Send) -> None:
    with pytest.raises(OpenSearchRequestError, match="signature we calculated does not match") as caught:
        client_with(WRONG_SECRET, front).count("signed_v1")
    assert caught.value.status == 403
    assert FUNCTION_KEY.session_token not in str(caught.value)
    # AWS's own answer does.
    assert FUNCTION_KEY.session_token in send(signed(front, WRONG_SECRET))[1]["message"]


def test_a_warm_lambda_whose_credentials_expired_takes_those_of_its_environment(
    front: SignedFront,
    domain: Domain,
    access_keys: dict[str, AccessKey],
    lambda_environment: pytest.MonkeyPatch,
) -> None:
    lambda_environment.setenv("ALLOWED_ENDPOINTS", urlsplit(front.url).netloc)
    lambda_environment.setenv("CA_CERTIFICATES", front.ca_certificates)
    domain("PUT", "signed_v1")
    assert connect(front.url).count("signed_v1") == 0

    renewed = AccessKey("ASIARENEWED", "another-secret", "another-token")
    access_keys[renewed.access_key_id] = renewed
    access_keys[FUNCTION_KEY.access_key_id] = replace(FUNCTION_KEY, is_expired=True)
    for name, value in renewed.environment.items():
        lambda_environment.setenv(name, value)

    with pytest.raises(TransientOpenSearchError, match="token included in the request is expired"):
        connect(front.url).count("signed_v1")
    assert connect(front.url).count("signed_v1") == 0
