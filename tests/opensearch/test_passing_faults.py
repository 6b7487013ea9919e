"""Faults of the domain that end a reindex task: the copy goes on by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.errors import ReindexFailedError
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild
from support.waiting import wait_until

PREFIX = "passing"

DOCUMENTS = {str(number): {"n": number} for number in range(2000)}
SLOW = {"requests_per_second": 500, "batch_size": 100}
STRATEGIES = ["redirect_writes", "block_writes"]


@pytest.fixture(autouse=True)
def source(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)
    settings = {"number_of_shards": 2, "number_of_replicas": 0}
    domain("PUT", "passing_v1", {"settings": settings, "aliases": {"passing_current": {"is_write_index": True}}})
    domain.bulk("passing_v1", DOCUMENTS)


def poll_until_lost(client: OpenSearchClient, job: Job) -> Job:
    """Poll until the copy has ended by a fault; the first restart has no pause."""
    polled = job

    def is_lost() -> bool:
        nonlocal polled
        polled = check_reindex_status(client, polled, ENVIRONMENT)
        assert polled.task.status != "completed"
        return polled.task.status == "lost"

    wait_until(is_lost)
    return polled


def clear_scrolls(domain: Domain) -> None:
    domain("DELETE", "_search/scroll/_all")


def block_target(domain: Domain) -> None:
    domain("PUT", "passing_v2/_settings", {"index.blocks.write": True})


def close_nothing(_: Domain) -> None:
    """A scroll that was cleared does not come back, and needs no mending."""


def unblock_target(domain: Domain) -> None:
    domain("PUT", "passing_v2/_settings", {"index.blocks.write": None})


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("fault", "mend"), [(clear_scrolls, close_nothing), (block_target, unblock_target)], ids=["scrolls", "block"]
)
def test_a_copy_that_a_fault_ended_goes_on_where_it_was(
    strategy: str,
    fault: Callable[[Domain], Any],
    mend: Callable[[Domain], Any],
    domain: Domain,
    client: OpenSearchClient,
    rebuild: Rebuild,
) -> None:
    started = start_reindex(client, rebuild.freeze("passing_v1", strategy=strategy, reindex=SLOW), ENVIRONMENT)
    assert started.task.status == "running"
    fault(domain)
    lost = poll_until_lost(client, started)
    copied = domain("POST", "passing_v2/_refresh") and domain("GET", "passing_v2/_count")["count"]
    assert 0 < copied < len(DOCUMENTS)
    assert (lost.task.restarts, lost.task.gentleness, lost.task.in_target) == (1, 1, copied)
    mend(domain)
    again = start_reindex(client, lost, ENVIRONMENT)
    assert again.task.id != started.task.id
    domain("POST", f"_reindex/{again.task.id}/_rethrottle?requests_per_second=-1")
    done = rebuild.copy(again)
    assert done.task.to_dict()["version_conflicts"] == copied
    rebuild.finish(done)
    assert domain.documents("passing_current") == DOCUMENTS


@pytest.mark.usefixtures("past_the_trial")
def test_a_document_that_does_not_fit_is_named_at_once(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    domain("PUT", "passing_v1/_doc/odd", {"n": 1, "extra": {"x": 1}})
    mappings = {"dynamic": "strict", "properties": {"n": {"type": "long"}}}
    with pytest.raises(ReindexFailedError, match="did not copy every document") as caught:
        rebuild.copy(rebuild.freeze("passing_v1", mappings={**mappings, "properties": {"extra": None}}))
    assert caught.value.problems == [
        "documents failed: 1 with status 400",
        "strict_dynamic_mapping_exception: mapping set to strict, dynamic introduction of [extra] within [_doc] is not "
        "allowed (documents odd)",
    ]
    assert "documents None" not in str(caught.value)
