"""Version conflicts prove nothing where documents of different routings meet."""

from functools import partial
from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.release_source import release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import IndexCreationError, VerificationError
from support.domain import Domain
from support.rebuild import ENVIRONMENT, EXECUTION, Rebuild, no_execution_runs

PREFIX = "routed"
STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
DOCUMENTS = {str(number): {"n": number} for number in range(100)}
ONE_SHARD = {"number_of_shards": 1}
ROUTINGS = ("a", "b", "c", "d", "e")


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", "routed_v1", {"settings": {"number_of_shards": 2}, "aliases": {"routed_current": {}}})
    domain.bulk("routed_v1", DOCUMENTS)


def add_routed(domain: Domain) -> int:
    """Store documents of one id under different routings; return how many are kept."""
    for routing in ROUTINGS:
        domain("PUT", f"routed_current/_doc/same?routing={routing}&refresh=true", {"routing": routing})
    return int(domain("GET", "routed_current/_count?q=_id:same")["count"])


def write_as_application(domain: Domain) -> None:
    """Add new documents through the alias, which make up for missing ones in a count."""
    domain.bulk("routed_current", {f"new-{number}": {} for number in range(50)})


def test_routed_documents_that_come_before_the_freeze_start_no_copy(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    created = rebuild.create("routed_v1", settings=ONE_SHARD)
    assert add_routed(domain) == 2
    job = update_aliases(client, created)
    write_as_application(domain)
    with pytest.raises(VerificationError, match="'routed_v1' has documents with custom routing"):
        start_reindex(client, job, ENVIRONMENT)
    assert domain("GET", "routed_v1/_count")["count"] == len(DOCUMENTS) + 2


@pytest.mark.parametrize("when", ["before the copy", "after the copy"])
def test_a_conflict_with_a_routed_document_of_a_writer_proves_nothing(
    when: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.freeze("routed_v1", settings=ONE_SHARD)
    if when == "after the copy":
        job = rebuild.copy(job)
    # Another document than "5" of the source index, in which routing had another shard.
    domain("PUT", "routed_current/_doc/5?routing=a&refresh=true", {"other": True})
    write_as_application(domain)
    goes_on = remove_alias if when == "after the copy" else partial(start_reindex, environment=ENVIRONMENT)
    with pytest.raises(VerificationError, match="with custom routing, which came during the run"):
        goes_on(client, job)
    assert domain.documents("routed_v1") == DOCUMENTS


@STRATEGIES
@pytest.mark.parametrize("shards", [2, 4])
def test_routed_documents_that_stay_apart_are_rebuilt_under_live_writers(
    shards: int, strategy: str, domain: Domain, rebuild: Rebuild
) -> None:
    kept = add_routed(domain)
    job = rebuild.freeze("routed_v1", strategy=strategy, settings={"number_of_shards": shards})
    if strategy == "redirect_writes":
        domain("PUT", "routed_current/_doc/same?routing=e&refresh=true", {"newer": True})
        domain("PUT", "routed_current/_doc/5?refresh=true", {"n": -5})
    rebuild.finish(rebuild.copy(job))
    domain("POST", "routed_v2/_refresh")
    assert domain("GET", "routed_v2/_count?q=_id:same")["count"] == kept
    assert domain("GET", "routed_v2/_count")["count"] == len(DOCUMENTS) + kept
    if strategy == "redirect_writes":
        assert domain("GET", "routed_v2/_doc/same?routing=e")["_source"] == {"newer": True}
        assert domain("GET", "routed_v2/_doc/5")["_source"] == {"n": -5}


def test_routed_documents_that_meet_in_one_shard_fail_the_proof_unharmed(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.create("routed_v1", strategy="block_writes", settings=ONE_SHARD)
    assert add_routed(domain) == 2
    before = domain.documents("routed_v1")
    aliases = domain("GET", "routed_v1/_alias/routed_current")
    copied = rebuild.copy(update_aliases(client, job))
    assert copied.task.counters is not None
    assert copied.task.counters.version_conflicts == 1
    with pytest.raises(VerificationError) as caught:
        remove_alias(client, copied)
    assert "met in one shard (1 instead of 2): the target index has 101 documents" in caught.value.problems[-1]
    release_source(client, EXECUTION, "routed_v1", no_execution_runs, job.source_uuid)
    # Nothing is lost, and writers go on.
    assert domain.documents("routed_v1") == before
    assert domain("GET", "routed_v1/_alias/routed_current") == aliases
    domain("PUT", "routed_current/_doc/new?refresh=true", {})
    # By now the trial finds it. A file that keeps the documents apart passes.
    with pytest.raises(IndexCreationError, match="got the id of another document, or have it under another routing"):
        rebuild.create("routed_v1", strategy="block_writes", settings=ONE_SHARD)
    assert domain("PUT", "routed_current/_doc/new?refresh=true", {})["_index"] == "routed_v1"
    rebuild("routed_v1", strategy="block_writes")
    domain("POST", "routed_v2/_refresh")
    assert domain("GET", "routed_v2/_count?q=_id:same")["count"] == 2
    assert domain("GET", "routed_v2/_count")["count"] == len(DOCUMENTS) + 3


def add_family(domain: Domain, number: int) -> None:
    """Store parents and their children, each family with one routing."""
    for parent in range(number):
        where = f"routing=p{parent}"
        domain("PUT", f"routed_v1/_doc/p{parent}?{where}", {"n": parent, "kind": "parent"})
        domain("PUT", f"routed_v1/_doc/c{parent}?{where}", {"kind": {"name": "child", "parent": f"p{parent}"}})
    domain("POST", "routed_v1/_refresh")


@pytest.mark.parametrize("is_interrupted", [False, True])
@pytest.mark.parametrize("mappings", ["join", "required routing"])
def test_routed_documents_that_do_not_meet_are_rebuilt_with_fewer_shards(
    mappings: str, is_interrupted: bool, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    domain("DELETE", "routed_v1")
    join = {"properties": {"kind": {"type": "join", "relations": {"parent": "child"}}}}
    routing = {"_routing": {"required": True}, "properties": {"kind": {"type": "object", "enabled": False}}}
    body = {"settings": {"number_of_shards": 3}, "mappings": join if mappings == "join" else routing}
    domain("PUT", "routed_v1", {**body, "aliases": {"routed_current": {}}})
    add_family(domain, 40)
    changes: dict[str, Any] = {"strategy": "block_writes", "settings": {"number_of_shards": 2}}
    job = rebuild.freeze("routed_v1", **changes)
    if is_interrupted:
        # Half of the documents are there, and the copy starts again.
        aliases = domain("GET", "routed_v2/_alias")["routed_v2"]["aliases"]
        (target,) = (alias for alias in aliases if "-Copy~" in alias)
        half = {"source": {"index": "routed_v1"}, "dest": {"index": target, "op_type": "create"}, "max_docs": 40}
        assert domain("POST", "_reindex?refresh=true", half)["created"] == 40
    rebuild.finish(rebuild.copy(job))
    assert not domain.exists("routed_v1")
    domain("POST", "routed_v2/_refresh")
    assert domain("GET", "routed_v2/_count")["count"] == 80
    assert domain("GET", "routed_v2/_doc/c7?routing=p7")["found"]
    if mappings == "join":
        found = domain("GET", "routed_v2/_search", {"query": {"parent_id": {"type": "child", "id": "p7"}}})
        assert [hit["_id"] for hit in found["hits"]["hits"]] == ["c7"]


def test_without_routing_conflicts_with_writers_are_copied_documents(domain: Domain, rebuild: Rebuild) -> None:
    job = rebuild.freeze("routed_v1", settings=ONE_SHARD)
    domain("PUT", "routed_current/_doc/5?refresh=true", {"n": -5})
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("routed_current") == {**DOCUMENTS, "5": {"n": -5}}
