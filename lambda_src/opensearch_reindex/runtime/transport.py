"""Send signed requests to a domain, and turn failures into the package's errors."""

import json
import ssl
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NoReturn

import requests
from botocore.credentials import Credentials
from opensearchpy import ConnectionError as OpenSearchConnectionError
from opensearchpy import ConnectionTimeout, OpenSearch, RequestsHttpConnection, SSLError, TransportError
from opensearchpy.exceptions import SerializationError
from requests.adapters import HTTPAdapter
from requests_aws4auth import AWS4Auth

from opensearch_reindex.runtime.endpoint import Endpoint
from opensearch_reindex.runtime.errors import DomainBusyError, OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.runtime.redaction import document_reason, redact, text_of

# AWS closes an idle connection after about 60 s.
REQUEST_TIMEOUT_SECONDS = 60
_TRANSIENT_STATUSES = {429, 502, 503, 504}
_REPETITIONS = 2
# OpenSearch answers 500 where a node left, or did not answer another node in time.
_TRANSIENT_TYPES = {
    "connect_transport_exception",
    "failed_node_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "process_cluster_event_timeout_exception",
    "receive_timeout_transport_exception",
}
# A redirect is an answer, not a broken connection, so the request is not repeated.
_BROKEN_CONNECTION = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
# Parts of a path whose answers may quote documents.
_DOCUMENT_REQUESTS = {
    "_bulk",
    "_count",
    "_create",
    "_delete_by_query",
    "_doc",
    "_explain",
    "_mget",
    "_msearch",
    "_reindex",
    "_search",
    "_simulate",
    "_tasks",
    "_update",
    "_update_by_query",
    "_validate",
}
# AWS's own text. A warm Lambda can outlive the credentials that it was started with.
_EXPIRED_CREDENTIALS = "The security token included in the request is expired"


class Transport:
    """Sends signed requests to one domain.

    Only a GET or a search is repeated, when its connection breaks: the client library would also repeat a POST whose
    answer was lost. The state machine retries the whole step on `TransientOpenSearchError`, and every step can run
    twice.

    Args:
        endpoint: address, checked with `endpoint.allowed_endpoint`.
        credentials: credentials that refresh themselves while the Lambda stays warm.
        region: AWS region to sign for, where the endpoint does not name one.
        ca_certificates: PEM of private authorities to trust beside the public ones; may be empty.
    """

    def __init__(self, endpoint: Endpoint, credentials: Credentials, region: str, ca_certificates: str = "") -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._client = OpenSearch(
            hosts=[{"host": endpoint.host, "port": endpoint.port}],
            use_ssl=endpoint.scheme == "https",
            verify_certs=True,
            http_auth=AWS4Auth(region=endpoint.region or region, service="es", refreshable_credentials=credentials),
            connection_class=_Connection,
            ca_certificates=ca_certificates,
            timeout=REQUEST_TIMEOUT_SECONDS,
            max_retries=0,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        ignore: tuple[int, ...] = (),
    ) -> Any:
        """Send a request and return the answer.

        Args:
            method: HTTP method.
            url: path and query.
            body: sent as JSON.
            headers: further headers.
            ignore: statuses whose answers are returned instead of raised.

        Raises:
            TransientOpenSearchError: no connection, no answer in time, or status 429, 502, 503 or 504; with status 403,
                the credentials have expired.
            DomainBusyError: a snapshot of the index runs.
            OpenSearchRequestError: OpenSearch refused the request.
        """
        path = url.partition("?")[0]
        request = f"{method} {path[:200]}"
        try:
            answer = self._client.transport.perform_request(method, url, body=body, headers=headers, ignore=ignore)
        except TransportError as error:
            if isinstance(error.info, dict) and "failures" in error.info:
                return error.info  # the result of a `_reindex`, whose status is the one of a failed document
            self._raise(error, request, quotes_documents=not _DOCUMENT_REQUESTS.isdisjoint(PurePosixPath(path).parts))
        except SerializationError as error:
            raise _not_json(request) from error  # whose text is the whole answer
        if isinstance(answer, str):
            raise _not_json(request)
        return answer

    def _raise(self, error: TransportError, request: str, *, quotes_documents: bool) -> NoReturn:
        status = error.status_code
        if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in error.error:
            raise OpenSearchRequestError(
                0,
                "ssl_error",
                f"the certificate of {self._endpoint.url} was refused (a private authority has to be in the module's "
                f"ca_certificates): {error.error}",
            ) from error
        if isinstance(error, OpenSearchConnectionError):
            raise TransientOpenSearchError(
                f"{request}: no answer from {self._endpoint.url}: {_fault(error)}",
                error_type=type(error).__name__,
            ) from error
        error_type, reason = _reason(error, quotes_documents=quotes_documents)
        for secret in (self._credentials.token, self._credentials.secret_key):
            reason = reason.replace(secret, "<redacted>") if secret else reason
        if status == 403 and _EXPIRED_CREDENTIALS in reason:
            raise TransientOpenSearchError(f"{request}: {reason}", status=403) from error
        if status in _TRANSIENT_STATUSES or error_type in _TRANSIENT_TYPES:
            raise TransientOpenSearchError(f"{request}: {reason}", status=int(status), error_type=error_type) from error
        if error_type == "snapshot_in_progress_exception":
            raise DomainBusyError(f"{request}: {reason}", status=int(status), error_type=error_type) from error
        raise OpenSearchRequestError(int(status), error_type, f"{request}: {reason}") from error


