"""Sources that are special, and are rebuilt on every engine that has them."""

from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.release_source import release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import IndexCreationError, VerificationError
from support.domain import Domain
from support.rebuild import EXECUTION, Rebuild, event, no_execution_runs

SOURCE, TARGET, ALIAS = "engine_v1", "engine_v2", "engine_current"
JOIN = {"properties": {"kind": {"type": "join", "relations": {"parent": "child"}}}}
DERIVED = {"properties": {"n": {"type": "integer"}, "k": {"type": "keyword"}}}
STAR_TREE = {
    "composite": {
        "star": {
            "type": "star_tree",
            "config": {
                "ordered_dimensions": [{"name": "a"}, {"name": "b"}],
                "metrics": [{"name": "n", "stats": ["sum"]}],
            },
        }
    },
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "n": {"type": "integer"}},
}
BLOCKED: dict[str, Any] = {"strategy": "block_writes", "settings": {"number_of_shards": 1}}


def make_source(domain: Domain, mappings: dict[str, Any], **settings: Any) -> None:
    body = {"settings": {"number_of_shards": 2, "number_of_replicas": 0, **settings}, "mappings": mappings}
    domain("PUT", SOURCE, {**body, "aliases": {ALIAS: {"is_write_index": True}}})


def test_join(domain: Domain, rebuild: Rebuild) -> None:
    """A join field comes to fewer shards with block_writes."""
    make_source(domain, JOIN)
    for number in range(20):
        routing = f"routing=p{number}"
        domain("PUT", f"{SOURCE}/_doc/p{number}?{routing}", {"kind": "parent"})
        domain("PUT", f"{SOURCE}/_doc/c{number}?{routing}", {"kind": {"name": "child", "parent": f"p{number}"}})
    rebuild(SOURCE, **BLOCKED)
    domain("POST", f"{TARGET}/_refresh")
    assert domain("GET", f"{TARGET}/_count")["count"] == 40
    found = domain("GET", f"{ALIAS}/_search", {"query": {"parent_id": {"type": "child", "id": "p7"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["c7"]


def test_routing(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    """Documents of one id that meet in fewer shards fail the proof unharmed."""
    make_source(domain, {})
    job = rebuild.create(SOURCE, **BLOCKED)
    for routing in "abcde":
        domain("PUT", f"{ALIAS}/_doc/same?routing={routing}", {"routing": routing})
    with pytest.raises(VerificationError, match="met in one shard"):
        remove_alias(client, rebuild.copy(update_aliases(client, job)))
    release_source(client, EXECUTION, SOURCE, no_execution_runs, job.source_uuid)
    assert domain("PUT", f"{ALIAS}/_doc/new?refresh=true", {})["_index"] == SOURCE
    assert domain("GET", f"{ALIAS}/_count")["count"] == 3
    with pytest.raises(IndexCreationError, match="documents with custom routing"):
        create_index(client, event(SOURCE, domain.url, settings=BLOCKED["settings"]), no_execution_runs)
    rebuild(SOURCE, strategy="block_writes")
    assert domain("GET", f"{ALIAS}/_count")["count"] == 3


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
@pytest.mark.parametrize(
    ("settings", "mappings"),
    [
        ({"append_only.enabled": True}, {}),
        ({"append_only.enabled": True, "composite_index": True}, STAR_TREE),
        ({"derived_source.enabled": True}, DERIVED),
    ],
    ids=["append-only", "star tree", "derived source"],
)
def test_special_storage(
    settings: dict[str, Any],
    mappings: dict[str, Any],
    strategy: str,
    domain: Domain,
    client: OpenSearchClient,
    rebuild: Rebuild,
) -> None:
    """Append-only indices, star trees and derived source (from 3.2 on)."""
    if client.engine() < Engine(True, 3, 2):
        return
    make_source(domain, mappings, **settings)
    for number in range(20):
        domain("POST", f"{SOURCE}/_doc", {"n": number, "a": 1, "b": 2, "k": ["z", "a", "a"]})
    domain("POST", f"{SOURCE}/_refresh")
    before = domain.documents(SOURCE)
    job = rebuild.freeze(SOURCE, strategy=strategy)
    if strategy == "redirect_writes":
        domain("POST", f"{ALIAS}/_doc", {"n": -1})
    rebuild.finish(rebuild.copy(job))
    domain("POST", f"{TARGET}/_refresh")
    after = domain.documents(TARGET)
    assert {name: after[name] for name in before} == before
    assert len(after) == 20 + (strategy == "redirect_writes")
