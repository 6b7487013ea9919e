"""Copies of compressed documents, and of many shards: no more than a node takes."""

from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import CopyStatus
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.endpoint import parse_endpoint
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild

# 120 MB in one batch are more than a node with 1 GB of heap takes in one request.
BODY = "one repeated sentence " * 4600
COMPRESSED = 1200
FEW_SCROLLS = {"persistent": {"search.max_open_scroll_context": 20}}


@pytest.fixture(scope="module")
def own_node() -> Iterator[OpenSearchNode]:
    """A node with a cluster setting of its own."""
    with OpenSearchNode() as running:
        Domain(running.url)("PUT", "_cluster/settings", FEW_SCROLLS)
        yield running


@pytest.fixture
def domain(own_node: OpenSearchNode) -> Iterator[Domain]:
    domain = Domain(own_node.url)
    yield domain
    for path in domain.holdings():
        domain("DELETE", path)


@pytest.fixture
def client(domain: Domain) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(domain.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, domain: Domain) -> Rebuild:
    return Rebuild(client, domain.url)


def fill(domain: Domain, shards: int, documents: int, body: str) -> None:
    settings = {"number_of_shards": shards, "number_of_replicas": 0, "codec": "best_compression"}
    mappings = {"properties": {"body": {"type": "text", "index": False}}}
    aliases = {"sizes_current": {"is_write_index": True}}
    domain("PUT", "sizes_v1", {"settings": settings, "mappings": mappings, "aliases": aliases})
    for start in range(0, documents, 100):
        domain.bulk("sizes_v1", {str(number): {"body": body} for number in range(start, min(start + 100, documents))})
    domain("POST", "sizes_v1/_refresh")


def count(domain: Domain, index: str) -> int:
    domain("POST", f"{index}/_refresh")
    return int(domain("GET", f"{index}/_count")["count"])


def test_a_batch_of_compressed_documents_is_measured(domain: Domain, rebuild: Rebuild) -> None:
    fill(domain, 1, COMPRESSED, BODY)
    job = rebuild.copy(rebuild.freeze("sizes_v1"))
    assert 200 < job.reindex["batch_size"] < 300
    assert job.task.restarts == 0
    rebuild.finish(job)
    assert count(domain, "sizes_current") == COMPRESSED


def test_a_batch_that_the_node_refuses_is_halved_until_it_fits(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    fill(domain, 1, COMPRESSED, BODY)
    job = rebuild.freeze("sizes_v1", reindex={"batch_size": COMPRESSED})
    restarts, gentleness = 0, 0
    while job.task.status != CopyStatus.COMPLETED:
        is_to_start = job.task.status in (None, CopyStatus.LOST)
        job = (start_reindex if is_to_start else check_reindex_status)(client, job, ENVIRONMENT)
        restarts, gentleness = max(restarts, job.task.restarts), max(gentleness, job.task.gentleness)
    assert restarts == gentleness >= 1
    rebuild.finish(job)
    assert count(domain, "sizes_current") == COMPRESSED


def test_many_shards_take_no_more_than_half_of_the_scroll_contexts(domain: Domain, rebuild: Rebuild) -> None:
    fill(domain, 6, 1000, "short")
    job = rebuild.copy(rebuild.freeze("sizes_v1"))
    assert job.reindex["slices"] == 1  # six contexts; two slices would open twelve of twenty
    rebuild.finish(job)
    assert count(domain, "sizes_current") == 1000


def test_documents_are_measured_by_shard_and_place(domain: Domain, client: OpenSearchClient) -> None:
    fill(domain, 2, 50, "x" * 1000)
    found = [client.source_bytes("sizes_v1", 3, shard=shard, from_seq_no=10) for shard in (0, 1)]
    assert [len(sizes) for sizes in found] == [3, 3]
    assert {size for sizes in found for size in sizes} == {len('{"body": ""}') + 1000}
    assert client.source_bytes("sizes_v1", 3, shard=0, from_seq_no=1000) == []


def test_the_limits_of_the_node_are_read(client: OpenSearchClient) -> None:
    limits = client.copy_limits()
    assert limits.bulk_bytes == 1024**3 // 10
    assert (limits.scroll_contexts, limits.longest_scroll) == (20, "24h")
    assert list(limits.open_scroll_contexts.values()) == [0]
