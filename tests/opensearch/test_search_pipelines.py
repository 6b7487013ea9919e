"""No search pipeline hides a document from a copy, or from a count that proves it.

On the newest engine, with processors of every kind that it has without further plugins.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import IndexCreationError, VerificationError
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs

PREFIX = "piped"
DOCUMENTS = {str(number): {"visible": number < 60, "words": "a b"} for number in range(100)}
SETTING = "index.search.default_pipeline"
VISIBLE = {"filter_query": {"query": {"term": {"visible": True}}}}
PIPELINES: dict[str, dict[str, Any]] = {
    "hides": {"request_processors": [VISIBLE]},
    "cuts": {"response_processors": [{"truncate_hits": {"target_size": 3}}]},
    "ends early": {"request_processors": [{"script": {"source": "ctx._source['terminate_after'] = 1"}}]},
    "renames": {"response_processors": [{"rename_field": {"field": "visible", "target_field": "shown"}}]},
    "splits": {"response_processors": [{"split": {"field": "words", "separator": " "}}]},
    "does nothing": {"request_processors": []},
    "fails": {"request_processors": [{"script": {"source": "throw new RuntimeException('no')"}}]},
}
STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])


@pytest.fixture(scope="module")
def node() -> Iterator[OpenSearchNode]:
    with OpenSearchNode(version="3.8") as running:
        yield running


@pytest.fixture
def client(node: OpenSearchNode) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(node.url), Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, node: OpenSearchNode) -> Rebuild:
    return Rebuild(client, node.url)


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", "piped_v1", {"settings": {"number_of_shards": 2}, "aliases": {"piped_current": {}}})
    domain.bulk("piped_v1", DOCUMENTS)
    domain("POST", "piped_v1/_refresh")


@pytest.fixture
def pipeline(domain: Domain) -> Iterator[str]:
    """A pipeline that the test may put in force, and that hides documents."""
    domain("PUT", "_search/pipeline/piped", PIPELINES["hides"])
    yield "piped"
    for path in ("piped_v1", "piped_v2"):
        if domain.exists(path):
            set_pipeline(domain, path, None)
    domain("DELETE", "_search/pipeline/piped")


def set_pipeline(domain: Domain, index: str, name: str | None) -> None:
    domain("PUT", f"{index}/_settings", {SETTING: name})


def stored(domain: Domain, index: str) -> dict[str, Any]:
    hits = domain("POST", f"{index}/_search?search_pipeline=_none&size=1000")["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


@pytest.mark.parametrize("name", [*PIPELINES, "missing"])
def test_a_source_with_a_search_pipeline_is_counted_in_whole_and_refused(
    name: str, domain: Domain, client: OpenSearchClient, pipeline: str
) -> None:
    domain("PUT", f"_search/pipeline/{pipeline}", PIPELINES.get(name, {}))
    set_pipeline(domain, "piped_v1", pipeline if name in PIPELINES else "nowhere")
    domain("PUT", "piped_v1/_doc/routed?routing=x&refresh=true", {"visible": False})

    assert client.count("piped_v1") == 101
    assert client.has_routed_documents("piped_v1")
    with pytest.raises(IndexCreationError, match="which changes what a copy reads; expected none") as caught:
        create_index(client, event("piped_v1", domain.url), no_execution_runs)
    assert f'PUT /piped_v1/_settings with {{"{SETTING}": null}}' in caught.value.next_step
    assert not domain.exists("piped_v2")


@STRATEGIES
def test_a_search_pipeline_that_comes_before_the_freeze_moves_no_writers(
    strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, pipeline: str
) -> None:
    job = rebuild.create("piped_v1", strategy=strategy)
    set_pipeline(domain, "piped_v1", pipeline)
    with pytest.raises(VerificationError, match="has search pipeline 'piped'"):
        update_aliases(client, job)
    domain("PUT", "piped_current/_doc/new", {})  # to the source
    assert list(domain("GET", "_alias/piped_current")) == ["piped_v1"]


@STRATEGIES
def test_a_search_pipeline_that_comes_before_the_copy_starts_no_copy(
    strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, pipeline: str
) -> None:
    job = rebuild.freeze("piped_v1", strategy=strategy)
    set_pipeline(domain, "piped_v1", pipeline)
    with pytest.raises(VerificationError, match="has search pipeline 'piped'"):
        start_reindex(client, job, ENVIRONMENT)
    set_pipeline(domain, "piped_v1", None)
    rebuild("piped_v1", strategy=strategy)
    assert stored(domain, "piped_current") == DOCUMENTS


@STRATEGIES
def test_a_search_pipeline_that_comes_during_the_copy_keeps_the_source(
    strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, pipeline: str
) -> None:
    job = rebuild.copy(rebuild.freeze("piped_v1", strategy=strategy))
    set_pipeline(domain, "piped_v1", pipeline)
    with pytest.raises(VerificationError) as caught:
        remove_alias(client, job)
    assert "has search pipeline 'piped'" in caught.value.problems[0]
    set_pipeline(domain, "piped_v1", None)
    # Documents that were read through the pipeline are not proven later either.
    with pytest.raises(VerificationError, match="not proven"):
        remove_alias(client, job)
    assert stored(domain, "piped_v1") == DOCUMENTS
    if strategy == "block_writes":
        rebuild("piped_v1", strategy=strategy)
        assert stored(domain, "piped_current") == DOCUMENTS


@STRATEGIES
def test_the_target_gets_a_requested_search_pipeline_and_every_document(
    strategy: str, domain: Domain, rebuild: Rebuild, pipeline: str
) -> None:
    rebuild("piped_v1", strategy=strategy, settings={"search.default_pipeline": pipeline})
    assert stored(domain, "piped_current") == DOCUMENTS
    assert domain("GET", "piped_current/_count")["count"] == 60  # what its readers want
    assert not domain.exists("piped_v1")


@STRATEGIES
def test_a_search_pipeline_of_a_template_is_refused_and_one_of_the_file_is_not(
    strategy: str, domain: Domain, rebuild: Rebuild, pipeline: str
) -> None:
    settings = {"search.default_pipeline": pipeline}
    template = {"index_patterns": ["piped_v2"], "template": {"settings": settings}}
    domain("PUT", "_index_template/piped-readers", template)
    with pytest.raises(IndexCreationError, match=r"what was not requested: setting search\.default_pipeline"):
        rebuild.create("piped_v1", strategy=strategy)
    assert not domain.exists("piped_v2")
    domain("PUT", "piped_current/_doc/new?refresh=true", {})  # to the source
    rebuild("piped_v1", strategy=strategy, settings=settings)
    assert stored(domain, "piped_current") == {**DOCUMENTS, "new": {}}
