"""A target index without its shards, on a mocked domain."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.index_info import Allocation
from opensearch_reindex.index.markers import Markers
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    AliasUpdateError,
    DomainBusyError,
    IndexCreationError,
    OpenSearchRequestError,
)
from support.mocked_domain import EVENT, IN_USE, JOB, PROVEN, MockedDomain, index, target
from support.rebuild import no_execution_runs

FINAL = Allocation("primary shard 0", "the disks are full", may_follow=False)
FREE = index("u1", settings={"number_of_shards": "1"}, markers=Markers())


def without_shards(allocation: Any = FINAL, **indices: Any) -> MockedDomain:
    domain = MockedDomain(a_v1=FREE, **indices)
    domain.client.health.side_effect = lambda name, **_: "red" if name == "a_v2" else "green"
    if isinstance(allocation, Exception):
        domain.client.explain_allocation.side_effect = allocation
    else:
        domain.client.explain_allocation.return_value = allocation
    return domain


def test_an_unallocated_target_is_deleted_and_the_error_has_the_reason() -> None:
    domain = without_shards()
    with pytest.raises(IndexCreationError, match="primary shard 0: the disks are full"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert "a_v2" not in domain.indices
    domain = without_shards(a_v2=target())
    with pytest.raises(AliasUpdateError, match="primary shard 0: the disks are full"):
        update_aliases(domain.client, JOB)
    assert "a_v2" not in domain.indices
    assert "block_writes" not in domain.changes


def test_an_unallocated_target_with_an_alias_of_a_person_is_kept() -> None:
    domain = without_shards(a_v2=target({"theirs": {}}))
    with pytest.raises(AliasUpdateError, match="has aliases and was kept"):
        update_aliases(domain.client, JOB)
    assert domain.changes == []


@pytest.mark.parametrize("allocation", [None, replace(FINAL, may_follow=True)])
def test_shards_that_come_soon_are_waited_for(allocation: Allocation | None) -> None:
    domain = without_shards(allocation, a_v2=target())
    with pytest.raises(DomainBusyError, match="still allocates"):
        update_aliases(domain.client, JOB)
    assert domain.changes == []


def test_a_role_that_may_not_ask_for_the_reason_gets_the_call() -> None:
    domain = without_shards(OpenSearchRequestError(403, "security_exception", "no permissions"))
    with pytest.raises(IndexCreationError, match="_cluster/allocation/explain"):
        create_index(domain.client, EVENT, no_execution_runs)
    assert "a_v2" not in domain.indices
    domain = without_shards(OpenSearchRequestError(400, "x", "no"))
    with pytest.raises(OpenSearchRequestError):
        create_index(domain.client, EVENT, no_execution_runs)


@pytest.mark.parametrize("used", [target(IN_USE), target(IN_USE, PROVEN)])
def test_a_target_in_use_is_not_asked_for_its_shards(used: Any) -> None:
    domain = without_shards(a_v2=used)
    create_index(domain.client, EVENT, no_execution_runs)
    update_aliases(domain.client, JOB)
    assert "a_v2" in domain.indices
