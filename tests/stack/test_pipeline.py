import json
import socket
from typing import Any

import pytest

from stack.deployment import Deployment, error_of
from support.domain import Domain
from support.trigger_file import trigger_file

PREFIX = "stack-"

CITIES = {
    str(number): {"name": f"Villé {number}", "position": {"lat": number % 90, "lon": -number % 180}}
    for number in range(500)
}
ORDERS = {
    f"order-{number}": {"total": number / 4, "lines": [{"sku": f"s{line}", "count": line} for line in range(3)]}
    for number in range(120)
}


def fill(domain: Domain, index: str, alias: str, mappings: dict[str, Any], documents: dict[str, Any]) -> None:
    domain("PUT", index, {"mappings": mappings, "aliases": {alias: {"is_write_index": True}}})
    domain.bulk(index, documents)


def state(domain: Domain) -> Any:
    """Everything a run could change."""
    return domain.state(), domain.documents("stack-*")


@pytest.fixture
def two_indices(domain: Domain) -> None:
    cities = {"properties": {"name": {"type": "text"}, "position": {"type": "geo_point"}}}
    orders = {"properties": {"lines": {"type": "nested"}}}
    fill(domain, "stack-cities_v1", "stack-cities_current", cities, CITIES)
    fill(domain, "stack-orders_v007", "stack-orders_current", orders, ORDERS)


@pytest.mark.usefixtures("two_indices")
def test_an_upload_rebuilds_every_index_of_the_file_behind_its_alias(deployment: Deployment, domain: Domain) -> None:
    changed = {"name": "stack-cities_v1", "mappings": {"properties": {"name": {"type": "keyword"}}}}

    execution = deployment.run(trigger_file(deployment.front.url, changed, "stack-orders_v007", readers_may_fail=True))

    assert execution["status"] == "SUCCEEDED", execution
    assert domain.documents("stack-cities_v2") == CITIES
    assert domain.documents("stack-orders_v008") == ORDERS
    indices = domain("GET", "stack-*?expand_wildcards=all")
    assert set(indices) == {"stack-cities_v2", "stack-orders_v008"}
    assert indices["stack-cities_v2"]["aliases"] == {"stack-cities_current": {"is_write_index": True}}
    assert indices["stack-orders_v008"]["aliases"] == {"stack-orders_current": {"is_write_index": True}}
    assert indices["stack-cities_v2"]["mappings"]["properties"]["name"] == {"type": "keyword"}
    assert indices["stack-cities_v2"]["mappings"]["properties"]["position"] == {"type": "geo_point"}


@pytest.mark.usefixtures("two_indices")
def test_the_functions_sign_with_the_credentials_of_their_role(deployment: Deployment, domain: Domain) -> None:
    deployment.front.forget()

    execution = deployment.run(trigger_file(deployment.front.url, "stack-cities_v1"))

    assert execution["status"] == "SUCCEEDED", execution
    paths = {exchange.path for exchange in deployment.front.requests if exchange.status == 200}
    assert paths >= {"/_reindex", "/_aliases", "/stack-cities_v1/_block/write", "/stack-cities_v2/_search"}
    assert domain.documents("stack-cities_v2") == CITIES


@pytest.mark.usefixtures("two_indices")
def test_every_step_logs_json_that_names_the_execution_and_holds_no_document(
    deployment: Deployment, domain: Domain
) -> None:
    execution = deployment.run(trigger_file(deployment.front.url, "stack-cities_v1"))

    assert execution["status"] == "SUCCEEDED", execution
    logs = deployment.ministack.client("logs")
    # Such a small copy completes before the first poll.
    for step in deployment.outputs["lambda_function_arns"].keys() - {"check_reindex_status"}:
        events = logs.filter_log_events(logGroupName=deployment.outputs["log_group_names"][step])["events"]
        messages = [event["message"] for event in events if execution["executionArn"] in event["message"]]
        assert messages, step
        for message in messages:
            assert json.loads(message)["execution_id"] == execution["executionArn"]
            assert "Vill" not in message


@pytest.mark.usefixtures("two_indices")
def test_a_bad_file_fails_the_execution_with_all_its_problems_and_changes_nothing(
    deployment: Deployment, domain: Domain
) -> None:
    before = state(domain)

    file = trigger_file(deployment.front.url, "stack-cities_v1", "Orders", strategy="hope", colour="red")
    execution = deployment.run(file)

    assert execution["status"] == "FAILED"
    problems = " ".join(error_of(execution)["problems"])
    assert "strategy" in problems
    assert "colour" in problems
    assert state(domain) == before


@pytest.mark.usefixtures("two_indices")
def test_an_index_that_is_missing_stops_the_file_before_the_first_change(
    deployment: Deployment, domain: Domain
) -> None:
    before = state(domain)

    execution = deployment.run(trigger_file(deployment.front.url, "stack-cities_v1", "absent_v1"))

    assert execution["status"] == "FAILED"
    error = error_of(execution)
    assert error["step"] == "GetTriggerFile"
    assert "absent_v1" in " ".join(error["problems"])
    assert state(domain) == before


@pytest.mark.usefixtures("two_indices")
def test_an_endpoint_that_is_not_allowed_is_never_asked(deployment: Deployment, domain: Domain) -> None:
    before = state(domain)

    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        url = "http://{}:{}".format(*elsewhere.getsockname())
        execution = deployment.run(trigger_file(url, "stack-cities_v1"))
        elsewhere.setblocking(False)
        # The kernel takes connections in before anybody accepts them: one that was made would be waiting here.
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert execution["status"] == "FAILED"
    assert "opensearch_endpoint" in " ".join(error_of(execution)["problems"])
    assert state(domain) == before


def test_an_upload_whose_name_does_not_end_in_json_starts_nothing(deployment: Deployment) -> None:
    before = deployment.uploaded_keys_of_executions().keys()

    other = deployment.upload({"indices": []}, suffix=".json.bak")
    # Events are delivered in order: when the later file's execution is there, the earlier one's would be too.
    later = deployment.upload({"indices": []})
    deployment.wait_for_end(later)

    assert deployment.uploaded_keys_of_executions().keys() - before == {later}
    assert other not in deployment.uploaded_keys_of_executions()
