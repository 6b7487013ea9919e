"""Nothing is switched to a target index whose shards are not on nodes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from opensearch_reindex.index.index_info import Allocation
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild import allocation
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import AliasUpdateError, IndexCreationError
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs

PREFIX = "alloc"

DOCUMENTS = {str(number): {"n": number} for number in range(100)}
STRATEGIES = ["redirect_writes", "block_writes"]
SLOW = {"slices": 1, "batch_size": 10, "requests_per_second": 20}


@pytest.fixture(autouse=True)
def source(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(allocation, "_SECONDS", 1)
    domain("PUT", "alloc_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"alloc_current": {}}})
    domain.bulk("alloc_v1", DOCUMENTS)
    yield
    allow(domain)


def forbid(domain: Domain, which: str = "none") -> None:
    domain("PUT", "_cluster/settings", {"transient": {"cluster.routing.allocation.enable": which}})


def allow(domain: Domain) -> None:
    domain("PUT", "_cluster/settings", {"transient": {"cluster.routing.allocation.enable": None}})


def writers_use_the_source(domain: Domain) -> bool:
    domain("PUT", "alloc_current/_doc/0", {"n": 0})
    return list(domain("GET", "alloc_*/_alias")) == ["alloc_v1"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_target_without_its_primary_shards_is_given_up_with_the_reason(
    domain: Domain, rebuild: Rebuild, strategy: str
) -> None:
    forbid(domain)
    with pytest.raises(IndexCreationError, match=r"is red; expected green.*primary shard 0: .*enable=none"):
        rebuild.create("alloc_v1", strategy=strategy)
    assert writers_use_the_source(domain)
    allow(domain)
    rebuild("alloc_v1", strategy=strategy)
    assert domain.documents("alloc_current") == DOCUMENTS


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"routing.allocation.require._name": "no-such-node"}, "no-such-node"),
        ({"routing.allocation.total_shards_per_node": 1, "number_of_shards": 2}, "too many shards"),
    ],
)
def test_a_target_that_no_node_may_hold_is_given_up_with_the_reason(
    domain: Domain, rebuild: Rebuild, strategy: str, setting: dict[str, Any], reason: str
) -> None:
    with pytest.raises(IndexCreationError, match=reason):
        rebuild.create("alloc_v1", strategy=strategy, settings=setting)
    assert writers_use_the_source(domain)


def test_a_target_without_its_replicas_is_given_up_where_the_source_has_them(domain: Domain, rebuild: Rebuild) -> None:
    with pytest.raises(IndexCreationError, match=r"is yellow; expected green.*a replica of shard 0: a copy of this"):
        rebuild.create("alloc_v1", settings={"number_of_replicas": 1})
    assert writers_use_the_source(domain)
    domain("PUT", "alloc_v1/_settings", {"number_of_replicas": 1})
    rebuild("alloc_v1")  # as yellow as its source
    assert domain.documents("alloc_current") == DOCUMENTS


@pytest.fixture
def lost(client: OpenSearchClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Pretend that the target lost its shards, until it is created again.

    A single node always finds the shards that it has on its disk.
    """

    def lose_shards() -> None:
        put_index = client.put_index

        def on_another_node(name: str, body: dict[str, Any]) -> None:
            monkeypatch.undo()
            put_index(name, body)

        monkeypatch.setattr(client, "health", lambda name, **_: "red" if name == "alloc_v2" else "green")
        monkeypatch.setattr(
            client, "explain_allocation", lambda _: Allocation("primary shard 0", "no disk", may_follow=False)
        )
        monkeypatch.setattr(client, "put_index", on_another_node)

    return lose_shards


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_target_that_turns_red_after_its_creation_is_given_up(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, lost: Callable[[], None], strategy: str
) -> None:
    job = rebuild.create("alloc_v1", strategy=strategy)
    lost()
    with pytest.raises(AliasUpdateError, match=r"is red; expected green.*no disk"):
        update_aliases(client, job)
    assert writers_use_the_source(domain)
    rebuild("alloc_v1", strategy=strategy)
    assert domain.documents("alloc_current") == DOCUMENTS


def test_a_half_copied_target_that_lost_a_shard_is_made_again(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, lost: Callable[[], None]
) -> None:
    first = update_aliases(client, rebuild.create("alloc_v1", strategy="block_writes", reindex=SLOW))
    start_reindex(client, first, ENVIRONMENT)
    lost()
    started = {**event("alloc_v1", domain.url, strategy="block_writes"), "execution_id": "arn:2"}
    second = create_index(client, started, no_execution_runs)
    assert second.target_uuid != first.target_uuid
    rebuild.finish(rebuild.copy(update_aliases(client, second)))
    assert domain.documents("alloc_current") == DOCUMENTS


def test_a_target_whose_primary_shard_was_emptied_is_filled_again(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    rebuild.copy(update_aliases(client, rebuild.create("alloc_v1", strategy="block_writes")))
    domain("POST", "alloc_v2/_delete_by_query?refresh", {"query": {"range": {"n": {"lt": 50}}}})
    started = {**event("alloc_v1", domain.url, strategy="block_writes"), "execution_id": "arn:2"}
    second = create_index(client, started, no_execution_runs)
    rebuild.finish(rebuild.copy(update_aliases(client, second)))
    assert domain.documents("alloc_current") == DOCUMENTS
