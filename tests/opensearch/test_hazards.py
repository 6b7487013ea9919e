"""Interference of operators, templates, scripts and executions loses no document."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Copy, CopyStatus
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.restart import MAX_FRUITLESS_RESTARTS
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    IndexCreationError,
    ReindexFailedError,
    VerificationError,
)
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs

PREFIX = "hazards"

DOCUMENTS = {str(number): {"n": number} for number in range(100)}


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", "hazards_v1", {"aliases": {"hazards_current": {}}})
    domain.bulk("hazards_v1", DOCUMENTS)


def lift_block(domain: Domain, index: str = "hazards_v1") -> None:
    domain("PUT", f"{index}/_settings", {"index.blocks.write": False})


@pytest.mark.parametrize("written", [{"new": {"n": 0}}, {"5": {"n": -5}}])
@pytest.mark.parametrize("refresh", ["true", "false"])
def test_a_write_to_the_frozen_source_keeps_it(
    domain: Domain, rebuild: Rebuild, written: dict[str, Any], refresh: str
) -> None:
    domain("PUT", "hazards_v1/_settings", {"index.refresh_interval": "-1"})
    job = rebuild.copy(rebuild.freeze("hazards_v1"))
    lift_block(domain)
    for document_id, document in written.items():
        domain("PUT", f"hazards_v1/_doc/{document_id}?refresh={refresh}", document)
    domain("PUT", "hazards_v1/_block/write")
    with pytest.raises(VerificationError, match="written to after it had been frozen"):
        rebuild.finish(job)
    assert domain.documents("hazards_v1") == {**DOCUMENTS, **written}


def test_a_write_to_the_source_after_the_aliases_have_moved_keeps_it(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    job = remove_alias(client, rebuild.copy(rebuild.freeze("hazards_v1")))
    lift_block(domain)
    domain("PUT", "hazards_v1/_doc/new", {"n": 0})
    domain("PUT", "hazards_v1/_block/write")
    with pytest.raises(VerificationError, match="written to after it had been frozen"):
        delete_index(client, job)
    assert domain.documents("hazards_v1") == {**DOCUMENTS, "new": {"n": 0}}


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_write_between_the_proof_and_a_later_attempt_keeps_the_source(
    strategy: str, domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    remove_alias(client, rebuild.copy(rebuild.freeze("hazards_v1", strategy=strategy)))
    lift_block(domain)
    domain("PUT", "hazards_v1/_doc/5", {"n": -5})
    file = event("hazards_v1", domain.url, strategy=strategy)
    again = create_index(client, {**file, "execution_id": "arn:2"}, no_execution_runs)
    frozen = update_aliases(client, again)
    for step in (
        partial(start_reindex, environment=ENVIRONMENT),
        remove_alias,
        delete_index,
    ):
        with pytest.raises(VerificationError, match="written to after it had been frozen"):
            step(client, replace(frozen, task=Copy(status=CopyStatus.COMPLETED)))
    assert domain.documents("hazards_v1")["5"] == {"n": -5}


def test_a_source_that_was_written_to_between_two_attempts_is_not_taken_for_frozen(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    rebuild.copy(rebuild.freeze("hazards_v1"))
    lift_block(domain)
    domain("PUT", "hazards_v1/_doc/5", {"n": -5})
    again = create_index(client, {**event("hazards_v1", domain.url), "execution_id": "arn:2"}, no_execution_runs)
    frozen = update_aliases(client, again)
    with pytest.raises(VerificationError, match="written to after it had been frozen"):
        start_reindex(client, frozen, ENVIRONMENT)
    assert domain.documents("hazards_v1")["5"] == {"n": -5}


def test_a_second_target_of_one_source_is_refused_while_the_first_is_made(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    job = rebuild.freeze("hazards_v1")
    other = event("hazards_v1", domain.url, index_replacement=r"\1_new", alias_name="{{index_base}}_live")
    for execution_id in ("arn:2", job.execution_id):
        with pytest.raises(ConcurrentReindexError, match="has another target index already"):
            create_index(client, {**other, "execution_id": execution_id}, no_execution_runs)
    assert not domain.exists("a_new")
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("hazards_current") == DOCUMENTS


def test_a_half_done_target_is_no_source(domain: Domain, rebuild: Rebuild, client: OpenSearchClient) -> None:
    rebuild.freeze("hazards_v1")
    with pytest.raises(ConcurrentReindexError, match="is the unfinished target index"):
        create_index(client, {**event("hazards_v2", domain.url), "execution_id": "arn:2"}, no_execution_runs)


@pytest.mark.parametrize(("shards", "refused"), [(1, True), (3, True), (4, False), (8, False), (2, False)])
def test_documents_with_custom_routing_are_kept_apart(
    shards: int, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, *, refused: bool
) -> None:
    domain("PUT", "hazards-b_v1", {"settings": {"number_of_shards": 2}, "aliases": {"hazards-b_current": {}}})
    for routing in ("a", "b", "c", "d", "e"):
        domain.bulk("hazards-b_v1", {"same": {"routing": routing}}, routing=routing)
    before = domain("GET", "hazards-b_v1/_count")["count"] if domain("POST", "hazards-b_v1/_refresh") else 0
    assert before > 1
    if refused:
        with pytest.raises(IndexCreationError, match="custom routing"):
            create_index(
                client, event("hazards-b_v1", domain.url, settings={"number_of_shards": shards}), no_execution_runs
            )
        assert not domain.exists("hazards-b_v2")
    else:
        rebuild("hazards-b_v1", settings={"number_of_shards": shards})
        domain("POST", "hazards-b_v2/_refresh")
        assert domain("GET", "hazards-b_v2/_count")["count"] == before


def test_custom_routing_is_found_also_in_documents_that_no_search_sees_yet(
    domain: Domain, client: OpenSearchClient
) -> None:
    domain("PUT", "hazards-b_v1", {"settings": {"number_of_shards": 2, "refresh_interval": "-1"}})
    domain.bulk("hazards-b_v1", {"same": {"n": 0}}, routing="a")
    with pytest.raises(IndexCreationError, match="custom routing"):
        create_index(client, event("hazards-b_v1", domain.url, settings={"number_of_shards": 1}), no_execution_runs)


def test_without_custom_routing_the_shards_are_free(domain: Domain, rebuild: Rebuild) -> None:
    rebuild("hazards_v1", settings={"number_of_shards": 3})
    assert domain.documents("hazards_v2") == DOCUMENTS


def test_pipeline_that_drops_documents_keeps_the_source_despite_new_writes(
    domain: Domain, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It drops documents for so short a time that no check of its definition finds it.
    harmless: list[Any] = [{"set": {"field": "seen", "value": True}}]
    dropping = [{"drop": {"if": "ctx.n != null && ctx.n % 2 == 0"}}]
    domain("PUT", "_ingest/pipeline/hazards-dropping", {"processors": harmless})
    job = rebuild.freeze("hazards_v1", reindex={"pipeline": "hazards-dropping"})
    domain.bulk("hazards_current", {f"w{number}": {"w": number} for number in range(100)})
    domain("PUT", "_ingest/pipeline/hazards-dropping", {"processors": dropping})
    monkeypatch.setattr("opensearch_reindex.rebuild.start_reindex._refuse_unprovable", lambda *_: None)
    copied = rebuild.copy(job)
    domain("PUT", "_ingest/pipeline/hazards-dropping", {"processors": harmless})
    with pytest.raises(VerificationError) as caught:
        rebuild.finish(copied)
    assert "the pipeline dropped 50 documents" in " ".join(caught.value.problems)
    assert domain.documents("hazards_v1") == DOCUMENTS


@pytest.mark.parametrize(
    ("template", "added"),
    [
        ({"settings": {"final_pipeline": "p"}}, "setting final_pipeline"),
        ({"settings": {"default_pipeline": "p"}}, "setting default_pipeline"),
        ({"settings": {"index.blocks.write": True}}, "setting blocks"),
        ({"mappings": {"_source": {"enabled": False}}}, "mapping parameter _source"),
        ({"aliases": {"hazards-live": {"is_write_index": True}}}, "alias hazards-live"),
        (
            {"aliases": {"hazards-live": {}}, "mappings": {"properties": {"z": {"type": "long"}}}},
            "alias hazards-live, field z",
        ),
    ],
)
def test_additions_of_a_template_are_refused_and_the_empty_target_deleted(
    template: dict[str, Any], added: str, domain: Domain, client: OpenSearchClient
) -> None:
    domain("PUT", "_index_template/hazards-sneaky", {"index_patterns": ["hazards_v2"], "template": template})
    for execution_id in ("arn:1", "arn:1", "arn:2"):
        with pytest.raises(IndexCreationError, match=added):
            create_index(client, {**event("hazards_v1", domain.url), "execution_id": execution_id}, no_execution_runs)
        assert not domain.exists("hazards_v2")
    assert domain.documents("hazards_v1") == DOCUMENTS


def test_documents_in_a_target_that_is_not_in_use_yet_are_kept(domain: Domain, client: OpenSearchClient) -> None:
    create_index(client, event("hazards_v1", domain.url, settings={"refresh_interval": "-1"}), no_execution_runs)
    domain("PUT", "hazards_v2/_doc/new", {"n": 0})  # no search sees it yet
    with pytest.raises(IndexCreationError, match="holds documents"):
        create_index(client, event("hazards_v1", domain.url), no_execution_runs)
    assert domain.documents("hazards_v2") == {"new": {"n": 0}}


def test_a_field_that_the_source_got_after_a_dead_attempt_is_in_the_target(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    create_index(client, {**event("hazards_v1", domain.url), "execution_id": "arn:dead"}, no_execution_runs)
    domain("PUT", "hazards_v1/_mapping", {"properties": {"m": {"type": "keyword"}}})
    rebuild("hazards_v1")
    assert domain("GET", "hazards_v2/_mapping")["hazards_v2"]["mappings"]["properties"]["m"] == {"type": "keyword"}


def test_what_writers_delete_after_the_move_stays_deleted(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    first = remove_alias(client, rebuild.copy(rebuild.freeze("hazards_v1")))
    domain("DELETE", "hazards_current/_doc/3")
    second = create_index(client, {**event("hazards_v1", domain.url), "execution_id": "arn:2"}, no_execution_runs)
    way: list[Callable[[OpenSearchClient, Any], Any]] = [
        update_aliases,
        lambda client, job: start_reindex(client, job, ENVIRONMENT),
        remove_alias,
        delete_index,
    ]
    for step in way:
        second = step(client, second)
    assert not domain.exists("hazards_v1")
    assert domain.documents("hazards_current") == {key: each for key, each in DOCUMENTS.items() if key != "3"}
    assert second.source_seq_no == first.source_seq_no


@pytest.mark.parametrize("change", [{"settings": {"refresh_interval": "5s"}}, {"strategy": "block_writes"}])
def test_a_target_in_use_is_refused_with_other_settings_or_another_strategy(
    change: dict[str, Any], domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    rebuild.copy(rebuild.freeze("hazards_v1"))
    changed = {**event("hazards_v1", domain.url, **change), "execution_id": "arn:2"}
    with pytest.raises(IndexCreationError, match="was created with other settings or another strategy"):
        create_index(client, changed, no_execution_runs)
    assert domain.documents("hazards_v2") == domain.documents("hazards_v1") == DOCUMENTS


def test_a_task_that_is_lost_again_and_again_is_given_up(
    domain: Domain, rebuild: Rebuild, client: OpenSearchClient
) -> None:
    job = replace(rebuild.freeze("hazards_v1"), task=Copy(id="gone:1", copy_alias="gone"))
    for restarts in range(1, MAX_FRUITLESS_RESTARTS + 1):
        lost = check_reindex_status(client, job, ENVIRONMENT)
        assert (lost.task.restarts, lost.task.fruitless, lost.task.in_target) == (restarts, restarts, 0)
        job = replace(lost, task=replace(lost.task, status=CopyStatus.RUNNING))
    with pytest.raises(ReindexFailedError, match="ended 11 times in a row without copying a document"):
        check_reindex_status(client, job, ENVIRONMENT)


def test_the_deletion_needs_a_proof(domain: Domain, rebuild: Rebuild, client: OpenSearchClient) -> None:
    job = rebuild.copy(rebuild.freeze("hazards_v1"))
    domain("POST", "_aliases", {"actions": [{"remove": {"index": "hazards_v1", "alias": "hazards_current"}}]})
    with pytest.raises(VerificationError, match="never proven"):
        delete_index(client, job)
    assert domain.documents("hazards_v1") == DOCUMENTS
