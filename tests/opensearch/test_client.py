from uuid import uuid4

import pytest

from opensearch_reindex.index.markers import new_copy_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.domain import Domain
from support.waiting import wait_until

PREFIX = "client"

ALIAS = new_copy_alias(uuid4().hex)
SLOW = {"requests_per_second": "20", "slices": "2"}
COPY = {"source": {"index": "client_v1", "size": 10}, "dest": {"index": ALIAS, "op_type": "create"}}


@pytest.fixture
def slow_copy(domain: Domain, client: OpenSearchClient) -> str:
    """The reindex task of a copy that takes longer than any test."""
    domain("PUT", "client_v1", {"settings": {"number_of_shards": 2}})
    domain.bulk("client_v1", {str(number): {"n": number} for number in range(10_000)})
    domain("POST", "client_v1/_refresh")
    domain("PUT", "client_v2", {"aliases": {ALIAS: {}}})
    return client.submit_reindex(COPY, SLOW)


def copied(client: OpenSearchClient, task_id: str) -> int:
    return sum(status["created"] for status in client.slice_statuses(task_id))


def cancel(domain: Domain, task_id: str) -> None:
    domain("POST", f"_tasks/{task_id}/_cancel")


def test_indices_are_looked_up_with_those_behind_an_alias(domain: Domain, client: OpenSearchClient) -> None:
    domain(
        "PUT", "client_v1", {"aliases": {"client_current": {"is_write_index": True}}, "mappings": {"_meta": {"x": 1}}}
    )
    found = client.get_indices(["client_current", "client_v1", "unknown"])
    assert list(found) == ["client_v1"]
    assert found["client_v1"].aliases == {"client_current": {"is_write_index": True}}
    assert found["client_v1"].mappings == {"_meta": {"x": 1}}
    assert found["client_v1"].uuid == found["client_v1"].settings["uuid"]
    assert client.get_indices(["unknown"]) == client.get_indices(["client_*"]) == {}
    assert client.get_indices(["client_v1"], parts="mappings._meta.y")["client_v1"].mappings == {}


def test_a_closed_index_and_a_data_stream_are_distinguished(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "client_v1")
    domain("POST", "client_v1/_close")
    assert client.get_indices(["client_v1"])["client_v1"].settings["verified_before_close"] == "true"
    domain("PUT", "_index_template/client-logs", {"index_patterns": ["client-logs"], "data_stream": {}})
    domain("PUT", "_data_stream/client-logs")
    try:
        (info,) = client.get_indices(["client-logs"]).values()
        assert info.data_stream == "client-logs"
    finally:
        domain("DELETE", "_data_stream/client-logs")


@pytest.mark.parametrize("name", ["a", "with'quote", "per%cent", "plus+plus", "ünï-çode", "a.b~c!$&()=;@"])
def test_every_legal_name_reaches_opensearch(name: str, domain: Domain, client: OpenSearchClient) -> None:
    name = f"{PREFIX}-{name}"
    client.put_index(name, {})
    assert list(client.get_indices([name])) == [name]
    assert client.health(name, wait_for_status="yellow") != "red"
    assert client.count(name) == 0
    client.apply_alias_actions([{"remove_index": {"index": name}}])
    assert client.get_indices([name]) == {}


@pytest.mark.parametrize("name", ["*", "client-mark*", "client-mark,other", "_all", "missing"])
def test_a_pipeline_is_found_by_its_name_alone(name: str, domain: Domain, client: OpenSearchClient) -> None:
    definition = {"processors": [{"set": {"field": "marked", "value": True}}]}
    domain("PUT", "_ingest/pipeline/client-mark", definition)
    assert client.get_pipeline("client-mark") == definition
    assert client.get_pipeline(name) is None


def test_of_two_who_create_an_index_one_succeeds(domain: Domain, client: OpenSearchClient) -> None:
    client.put_index("client_v2", {})
    with pytest.raises(OpenSearchRequestError) as caught:
        client.put_index("client_v2", {})
    assert caught.value.error_type == "resource_already_exists_exception"


def test_an_index_is_not_deleted_by_the_name_of_its_alias(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "client_v1", {"aliases": {"client_current": {}}})
    with pytest.raises(OpenSearchRequestError):
        client.apply_alias_actions([{"remove_index": {"index": "client_current"}}])
    assert domain.exists("client_v1")


