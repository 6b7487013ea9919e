"""The write block of a source index: no failed run leaves the module's own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.markers import BLOCK_ALIAS_PREFIX
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.release_source import release_source
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    OpenSearchRequestError,
    ReindexFailedError,
)
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until

PREFIX = "wblock"

DOCUMENTS = {str(number): {"n": number, "a": str(number)} for number in range(300)}
SLOW = {"slices": 1, "batch_size": 10, "requests_per_second": 20}
NO_SUCH_TYPE = {"properties": {"a": {"type": "no-such-type"}}}
NUMBERS = {"properties": {"a": {"type": "long"}}}


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    domain("PUT", "wblock_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"wblock_current": {}}})
    domain.bulk("wblock_v1", {**DOCUMENTS, "bad": {"a": "no number"}})
    domain("POST", "wblock_v1/_refresh")


def create(client: OpenSearchClient, url: str, number: int, **changes: Any) -> Job:
    changes = {"strategy": "block_writes", **changes}
    started = event("wblock_v1", url, **changes)
    return create_index(client, {**started, "execution_id": f"arn:{number}"}, no_execution_runs)


def release(client: OpenSearchClient, number: int, is_running: Callable[[str], bool] = no_execution_runs) -> None:
    """Do what the state machine does after a failure."""
    release_source(client, f"arn:{number}", "wblock_v1", is_running)


def killed_in_the_copy(client: OpenSearchClient, domain: Domain, number: int = 1, **changes: Any) -> Job:
    job = update_aliases(client, create(client, domain.url, number, reindex=SLOW, **changes))
    started = start_reindex(client, job, replace(ENVIRONMENT))
    assert started.task.status == "running"
    wait_until(lambda: domain("POST", "wblock_v2/_refresh") and domain("GET", "wblock_v2/_count")["count"])
    return started


def is_blocked(domain: Domain) -> bool:
    settings = domain("GET", "wblock_v1/_settings")["wblock_v1"]["settings"]["index"]
    return bool(settings.get("blocks", {}).get("write") == "true")


def is_marked(domain: Domain) -> bool:
    return any(
        alias.startswith(BLOCK_ALIAS_PREFIX) for alias in domain("GET", "wblock_v1/_alias")["wblock_v1"]["aliases"]
    )


@pytest.mark.usefixtures("past_the_trial")
def test_no_failed_run_leaves_a_block_whatever_became_of_the_target(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    killed_in_the_copy(client, domain)
    assert (is_blocked(domain), is_marked(domain)) == (True, True)
    # The target is thrown away, and no other is made.
    with pytest.raises(OpenSearchRequestError, match="no-such-type"):
        create(client, domain.url, 2, mappings=NO_SUCH_TYPE)
    assert not domain.exists("wblock_v2")
    release(client, 2)
    assert (is_blocked(domain), is_marked(domain)) == (False, False)
    job = update_aliases(client, create(client, domain.url, 3, mappings=NUMBERS))
    with pytest.raises(ReindexFailedError):
        rebuild.copy(job)
    release(client, 3)
    assert (is_blocked(domain), is_marked(domain)) == (False, False)
    domain("DELETE", "wblock_current/_doc/bad")
    rebuild.finish(rebuild.copy(update_aliases(client, create(client, domain.url, 4, mappings=NUMBERS))))
    assert domain.documents("wblock_current") == DOCUMENTS
    assert list(domain("GET", "wblock_*/_alias")) == ["wblock_v2"]


def test_a_block_survives_a_second_kill_and_its_target(domain: Domain, client: OpenSearchClient) -> None:
    killed_in_the_copy(client, domain)
    killed_in_the_copy(client, domain, 2, mappings={"properties": {"m": {"type": "long"}}})
    domain("DELETE", "wblock_v2")
    with pytest.raises(OpenSearchRequestError, match="no-such-type"):
        create(client, domain.url, 3, mappings=NO_SUCH_TYPE)
    release(client, 3)
    assert (is_blocked(domain), is_marked(domain)) == (False, False)


def test_a_run_with_redirected_writes_that_fails_early_lifts_an_older_block(
    domain: Domain, client: OpenSearchClient
) -> None:
    killed_in_the_copy(client, domain)
    create(client, domain.url, 2, strategy="redirect_writes")
    release(client, 2)
    assert not is_blocked(domain)


def test_a_block_of_the_user_stays_over_several_failed_runs(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    domain("PUT", "wblock_v1/_block/write")
    for number in (1, 3):
        killed_in_the_copy(client, domain, number)
        release(client, number)
        assert (is_blocked(domain), is_marked(domain)) == (True, False)
        with pytest.raises(OpenSearchRequestError, match="no-such-type"):
            create(client, domain.url, number + 1, mappings=NO_SUCH_TYPE)
        release(client, number + 1)
        assert (is_blocked(domain), is_marked(domain)) == (True, False)
    job = create(client, domain.url, 5, keep_source=True)
    rebuild.finish(rebuild.copy(update_aliases(client, job)))
    assert (is_blocked(domain), is_marked(domain)) == (True, False)


def test_a_block_of_the_user_after_a_released_run_is_the_users(domain: Domain, client: OpenSearchClient) -> None:
    killed_in_the_copy(client, domain)
    release(client, 1)
    domain("PUT", "wblock_v1/_block/write")
    update_aliases(client, create(client, domain.url, 2))
    release(client, 2)
    assert (is_blocked(domain), is_marked(domain)) == (True, False)


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_kept_source_keeps_its_block_without_the_marker(domain: Domain, rebuild: Rebuild, strategy: str) -> None:
    domain("DELETE", "wblock_v1/_doc/bad")
    rebuild("wblock_v1", strategy=strategy, keep_source=True)
    assert (is_blocked(domain), is_marked(domain)) == (True, False)


def test_a_block_is_not_lifted_while_another_execution_works(domain: Domain, client: OpenSearchClient) -> None:
    killed_in_the_copy(client, domain)

    def is_running(owner: str) -> bool:
        return owner == "arn:1"

    started = {**event("wblock_v1", domain.url, strategy="block_writes"), "execution_id": "arn:2"}
    with pytest.raises(ConcurrentReindexError):
        create_index(client, started, is_running)
    release(client, 2, is_running)
    # A file with other names makes another target of the same source, which is refused.
    started["trigger_file"]["index_replacement"] = r"\1-b-v{{next_version}}"
    with pytest.raises(ConcurrentReindexError, match="another target index"):
        create_index(client, started, is_running)
    release(client, 2, is_running)
    assert (is_blocked(domain), is_marked(domain)) == (True, True)
    release(client, 2)
    assert (is_blocked(domain), is_marked(domain)) == (False, False)


def test_a_block_is_not_lifted_once_writers_use_the_target(domain: Domain, client: OpenSearchClient) -> None:
    update_aliases(client, create(client, domain.url, 1, strategy="redirect_writes"))
    release(client, 1)
    assert (is_blocked(domain), is_marked(domain)) == (True, True)


def test_a_block_is_confirmed_and_lifted_where_shard_copies_are_missing(
    domain: Domain, client: OpenSearchClient
) -> None:
    # Writes wait for a replica that one node cannot hold, and so does the confirmation of a block.
    settings = {"number_of_replicas": 1, "write.wait_for_active_shards": "2"}
    domain("PUT", "wblock_v1/_settings", {"index": settings})
    answer = domain("PUT", "wblock_v1/_block/write?timeout=1s")
    assert not answer["acknowledged"]
    client.allow_writes("wblock_v1")
    found = domain("GET", "wblock_v1/_settings")["wblock_v1"]["settings"]["index"]
    assert found["write"] == {"wait_for_active_shards": "2"}
    domain("PUT", "wblock_v1/_settings", {"index": {"write.wait_for_active_shards": None}})
    assert domain("PUT", "wblock_v1/_doc/later", {"a": "later"})["result"] == "created"
