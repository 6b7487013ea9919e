"""One execution owns an index; after its end, another one takes over and finishes."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import Markers, owner_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    IndexCreationError,
    OpenSearchRequestError,
    ReindexError,
    TransientOpenSearchError,
)
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs

PREFIX = "owned"

RACERS = 20
OWNER = re.compile(r":opensearch-reindex-dev:\d+")


def execution(number: int) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:opensearch-reindex-dev:{number}"


def create(client: OpenSearchClient, url: str, number: int, is_running: Callable[[str], bool], **changes: Any) -> Job:
    return create_index(client, {**event("owned_v1", url, **changes), "execution_id": execution(number)}, is_running)


def race(attempt: Callable[[int], Job]) -> tuple[list[Job], list[ReindexError]]:
    """Let twenty start at once, and again after a passing fault; return the outcome."""
    barrier = Barrier(RACERS)
    won: list[Job] = []
    lost: list[ReindexError] = []

    def run(number: int) -> None:
        barrier.wait()
        while True:
            try:
                won.append(attempt(number))
            except TransientOpenSearchError:  # which the state machine tries again
                continue
            except ReindexError as error:
                lost.append(error)
            return

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(run, range(RACERS)))
    return won, lost


@pytest.fixture
def source(domain: Domain) -> dict[str, Any]:
    documents = {str(number): {"n": number} for number in range(100)}
    domain("PUT", "owned_v1", {"aliases": {"owned_current": {}}})
    domain.bulk("owned_v1", documents)
    return documents


@pytest.mark.usefixtures("source")
def test_of_twenty_that_start_together_one_owns_the_index(domain: Domain, client: OpenSearchClient) -> None:
    won, lost = race(lambda number: create(client, domain.url, number, lambda _: True))
    assert len(won) == 1
    assert {type(error) for error in lost} == {ConcurrentReindexError}
    # After its trial, the first may be overtaken by another. So the owner that an error names is not always the last.
    assert all(OWNER.search(error.reason) for error in lost)
    aliases = domain("GET", "owned_v2/_alias")["owned_v2"]["aliases"]
    assert Markers.read(aliases).owner == won[0].execution_id


@pytest.mark.usefixtures("source")
def test_a_target_that_another_run_deletes_during_the_step_is_a_passing_fault(
    domain: Domain, client: OpenSearchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(client, domain.url, 1, no_execution_runs)
    get_indices = client.get_indices

    def found_and_then_deleted(names: list[str], parts: str = "*") -> dict[str, IndexInfo]:
        if names == ["owned_v2"]:
            domain("DELETE", "owned_v2")
        return get_indices(names, parts=parts)

    monkeypatch.setattr(client, "get_indices", found_and_then_deleted)
    with pytest.raises(TransientOpenSearchError, match="deleted during the step"):
        create(client, domain.url, 1, no_execution_runs)
    monkeypatch.undo()
    assert create(client, domain.url, 1, no_execution_runs).execution_id == execution(1)


@pytest.mark.usefixtures("source")
def test_of_twenty_that_take_over_together_one_owns_the_index(domain: Domain, client: OpenSearchClient) -> None:
    create(client, domain.url, 99, no_execution_runs)
    all_found_it_dead = Barrier(RACERS)

    def is_running(owner: str) -> bool:
        if owner == execution(99):
            all_found_it_dead.wait()
        return owner != execution(99)

    won, lost = race(lambda number: create(client, domain.url, number, is_running))
    assert len(won) == 1
    assert {type(error) for error in lost} == {ConcurrentReindexError}
    aliases = domain("GET", "owned_v2/_alias")["owned_v2"]["aliases"]
    assert Markers.read(aliases).owner == won[0].execution_id


@pytest.mark.parametrize("done", range(5))
def test_what_an_execution_left_half_done_the_next_one_finishes(
    done: int, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, source: dict[str, Any]
) -> None:
    way: list[Callable[[Job], Job]] = [
        lambda job: job,
        lambda job: update_aliases(client, job),
        rebuild.copy,
        lambda job: remove_alias(client, job),
    ]
    job = create(client, domain.url, 1, no_execution_runs)
    for step in way[:done]:
        job = step(job)
    second = create(client, domain.url, 2, no_execution_runs)
    domain.bulk("owned_current", {"during": {"n": -1}})
    for step in way[1:]:
        second = step(second)
    delete_index(client, second)
    assert not domain.exists("owned_v1")
    target = domain("GET", "owned_v2/_alias")["owned_v2"]["aliases"]
    assert target == {"owned_current": {}}
    # Written to the source index by the first two, in which writes still went there, and copied.
    assert domain.documents("owned_current") == {**source, "during": {"n": -1}}


@pytest.mark.usefixtures("source")
def test_an_execution_that_was_taken_for_dead_can_do_no_more(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    first = rebuild.copy(update_aliases(client, create(client, domain.url, 1, no_execution_runs)))
    create(client, domain.url, 2, no_execution_runs)
    before = domain.state()
    for step in (update_aliases, remove_alias, delete_index):
        with pytest.raises(ConcurrentReindexError):
            step(client, first)
    with pytest.raises(ConcurrentReindexError):
        start_reindex(client, first, ENVIRONMENT)
    assert domain.state() == before


@pytest.mark.usefixtures("source")
def test_the_source_stays_when_the_ownership_is_lost_at_the_very_end(domain: Domain, client: OpenSearchClient) -> None:
    create(client, domain.url, 1, no_execution_runs)
    lost: dict[str, Any] = {"remove": {"index": "owned_v2", "alias": owner_alias(execution(2)), "must_exist": True}}
    for actions in ([lost, {"remove_index": {"index": "owned_v1"}}], [{"remove_index": {"index": "owned_v1"}}, lost]):
        with pytest.raises(OpenSearchRequestError) as caught:
            client.apply_alias_actions(actions)
        assert caught.value.error_type == "aliases_not_found_exception"
        assert domain.exists("owned_v1")


@pytest.mark.usefixtures("source")
def test_a_target_that_writers_use_keeps_the_settings_it_was_made_with(
    domain: Domain, client: OpenSearchClient
) -> None:
    changes = {"settings": {"codec": "best_compression"}}
    first = create(client, domain.url, 1, no_execution_runs)
    unused = create(client, domain.url, 2, no_execution_runs, **changes)
    assert unused.target_uuid != first.target_uuid
    update_aliases(client, unused)
    with pytest.raises(IndexCreationError, match="other settings or another strategy"):
        create(client, domain.url, 3, no_execution_runs)
    assert create(client, domain.url, 4, no_execution_runs, **changes, reindex={"slices": 2}).reindex["slices"] == 2