class _PrivateAuthorities(HTTPAdapter):
    """Trusts private authorities beside the public ones.

    The library would prefer `REQUESTS_CA_BUNDLE` to a file with both.
    """

    def __init__(self, ca_certificates: str) -> None:
        self._ca_certificates = ca_certificates
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(cadata=self._ca_certificates), **kwargs)


class _Connection(RequestsHttpConnection):
    """Follows no redirect, so that a request never leaves the allowed endpoint."""

    def __init__(self, *args: Any, ca_certificates: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session.max_redirects = 0
        if ca_certificates:
            self.session.mount("https://", _PrivateAuthorities(ca_certificates))

    def perform_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        is_search = method == "POST" and url.partition("?")[0].endswith("_search")
        for _ in range(_REPETITIONS if method == "GET" or is_search else 0):
            try:
                return super().perform_request(method, url, *args, **kwargs)
            except ConnectionTimeout:
                raise  # the wait was long enough
            except OpenSearchConnectionError as error:
                if not isinstance(error.info, _BROKEN_CONNECTION):
                    raise
        return super().perform_request(method, url, *args, **kwargs)

    def _raise_error(self, status_code: int, raw_data: str | bytes, content_type: str | None = None) -> NoReturn:
        """Raise the library's error for any body, also for JSON without keys."""
        del content_type  # AWS has several for JSON
        try:
            info = json.loads(raw_data)
        except ValueError:
            info = None
        raise TransportError(status_code, raw_data, info if isinstance(info, dict) else None)


def _not_json(request: str) -> OpenSearchRequestError:
    reason = f"{request}: the answer is no JSON; expected OpenSearch, without a proxy or a login page before it"
    return OpenSearchRequestError(200, "http_error", reason)


def _fault(error: OpenSearchConnectionError) -> str:
    """Describe a broken connection by classes and the system's own texts.

    Other texts may quote what was received.
    """
    names: list[str] = []
    cause: Any = error.info
    while isinstance(cause, BaseException) and len(names) < 10:
        text = cause.strerror if isinstance(cause, OSError) else None
        names.append(f"{type(cause).__name__} ({text})" if isinstance(text, str) else type(cause).__name__)
        inner = [part for part in (getattr(cause, "reason", None), *cause.args) if isinstance(part, BaseException)]
        cause = next(iter(inner), None) or cause.__cause__ or cause.__context__
    return " caused by ".join(names)


def _reason(error: TransportError, *, quotes_documents: bool) -> tuple[str, str]:
    """Return OpenSearch's own type and reason.

    OpenSearch names unknown settings only in `suppressed`.
    """
    info = error.info if isinstance(error.info, dict) else {}
    details = info.get("error")
    if not isinstance(details, dict):
        return "http_error", text_of(str(details or info.get("message") or info.get("Message") or error.error))
    if quotes_documents:
        return str(details.get("type")), document_reason(details)
    reasons = [details, *details.get("suppressed", [])]
    cause = details.get("caused_by")
    if cause and cause.get("reason") != details.get("reason"):
        reasons.append(cause)
    return str(details.get("type")), redact("; ".join(str(part.get("reason")) for part in reasons))
