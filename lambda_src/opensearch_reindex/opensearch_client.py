"""Every request to OpenSearch, with plain values in and out. Other modules decide."""

import json
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import boto3
from botocore.credentials import Credentials

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.allocation_filters import DataNode
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.held_aliases import entries_of_the_user, held_aliases
from opensearch_reindex.index.index_info import (
    Allocation,
    CopyLimits,
    IndexInfo,
    PrimaryShards,
    StoreSize,
    WriteQueue,
)
from opensearch_reindex.index.markers import REINDEX_ACTION, Markers
from opensearch_reindex.index.policies import Management, Policy, rollover_skip
from opensearch_reindex.index.target_index import flat_settings
from opensearch_reindex.index.templates import legacy_template
from opensearch_reindex.index.tokens import (
    TOKEN_PREFIX,
    Place,
    first_tokens,
    indices_to_sweep,
    token_body,
    token_of,
    tokens_alias,
    with_tokens,
)
from opensearch_reindex.runtime.endpoint import Endpoint, allowed_endpoint
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexError, TransientOpenSearchError
from opensearch_reindex.runtime.redaction import document_error
from opensearch_reindex.runtime.transport import Transport

# A request line may have 4,096 bytes, which names and `filter_path` share.
MAX_NAMES_CHARACTERS = 3000
MAX_LINE_CHARACTERS = 3900
# Of an ended task, when the index .tasks is closed, blocked or on no node.
_UNREADABLE_RESULT = {
    "cluster_block_exception",
    "index_closed_exception",
    "no_shard_available_action_exception",
}
# Explanations of an unassigned shard in an error.
MAX_EXPLANATIONS, MAX_EXPLANATION_CHARACTERS = 3, 500
# Values of `can_allocate` for a shard that OpenSearch allocates later by itself.
_MAY_FOLLOW = {"yes", "throttled", "awaiting_info", "allocation_delayed"}
# OpenSearch allows no `#` in an alias name.
IMPOSSIBLE_NAME = "opensearch-reindex-probe#"
# No name of an index may have a capital letter.
IMPOSSIBLE_SUFFIX = "-Probe"
# The failures of a copy that can write nothing, and of one that may not try.
_NOT_OF_DOCUMENTS = ("index_not_found_exception", "invalid_index_name_exception", "security_exception")
# OpenSearch knows the setting, but not the value.
IMPOSSIBLE_SETTINGS = {"index": {"blocks.write": "opensearch-reindex-probe"}}
# An alias may have this name, but no query has it.
IMPOSSIBLE_ALIAS = "opensearch-reindex-probe"
# Parameters of a write that always fails: the name has to be an alias, and the document has to have a sequence number
# that no document can have.
NEVER = {"require_alias": "true", "if_seq_no": str(2**63 - 1), "if_primary_term": "1"}
# A search pipeline of the index can change what a search asks and what it returns. OpenSearch 2.9 and later know this
# parameter.
NO_SEARCH_PIPELINE = {"search_pipeline": "_none"}
# Overrides search.default_allow_partial_results and search.default_search_timeout, cluster settings with which a search
# may return a part of the documents and no error.
WHOLE_SEARCH = {"allow_partial_search_results": "false", "timeout": "-1"}
# A domain with standby has three zones, and refuses an index with fewer copies of a shard.
REPLICAS_WITH_STANDBY = 2
# Permission on an index without which Index State Management leaves it out.
MANAGE_INDEX = "indices:admin/opensearch/ism/managedindex"
# Roles of nodes that hold ordinary shards; the second is one of Elasticsearch 7.10.
_DATA_ROLES = {"data", "data_content"}
# Setting of an index: how many copies of a shard must be there before OpenSearch accepts a write.
COPIES_TO_WAIT_FOR = "write.wait_for_active_shards"


