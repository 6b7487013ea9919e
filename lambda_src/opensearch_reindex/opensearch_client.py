"""The connection to a domain and every OpenSearch call. Plain values in and out; decisions are made elsewhere."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import boto3
import requests
from botocore.credentials import Credentials
from opensearchpy import ConnectionError as OpenSearchConnectionError
from opensearchpy import ConnectionTimeout, OpenSearch, RequestsHttpConnection, SSLError, TransportError
from requests.adapters import HTTPAdapter
from requests_aws4auth import AWS4Auth

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.index_info import IndexInfo, PrimaryShards, StoreSize, WriteQueue
from opensearch_reindex.index.markers import REINDEX_ACTION, Markers, is_own_alias
from opensearch_reindex.index.target_index import flat_settings
from opensearch_reindex.runtime.endpoint import Endpoint, allowed_endpoint
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import (
    DomainBusyError,
    OpenSearchRequestError,
    ReindexError,
    TransientOpenSearchError,
)
from opensearch_reindex.runtime.redaction import redact

# AWS ends an idle connection after about 60 s, so a longer time-out would never be reached.
REQUEST_TIMEOUT_SECONDS = 60
TRANSIENT_STATUSES = {429, 502, 503, 504}
GET_REPETITIONS = 2
# Not among them: a redirect, which is no accident.
BROKEN_CONNECTION = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
# AWS's words. A warm Lambda can outlive the credentials that it was started with.
EXPIRED_CREDENTIALS = "The security token included in the request is expired"
# A request line may have 4,096 bytes; a name is quoted to at most three times its length.
MAX_NAMES_CHARACTERS = 3000
# No alias can have such a name: OpenSearch allows no `#`.
IMPOSSIBLE_NAME = "opensearch-reindex-probe#"
# Parameters of a write that nothing allows: to an alias, where the name is an index, and to a document with a sequence
# number that none can have.
NEVER = {"require_alias": "true", "if_seq_no": str(2**63 - 1), "if_primary_term": "1"}


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
    try:
        return OpenSearchClient(endpoint, credentials, environment.region, environment.ca_certificates)
    except ssl.SSLError as error:
        raise ReindexError(f"the module's ca_certificates cannot be read: {error}") from error


class _PrivateAuthorities(HTTPAdapter):
    """Trusts private authorities beside the usual ones. A file of both would give way to `REQUESTS_CA_BUNDLE`."""

    def __init__(self, ca_certificates: str) -> None:
        self._ca_certificates = ca_certificates
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(cadata=self._ca_certificates), **kwargs)


class _Connection(RequestsHttpConnection):
    """A connection that follows no redirect (requests go to the allowed endpoint or nowhere) and repeats a GET."""

    def __init__(self, *args: Any, ca_certificates: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session.max_redirects = 0
        if ca_certificates:
            self.session.mount("https://", _PrivateAuthorities(ca_certificates))

    def perform_request(self, method: str, *args: Any, **kwargs: Any) -> Any:
        for _ in range(GET_REPETITIONS if method == "GET" else 0):
            try:
                return super().perform_request(method, *args, **kwargs)
            except ConnectionTimeout:
                raise  # waited for long enough
            except OpenSearchConnectionError as error:
                if not isinstance(error.info, BROKEN_CONNECTION):
                    raise
        return super().perform_request(method, *args, **kwargs)


class OpenSearchClient:
    """Every request that this package sends to OpenSearch.

    Only a GET is repeated here, when its connection fails: the client library would also repeat a POST whose answer was
    lost. The state machine retries the whole step on `TransientOpenSearchError`, and every step can run twice.

    Args:
        endpoint: where to; checked before with `endpoint.allowed_endpoint`.
        credentials: refreshed while the Lambda stays warm.
        region: AWS region to sign for, where the endpoint does not name one.
        ca_certificates: PEM of private authorities to trust beside the public ones; may be empty.

    Raises (every method):
        TransientOpenSearchError: no connection, no answer in time, status 429, 502, 503, 504, or expired credentials.
        DomainBusyError: a snapshot of the index runs.
        OpenSearchRequestError: OpenSearch refused the request.
    """

    def __init__(self, endpoint: Endpoint, credentials: Credentials, region: str, ca_certificates: str = "") -> None:
        self._endpoint = endpoint
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
                found[name] = IndexInfo(
                    uuid=settings["uuid"],
                    aliases={alias: entry for alias, entry in aliases.items() if not is_own_alias(alias)},
                    settings=settings,
                    mappings=info.get("mappings", {}),
                    data_stream=info.get("data_stream"),
                    markers=Markers.read(aliases),
                )
        return found

    def put_index(self, name: str, body: Mapping[str, Any]) -> None:
        """Create an index; of two callers exactly one succeeds."""
        self._request("PUT", _path([name]), body=body)

    def apply_alias_actions(self, actions: list[dict[str, Any]]) -> None:
        """Apply all alias actions at once, or none of them; returns when every node knows."""
        self._change("POST", "/_aliases", {"actions": actions})

    def block_writes(self, name: str) -> None:
        """Refuse writes to the index from now on; returns when every shard does. A second time does no harm."""
        answer = self._request("PUT", f"{_path([name])}/_block/write")
        # An index that is blocked already is not in the list.
        if not answer["acknowledged"] or not all(index["blocked"] for index in answer["indices"]):
            raise TransientOpenSearchError(f"{name} is not write-blocked on every shard yet")

    def allow_writes(self, name: str) -> None:
        """Take the write block away; without one nothing changes."""
        self.put_settings(name, {"blocks.write": None})

    def put_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Change settings of an index; null sets the default."""
        self._change("PUT", f"{_path([name])}/_settings", {"index": settings})

    def refresh(self, name: str) -> None:
        """Make every acknowledged document visible to searches, counts and the copy; see also `replicas_behind`."""
        self._request("POST", f"{_path([name])}/_refresh")

    def replicas_behind(self, name: str) -> int:
        """Replicas in which a search does not find the documents that it finds on their primary.

        With segment replication, and of an index that nobody writes to. Every copy of every shard is asked itself:
        `_cat/segment_replication` leaves out replicas for moments and is some milliseconds early. A write that a
        replica lacks either left a document with a higher sequence number than the replica has, or fewer documents.
        """
        found: dict[str, dict[bool, list[tuple[int, int]]]] = {}
        for shard, copy in self._shard_copies(name):
            if copy["routing"]["state"] != "INITIALIZING":  # nobody searches it, and it starts with all documents
                by_role = found.setdefault(shard, {True: [], False: []})
                by_role[copy["routing"]["primary"]].append(self._searchable(name, shard, copy["routing"]["node"]))
        return sum(replica not in roles[True] for roles in found.values() for replica in roles[False])

    def _searchable(self, name: str, shard: str, node: str) -> tuple[int, int]:
        """How many documents a search finds in one copy of a shard, and the highest sequence number among them."""
        body = {"size": 0, "track_total_hits": True, "aggs": {"last": {"max": {"field": "_seq_no"}}}}
        params = {"preference": f"_shards:{shard}|_only_nodes:{node}"}
        try:
            answer = self._request("POST", f"{_path([name])}/_search", params, body=body)
        except OpenSearchRequestError as error:
            if "no data nodes with criteria" in error.reason:
                raise TransientOpenSearchError(f"shard {shard} of {name} moved to another node") from error
            raise
        _demand_shards(answer, 1, name)
        last = answer["aggregations"]["last"]["value"]
        return answer["hits"]["total"]["value"], -1 if last is None else int(last)

    def count(self, name: str, *, primaries: bool = False) -> int:
        """Documents in the index, nested ones not counted; on primary shards alone if replicas may be behind."""
        answer = self._request("GET", f"{_path([name])}/_count", _on(primaries))
        _demand_shards(answer, answer["_shards"]["total"], name)
        return int(answer["count"])

    def last_seq_no(self, name: str, number: int) -> int:
        """`PrimaryShards.last_seq_no` alone, of an index with that number of shards."""
        return self.primary_shards(name, number).last_seq_no

    def primary_shards(self, name: str, number: int) -> PrimaryShards:
        """What the primary shards of the index hold.

        Args:
            name: index.
            number: how many it has; one that is on no node, or starts, is not in the answer or has no sequence numbers.
        """
        copies = self._shard_copies(name)
        primaries = [copy for _, copy in copies if copy["routing"]["primary"] and "seq_no" in copy]
        if len(primaries) != number:
            raise TransientOpenSearchError(f"only {len(primaries)} of {number} primary shards of {name} answered")
        return PrimaryShards(
            store_bytes=sum(copy["store"]["size_in_bytes"] for copy in primaries),
            last_seq_no=sum(copy["seq_no"]["max_seq_no"] + 1 for copy in primaries),
        )

    def _shard_copies(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Each copy of each shard with the shard's number: where it is, its size, and its sequence numbers."""
        parts = ("routing", "seq_no.max_seq_no", "store.size_in_bytes")
        filter_path = ",".join(["_shards", *(f"indices.*.shards.*.{part}" for part in parts)])
        answer = self._request("GET", f"{_path([name])}/_stats", {"level": "shards", "filter_path": filter_path})
        indices = answer.get("indices", {}).values()
        return [(number, copy) for index in indices for number, copies in index["shards"].items() for copy in copies]

    def has_routed_documents(self, name: str, *, primaries: bool = False) -> bool:
        """Whether a document was stored with a routing of its own; of the refreshed index."""
        return name in self.indices_with_routing([name], primaries=primaries)

    def indices_with_routing(self, names: Iterable[str], *, primaries: bool = False) -> set[str]:
        """Those of the indices in which a search finds a document with a routing of its own."""
        body = {
            "size": 0,
            "terminate_after": 1,  # in each shard
            "query": {"exists": {"field": "_routing"}},
            "aggs": {"indices": {"terms": {"field": "_index", "size": 1000}}},
        }
        found: set[str] = set()
        for batch in _batches(names):
            params = {"ignore_unavailable": "true", "expand_wildcards": "none", **_on(primaries)}
            answer = self._request("POST", f"{_path(batch)}/_search", params, body=body)
            _demand_shards(answer, answer["_shards"]["total"], ", ".join(batch)[:200])
            found.update(bucket["key"] for bucket in answer["aggregations"]["indices"]["buckets"])
        return found

    def store_sizes(self, names: Iterable[str]) -> dict[str, StoreSize]:
        """Disk space of each index; one without any assigned shard is left out."""
        sizes: dict[str, StoreSize] = {}
        filter_path = "indices.*.primaries.store.size_in_bytes,indices.*.total.store.size_in_bytes"
        params = {"ignore_unavailable": "true", "expand_wildcards": "none", "filter_path": filter_path}
        for batch in _batches(names):
            answer = self._request("GET", f"{_path(batch)}/_stats/store", params)
            for name, size in answer.get("indices", {}).items():
                primaries, total = (size[copies]["store"]["size_in_bytes"] for copies in ("primaries", "total"))
                sizes[name] = StoreSize(primaries, total)
        return sizes

    def cluster_settings(self) -> dict[str, Any]:
        """Settings of the cluster that limit disk space and shards, flat, as they are in force."""
        filter_path = "*.cluster.max_shards_per_node,*.cluster.routing.allocation.disk"
        answer = self._request("GET", "/_cluster/settings", {"include_defaults": "true", "filter_path": filter_path})
        levels = [flat_settings(answer.get(level, {})) for level in ("defaults", "persistent", "transient")]
        return {name: value for level in levels for name, value in level.items()}

    def data_disks(self) -> list[tuple[int, int]]:
        """Total and available bytes of every data node."""
        filter_path = "nodes.*.roles,nodes.*.fs.total.total_in_bytes,nodes.*.fs.total.available_in_bytes"
        answer = self._request("GET", "/_nodes/stats/fs", {"filter_path": filter_path})
        disks = [node["fs"]["total"] for node in answer["nodes"].values() if "data" in node["roles"]]
        return [(disk["total_in_bytes"], disk["available_in_bytes"]) for disk in disks]

    def shards(self) -> tuple[int, int]:
        """How many data nodes the domain has, and how many shards of open indices, unassigned ones too."""
        answer = self._cluster_health()
        counters = ("active_shards", "initializing_shards", "unassigned_shards")
        return answer["number_of_data_nodes"], sum(answer[counter] for counter in counters)

    def _cluster_health(self) -> dict[str, Any]:
        return self._request("GET", "/_cluster/health", {"expand_wildcards": "open,hidden"})

    def refused_actions(self, source_index: str, target_index: str) -> list[OpenSearchRequestError]:
        """The refusals to requests that need what a rebuild needs; none of them can change anything, ever.

        OpenSearch has no request that tells what an ordinary role may do. It checks permissions first, so these are
        answered with 403, or for want of what they ask for.

        Args:
            source_index: index to be rebuilt.
            target_index: index to be created; it may be there, or appear meanwhile.
        """
        target = _path([target_index])
        no_documents = {"index": source_index, "query": {"match_none": {}}}
        refusals = [
            self._refusal("PUT", target, body={"settings": {"number_of_shards": 0}}),
            self._refusal("PUT", f"{target}/_doc/{quote(IMPOSSIBLE_NAME)}", {**NEVER, "pipeline": "_none"}, body={}),
            self._refusal("POST", "/_reindex", body={"source": no_documents, "dest": {"index": target_index}}),
        ]
        return [refusal for refusal in refusals if refusal]

    def refused_alias_change(self, names: Iterable[str]) -> OpenSearchRequestError | None:
        """The refusal to change aliases of all these indices, asked for with an alias that cannot exist.

        Args:
            names: index names; they need not exist.
        """
        actions = [alias_actions.remove(name, IMPOSSIBLE_NAME) for name in names]
        return self._refusal("POST", "/_aliases", body={"actions": actions})

    def is_restricted(self, name: str) -> bool:
        """Whether document- or field-level security, or masked fields, hide something of an index from this role.

        A copy and every count would lack it alike. There is no way to ask, but the security plugin answers each update
        of such an index with status 500, before it looks whether the document is there.
        """
        try:
            self._request("POST", f"{_path([name])}/_update/{quote(IMPOSSIBLE_NAME)}", NEVER, body={"doc": {}})
        except OpenSearchRequestError as error:
            return error.status == 500 and error.error_type == "security_exception"
        return False

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
        self._change("PUT", f"{_path([name])}/_mapping", {"_meta": meta})

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

    def is_building(self) -> bool:
        """Whether any shard of the domain is being built or moved."""
        answer = self._cluster_health()
        return bool(answer["initializing_shards"] or answer["relocating_shards"])

    def submit_reindex(self, body: Mapping[str, Any], params: Mapping[str, str]) -> str:
        """Start an asynchronous `_reindex` and return the task's id.

        Args:
            body: of `_reindex`; `dest.index` is an alias, and also the X-Opaque-Id under which the task is found again.
            params: `slices`, `requests_per_second`.
        """
        alias = body["dest"]["index"]
        params = {**params, "wait_for_completion": "false", "require_alias": "true"}
        answer = self._request("POST", "/_reindex", params, body=body, headers={"x-opaque-id": alias})
        # Without a task in the answer the parameters were ignored, and this was a synchronous copy.
        return str(answer["task"])

    def find_reindex_task(self, opaque_id: str) -> str | None:
        """The id of the running reindex task with this X-Opaque-Id, slices and cancelled tasks left aside."""
        for task_id, task in self._tasks(actions=REINDEX_ACTION):
            ours = task.get("headers", {}).get("X-Opaque-Id") == opaque_id
            if ours and "parent_task_id" not in task and not task.get("cancelled"):
                return task_id
        return None

    def cancel_task(self, task_id: str) -> None:
        """Cancel a task; one that is over already is left as it is."""
        self._request("POST", f"/_tasks/{quote(task_id, safe=':')}/_cancel", ignore=(404,))

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

    def slice_statuses(self, task_id: str) -> list[dict[str, Any]]:
        """`status` of every running slice of a task, whose own status counts only the slices that are done."""
        tasks = (task for _, task in self._tasks(parent_task_id=task_id))
        return [task["status"] for task in tasks if task["action"] == REINDEX_ACTION]

    def _tasks(self, **of: str) -> list[tuple[str, dict[str, Any]]]:
        parts = ("action", "cancelled", "headers", "parent_task_id", "status")
        filter_path = ",".join(f"nodes.*.tasks.*.{part}" for part in parts)
        answer = self._request("GET", "/_tasks", {"detailed": "true", "filter_path": filter_path, **of})
        return [item for node in answer.get("nodes", {}).values() for item in node["tasks"].items()]

    def rethrottle(self, task_id: str, requests_per_second: float) -> bool:
        """Change how fast a running copy may be, and say whether that was done: not if it is over.

        Args:
            task_id: `<node>:<number>`.
            requests_per_second: documents a second, for all slices together; -1 for no limit.
        """
        params = {"requests_per_second": f"{requests_per_second:.6g}"}
        path = f"/_reindex/{quote(task_id, safe=':')}/_rethrottle"
        return bool(self._request("POST", path, params).get("nodes"))  # those on which the task runs

    def write_queues(self) -> list[WriteQueue]:
        """The queue of write requests of every node."""
        params = {"format": "json", "h": "queue,queue_size,rejected"}
        pools: Any = self._request("GET", "/_cat/thread_pool/write", params)
        return [WriteQueue(*(int(pool[key]) for key in ("queue", "queue_size", "rejected"))) for pool in pools]

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

    def _change(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Send a request that has to hold on every node, not on the elected one alone."""
        if not self._request(method, path, body=body)["acknowledged"]:
            raise TransientOpenSearchError(f"{method} {path[:200]}: not every node has answered in time")

    def _refusal(
        self, method: str, path: str, params: Mapping[str, str] | None = None, *, body: Mapping[str, Any] | None = None
    ) -> OpenSearchRequestError | None:
        """Why a request is forbidden; None if it is answered in any other way."""
        try:
            self._request(method, path, params, body=body)
        except OpenSearchRequestError as error:
            return error if error.status in (401, 403) else None
        return None

    def _raise(self, error: TransportError, request: str) -> NoReturn:
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
                f"{request}: no answer from {self._endpoint.url}: {error.error}",
                error_type=type(error).__name__,
            ) from error
        error_type, reason = _reason(error)
        if status == 403 and EXPIRED_CREDENTIALS in reason:
            _connect.cache_clear()  # the next attempt signs with the credentials that the environment has by then
            raise TransientOpenSearchError(f"{request}: {reason}", status=403) from error
        if status in TRANSIENT_STATUSES:
            raise TransientOpenSearchError(f"{request}: {reason}", status=int(status), error_type=error_type) from error
        if error_type == "snapshot_in_progress_exception":
            raise DomainBusyError(f"{request}: {reason}", status=int(status), error_type=error_type) from error
        raise OpenSearchRequestError(int(status), error_type, f"{request}: {reason}") from error


def _reason(error: TransportError) -> tuple[str, str]:
    """OpenSearch's own type and reason; unknown settings are only named one by one in `suppressed`."""
    info = error.info if isinstance(error.info, dict) else {}
    details = info.get("error")
    if not isinstance(details, dict):
        reason = str(details or info.get("message") or info.get("Message") or error.error)
        # AWS goes on to quote the headers of a request with a wrong signature, the session token too.
        return "http_error", redact(reason.partition("The Canonical String")[0].strip()[:500])
    reasons = [details, *details.get("suppressed", [])]
    cause = details.get("caused_by")
    if cause and cause.get("reason") != details.get("reason"):
        reasons.append(cause)
    return str(details.get("type")), redact("; ".join(str(part.get("reason")) for part in reasons))


def _path(names: Iterable[str]) -> str:
    return "/" + ",".join(quote(name, safe="") for name in names)


def _on(primaries: bool) -> dict[str, str]:
    # Not for every index: OpenSearch 1 knows no such preference, and no segment replication either.
    return {"preference": "_primary"} if primaries else {}


def _demand_shards(answer: Mapping[str, Any], asked: int, name: str) -> None:
    """Refuse an answer that lacks shards: one that is on no node is not among the failures."""
    successful = answer["_shards"]["successful"]
    if successful != asked:
        raise TransientOpenSearchError(f"only {successful} of {asked} shards of {name} answered")


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in dict.fromkeys(names):
        if batch and len(_path([*batch, name])) > MAX_NAMES_CHARACTERS:
            yield batch
            batch = []
        batch.append(name)
    if batch:
        yield batch
