"""An index is rebuilt on a real node, and nothing of it is lost on the way."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.markers import owner_alias, source_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.job import CopyStatus
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    IndexCreationError,
    OpenSearchRequestError,
    ReindexFailedError,
    VerificationError,
)
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until

PREFIX = "rebuilt"

ANALYSIS = {"analyzer": {"folded": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]}}}


def numbered(count: int, **fields: Any) -> dict[str, Any]:
    return {str(number): {"n": number, **fields} for number in range(count)}


@pytest.mark.parametrize("twice", [False, True])
def test_an_index_is_rebuilt_behind_its_alias(
    domain: Domain, rebuild: Rebuild, rebuild_twice: Rebuild, *, twice: bool
) -> None:
    body = {
        "settings": {"number_of_shards": 2, "analysis": ANALYSIS, "index.mapping.total_fields.limit": 50},
        "mappings": {
            "_meta": {"team": "search"},
            "dynamic": "false",
            "properties": {"n": {"type": "long"}, "name": {"type": "text", "analyzer": "folded"}},
        },
        "aliases": {"rebuilt_current": {}},
    }
    domain("PUT", "rebuilt_v1", body)
    documents = numbered(3000, name="Žluťoučký kůň", nested={"list": [1, None, {"deep": "ünï"}]}, empty=None)
    domain.bulk("rebuilt_current", documents)

    (rebuild_twice if twice else rebuild)(
        "rebuilt_v1",
        settings={"number_of_shards": 3, "analysis.analyzer.folded.filter": ["lowercase", "asciifolding"]},
        mappings={"properties": {"n": None, "added": {"type": "keyword"}}},
    )

    assert not domain.exists("rebuilt_v1")
    assert domain.documents("rebuilt_current") == documents
    target = domain("GET", "rebuilt_v2")["rebuilt_v2"]
    assert target["aliases"] == {"rebuilt_current": {}}
    settings = target["settings"]["index"]
    assert (settings["number_of_shards"], settings["mapping"]["total_fields"]["limit"]) == ("3", "50")
    assert settings["analysis"]["analyzer"]["folded"]["filter"] == ["lowercase", "asciifolding"]
    mappings = target["mappings"]
    assert mappings["dynamic"] == "false"
    assert sorted(mappings["properties"]) == ["added", "name"]
    assert mappings["_meta"]["team"] == "search"
    assert mappings["_meta"]["opensearch_reindex"]["source_index"] == "rebuilt_v1"
    query = {"query": {"match": {"name": "zlutoucky"}}}
    assert domain("POST", "rebuilt_current/_search", query)["hits"]["total"]["value"] == 3000


def test_an_alias_that_was_not_there_is_made(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(3))
    job = rebuild.freeze("rebuilt_v1")
    info = rebuild.client.get_indices(["rebuilt_v1"])["rebuilt_v1"]
    assert info.aliases == {"rebuilt_current": {"is_write_index": False}}
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("rebuilt_current") == numbered(3)


def test_every_alias_comes_along_with_all_it_has(domain: Domain, rebuild: Rebuild) -> None:
    filtered = {"filter": {"term": {"n": 1}}, "index_routing": "1", "search_routing": "1"}
    aliases = {
        "rebuilt_current": {**filtered, "is_write_index": True},
        "rebuilt-writer": {"is_write_index": True, "is_hidden": True},
        "rebuilt-reader": filtered,
        "implicit": {},
    }
    domain("PUT", "rebuilt_v1", {"aliases": aliases})
    domain("PUT", "rebuilt-other", {"aliases": {"rebuilt-reader": {}}})
    domain.bulk("rebuilt_v1", numbered(3))

    job = rebuild.copy(rebuild.freeze("rebuilt_v1"))
    during = domain("GET", "rebuilt_v2/_alias")["rebuilt_v2"]["aliases"]
    assert during.pop(owner_alias(job.execution_id)) == {"is_hidden": True}
    assert during.pop(source_alias(job.source_uuid)) == {"is_hidden": True, "is_write_index": True}
    assert during.pop(job.task.copy_alias) == {"is_hidden": True}
    written = {name: aliases[name] for name in ("rebuilt_current", "rebuilt-writer")}
    assert during == {**written, "implicit": {"is_write_index": True}}
    # Who reads through the others sees the source index, whole, until the copy is proven.
    assert rebuild.client.get_indices(["rebuilt_v1"])["rebuilt_v1"].aliases.keys() == aliases.keys()

    rebuild.finish(job)
    assert domain("GET", "rebuilt_v2/_alias")["rebuilt_v2"]["aliases"] == aliases
    assert domain("GET", "rebuilt-other/_alias")["rebuilt-other"]["aliases"] == {"rebuilt-reader": {}}


def test_documents_that_no_search_sees_yet_are_copied_too(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"settings": {"refresh_interval": "-1"}})
    job = rebuild.create("rebuilt_v1")  # its trial refreshes the index
    domain.bulk("rebuilt_v1", numbered(500))
    rebuild.finish(rebuild.copy(update_aliases(rebuild.client, job)))
    assert domain.documents("rebuilt_v2") == numbered(500)


def test_documents_that_writers_stored_during_the_copy_stay(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"aliases": {"rebuilt_current": {}}})
    domain.bulk("rebuilt_current", numbered(100))
    job = rebuild.freeze("rebuilt_v1")
    domain.bulk("rebuilt_current", {"7": {"n": -7}, "new": {"n": -1}})
    copied = rebuild.copy(job)
    assert (copied.task.to_dict()["created"], copied.task.to_dict()["version_conflicts"]) == (99, 1)
    rebuild.finish(copied)
    assert domain.documents("rebuilt_current") == {**numbered(100), "7": {"n": -7}, "new": {"n": -1}}


def test_after_the_switch_nothing_can_be_written_to_the_source(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"aliases": {"rebuilt_current": {}}})
    rebuild.freeze("rebuilt_v1")
    assert domain("PUT", "rebuilt_v1/_doc/1", {}, ok=False)["status"] == 403
    assert domain("PUT", "rebuilt_current/_doc/1", {})["_index"] == "rebuilt_v2"


def test_an_index_without_documents_is_rebuilt(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"settings": {"number_of_shards": 3}})
    rebuild("rebuilt_v1")
    assert domain("GET", "rebuilt_current/_count")["count"] == 0
    assert not domain.exists("rebuilt_v1")


def test_custom_routing_is_kept(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"settings": {"number_of_shards": 5}})
    for routing in ("x", "y", "z"):
        domain.bulk("rebuilt_v1", {f"{routing}{number}": {"n": number} for number in range(20)}, routing=routing)
    rebuild("rebuilt_v1")
    assert domain("GET", "rebuilt_v2/_doc/y3?routing=y")["found"]


def test_the_default_pipeline_does_not_run_a_second_time(domain: Domain, rebuild: Rebuild) -> None:
    processors = [{"script": {"source": "ctx.runs = (ctx.runs ?: 0) + 1"}}]
    domain("PUT", "_ingest/pipeline/rebuilt-count-runs", {"processors": processors})
    domain(
        "PUT",
        "rebuilt_v1",
        {"settings": {"default_pipeline": "rebuilt-count-runs"}, "aliases": {"rebuilt_current": {}}},
    )
    domain.bulk("rebuilt_v1", {"1": {}})
    job = rebuild.freeze("rebuilt_v1")
    domain.bulk("rebuilt_current", {"2": {}})
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("rebuilt_v2") == {"1": {"runs": 1}, "2": {"runs": 1}}


def test_a_pipeline_and_a_script_of_the_trigger_file_run(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "_ingest/pipeline/rebuilt-mark", {"processors": [{"set": {"field": "marked", "value": True}}]})
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(10))
    script = {
        "source": "if (ctx._source.n < 4) { ctx.op = 'noop' } else { ctx._source.n += params.by }",
        "params": {"by": 10},
    }
    job = rebuild("rebuilt_v1", reindex={"pipeline": "rebuilt-mark", "script": script, "slices": 2})
    assert (job.task.to_dict()["noops"], job.task.to_dict()["created"]) == (4, 6)
    assert domain.documents("rebuilt_v2") == {str(n): {"n": n + 10, "marked": True} for n in range(4, 10)}


@pytest.mark.usefixtures("past_the_trial")
def test_a_script_that_deletes_keeps_the_source(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(3))
    job = rebuild.copy(rebuild.freeze("rebuilt_v1", reindex={"script": {"source": "ctx.op = 'delete'"}}))
    with pytest.raises(VerificationError) as caught:
        rebuild.finish(job)
    assert "deleted 3" in caught.value.problems[0]
    assert domain.documents("rebuilt_v1") == numbered(3)


def test_a_hidden_sorted_compressed_index_keeps_its_nature(domain: Domain, rebuild: Rebuild) -> None:
    settings = {"hidden": True, "codec": "best_compression", "sort.field": ["n"], "sort.order": ["desc"]}
    domain("PUT", "rebuilt_v1", {"settings": settings, "mappings": {"properties": {"n": {"type": "long"}}}})
    domain.bulk("rebuilt_v1", numbered(10))
    rebuild("rebuilt_v1")
    kept = domain("GET", "rebuilt_v2")["rebuilt_v2"]["settings"]["index"]
    assert (kept["hidden"], kept["codec"], kept["sort"]) == (
        "true",
        "best_compression",
        {"field": ["n"], "order": ["desc"]},
    )


def test_a_source_that_is_to_be_kept_is_left_blocked_and_alone(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"aliases": {"rebuilt_current": {}, "rebuilt-reader": {}}})
    domain.bulk("rebuilt_v1", numbered(10))
    rebuild("rebuilt_v1", keep_source=True)
    assert domain("GET", "rebuilt_v1/_alias")["rebuilt_v1"]["aliases"] == {}
    assert domain("PUT", "rebuilt_v1/_doc/1", {}, ok=False)["status"] == 403
    assert domain.documents("rebuilt_v1") == domain.documents("rebuilt_v2") == numbered(10)


@pytest.mark.usefixtures("past_the_trial")
def test_a_document_that_does_not_fit_fails_the_copy_and_nothing_is_lost(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"aliases": {"rebuilt_current": {}}})
    documents = {**numbered(20), "bad": {"n": "my secret"}}
    domain("PUT", "rebuilt_v1/_mapping", {"properties": {"n": {"type": "keyword"}}})
    domain.bulk("rebuilt_current", documents)
    job = rebuild.freeze("rebuilt_v1", mappings={"properties": {"n": {"type": "long"}}})
    with pytest.raises(ReindexFailedError) as caught:
        rebuild.copy(job)
    problems = " ".join(caught.value.problems)
    assert "mapper_parsing_exception: failed to parse field [n] of type [long]" in problems
    assert "(documents bad)" in problems
    assert "my secret" not in str(caught.value)
    assert domain.documents("rebuilt_v1") == documents


def test_a_batch_is_no_larger_than_the_source_allows(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1", {"settings": {"max_result_window": 100}})
    domain.bulk("rebuilt_v1", numbered(250))
    job = rebuild("rebuilt_v1")
    assert job.reindex["batch_size"] == 100
    domain("PUT", "rebuilt_v2/_settings", {"index.max_result_window": None})  # less than the number of documents
    assert domain.documents("rebuilt_v2") == numbered(250)


def test_a_cancelled_copy_fails_whatever_it_had_done(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    domain("PUT", "rebuilt_v1", {"settings": {"number_of_shards": 2}})
    domain.bulk("rebuilt_v1", numbered(2000))
    job = rebuild.freeze("rebuilt_v1", reindex={"requests_per_second": 10, "batch_size": 10, "slices": 2})
    started = start_reindex(client, job, ENVIRONMENT)
    assert started.task.status == "running"
    domain("POST", f"_tasks/{started.task.id}/_cancel")
    with pytest.raises(ReindexFailedError, match="cancelled"):
        wait_until(lambda: check_reindex_status(client, started, ENVIRONMENT).task.status != "running")
    # The same copy again finds what is there, and completes.
    again = rebuild.copy(replace(job, reindex={"slices": "auto", "batch_size": 1000}))
    assert again.task.to_dict()["version_conflicts"] > 0
    rebuild.finish(again)
    assert domain.documents("rebuilt_v2") == numbered(2000)


def test_a_running_copy_is_not_started_again(domain: Domain, rebuild: Rebuild, client: OpenSearchClient) -> None:
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(2000))
    job = rebuild.freeze("rebuilt_v1", reindex={"requests_per_second": 100, "batch_size": 10, "slices": 1})
    first = start_reindex(client, job, ENVIRONMENT)
    assert start_reindex(client, job, ENVIRONMENT).task.id == first.task.id
    domain("POST", f"_tasks/{first.task.id}/_cancel")
    wait_until(lambda: client.find_reindex_task(str(first.task.copy_alias)) is None)


def test_the_stored_result_of_another_copy_is_not_taken_for_ours(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    domain("PUT", "rebuilt_v1")
    domain("PUT", "rebuilt-b_v1")
    domain.bulk("rebuilt_v1", numbered(10))
    domain.bulk("rebuilt-b_v1", numbered(10))
    other = rebuild.copy(rebuild.freeze("rebuilt-b_v1"))
    job = rebuild.freeze("rebuilt_v1")
    lost = check_reindex_status(client, replace(job, task=replace(other.task, status=CopyStatus.RUNNING)), ENVIRONMENT)
    assert lost.task.status == "lost"
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("rebuilt_v2") == numbered(10)


def test_a_copy_into_a_replaced_index_is_no_proof(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(10))
    job = rebuild.copy(rebuild.freeze("rebuilt_v1"))
    domain("DELETE", "rebuilt_v2")
    domain("PUT", "rebuilt_v2", {"aliases": {"rebuilt_current": {"is_write_index": True}}})
    domain.bulk("rebuilt_v2", numbered(10))
    with pytest.raises(VerificationError, match="created again during the run"):
        rebuild.finish(job)
    assert domain.documents("rebuilt_v1") == numbered(10)


def test_a_document_that_went_missing_from_the_target_keeps_the_source(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "rebuilt_v1")
    domain.bulk("rebuilt_v1", numbered(10))
    job = rebuild.copy(rebuild.freeze("rebuilt_v1"))
    domain("DELETE", "rebuilt_v2/_doc/3")
    with pytest.raises(VerificationError) as caught:
        rebuild.finish(job)
    assert "the target index has 9 documents; expected at least 10" in caught.value.problems[0]
    assert domain.documents("rebuilt_v1") == numbered(10)


def test_a_foreign_target_is_left_alone(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "rebuilt_v1")
    domain("PUT", "rebuilt_v2", {"aliases": {"rebuilt-theirs": {}}})
    before = domain.state()
    with pytest.raises(IndexCreationError, match="was not created from this source index"):
        create_index(client, event("rebuilt_v1", domain.url), no_execution_runs)
    assert domain.state() == before


def test_a_setting_that_the_domain_refuses_changes_nothing(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "rebuilt_v1")
    before = domain.state()
    with pytest.raises(OpenSearchRequestError, match=r"unknown setting \[index.nosuch\]"):
        create_index(client, event("rebuilt_v1", domain.url, settings={"nosuch": 1}), no_execution_runs)
    assert domain.state() == before
