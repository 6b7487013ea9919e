"""The connection to a domain and every OpenSearch call. Plain values in and out; decisions are made elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import boto3
from botocore.credentials import Credentials
from opensearchpy import ConnectionError as OpenSearchConnectionError
from opensearchpy import OpenSearch, RequestsHttpConnection, SSLError, TransportError
from requests_aws4auth import AWS4Auth

from aliases import is_own_alias, owner_of
from endpoint import Endpoint, allowed_endpoint
from environment import Environment
from errors import OpenSearchRequestError, ReindexError, TransientOpenSearchError
from reasons import redact
from utils import REINDEX_ACTION

# AWS ends an idle connection after about 60 s, so a longer time-out would never be reached.
REQUEST_TIMEOUT_SECONDS = 60
TRANSIENT_STATUSES = {429, 502, 503, 504}
# A request line may have 4,096 bytes; a name is quoted to at most three times its length.
MAX_NAMES_CHARACTERS = 3000


@dataclass(frozen=True)
class IndexInfo:
    """One concrete index.

    Attributes:
        uuid: changes when an index of the same name is created anew.
        aliases: alias name -> its entry (filter, index_routing, search_routing, is_write_index, is_hidden).
        settings: nested, below `index`.
        mappings: as stored.
        data_stream: name of the data stream it belongs to.
        owner: ARN of the execution that works on this target index; this module's aliases are not among the aliases.
    """

    uuid: str
    aliases: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    mappings: dict[str, Any]
    data_stream: str | None = None
    owner: str | None = None


def connect(opensearch_endpoint: str) -> "OpenSearchClient":
    """The client for an endpoint, one for each in a warm Lambda.

    Args:
        opensearch_endpoint: `https://host[:port]`, checked here at every step: whoever may start the state machine
            of one index by hand must not get signed requests sent to a host of their choice.

    Raises:
        ReindexError: the endpoint is not one this deployment is for.
    """
    return _connect(opensearch_endpoint, Environment.read())


@lru_cache(maxsize=4)
def _connect(opensearch_endpoint: str, environment: Environment) -> "OpenSearchClient":
    try:
        endpoint = allowed_endpoint(opensearch_endpoint, environment.allowed_endpoints, environment.domain_arns)
    except ValueError as error:
        raise ReindexError(f"opensearch_endpoint: {error}") from None
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise ReindexError("there are no AWS credentials to sign requests with")
    return OpenSearchClient(endpoint, credentials, environment.region)


class _Connection(RequestsHttpConnection):
    """A connection that follows no redirect: requests go to the allowed endpoint or nowhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session.max_redirects = 0


