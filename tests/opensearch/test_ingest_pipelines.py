"""Which ingest processors move documents, and which pipelines run on a copy."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests

from opensearch_reindex.index.ingest_pipelines import pipeline_problems
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.errors import IndexCreationError, VerificationError
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.processors import ACCEPTED, DOCUMENT, MOVING, Processor
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs

PREFIX = "processed"
STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
# An id from a document, of which two documents have the same.
SETS_ID = {"processors": [{"set": {"field": "_id", "value": "{{k}}"}}]}
HARMLESS = {"processors": [{"set": {"field": "seen", "value": True}}]}
# Id and routing of the documents that every processor gets.
COPIED = {("one", "to"), ("two", None)}
IN_NO_OTHER = ("acl_routing", "hierarchical_routing", "split_to_fields", "temporal_routing")
DOCUMENTS = {str(number): {"k": number % 5} for number in range(10)}


@pytest.fixture(scope="module")
def newest_node() -> Iterator[OpenSearchNode]:
    with OpenSearchNode(version="3.8") as running:
        yield running


@pytest.fixture(params=["2.19", "3.8"])
def engine(request: pytest.FixtureRequest) -> Iterator[Domain]:
    node = request.getfixturevalue("node" if request.param == "2.19" else "newest_node")
    domain = Domain(node.url)
    yield domain
    for path in domain.holdings(PREFIX):
        domain("DELETE", path)


def copied(domain: Domain, processors: list[Processor]) -> dict[str, set[tuple[str, str | None]]]:
    """Store two documents through each processor that the engine has.

    A bulk request with pipelines is what `_reindex` sends.

    Returns:
        Id and routing of each processor's own documents that are in the index afterwards.
    """
    index = {"settings": {"number_of_shards": 1}, "mappings": {"dynamic": False}}
    domain("PUT", "processed_v2", index)
    lines: list[Any] = []
    known = {}
    for number, processor in enumerate(processors):
        pipeline = f"processed-{number}"
        answer = domain("PUT", f"_ingest/pipeline/{pipeline}", {"processors": [processor]}, ok=False)
        if "error" in answer:
            assert "No processor type exists with name" in answer["error"]["reason"], answer
            assert set(processor) <= set(IN_NO_OTHER), processor
            continue
        known[f"{number}-"] = str(processor)
        for start, routing in (("one", {"routing": "to"}), ("two", {})):
            action = {"_index": "processed_v2", "_id": f"{number}-{start}", "pipeline": pipeline, **routing}
            lines += [{"create": action}, DOCUMENT]
    data = "".join(f"{json.dumps(line)}\n" for line in lines)
    requests.post(
        f"{domain.url}/_bulk?refresh=true", data, headers={"content-type": "application/x-ndjson"}, timeout=60
    )
    hits = domain("GET", "processed_v2/_search?size=1000")["hits"]["hits"]
    found = {(hit["_id"], hit.get("_routing")) for hit in hits}
    return {
        processor: {(name.removeprefix(start), routing) for name, routing in found if name.startswith(start)}
        for start, processor in known.items()
    }


def test_every_example_of_what_is_refused_moves_documents(engine: Domain) -> None:
    assert [processor for processor, found in copied(engine, MOVING).items() if found == COPIED] == []


def test_no_example_of_what_is_accepted_moves_a_document(engine: Domain) -> None:
    assert {processor: found for processor, found in copied(engine, ACCEPTED).items() if found != COPIED} == {}


def test_every_processor_of_the_engine_was_decided(engine: Domain) -> None:
    (node,) = engine("GET", "_nodes/ingest")["nodes"].values()
    kinds = [processor["type"] for processor in node["ingest"]["processors"]]
    assert len(kinds) > 30
    for kind in kinds:
        assert "does not know" not in str(pipeline_problems({"processors": [{kind: {"field": "a"}}]})), kind


def test_only_its_own_and_the_final_pipeline_run_on_a_copy(engine: Domain) -> None:
    for name in ("default", "final", "own"):
        processors = [{"append": {"field": "ran", "value": name}}]
        engine("PUT", f"_ingest/pipeline/processed-{name}", {"processors": processors})
    settings = {"default_pipeline": "processed-default", "final_pipeline": "processed-final"}
    engine("PUT", "processed_v1/_doc/1?refresh=true", {})
    engine("PUT", "processed_v2", {"settings": settings, "aliases": {"processed_copy": {}}})
    for own, ran in (("_none", ["final"]), ("processed-own", ["own", "final"])):
        body = {"source": {"index": "processed_v1"}, "dest": {"index": "processed_copy", "pipeline": own}}
        engine("POST", "_reindex?refresh=true&require_alias=true", body)
        assert engine("GET", "processed_v2/_doc/1")["_source"]["ran"] == ran
    engine("DELETE", "processed_v2")  # a pipeline in use cannot be deleted


@pytest.fixture
def source(domain: Domain) -> None:
    domain("PUT", "_ingest/pipeline/processed-ids", SETS_ID)
    domain("PUT", "_ingest/pipeline/processed-seen", HARMLESS)
    domain("PUT", "processed_v1", {"aliases": {"processed_current": {}}})
    domain.bulk("processed_v1", DOCUMENTS)


@pytest.mark.usefixtures("source")
@STRATEGIES
@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"final_pipeline": "processed-ids"}, "settings.final_pipeline: 'processed-ids' must not set _id"),
        ({"final_pipeline": "nowhere"}, "settings.final_pipeline: 'nowhere' does not exist"),
        ({"default_pipeline": "nowhere"}, "settings.default_pipeline: 'nowhere' does not exist"),
    ],
)
def test_a_pipeline_that_would_spoil_the_target_is_refused_before_its_creation(
    settings: dict[str, Any], problem: str, strategy: str, domain: Domain, client: OpenSearchClient
) -> None:
    with pytest.raises(IndexCreationError) as caught:
        create_index(client, event("processed_v1", domain.url, strategy=strategy, settings=settings), no_execution_runs)
    assert problem in caught.value.problems[0]
    assert not domain.exists("processed_v2")


@pytest.mark.usefixtures("source")
@STRATEGIES
@pytest.mark.parametrize("how", ["changed", "deleted", "put in force"])
@pytest.mark.parametrize("when", ["before the copy", "during the copy"])
def test_a_pipeline_that_changes_during_the_run_keeps_the_source(
    how: str, when: str, strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    reindex = {} if how == "put in force" else {"pipeline": "processed-seen"}
    job = rebuild.freeze("processed_v1", strategy=strategy, reindex=reindex)
    if when == "during the copy":
        job = rebuild.copy(job)
    if how == "changed":
        domain("PUT", "_ingest/pipeline/processed-seen", SETS_ID)
    elif how == "deleted":
        domain("DELETE", "_ingest/pipeline/processed-seen")
    else:
        domain("PUT", "processed_v2/_settings", {"index.final_pipeline": "processed-ids"})
    goes_on = remove_alias if when == "during the copy" else partial(start_reindex, environment=ENVIRONMENT)
    with pytest.raises(VerificationError) as caught:
        goes_on(client, job)
    assert ("does not exist" if how == "deleted" else "must not set _id") in caught.value.problems[0]
    assert domain.documents("processed_v1") == DOCUMENTS


@pytest.mark.usefixtures("source")
@STRATEGIES
def test_an_allowed_final_pipeline_of_the_file_runs_on_copied_documents(
    strategy: str, domain: Domain, rebuild: Rebuild
) -> None:
    rebuild("processed_v1", strategy=strategy, settings={"final_pipeline": "processed-seen"})
    assert domain.documents("processed_current") == {key: {**each, "seen": True} for key, each in DOCUMENTS.items()}