def test_a_blocked_index_refuses_writes_and_a_second_block_does_no_harm(
    domain: Domain, client: OpenSearchClient
) -> None:
    domain("PUT", "client_v1")
    client.block_writes("client_v1")
    client.block_writes("client_v1")
    assert domain("PUT", "client_v1/_doc/1", {}, ok=False)["status"] == 403
    assert client.get_indices(["client_v1"])["client_v1"].settings["blocks"] == {"write": "true"}


def test_a_refresh_makes_documents_count_and_nested_ones_are_not_counted(
    domain: Domain, client: OpenSearchClient
) -> None:
    mappings = {"properties": {"parts": {"type": "nested"}}}
    domain("PUT", "client_v1", {"settings": {"refresh_interval": "-1"}, "mappings": mappings})
    domain.bulk("client_v1", {"1": {"parts": [{"n": 1}, {"n": 2}]}})
    assert client.count("client_v1") == 0
    client.refresh("client_v1")
    assert client.count("client_v1") == 1


def test_every_write_to_any_shard_raises_the_sequence_number(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "client_v1", {"settings": {"number_of_shards": 5}})
    seen = [client.last_seq_no("client_v1", 5)]
    for number in [*range(20), *range(20)]:
        domain("PUT", f"client_v1/_doc/{number}", {"n": number})
        seen.append(client.last_seq_no("client_v1", 5))
    domain("DELETE", "client_v1/_doc/1")
    assert [*seen, client.last_seq_no("client_v1", 5)] == list(range(42))


def test_health_is_what_it_is_when_waiting_does_not_help(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "client_v1", {"settings": {"number_of_replicas": 100}})
    assert client.health("client_v1") == "yellow"
    assert client.health("client_v1", wait_for_status="yellow") == "yellow"
    assert client.health("client_v1", wait_for_status="green", timeout_seconds=1) == "yellow"


def test_a_task_is_waited_for_and_then_read(domain: Domain, client: OpenSearchClient, slow_copy: str) -> None:
    running = client.get_task(slow_copy, wait_seconds=1)
    assert running
    assert running["completed"] is False
    cancel(domain, slow_copy)
    wait_until(lambda: (client.get_task(slow_copy, wait_seconds=5) or {})["completed"])


def test_a_running_copy_is_found_by_its_opaque_id_and_not_by_its_slices(
    domain: Domain, client: OpenSearchClient, slow_copy: str
) -> None:
    wait_until(lambda: copied(client, slow_copy))
    assert client.find_reindex_task(ALIAS) == slow_copy
    assert client.find_reindex_task("another") is None
    client.cancel_task(slow_copy)
    wait_until(lambda: client.find_reindex_task(ALIAS) is None)
    client.cancel_task(slow_copy)


def test_the_slices_tell_how_many_documents_are_copied(
    domain: Domain, client: OpenSearchClient, slow_copy: str
) -> None:
    first = wait_until(lambda: copied(client, slow_copy))
    assert wait_until(lambda: copied(client, slow_copy) > first)
    cancel(domain, slow_copy)


@pytest.mark.parametrize("task_id", ["unknownnode:1", "unknownnode:999999"])
def test_an_unknown_task_is_none(task_id: str, client: OpenSearchClient) -> None:
    assert client.get_task(task_id) is None
    assert client.get_task(task_id, wait_seconds=1) is None


def test_two_write_indices_are_refused_and_nothing_is_applied(domain: Domain, client: OpenSearchClient) -> None:
    domain("PUT", "client_v1", {"aliases": {"client_current": {"is_write_index": True}}})
    domain("PUT", "client_v2")
    add = {"index": "client_v2", "alias": "client_current", "is_write_index": True}
    with pytest.raises(OpenSearchRequestError) as caught:
        client.apply_alias_actions([{"add": add}])
    assert caught.value.error_type == "illegal_state_exception"
    assert client.get_indices(["client_v2"])["client_v2"].aliases == {}


def test_every_setting_that_opensearch_does_not_know_is_named(client: OpenSearchClient) -> None:
    with pytest.raises(OpenSearchRequestError) as caught:
        client.put_index("client_v2", {"settings": {"index": {"nosuch": 1, "neither": 2}}})
    assert "[index.nosuch]" in caught.value.reason
    assert "[index.neither]" in caught.value.reason