def connect(opensearch_endpoint: str) -> "OpenSearchClient":
    """Return the client for an endpoint; a warm Lambda keeps it.

    Every step checks the endpoint here. Otherwise a person who may start the state machine of one index could have
    signed requests sent to any host.

    Args:
        opensearch_endpoint: `https://host[:port]`.

    Raises:
        ReindexError: this deployment is not allowed to use the endpoint.
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


class OpenSearchClient:
    """Sends every request of this package to OpenSearch.

    Args:
        endpoint: address, checked with `endpoint.allowed_endpoint`.
        credentials: credentials that refresh themselves while the Lambda stays warm.
        region: AWS region to sign for, where the endpoint does not name one.
        ca_certificates: PEM of private authorities to trust beside the public ones; may be empty.

    Raises (every method):
        TransientOpenSearchError: no connection, no answer in time, status 429, 502, 503, 504, or expired credentials.
        DomainBusyError: a snapshot of the index runs.
        OpenSearchRequestError: OpenSearch refused the request.
    """

    def __init__(self, endpoint: Endpoint, credentials: Credentials, region: str, ca_certificates: str = "") -> None:
        self._transport = Transport(endpoint, credentials, region, ca_certificates)
        self._engine: Engine | None = None

    def get_indices(self, names: Iterable[str], *, parts: str = "*") -> dict[str, IndexInfo]:
        """Return the indices with these names, or behind these aliases.

        An unknown name is left out.

        Args:
            names: index or alias names.
            parts: comma-separated `filter_path`, below each index, to keep big answers small.
        """
        found: dict[str, IndexInfo] = {}
        filter_path = ",".join(f"*.{part}" for part in ["aliases", "settings.index.uuid", *parts.split(",")])
        for batch in _batches(names, MAX_LINE_CHARACTERS - len(quote(filter_path, safe="*"))):
            answer = self._request(
                "GET",
                _path(batch),
                {"ignore_unavailable": "true", "expand_wildcards": "none", "filter_path": filter_path},
            )
            for name, info in answer.items():
                settings, aliases = info["settings"]["index"], info.get("aliases", {})
                found[name] = IndexInfo(
                    uuid=settings["uuid"],
                    aliases=entries_of_the_user(aliases),
                    settings=settings,
                    mappings=info.get("mappings", {}),
                    data_stream=info.get("data_stream"),
                    markers=Markers.read(aliases),
                    held=held_aliases(aliases),
                )
        return found

    def put_index(self, name: str, body: Mapping[str, Any]) -> None:
        """Create an index; of two callers exactly one succeeds.

        OpenSearch does not wait for its shards here, see `health`.
        """
        created = (
            [] if self.engine().has_must_exist else self._create_tokens(first_tokens(name, body.get("aliases", {})))
        )
        with self._removing_unused(created):
            self._put_index(name, body)

    def apply_alias_actions(self, actions: list[dict[str, Any]]) -> None:
        """Apply all alias actions at once, or none of them; return when every node knows.

        Raises:
            OpenSearchRequestError: among others, an alias that has to exist does not (aliases_not_found_exception).
        """
        if self.engine().has_must_exist:
            self._change("POST", "/_aliases", {"actions": actions})
            return
        request = with_tokens(actions, {index: self._tokens_of(index) for index in indices_to_sweep(actions)})
        with self._removing_unused(self._create_tokens(request.created)):
            try:
                self._change("POST", "/_aliases", {"actions": request.actions})
            except OpenSearchRequestError as error:
                if error.error_type != "index_not_found_exception" or TOKEN_PREFIX not in error.reason:
                    raise
                self._engine = None  # after an upgrade of the domain, an alias that exists may have no token
                missing = [marker for token, (_, marker) in request.demanded.items() if token in error.reason]
                if not missing:
                    raise TransientOpenSearchError(f"a token was deleted during the request: {error.reason}") from error
                raise OpenSearchRequestError(
                    404, "aliases_not_found_exception", f"POST /_aliases: aliases {missing} missing"
                ) from error

    def engine(self) -> Engine:
        """Return the oldest engine among the nodes; a warm Lambda remembers it.

        Not `GET /`, which names another version in compatibility mode, and only the version of one node.
        """
        if self._engine is None:
            answer = self._request("GET", "/_nodes/process", {"filter_path": "nodes.*.version"})
            try:
                self._engine = Engine.oldest(node["version"] for node in answer.get("nodes", {}).values())
            except ValueError as error:
                raise TransientOpenSearchError(str(error)) from error
        return self._engine

    def _put_index(self, name: str, body: Mapping[str, Any]) -> None:
        self._request("PUT", _path([name]), {"wait_for_active_shards": "0"}, body=body)

    def _create_tokens(self, tokens: Mapping[str, Place]) -> list[Place]:
        """Create tokens, and return the markers of those that did not exist."""
        created = []
        for token, place in tokens.items():
            if self._create_token(token, place[0]):
                created.append(place)
        return created

    def _create_token(self, token: str, index: str, replicas: int = 0) -> bool:
        try:
            self._put_index(token, token_body(index, replicas))
        except OpenSearchRequestError as error:
            if error.error_type == "resource_already_exists_exception":
                return False
            if error.error_type == "validation_exception" and not replicas:
                return self._create_token(token, index, REPLICAS_WITH_STANDBY)
            raise
        return True

    @contextmanager
    def _removing_unused(self, created: Sequence[Place]) -> Iterator[None]:
        """Delete tokens after a refused request, unless another run used them."""
        try:
            yield
        except OpenSearchRequestError:
            # By now the first of several runs has decided whether a marker is in force.
            indices = self.get_indices({index for index, _ in created}, parts="settings.index.uuid") if created else {}
            for index, marker in created:
                if index not in indices or marker not in indices[index].markers.names:
                    # Not DELETE, which the roles of the module do not allow.
                    body = {"actions": [alias_actions.remove_index(token_of(index, marker))]}
                    self._request("POST", "/_aliases", body=body, ignore=(404,))
            raise

    def _tokens_of(self, index: str) -> list[str]:
        params = {"ignore_unavailable": "true", "expand_wildcards": "none", "filter_path": "*.settings.index.uuid"}
        return list(self._request("GET", _path([tokens_alias(index)]), params))

    def block_writes(self, name: str) -> None:
        """Set the write block of an index, and return when every shard refuses writes."""
        if self._block_writes(name):
            return
        # The block holds from now on, but its confirmation waits for as many shard copies as a write does.
        if (copies := self._copies_to_wait_for(name)) is None:
            raise _unconfirmed(name)
        self.put_settings(name, {COPIES_TO_WAIT_FOR: "1"})
        try:
            is_confirmed = self._block_writes(name)
        finally:
            self.put_settings(name, {COPIES_TO_WAIT_FOR: copies})
        if not is_confirmed:
            raise _unconfirmed(name)

    def _block_writes(self, name: str) -> bool:
        answer = self._request("PUT", f"{_path([name])}/_block/write")
        # An index that was blocked before is not in the list.
        return bool(answer["acknowledged"]) and all(index.get("blocked") for index in answer["indices"])

    def _copies_to_wait_for(self, name: str) -> str | None:
        answer = self._request("GET", f"{_path([name])}/_settings", {"flat_settings": "true"})
        settings: dict[str, str] = answer.get(name, {}).get("settings", {})
        return settings.get(f"index.{COPIES_TO_WAIT_FOR}")

    def allow_writes(self, name: str) -> None:
        """Remove the write block of an index, if it has one."""
        try:
            # With the setting of an unconfirmed block, OpenSearch does not remove the block itself.
            self.block_writes(name)
        finally:
            self.put_settings(name, {"blocks.write": None})

    def put_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Change settings of an index; null sets the default."""
        self._change("PUT", f"{_path([name])}/_settings", {"index": settings})

    def refresh(self, name: str) -> None:
        """Make acknowledged documents visible to searches; see also `replicas_behind`."""
        self._request("POST", f"{_path([name])}/_refresh")

    def replicas_behind(self, name: str) -> int:
        """Count the replicas in which a search misses documents of their primary shard.

        For segment replication, and an index without writers. It gives replicas the segments of their primary shard, so
        that those which show the same segments show the same documents. `_cat/segment_replication` leaves replicas out
        for moments and is some milliseconds early. A search in one copy is refused where zones have weights.
        """
        parts = ("routing.primary", "segments.*.num_docs", "segments.*.deleted_docs", "segments.*.search")
        filter_path = ",".join(["_shards", *(f"indices.*.shards.*.{part}" for part in parts)])
        answer = self._request("GET", f"{_path([name])}/_segments", {"filter_path": filter_path})
        # The total counts unassigned replicas too.
        _demand_shards(answer, max(1, answer["_shards"]["successful"] + answer["_shards"]["failed"]), name)
        shards = [copies for index in answer.get("indices", {}).values() for copies in index["shards"].values()]
        return sum(_replicas_behind(copies) for copies in shards)

    def count(self, name: str, *, primaries: bool = False) -> int:
        """Count the documents of an index, without nested ones.

        Args:
            name: index name.
            primaries: whether to ask primary shards alone.
        """
        answer = self._search([name], {"size": 0, "track_total_hits": True}, **self._search_preference(primaries))
        return int(answer["hits"]["total"]["value"])

    def last_seq_no(self, name: str, number: int) -> int:
        """Return the sum of the primary shards' highest sequence numbers."""
        return self.primary_shards(name, number).last_seq_no

    def primary_shards(self, name: str, number: int) -> PrimaryShards:
        """Return what the primary shards of an index hold.

        Args:
            name: index.
            number: number of primary shards. OpenSearch leaves out a shard that is on no node or starts.
        """
        copies = self._shard_copies(name)
        primaries = [copy for _, copy in copies if copy["routing"]["primary"] and "seq_no" in copy]
        if len(primaries) != number:
            raise TransientOpenSearchError(f"only {len(primaries)} of {number} primary shards of {name} answered")
        return PrimaryShards(
            store_bytes=sum(copy["store"]["size_in_bytes"] for copy in primaries),
            last_seq_no=sum(copy["seq_no"]["max_seq_no"] + 1 for copy in primaries),
            copies_on_nodes=Counter(str(copy["routing"].get("node")) for _, copy in copies),
        )

    def source_bytes(self, name: str, size: int, *, shard: int, from_seq_no: int) -> list[int]:
        """Return the length of `_source` of a few documents, in bytes as JSON.

        Args:
            name: index name.
            size: number of documents.
            shard: number of the shard.
            from_seq_no: lowest sequence number.
        """
        body = {"size": size, "query": {"range": {"_seq_no": {"gte": from_seq_no}}}, "sort": ["_doc"], "_source": True}
        hits = self._search([name], body, preference=f"_shards:{shard}")["hits"]["hits"]
        return list(map(_source_bytes, hits))

    def first_ids(self, name: str, number: int) -> list[str]:
        """Return the ids of the first documents of an index.

        Args:
            name: index name.
            number: of documents.
        """
        body = {"size": number, "sort": ["_doc"], "_source": False}
        return [hit["_id"] for hit in self._search([name], body)["hits"]["hits"]]

    def bytes_of(self, name: str, ids: Sequence[str]) -> list[int]:
        """Return the length of `_source` of documents, in bytes as JSON.

        Args:
            name: index name.
            ids: of the documents.
        """
        body = {"size": len(ids), "query": {"ids": {"values": list(ids)}}, "_source": True}
        return list(map(_source_bytes, self._search([name], body)["hits"]["hits"]))

    def copy_limits(self) -> CopyLimits:
        """Return what the nodes allow a copy."""
        parts = (
            "indexing_pressure.memory.limit_in_bytes",
            "jvm.mem.heap_max_in_bytes",
            "indices.search.scroll_current",
        )
        path, filter_path = (
            "/_nodes/stats/indices,jvm,indexing_pressure/search",
            ",".join(f"nodes.*.{p}" for p in parts),
        )
        nodes = self._request("GET", path, {"filter_path": filter_path}).get("nodes", {})
        settings = self.cluster_settings()
        limit = settings.get("search.max_open_scroll_context")
        return CopyLimits(
            bulk_bytes=min(filter(None, map(_bulk_bytes, nodes.values())), default=None),
            scroll_contexts=int(limit) if limit else None,
            open_scroll_contexts={
                name: node.get("indices", {}).get("search", {}).get("scroll_current", 0) for name, node in nodes.items()
            },
            longest_scroll=settings.get("search.max_keep_alive"),
        )

    def _shard_copies(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """List number, node, size and sequence numbers of each shard copy."""
        parts = ("routing", "seq_no.max_seq_no", "store.size_in_bytes")
        filter_path = ",".join(["_shards", *(f"indices.*.shards.*.{part}" for part in parts)])
        answer = self._request("GET", f"{_path([name])}/_stats", {"level": "shards", "filter_path": filter_path})
        indices = answer.get("indices", {}).values()
        return [(number, copy) for index in indices for number, copies in index["shards"].items() for copy in copies]

    def has_routed_documents(self, name: str, *, primaries: bool = False) -> bool:
        """Tell whether a refreshed index holds a document with custom routing."""
        return name in self.indices_with_routing([name], primaries=primaries)

    def indices_with_routing(self, names: Iterable[str], *, primaries: bool = False) -> set[str]:
        """Return the indices in which a search finds a document with custom routing."""
        body = {
            "size": 0,
            "terminate_after": 1,  # in each shard
            "query": {"exists": {"field": "_routing"}},
            "aggs": {"indices": {"terms": {"field": "_index", "size": 1000}}},
        }
        found: set[str] = set()
        for batch in _batches(names):
            params = {"ignore_unavailable": "true", "expand_wildcards": "none", **self._search_preference(primaries)}
            answer = self._search(batch, body, **params)
            found.update(bucket["key"] for bucket in answer["aggregations"]["indices"]["buckets"])
        return found

    def store_sizes(self, names: Iterable[str]) -> dict[str, StoreSize]:
        """Return the disk space of each index that has an assigned shard."""
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
        """Return the cluster settings in force that limit nodes, shards and scrolls, flat."""
        parts = (
            "cluster.max_shards_per_node",
            *(f"cluster.routing.allocation.{part}" for part in ("disk", "exclude", "include", "require")),
            "search.max_keep_alive",
            "search.max_open_scroll_context",
        )
        filter_path = ",".join(f"*.{part}" for part in parts)
        answer = self._request("GET", "/_cluster/settings", {"include_defaults": "true", "filter_path": filter_path})
        levels = [flat_settings(answer.get(level, {})) for level in ("defaults", "persistent", "transient")]
        return {name: value for level in levels for name, value in level.items()}

    def data_nodes(self) -> list[DataNode]:
        """Return every node that holds ordinary shards; others hold searchable snapshots."""
        parts = ("attributes", "fs.total.available_in_bytes", "fs.total.total_in_bytes", "host", "ip", "name", "roles")
        filter_path = ",".join(f"nodes.*.{part}" for part in parts)
        answer = self._request("GET", "/_nodes/stats/fs", {"filter_path": filter_path})
        return [
            DataNode(
                id=node_id,
                name=node.get("name", ""),
                host=node.get("host", ""),
                ip=node.get("ip", "").rpartition(":")[0].strip("[]"),
                attributes=node.get("attributes", {}),
                total_bytes=node["fs"]["total"]["total_in_bytes"],
                available_bytes=node["fs"]["total"]["available_in_bytes"],
            )
            for node_id, node in answer["nodes"].items()
            if not _DATA_ROLES.isdisjoint(node["roles"])
        ]

    def nodes_of_shards(self, names: Iterable[str]) -> dict[str, set[str]]:
        """Return the ids of the nodes with a shard copy of each index."""
        nodes: dict[str, set[str]] = {}
        params = {
            "level": "shards",
            "ignore_unavailable": "true",
            "expand_wildcards": "none",
            "filter_path": "indices.*.shards.*.routing.node",
        }
        for batch in _batches(names):
            answer = self._request("GET", f"{_path(batch)}/_stats/store", params)
            for name, index in answer.get("indices", {}).items():
                copies = (copy for shard in index["shards"].values() for copy in shard)
                nodes[name] = {copy["routing"]["node"] for copy in copies}
        return nodes

    def shards(self) -> tuple[int, int]:
        """Return the number of data nodes, and of all shards of open indices."""
        answer = self._cluster_health()
        counters = ("active_shards", "initializing_shards", "unassigned_shards")
        return answer["number_of_data_nodes"], sum(answer[counter] for counter in counters)

    def _cluster_health(self) -> dict[str, Any]:
        return self._request("GET", "/_cluster/health", {"expand_wildcards": "open,hidden"})

    def refused_actions(self, source_index: str, target_index: str) -> list[OpenSearchRequestError]:
        """Return the refusals to requests that need what a rebuild needs.

        The requests can change nothing. OpenSearch has no request that lists what an ordinary role may do. It checks
        permissions first, so these fail with 403, or because what they name cannot exist.

        Args:
            source_index: index to rebuild.
            target_index: index to create; it may exist.
        """
        target = _path([target_index])
        no_documents = {"index": source_index, "query": {"match_none": {}}}
        refusals = [
            self._refusal("PUT", target, body={"settings": {"number_of_shards": 0}}),
            self._refusal("PUT", f"{target}/_doc/{quote(IMPOSSIBLE_NAME)}", {**NEVER, "pipeline": "_none"}, body={}),
            self._refusal("POST", "/_reindex", body={"source": no_documents, "dest": {"index": target_index}}),
            # Without this permission a write block could be set, and never be lifted.
            self._refusal("PUT", f"{_path([source_index])}/_settings", body=IMPOSSIBLE_SETTINGS),
        ]
        if not self.engine().has_must_exist:
            token = _path([f"{TOKEN_PREFIX}probe"])
            refusals.append(self._refusal("PUT", token, body={"settings": {"number_of_shards": 0}}))
        return [refusal for refusal in refusals if refusal]

    def refused_creation(self, name: str, body: Mapping[str, Any]) -> OpenSearchRequestError | None:
        """Return why OpenSearch would refuse to create an index; it creates none.

        OpenSearch validates settings, analyzers, templates, shard limit and mappings, then the filter of an alias, and
        only then creates the index (`MetadataCreateIndexService.applyCreateIndexWithTemporaryService`, since
        Elasticsearch 7.8). So a filter that it cannot parse makes the request fail at its end.

        Args:
            name: name of an index that does not exist.
            body: body of the create request.
        """
        aliases = {IMPOSSIBLE_ALIAS: {"filter": {IMPOSSIBLE_ALIAS: dict[str, Any]()}}}
        try:
            self._request("PUT", _path([name]), body={**body, "aliases": aliases})
        except OpenSearchRequestError as error:
            if error.error_type == "resource_already_exists_exception":
                return None  # another execution created it a moment ago, and CreateIndex names that execution
            # Room for shards is calculated elsewhere: earlier indices of the file free the shards of their sources.
            return None if IMPOSSIBLE_ALIAS in error.reason or "maximum shards open" in error.reason else error
        raise ReindexError(
            f"OpenSearch created {name!r} with an alias filter that it should have refused",
            next_step=f"Check that {name!r} is empty, and delete it. Report this as a fault of the module.",
        )

    def simulate_template(self, name: str) -> dict[str, Any] | None:
        """Return what a composable index template gives to a new index.

        An ordinary role may not ask, and some domains do not know the request. Then the answer is None.
        """
        try:
            answer = self._request("POST", f"/_index_template/_simulate_index{_path([name])}")
        except OpenSearchRequestError:
            return None
        template: dict[str, Any] = answer.get("template", {})
        return template

    def index_template(self, name: str) -> dict[str, Any] | None:
        """Return what index templates of both kinds give to a new index.

        None for a role that may not ask.
        """
        template = self.simulate_template(name)
        if template != {}:  # no legacy template applies beside a composable one
            return template
        try:
            return legacy_template(self._request("GET", "/_template"), name)
        except OpenSearchRequestError:
            return None

    def failed_documents(
        self, source_index: str, target_index: str, max_documents: int, pipeline: str, script: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Return why documents do not pass a script and a pipeline; nothing is written.

        The copy goes to an index whose name has a capital letter, so that OpenSearch can never create it. Scripts and
        pipelines run before OpenSearch checks the name. A domain without automatic creation of indices checks it
        first, and then runs nothing.

        Args:
            source_index: index whose first documents are tried.
            target_index: beginning of the name, so that the permissions and templates of the target index count.
            max_documents: number of documents.
            pipeline: name of the pipeline, or `_none`.
            script: script of the trigger file, if there is one.

        Raises:
            TransientOpenSearchError: among others, OpenSearch took too long, and the task still runs.
        """
        # Not with max_docs, which does not count documents that the script drops.
        ids = self.first_ids(source_index, max_documents)
        if not ids:
            return []
        target = f"{target_index}{IMPOSSIBLE_SUFFIX}"
        body: dict[str, Any] = {
            "conflicts": "proceed",
            "source": {"index": source_index, "query": {"ids": {"values": ids}}, "size": max_documents},
            "dest": {"index": target, "op_type": "create", "pipeline": pipeline},
            **({"script": script} if script else {}),
        }
        # OpenSearch answers with the status of the first failure.
        statuses = (400, 403, 404, 409, 500)
        answer = self._request("POST", "/_reindex", body=body, headers={"x-opaque-id": target}, ignore=statuses)
        error = answer.get("error")
        failures = answer.get("failures", [])
        causes = (
            [error] if isinstance(error, dict) else [failure.get("cause") or failure["reason"] for failure in failures]
        )
        return [cause for cause in causes if cause.get("type") not in _NOT_OF_DOCUMENTS]

    def cancel_trial(self, target_index: str) -> None:
        """Cancel a copy of `failed_documents` that still runs, if the role may."""
        try:
            if task_id := self.find_reindex_task(f"{target_index}{IMPOSSIBLE_SUFFIX}"):
                self.cancel_task(task_id)
        except OpenSearchRequestError as error:
            if not error.is_denied:
                raise

    def refused_alias_change(self, names: Iterable[str]) -> OpenSearchRequestError | None:
        """Return the refusal to change aliases of these indices, if any.

        Args:
            names: index names; they need not exist.
        """
        remove = alias_actions.remove if self.engine().has_must_exist else alias_actions.remove_if_present
        actions = [remove(name, IMPOSSIBLE_NAME) for name in names]
        return self._refusal("POST", "/_aliases", body={"actions": actions})

    def is_restricted(self, name: str) -> bool:
        """Tell whether document- or field-level security hides parts of an index.

        Masked fields count too. A copy would lack the hidden parts, and so would every count. The security plugin
        answers each update of such an index with status 500, before it looks for the document.

        Raises:
            OpenSearchRequestError: among others, the plugin allows no update, so that this cannot be known.
        """
        try:
            self._request("POST", f"{_path([name])}/_update/{quote(IMPOSSIBLE_NAME)}", NEVER, body={"doc": {}})
        except OpenSearchRequestError as error:
            if error.error_type != "security_exception":
                return False
            if error.is_denied:
                raise
            return error.status == 500
        except TransientOpenSearchError as error:
            _demand_flood_stage(error)
        return False

    def get_pipeline(self, name: str) -> dict[str, Any] | None:
        """Return the definition of an ingest pipeline, or None; a wildcard is no name."""
        try:
            return self._request("GET", f"/_ingest/pipeline{_path([name])}").get(name)
        except OpenSearchRequestError as error:
            if error.status == 404:
                return None
            raise

    def has_search_pipeline(self, name: str) -> bool:
        """Tell whether a search pipeline exists; no engine before 2.9 has one."""
        try:
            return name in self._request("GET", f"/_search/pipeline{_path([name])}")
        except OpenSearchRequestError as error:
            if error.status in (400, 404, 405):
                return False
            raise

    def managements(self, names: Iterable[str]) -> dict[str, Management] | None:
        """Return what Index State Management says of indices; None without this plugin.

        An index that this role may not manage is left out. For about a second, a new policy does not show.
        """
        found: dict[str, Management] = {}
        for batch in _batches(names):
            try:
                answer = self._request("GET", f"{self._state_management()}/explain{_path(batch)}")
            except OpenSearchRequestError as error:
                if _has_no_handler(error):
                    return None
                raise
            found |= {name: Management.read(answer[name]) for name in batch if isinstance(answer.get(name), dict)}
        return found

    def get_policy(self, policy_id: str) -> Policy | None:
        """Return a policy of Index State Management as it is now, or None."""
        try:
            answer = self._request("GET", f"{self._state_management()}/policies{_path([policy_id])}")
        except OpenSearchRequestError as error:
            if error.status == 404:
                return None
            raise
        return Policy.read(answer["policy"]) if "policy" in answer else None

    def add_policy(self, name: str, policy_id: str) -> None:
        """Attach a policy to an index that has none; the policy begins some minutes later."""
        self._manage("add", name, {"policy_id": policy_id})

    def change_policy(self, name: str, policy_id: str, state: str) -> None:
        """Let the policy of an index continue in a state, at once if it has not begun."""
        self._manage("change_policy", name, {"policy_id": policy_id, "state": state})

    def skip_rollover(self, name: str) -> None:
        """Let an index pass each rollover of its policy."""
        self.put_settings(name, {rollover_skip(self.engine().plugins): True})

    def _manage(self, action: str, name: str, body: Mapping[str, str]) -> None:
        path = f"{self._state_management()}/{action}{_path([name])}"
        answer = self._request("POST", path, body=body)
        if answer.get("updated_indices") != 1:
            reasons = [str(each.get("reason")) for each in answer.get("failed_indices") or []]
            # An index that the role may not manage is left out in silence.
            reason = "; ".join(reasons) or f"no permissions for [{MANAGE_INDEX}]"
            raise OpenSearchRequestError(200, "policy_unchanged", f"POST {path[:200]}: {reason}")

    def _state_management(self) -> str:
        return f"/_{self.engine().plugins}/_ism"

    def put_meta(self, name: str, meta: Mapping[str, Any]) -> None:
        """Replace `_meta` of the mapping as a whole."""
        self.put_mappings(name, {"_meta": meta})

    def put_mappings(self, name: str, mappings: Mapping[str, Any]) -> None:
        """Merge mappings into the mappings of an index: all of them, or none."""
        self._change("PUT", f"{_path([name])}/_mapping", mappings)

    def health(self, name: str, *, wait_for_status: str | None = None, timeout_seconds: int = 30) -> str:
        """Return `green`, `yellow` or `red`, after waiting for a status at least as good.

        An index whose primary shards start is red here. OpenSearch calls a new one yellow before they have started.

        Args:
            name: index.
            wait_for_status: `green` or `yellow`; None does not wait.
            timeout_seconds: longest wait.
        """
        params = {"wait_for_status": wait_for_status, "timeout": f"{timeout_seconds}s"} if wait_for_status else {}
        health, starting = self._health(name, params)
        if wait_for_status and starting:
            # A node starts few shards at a time, so that none may be starting for a moment.
            shards = {"wait_for_active_shards": str(starting), "wait_for_no_initializing_shards": "true"}
            health, starting = self._health(name, {**params, **shards})
        return "red" if starting else health

    def _health(self, name: str, params: Mapping[str, str]) -> tuple[str, int]:
        """Return the status, and the number of primary shards if they start; else 0."""
        params = {**params, "level": "indices"}
        answer = self._request("GET", f"/_cluster/health{_path([name])}", params, ignore=(408,))
        shards, active = (
            sum(index[key] for index in answer.get("indices", {}).values())
            for key in ("number_of_shards", "active_primary_shards")
        )
        return str(answer["status"]), shards if answer["status"] == "yellow" and active < shards else 0

    def green_indices(self, names: Iterable[str]) -> set[str]:
        """Return the indices that are green, with one request for many."""
        green: set[str] = set()
        params = {"level": "indices", "filter_path": "indices.*.status"}
        for batch in _batches(names):
            answer = self._request("GET", f"/_cluster/health{_path(batch)}", params, ignore=(408,))
            green.update(name for name, info in answer.get("indices", {}).items() if info["status"] == "green")
        return green

    def explain_allocation(self, name: str) -> Allocation | None:
        """Return why OpenSearch does not allocate an unassigned shard, or None.

        None means that every shard of the index is on a node, perhaps since a moment ago.
        """
        shards = self._request("GET", f"/_cluster/health{_path([name])}", {"level": "shards"}, ignore=(408,))
        for number, shard in shards.get("indices", {}).get(name, {}).get("shards", {}).items():
            if shard["unassigned_shards"]:
                return self._explain_allocation(name, int(number), primary=not shard["primary_active"])
        return None

    def _explain_allocation(self, name: str, shard: int, *, primary: bool) -> Allocation | None:
        body = {"index": name, "shard": shard, "primary": primary}
        try:
            answer = self._request("POST", "/_cluster/allocation/explain", body=body)
        except OpenSearchRequestError as error:
            if error.status == 400:  # the shard is on a node by now
                return None
            raise
        nodes = answer.get("node_allocation_decisions", [])
        # Each node has its reasons, mostly the same ones. The first reasons are enough for a person.
        reasons = dict.fromkeys(
            decider["explanation"]
            for node in nodes
            for decider in node.get("deciders", [])
            if decider["decision"] == "NO"
        )
        shown = list(reasons)[:MAX_EXPLANATIONS] or [answer.get("allocate_explanation", "OpenSearch gives no reason")]
        return Allocation(
            shard=f"{'primary shard' if primary else 'a replica of shard'} {shard}",
            reason="; ".join(explanation[:MAX_EXPLANATION_CHARACTERS] for explanation in shown),
            may_follow=answer.get("can_allocate") in _MAY_FOLLOW or "current_node" in answer,
        )

    def is_building(self) -> bool:
        """Tell whether OpenSearch builds or moves any shard of the domain."""
        answer = self._cluster_health()
        return bool(answer["initializing_shards"] or answer["relocating_shards"])

    def submit_reindex(self, body: Mapping[str, Any], params: Mapping[str, str]) -> str:
        """Start an asynchronous `_reindex`, and return the id of the task.

        Args:
            body: body of `_reindex`; `dest.index` is an alias, which also becomes the X-Opaque-Id of the task.
            params: `slices`, `requests_per_second`.
        """
        alias = body["dest"]["index"]
        params = {**params, "wait_for_completion": "false", "require_alias": "true"}
        answer = self._request("POST", "/_reindex", params, body=body, headers={"x-opaque-id": alias})
        # A KeyError here means that OpenSearch ignored the parameters and copied synchronously.
        return str(answer["task"])

    def reindex(self, body: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
        """Copy few documents with `_reindex`, and return its result.

        Args:
            body: body of `_reindex`; `dest.index` is an alias.
            params: `slices`, `requests_per_second`.
        """
        params = {**params, "wait_for_completion": "true", "require_alias": "true"}
        return self._request("POST", "/_reindex", params, body=body, headers={"x-opaque-id": body["dest"]["index"]})

    def has_run_for(self, node_id: str, seconds: float) -> bool:
        """Tell whether a node is in the domain and was started before.

        Args:
            node_id: as in the id of a task.
            seconds: how long ago.
        """
        path = f"/_nodes/{quote(node_id, safe='')}/stats/jvm"
        answer = self._request("GET", path, {"filter_path": "nodes.*.jvm.uptime_in_millis"})
        return any(node["jvm"]["uptime_in_millis"] > seconds * 1000 for node in answer.get("nodes", {}).values())

    def find_reindex_task(self, opaque_id: str) -> str | None:
        """Return the id of the running, uncancelled reindex task with this X-Opaque-Id."""
        for task_id, task in self._tasks(actions=REINDEX_ACTION):
            ours = task.get("headers", {}).get("X-Opaque-Id") == opaque_id
            if ours and "parent_task_id" not in task and not task.get("cancelled"):
                return task_id
        return None

    def cancel_task(self, task_id: str) -> None:
        """Cancel a task, unless it has ended."""
        self._request("POST", f"/_tasks/{quote(task_id, safe=':')}/_cancel", ignore=(404,))

    def get_task(self, task_id: str, *, wait_seconds: int = 0) -> dict[str, Any] | None:
        """Return a running or completed task.

        None means that no node knows the task, and that OpenSearch stored no result, or cannot read it.

        Args:
            task_id: `<node>:<number>`.
            wait_seconds: longest wait for the end of the task.
        """
        params = {"wait_for_completion": "true", "timeout": f"{wait_seconds}s"} if wait_seconds else {}
        try:
            return self._request("GET", f"/_tasks/{quote(task_id, safe=':')}", params)
        except (OpenSearchRequestError, TransientOpenSearchError) as error:
            if error.status == 404 or error.error_type in _UNREADABLE_RESULT:
                return None
            # Status 500 is OpenSearch's way to say that the task still runs.
            if wait_seconds and error.error_type in ("timeout_exception", "receive_timeout_transport_exception"):
                return self.get_task(task_id)
            raise

    def slice_statuses(self, task_id: str) -> list[dict[str, Any]]:
        """Return `status` of every running slice; the task itself counts completed ones."""
        tasks = (task for _, task in self._tasks(parent_task_id=task_id))
        return [task["status"] for task in tasks if task["action"] == REINDEX_ACTION]

    def _tasks(self, **of: str) -> list[tuple[str, dict[str, Any]]]:
        parts = ("action", "cancelled", "headers", "parent_task_id", "status")
        filter_path = ",".join(f"nodes.*.tasks.*.{part}" for part in parts)
        answer = self._request("GET", "/_tasks", {"detailed": "true", "filter_path": filter_path, **of})
        return [item for node in answer.get("nodes", {}).values() for item in node["tasks"].items()]

    def rethrottle(self, task_id: str, requests_per_second: float) -> bool:
        """Change the limit of a running reindex task; False if the task has ended.

        Args:
            task_id: `<node>:<number>`.
            requests_per_second: documents a second for all slices together; -1 means no limit.
        """
        params = {"requests_per_second": f"{requests_per_second:.6g}"}
        path = f"/_reindex/{quote(task_id, safe=':')}/_rethrottle"
        return bool(self._request("POST", path, params).get("nodes"))  # those on which the task runs

    def write_queues(self) -> list[WriteQueue]:
        """Return the queue of write requests of every node."""
        params = {"format": "json", "h": "queue,queue_size,rejected"}
        pools: Any = self._request("GET", "/_cat/thread_pool/write", params)
        return [WriteQueue(*(int(pool[key]) for key in ("queue", "queue_size", "rejected"))) for pool in pools]

    def _search(self, names: Iterable[str], body: Mapping[str, Any], **params: str) -> dict[str, Any]:
        """Search what the shards hold, whatever domain and index add to searches.

        Every search goes through this method. `_count` has none of these parameters.

        Args:
            names: index names.
            body: body of `_search`.
            params: further parameters, such as `preference`.

        Raises:
            TransientOpenSearchError: a shard did not answer, or not in whole.
        """
        names = list(names)
        whole = {**WHOLE_SEARCH, **params}
        try:
            answer = self._request("POST", f"{_path(names)}/_search", {**whole, **NO_SEARCH_PIPELINE}, body=body)
        except OpenSearchRequestError as error:
            # An older engine has no search pipelines. `GET /` does not help: in compatibility mode it names another
            # version.
            if not (error.status == 400 and "unrecognized parameter: [search_pipeline]" in error.reason):
                raise
            answer = self._request("POST", f"{_path(names)}/_search", whole, body=body)
        shown = ", ".join(names)[:200]
        if answer.get("timed_out"):
            raise TransientOpenSearchError(f"a search of {shown} timed out; expected all documents")
        # Of an index that this role may not read, a domain may answer with no shard instead of an error.
        _demand_shards(answer, max(1, answer["_shards"]["total"]), shown)
        return answer

    def _search_preference(self, primaries: bool) -> dict[str, str]:
        # Only an index with segment replication needs this: its replicas may lag behind.
        return {"preference": "_primary"} if primaries and self.engine().has_segment_replication else {}

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
            answer: dict[str, Any] = self._transport.send(method, url, body=body, headers=headers, ignore=ignore)
        except TransientOpenSearchError as error:
            if error.status == 403:
                _connect.cache_clear()  # the next attempt signs with the credentials that the environment has by then
            raise
        failed = answer.get("_shards", {}).get("failures") if isinstance(answer, dict) else None
        if failed:
            cause = document_error(failed[0].get("reason") or {})
            raise TransientOpenSearchError(f"{method} {path[:200]} failed on a shard: {cause}")
        return answer

    def _change(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Send a change, and demand that every node has applied it."""
        if not self._request(method, path, body=body)["acknowledged"]:
            raise TransientOpenSearchError(f"{method} {path[:200]}: not every node has answered in time")

    def _refusal(
        self, method: str, path: str, params: Mapping[str, str] | None = None, *, body: Mapping[str, Any] | None = None
    ) -> OpenSearchRequestError | None:
        """Return the refusal of a forbidden request; None for any other answer."""
        try:
            self._request(method, path, params, body=body)
        except OpenSearchRequestError as error:
            return error if error.is_denied else None
        except TransientOpenSearchError as error:
            _demand_flood_stage(error)
        return None


def _has_no_handler(error: OpenSearchRequestError) -> bool:
    """Tell whether no plugin answers a path."""
    return error.status == 404 or (error.status == 400 and "no handler found" in error.reason)


def _path(names: Iterable[str]) -> str:
    return "/" + ",".join(quote(name, safe="") for name in names)


def _bulk_bytes(node: Mapping[str, Any]) -> int | None:
    """Return the memory for write requests of a node: a tenth of the heap by default."""
    limit = node.get("indexing_pressure", {}).get("memory", {}).get("limit_in_bytes")
    heap = node.get("jvm", {}).get("mem", {}).get("heap_max_in_bytes")
    return limit or (heap // 10 if heap else None)


def _source_bytes(hit: Mapping[str, Any]) -> int:
    return len(json.dumps(hit.get("_source"), ensure_ascii=False).encode())


def _demand_flood_stage(error: TransientOpenSearchError) -> None:
    """Raise an error, unless it is the block of a full disk.

    OpenSearch looks for blocks after permissions, so that such a request is allowed.
    """
    if error.error_type != "cluster_block_exception":
        raise error


def _demand_shards(answer: Mapping[str, Any], asked: int, name: str) -> None:
    """Refuse an answer that lacks shards: its failures omit unassigned ones."""
    successful = answer["_shards"]["successful"]
    if successful != asked:
        raise TransientOpenSearchError(f"only {successful} of {asked} shards of {name} answered")


def _unconfirmed(name: str) -> TransientOpenSearchError:
    return TransientOpenSearchError(f"{name} is not write-blocked on every shard yet")


def _replicas_behind(copies: Sequence[Mapping[str, Any]]) -> int:
    shown: dict[bool, list[dict[str, int]]] = {True: [], False: []}
    for copy in copies:
        segments = copy.get("segments", {}).items()
        # Copies differ in when they drop a segment without documents.
        documents = {key: each["deleted_docs"] for key, each in segments if each["search"] and each["num_docs"]}
        shown[copy["routing"]["primary"]].append(documents)
    return sum(replica not in shown[True] for replica in shown[False])


def _batches(names: Iterable[str], room: int = MAX_NAMES_CHARACTERS) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in dict.fromkeys(names):
        if batch and len(_path([*batch, name])) > min(room, MAX_NAMES_CHARACTERS):
            yield batch
            batch = []
        batch.append(name)
    if batch:
        yield batch