class OpenSearchClient:
    """Every request that this package sends to OpenSearch.

    Nothing is repeated here: the client library would also repeat a POST whose answer was lost. The state machine
    retries the whole step on `TransientOpenSearchError`, and every step can run twice.

    Args:
        endpoint: where to; checked before with `endpoint_problem`.
        credentials: refreshed while the Lambda stays warm.
        region: AWS region to sign for, where the endpoint does not name one.

    Raises (every method):
        TransientOpenSearchError: no connection, no answer in time, or status 429, 502, 503, 504.
        OpenSearchRequestError: OpenSearch refused the request.
    """

    def __init__(self, endpoint: Endpoint, credentials: Credentials, region: str) -> None:
        self._endpoint = endpoint
        self._client = OpenSearch(
            hosts=[{"host": endpoint.host, "port": endpoint.port}],
            use_ssl=endpoint.scheme == "https",
            verify_certs=True,
            http_auth=AWS4Auth(region=endpoint.region or region, service="es", refreshable_credentials=credentials),
            connection_class=_Connection,
            timeout=REQUEST_TIMEOUT_SECONDS,
            max_retries=0,
        )

    def get_indices(self, names: Iterable[str], *, parts: str = "*") -> dict[str, IndexInfo]:
        """Look up many names at once; an alias gives the indices behind it, an unknown name nothing.

        Args:
            names: index or alias names.
            parts: comma-separated `filter_path`, below each index, to keep big answers small.
        """
        found: dict[str, IndexInfo] = {}
        filter_path = ",".join(f"*.{part}" for part in ["aliases", "settings.index.uuid", *parts.split(",")])
        for batch in _batches(names):
            answer = self._request(
                "GET",
                _path(batch),
                {"ignore_unavailable": "true", "expand_wildcards": "none", "filter_path": filter_path},
            )
            for name, info in answer.items():
                settings, aliases = info["settings"]["index"], info.get("aliases", {})
                owners = [owner for alias in aliases if (owner := owner_of(alias))]
                found[name] = IndexInfo(
                    uuid=settings["uuid"],
                    aliases={alias: entry for alias, entry in aliases.items() if not is_own_alias(alias)},
                    settings=settings,
                    mappings=info.get("mappings", {}),
                    data_stream=info.get("data_stream"),
                    owner=owners[0] if owners else None,
                )
        return found

    def create_index(self, name: str, body: Mapping[str, Any]) -> None:
        """Create an index; of two callers exactly one succeeds."""
        self._request("PUT", _path([name]), body=body)

    def delete_index(self, name: str) -> None:
        """Delete one concrete index; an alias or a wildcard is refused."""
        self._request("DELETE", _path([name]), {"expand_wildcards": "none", "allow_no_indices": "false"})

    def update_aliases(self, actions: list[dict[str, Any]]) -> None:
        """Apply all alias actions at once, or none of them."""
        self._request("POST", "/_aliases", body={"actions": actions})

    def block_writes(self, name: str) -> None:
        """Refuse writes to the index from now on; returns when every shard does. A second time does no harm."""
        answer = self._request("PUT", f"{_path([name])}/_block/write")
        # An index that is blocked already is not in the list.
        if not answer["acknowledged"] or not all(index["blocked"] for index in answer["indices"]):
            raise TransientOpenSearchError(f"{name} is not write-blocked on every shard yet")

    def refresh(self, name: str) -> None:
        """Make every acknowledged document visible to searches, counts and the copy."""
        self._request("POST", f"{_path([name])}/_refresh")

    def count(self, name: str) -> int:
        """Documents in the index, nested ones not counted."""
        answer = self._request("GET", f"{_path([name])}/_count")
        shards = answer["_shards"]
        if shards["successful"] != shards["total"]:
            raise TransientOpenSearchError(f"only {shards['successful']} of {shards['total']} shards of {name} counted")
        return int(answer["count"])

    def last_seq_no(self, name: str) -> int:
        """A number that every write to the index raises, also an overwrite: the sequence numbers of all shards."""
        filter_path = "_shards,indices.*.shards.*.routing.primary,indices.*.shards.*.seq_no.max_seq_no"
        answer = self._request("GET", f"{_path([name])}/_stats", {"level": "shards", "filter_path": filter_path})
        copies = [copy for index in answer["indices"].values() for shard in index["shards"].values() for copy in shard]
        return sum(copy["seq_no"]["max_seq_no"] + 1 for copy in copies if copy["routing"]["primary"])

    def has_routed_documents(self, name: str) -> bool:
        """Whether a document was stored with a routing of its own; of the refreshed index."""
        body = {"size": 0, "terminate_after": 1, "query": {"exists": {"field": "_routing"}}}
        answer = self._request("POST", f"{_path([name])}/_search", body=body)
        return int(answer["hits"]["total"]["value"]) > 0

    def get_pipeline(self, name: str) -> dict[str, Any] | None:
        """The definition of an ingest pipeline, or None; a list or a wildcard is no name."""
        try:
            return self._request("GET", f"/_ingest/pipeline{_path([name])}").get(name)
        except OpenSearchRequestError as error:
            if error.status == 404:
                return None
            raise

    def put_meta(self, name: str, meta: Mapping[str, Any]) -> None:
        """Replace `_meta` of the mapping as a whole."""
        self._request("PUT", f"{_path([name])}/_mapping", body={"_meta": meta})

    def health(self, name: str, *, wait_for_status: str | None = None, timeout_seconds: int = 30) -> str:
        """`green`, `yellow` or `red`, after waiting for a status at least as good.

        Args:
            name: index.
            wait_for_status: `green` or `yellow`; None does not wait.
            timeout_seconds: how long OpenSearch waits.
        """
        params = {"wait_for_status": wait_for_status, "timeout": f"{timeout_seconds}s"} if wait_for_status else {}
        answer = self._request("GET", f"/_cluster/health{_path([name])}", params, ignore=(408,))
        return str(answer["status"])

    def start_reindex(self, body: Mapping[str, Any], params: Mapping[str, str], opaque_id: str) -> str:
        """Start an asynchronous `_reindex` and return the task's id.

        Args:
            body: of `_reindex`.
            params: `slices`, `requests_per_second`.
            opaque_id: X-Opaque-Id, under which the task is found again.
        """
        params = {**params, "wait_for_completion": "false"}
        answer = self._request("POST", "/_reindex", params, body=body, headers={"x-opaque-id": opaque_id})
        # Without a task in the answer the parameters were ignored, and this was a synchronous copy.
        return str(answer["task"])

    def find_reindex_task(self, opaque_id: str) -> str | None:
        """The id of the running reindex task with this X-Opaque-Id, slices and cancelled tasks left aside."""
        answer = self._request("GET", "/_tasks", {"detailed": "true", "actions": REINDEX_ACTION})
        for node in answer.get("nodes", {}).values():
            for task_id, task in node["tasks"].items():
                ours = task.get("headers", {}).get("X-Opaque-Id") == opaque_id
                if ours and "parent_task_id" not in task and not task.get("cancelled"):
                    return str(task_id)
        return None

    def get_task(self, task_id: str, *, wait_seconds: int = 0) -> dict[str, Any] | None:
        """A task, running or done; None if no node knows it and no result was stored.

        Args:
            task_id: `<node>:<number>`.
            wait_seconds: how long OpenSearch waits for the task to end.
        """
        params = {"wait_for_completion": "true", "timeout": f"{wait_seconds}s"} if wait_seconds else {}
        try:
            return self._request("GET", f"/_tasks/{quote(task_id, safe=':')}", params)
        except OpenSearchRequestError as error:
            if error.status == 404:
                return None
            # OpenSearch's way to say "not yet": status 500, while the task goes on.
            if wait_seconds and error.error_type in ("timeout_exception", "receive_timeout_transport_exception"):
                return self.get_task(task_id)
            raise

    def copied_documents(self, task_id: str) -> int:
        """Documents a running task has dealt with so far; a sliced task reports them in its slices."""
        answer = self._request("GET", "/_tasks", {"detailed": "true", "parent_task_id": task_id})
        tasks = [task for node in answer.get("nodes", {}).values() for task in node["tasks"].values()]
        counters = ("created", "updated", "deleted", "version_conflicts", "noops")
        slices = [task["status"] for task in tasks if task["action"] == REINDEX_ACTION]
        return sum(status.get(counter, 0) for status in slices for counter in counters)

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        ignore: tuple[int, ...] = (),
    ) -> dict[str, Any]:
        # As parameters of the library, `timeout` would be its own time-out and never reach OpenSearch.
        url = f"{path}?{urlencode(params)}" if params else path
        try:
            answer: dict[str, Any] = self._client.transport.perform_request(
                method, url, body=body, headers=headers, ignore=ignore
            )
        except TransportError as error:
            self._raise(error, f"{method} {path[:200]}")
        failed = answer.get("_shards", {}).get("failures") if isinstance(answer, dict) else None
        if failed:
            raise TransientOpenSearchError(
                redact(f"{method} {path[:200]} failed on a shard: {failed[0].get('reason')}")
            )
        return answer

    def _raise(self, error: TransportError, request: str) -> NoReturn:
        status = error.status_code
        if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in error.error:
            raise OpenSearchRequestError(
                0, "ssl_error", f"the certificate of {self._endpoint.url} was refused: {error.error}"
            ) from error
        if isinstance(error, OpenSearchConnectionError):
            raise TransientOpenSearchError(
                f"{request}: no answer from {self._endpoint.url}: {error.error}",
                error_type=type(error).__name__,
            ) from error
        error_type, reason = _reason(error)
        if status in TRANSIENT_STATUSES:
            raise TransientOpenSearchError(f"{request}: {reason}", status=int(status), error_type=error_type) from error
        raise OpenSearchRequestError(int(status), error_type, f"{request}: {reason}") from error


def _reason(error: TransportError) -> tuple[str, str]:
    """OpenSearch's own type and reason; unknown settings are only named one by one in `suppressed`."""
    details = error.info.get("error") if isinstance(error.info, dict) else None
    if not isinstance(details, dict):
        return "http_error", redact(str(details or error.error)[:500])
    reasons = [details, *details.get("suppressed", [])]
    cause = details.get("caused_by")
    if cause and cause.get("reason") != details.get("reason"):
        reasons.append(cause)
    return str(details.get("type")), redact("; ".join(str(part.get("reason")) for part in reasons))


def _path(names: Iterable[str]) -> str:
    return "/" + ",".join(quote(name, safe="") for name in names)


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in dict.fromkeys(names):
        if batch and len(_path([*batch, name])) > MAX_NAMES_CHARACTERS:
            yield batch
            batch = []
        batch.append(name)
    if batch:
        yield batch
