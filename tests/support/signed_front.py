"""A TLS proxy that verifies signatures like a domain on AWS, and injects faults."""

import base64
import http.client
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit
from weakref import WeakSet

import trustme

from support.faults import Answer, Ending, Fault, Faults, When
from support.signatures import AccessKey, Lookup, Request, access_key_id, refusal

# Whether the owner of an access key id may perform an action, such as `es:ESHttpPut`, on a path of the domain.
IsAllowed = Callable[[str, str, str], bool]
# Answers requests for a plugin that the node lacks; None leaves a request to the node.
StandIn = Callable[[Request], Answer | None]

# Temporary credentials of the Lambda functions, for suites that call the handlers directly.
FUNCTION_KEY = AccessKey("ASIAEXAMPLE", "the-secret-key-of-the-functions", "the-session-token-of-the-functions")

_NODE_SECONDS = 120
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
# The node has another host and verifies no signature.
_NOT_FOR_THE_NODE = {*_HOP_BY_HOP, "authorization", "host"}
# Placeholder if the node gets no request.
_NONE = Answer(0, b"")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        method, path, query: parts of the request.
        status: HTTP status of the answer; None after a reset connection.
        access_key_id: access key id of the signature; empty for an unsigned request.
    """

    method: str
    path: str
    query: str
    status: int | None
    access_key_id: str = field(default="", compare=False)


class SignedFront:
    """An HTTPS reverse proxy of a node during a `with` block.

    Attributes:
        url: `https://127.0.0.1:port`.
        region: AWS region of all signatures.
        ca_certificates: certificate of its authority in PEM.
        requests: all requests so far, also refused ones, in the order of their answers.
        stand_in: plugin that the node lacks, until `forget`; a fault takes effect before it.
    """

    def __init__(
        self, node_url: str, lookup: Lookup, region: str = "us-east-1", is_allowed: IsAllowed | None = None
    ) -> None:
        """Prepare the proxy; a `with` block starts it.

        Args:
            node_url: `http://host:port` of the node. With `user:password@`, every request is sent as this user, like
                a domain maps the role of a signature to a user.
            lookup: returns the key with an access key id, or None; called for every request.
            region: AWS region.
            is_allowed: returns whether a request with a valid signature is allowed; None allows every request.
        """
        self.region = region
        self._is_allowed = is_allowed
        self.requests: list[Exchange] = []
        self.stand_in: StandIn | None = None
        node = urlsplit(node_url)
        self._node = f"{node.hostname}:{node.port}"
        self._user = _basic_authorization(node)
        self._lookup = lookup
        self._faults = Faults()
        self._connections_to_node: WeakSet[http.client.HTTPConnection] = WeakSet()
        authority = trustme.CA()
        self.ca_certificates = authority.cert_pem.bytes().decode()
        self._server = _Server(self, authority.issue_cert("127.0.0.1"))
        self.url = "https://{}:{}".format(*self._server.server_address)
        # 0.05 s: the longest delay at the end of the block.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def inject(self, fault: Fault, when: When = lambda _: True, times: int | None = 1) -> None:
        """Inject a fault into coming requests.

        Args:
            fault: the fault.
            when: condition for a request.
            times: number of requests; None for all requests until `forget`.
        """
        self._faults.inject(fault, when, times)

    def forget(self) -> int:
        """Remove faults, stand-in and requests, and return the number of pending faults."""
        self.requests.clear()
        self.stand_in = None
        return self._faults.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.end_connections()
        for connection in list(self._connections_to_node):
            _end(connection.sock)
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request, node: http.client.HTTPConnection) -> tuple[Answer, Ending]:
        """Process a request, and return the answer and the way in which it ends.

        Args:
            request: the received request.
            node: connection to the node.
        """
        ending: Ending = "whole"
        if refused := refusal(request, self.region, self._lookup) or self._policy_refusal(request):
            answer = Answer(403, json.dumps(refused).encode())
        else:
            fault = self._faults.next_for(request) or Fault()
            time.sleep(fault.seconds)
            answer = self._answer_behind(request, node) if fault.node_acts else _NONE
            answer, ending = fault.answer or answer, fault.ending
        # Recorded before the answer is sent, so that a client with an answer finds its request.
        status = None if ending == "reset" else answer.status
        self.requests.append(Exchange(request.method, request.path, request.query, status, access_key_id(request)))
        return answer, ending

    def _answer_behind(self, request: Request, node: http.client.HTTPConnection) -> Answer:
        return (self.stand_in and self.stand_in(request)) or _answer_of_node(request, node, self._user)

    def _policy_refusal(self, request: Request) -> dict[str, str] | None:
        """Return AWS's refusal of a request that the sender's policies forbid, or None."""
        key_id, action = access_key_id(request), f"es:ESHttp{request.method.capitalize()}"
        if self._is_allowed is None or self._is_allowed(key_id, action, request.path):
            return None
        return {
            "Message": f"User: {key_id} is not authorized to perform: {action} because no identity-based policy allows "
            f"the {action} action"
        }

    def connect_to_node(self) -> http.client.HTTPConnection:
        """Create a connection to the node; its first request opens it."""
        connection = http.client.HTTPConnection(self._node, timeout=_NODE_SECONDS)
        self._connections_to_node.add(connection)
        return connection


def _end(connection: socket.socket | None) -> None:
    """Shut down a connection, so that both sides find it closed."""
    if connection:
        with suppress(OSError):
            socket.socket.shutdown(
                connection, socket.SHUT_RDWR
            )  # not TLS's own shutdown, which belongs to the reading thread


def _basic_authorization(node: SplitResult) -> dict[str, str]:
    """Return the header that names a user of the node, or none."""
    if node.username is None:
        return {}
    user = base64.b64encode(f"{node.username}:{node.password}".encode()).decode()
    return {"authorization": f"Basic {user}"}


def _answer_of_node(request: Request, node: http.client.HTTPConnection, user: Mapping[str, str]) -> Answer:
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _NOT_FOR_THE_NODE and not name.startswith("x-amz-")
    }
    target = f"{request.path}?{request.query}" if request.query else request.path
    try:
        node.request(request.method, target, request.body or None, {**headers, **user})
        answer = node.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        node.close()
        return Answer.of_load_balancer(502)
    return Answer(answer.status, body, tuple(answer.getheaders()))


class _Server(ThreadingTCPServer):
    """A server with a thread for each connection; its close waits for all threads."""

    request_queue_size = 128

    def __init__(self, front: SignedFront, certificate: trustme.LeafCert) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front = front
        self._connections: set[socket.socket] = set()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        # The connection's thread does the handshake, so that a slow client does not block the others.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        # Closed without a shutdown, which would be an orderly end even of a connection that must be reset.
        self._connections.discard(request)
        request.close()

    def end_connections(self) -> None:
        """End every connection, so that its thread ends."""
        for connection in list(self._connections):
            _end(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        with (
            closing(self.server.front.connect_to_node()) as self._node,
            suppress(OSError),
        ):  # the client has closed the connection
            super().handle()

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        headers = _by_name(self.headers.items())
        body = self.rfile.read(int(headers.get("content-length", 0)))
        answer, ending = self.server.front.answer(Request(self.command, path, query, headers, body), self._node)
        if ending == "reset":
            # With a linger time of 0, the close of the socket resets the connection.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.wfile.write(_head(answer) + answer.body[: len(answer.body) // 2 if ending == "cut" else None])
        self.close_connection |= ending != "whole"


def _by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of headers with the same name, like a signature needs them."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _head(answer: Answer) -> bytes:
    kept = [(name, value) for name, value in answer.headers if name.lower() not in _HOP_BY_HOP]
    if not any(name.lower() == "content-length" for name, _ in kept):
        kept.append(("content-length", str(len(answer.body))))
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        *(f"{name}: {value}" for name, value in kept),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
