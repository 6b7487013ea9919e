"""Replicas on a domain with several nodes: they lag behind and take time to build."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import IndexCreationError
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until

STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
SEGMENT_REPLICATION = {"replication": {"type": "SEGMENT"}, "refresh_interval": "30s"}


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[OpenSearchNode]:
    with OpenSearchNode(nodes=2) as running:
        yield running


@pytest.fixture
def cluster(two_nodes: OpenSearchNode) -> Iterator[Domain]:
    domain = Domain(two_nodes.url)
    yield domain
    for path in domain.holdings():
        domain("DELETE", path)


@pytest.fixture
def client(cluster: Domain) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(cluster.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, cluster: Domain) -> Rebuild:
    return Rebuild(client, cluster.url)


def noise() -> str:
    """Return incompressible text, so that a segment takes time to reach the replica."""
    return random.randbytes(1500).hex()


def make_source(cluster: Domain, **settings: Any) -> None:
    shards = {"number_of_shards": 1, "number_of_replicas": 1}
    cluster("PUT", "replicas_v1", {"settings": {**shards, **settings}, "aliases": {"replicas_current": {}}})
    cluster("GET", "_cluster/health/replicas_v1?wait_for_status=green&timeout=30s")


def versions(version: str) -> dict[str, Any]:
    """The same documents in another version."""
    return {str(number): {"version": version, "text": noise()} for number in range(1000)}


def write_version(cluster: Domain, client: OpenSearchClient, version: str) -> None:
    """Write them, and wait until every replica is said to show them."""
    cluster.bulk("replicas_v1", versions(version))
    cluster("POST", "replicas_v1/_refresh")
    wait_until(lambda: client.replicas_behind("replicas_v1") == 0)


@pytest.fixture
def slow_replication(cluster: Domain, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Slow replication down until the module has seen replicas that lag behind."""

    def limit(rate: str | None) -> None:
        cluster("PUT", "_cluster/settings", {"transient": {"indices.replication.max_bytes_per_sec": rate}})

    ask = OpenSearchClient.replicas_behind

    def hurry_once_seen(self: OpenSearchClient, name: str) -> int:
        behind = ask(self, name)
        if behind:
            limit(None)
        return behind

    monkeypatch.setattr(OpenSearchClient, "replicas_behind", hurry_once_seen)
    # The limit in force when a part was asked for holds for the part, however soon it is lifted.
    monkeypatch.setattr("opensearch_reindex.rebuild.guards.REPLICA_POLLS", 400)
    yield lambda: limit("200kb")
    limit(None)


@STRATEGIES
def test_replicas_that_are_behind_hide_no_document_from_the_copy(
    strategy: str, cluster: Domain, rebuild: Rebuild, slow_replication: Callable[[], None]
) -> None:
    make_source(cluster, number_of_shards=4, **SEGMENT_REPLICATION)
    slow_replication()
    documents = {str(number): {"n": number, "text": noise()} for number in range(1500)}
    cluster.bulk("replicas_v1", documents)
    rebuild("replicas_v1", strategy=strategy)
    assert not cluster.exists("replicas_v1")
    assert cluster("GET", "replicas_current/_count?preference=_primary")["count"] == len(documents)


@STRATEGIES
def test_replicas_that_are_behind_bring_no_outdated_document_into_the_copy(
    strategy: str,
    cluster: Domain,
    client: OpenSearchClient,
    rebuild: Rebuild,
    slow_replication: Callable[[], None],
) -> None:
    make_source(cluster, number_of_shards=4, **SEGMENT_REPLICATION)
    write_version(cluster, client, "old")
    slow_replication()
    cluster.bulk("replicas_v1", versions("new"))
    rebuild("replicas_v1", strategy=strategy)
    assert cluster("GET", "replicas_current/_count?preference=_primary&q=version:new")["count"] == 1000


def test_replicas_count_as_up_to_date_when_a_search_finds_every_change(
    cluster: Domain, client: OpenSearchClient
) -> None:
    for _ in range(10):
        make_source(cluster, **SEGMENT_REPLICATION)
        for version in ("old", "new"):
            write_version(cluster, client, version)
            assert cluster("GET", f"replicas_v1/_count?preference=_replica&q=version:{version}")["count"] == 1000
        cluster("DELETE", "replicas_v1")


def test_documents_that_replicas_do_not_show_yet_keep_an_unused_target(
    cluster: Domain, client: OpenSearchClient
) -> None:
    make_source(cluster, **SEGMENT_REPLICATION)
    create_index(client, event("replicas_v1", cluster.url), no_execution_runs)
    cluster("GET", "_cluster/health/replicas_v2?wait_for_status=green&timeout=30s")
    cluster.bulk("replicas_v2", {str(number): {"text": noise()} for number in range(1500)})
    with pytest.raises(IndexCreationError, match="holds documents"):
        create_index(client, event("replicas_v1", cluster.url, settings={"refresh_interval": "5s"}), no_execution_runs)
    assert cluster("GET", "replicas_v2/_count?preference=_primary")["count"] == 1500


def test_the_aliases_move_when_the_replicas_are_built(
    cluster: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)
    make_source(cluster)
    cluster.bulk("replicas_v1", {str(number): {"n": number} for number in range(500)})
    job = rebuild.freeze("replicas_v1", strategy="block_writes")
    cluster("PUT", "_cluster/settings", {"transient": {"cluster.routing.allocation.enable": "primaries"}})
    try:
        waiting = start_reindex(client, job, ENVIRONMENT)
        assert waiting.task.status == "recovering"
    finally:
        cluster("PUT", "_cluster/settings", {"transient": {"cluster.routing.allocation.enable": None}})
    rebuild.finish(rebuild.copy(waiting))
    assert cluster("GET", "_cluster/health/replicas_v2")["status"] == "green"
    assert len(cluster.documents("replicas_current")) == 500
