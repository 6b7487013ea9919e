from typing import Any
from unittest.mock import create_autospec

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.policies import Management
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.policies import policy_problems
from opensearch_reindex.trigger.preflight import check_domain
from support.room import with_room

PLANNED = [PlannedIndex(f"indices[{n}]", f"i{n}_v1", f"i{n}_v2", f"i{n}", ({}, {}), "c") for n in range(3)]
FORBIDDEN = OpenSearchRequestError(403, "security_exception", "no permissions for [x]")


@pytest.fixture
def client() -> Any:
    return with_room(create_autospec(OpenSearchClient, instance=True))


def test_an_index_in_the_middle_of_a_change_is_refused_with_the_way_out(client: Any) -> None:
    client.engine.return_value = Engine(False, 7, 10)
    client.managements.return_value = {
        "i0_v1": Management("p", "hot", "rollover"),
        "i1_v1": Management("p", "warm", "force_merge"),
    }
    (problem,) = policy_problems(client, PLANNED)
    assert problem.startswith(
        "indices[1]: policy 'p' of Index State Management is in the middle of action 'force_merge'"
    )
    assert problem.endswith("POST /_opendistro/_ism/remove/i1_v1")


def test_the_whole_file_is_refused_with_it(client: Any) -> None:
    client.get_indices.return_value = {
        each.source_index: IndexInfo("u", {}, {"number_of_shards": "1"}, {}) for each in PLANNED
    }
    client.managements.return_value = {"i2_v1": Management("p", "warm", "shrink")}
    file = {"keep_source": False, "readers_may_fail": False, "strategy": "block_writes", "reindex": {}}
    (problem,) = check_domain(
        client, {**file, "indices": [each.source_index for each in PLANNED]}, PLANNED, "arn:e"
    ).problems
    assert "'shrink' on source index 'i2_v1'" in problem


@pytest.mark.parametrize("answer", [None, {}])
def test_without_plugin_or_policy_nothing_is_refused(client: Any, answer: Any) -> None:
    client.managements.return_value = answer
    assert list(policy_problems(client, PLANNED)) == []


def test_without_the_permission_to_ask_nothing_is_refused(client: Any) -> None:
    client.managements.side_effect = FORBIDDEN
    assert list(policy_problems(client, PLANNED)) == []


def test_a_domain_that_does_not_answer_is_asked_again(client: Any) -> None:
    client.managements.side_effect = TransientOpenSearchError("busy")
    with pytest.raises(TransientOpenSearchError):
        list(policy_problems(client, PLANNED))
