"""What a target index gets back: write block and allocation of its source."""

from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.release_source import release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.domain import Domain
from support.rebuild import Rebuild, event, no_execution_runs

PREFIX = "given"
DOCUMENTS = {str(number): {"n": number} for number in range(10)}
EXCLUDE, REQUIRE = "routing.allocation.exclude._name", "routing.allocation.require.box"


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    settings = {"number_of_replicas": 0}
    domain("PUT", "given_v1", {"settings": settings, "aliases": {"given_current": {}, "given_other": {}}})
    domain.bulk("given_v1", DOCUMENTS)


def blocks(domain: Domain, index: str) -> dict[str, str]:
    return dict(domain("GET", f"{index}/_settings")[index]["settings"]["index"].get("blocks", {}))


def allocation(domain: Domain, index: str) -> dict[str, str]:
    found = domain("GET", f"{index}/_settings?flat_settings=true")[index]["settings"]
    own = "index.routing.allocation.include._tier_preference"
    return {name.removeprefix("index."): value for name, value in found.items() if "allocation" in name and name != own}


def attempt(client: OpenSearchClient, url: str, number: int, **changes: Any) -> Job:
    started = {**event("given_v1", url, **changes), "execution_id": f"arn:{number}"}
    return update_aliases(client, create_index(client, started, no_execution_runs))


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_write_block_of_a_person_comes_along(domain: Domain, rebuild_twice: Rebuild, strategy: str) -> None:
    domain("PUT", "given_v1/_block/write")
    job = rebuild_twice.copy(rebuild_twice.freeze("given_v1", strategy=strategy))
    # No one is redirected: readers find each document once, and writers are refused as before.
    assert domain.documents("given_current") == DOCUMENTS
    job = rebuild_twice.finish(job)
    assert domain.documents("given_current") == DOCUMENTS
    assert blocks(domain, "given_v2") == {"write": "true"}
    assert domain("PUT", "given_current/_doc/1", {}, ok=False)["status"] == 403
    assert [warning for warning in job.warnings if "index.blocks.write" in warning]


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_the_write_block_of_the_module_stays_behind(domain: Domain, rebuild: Rebuild, strategy: str) -> None:
    job = rebuild("given_v1", strategy=strategy)
    assert blocks(domain, "given_v2") == {}
    assert job.warnings == []
    assert domain("PUT", "given_current/_doc/1", {})["result"] == "updated"


def test_a_kill_between_block_and_cut_over_is_mended_by_the_next_run(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain("PUT", "given_v1/_block/write")
    job = rebuild.copy(attempt(client, domain.url, 1))

    def killed(_: object) -> None:
        raise OpenSearchRequestError(400, "killed", "killed")

    monkeypatch.setattr(client, "apply_alias_actions", killed)
    with pytest.raises(OpenSearchRequestError, match="killed"):
        remove_alias(client, job)
    monkeypatch.undo()
    assert (blocks(domain, "given_v1"), blocks(domain, "given_v2")) == ({"write": "true"}, {"write": "true"})
    # The release lifts only what the run set.
    release_source(client, "arn:1", "given_v1", no_execution_runs)
    assert blocks(domain, "given_v1") == {"write": "true"}
    resumed = attempt(client, domain.url, 2)
    assert blocks(domain, "given_v2") == {}  # for the copy
    rebuild.finish(rebuild.copy(resumed))
    assert domain.documents("given_current") == DOCUMENTS
    assert blocks(domain, "given_v2") == {"write": "true"}


def test_a_proven_target_gets_no_second_block(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    domain("PUT", "given_v1/_block/write")
    job = remove_alias(client, rebuild.copy(attempt(client, domain.url, 1)))
    domain("PUT", "given_v2/_settings", {"index.blocks.write": None})  # a person wants to write
    remove_alias(client, job)
    rebuild.finish(rebuild.copy(attempt(client, domain.url, 2)))
    assert blocks(domain, "given_v2") == {}


def test_writers_that_an_earlier_version_redirected_are_not_locked_out(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    create_index(client, {**event("given_v1", domain.url), "execution_id": "arn:1"}, no_execution_runs)
    actions = [
        {"add": {"index": "given_v2", "alias": "given_current", "is_write_index": True}},
        {"add": {"index": "given_v1", "alias": "given_current", "is_write_index": False}},
    ]
    domain("POST", "_aliases", {"actions": actions})
    domain("PUT", "given_v1/_block/write")
    domain("PUT", "given_current/_doc/new?refresh=true", {"n": 10})
    rebuild.finish(rebuild.copy(attempt(client, domain.url, 2)))
    assert domain.documents("given_current") == {**DOCUMENTS, "new": {"n": 10}}
    assert blocks(domain, "given_v2") == {}


def test_filters_that_the_shards_obey_come_along_and_others_are_listed(domain: Domain, rebuild: Rebuild) -> None:
    filters = {EXCLUDE: "elsewhere", REQUIRE: "nowhere", "routing.allocation.total_shards_per_node": "5"}
    domain("PUT", "given_v1/_settings", filters)
    job = rebuild("given_v1")
    assert domain.documents("given_current") == DOCUMENTS
    assert allocation(domain, "given_v2") == {name: filters[name] for name in filters if name != REQUIRE}
    reason = "not every shard of the source index is on a node that it allows"
    assert job.settings_left_out == [f"{REQUIRE} nowhere: {reason}"]


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_stopped_allocation_comes_last(domain: Domain, rebuild_twice: Rebuild, strategy: str) -> None:
    stopped = {"routing.allocation.enable": "none", "routing.rebalance.enable": "none"}
    domain("PUT", "given_v1/_settings", stopped)
    rebuild_twice("given_v1", strategy=strategy)
    assert domain.documents("given_current") == DOCUMENTS
    assert allocation(domain, "given_v2") == {"routing.allocation.enable": "none"}
    assert domain("GET", "given_v2/_settings")["given_v2"]["settings"]["index"]["routing"]["rebalance"] == {
        "enable": "none"
    }


def test_the_file_has_the_last_word_on_allocation(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "given_v1/_settings", {EXCLUDE: "elsewhere", REQUIRE: "nowhere", "routing.allocation.enable": "none"})
    changes = {EXCLUDE: None, REQUIRE: None, "routing.allocation.enable": "all"}
    job = rebuild("given_v1", settings=changes)
    assert allocation(domain, "given_v2") == {"routing.allocation.enable": "all"}
    assert job.settings_left_out == []
