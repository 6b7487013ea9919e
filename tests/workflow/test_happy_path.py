from itertools import pairwise

from support.trigger_file import trigger_file
from workflow.definitions import INDEX_STEPS
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines


def some_documents(count: int) -> Documents:
    return {
        f"id {number}": {"name": f"Łódź {number}", "tags": ["a", "b"], "place": {"lat": number / 7, "lon": -0.5}}
        for number in range(count)
    }


def test_three_indices_are_rebuilt_in_the_order_of_the_file_one_at_a_time(
    machines: StateMachines, indices: Indices
) -> None:
    documents = {"c": some_documents(700), "a": some_documents(1), "b": some_documents(40)}
    sources = [indices.create(base, each) for base, each in documents.items()]

    execution = machines.run(trigger_file(indices.endpoint, *sources))

    assert (execution.status, execution.error, execution.cause) == ("SUCCEEDED", None, None)
    calls = machines.functions.calls
    steps = [step for step in INDEX_STEPS if step != "check_reindex_status"]  # they are small
    assert [(call.step, call.source_index) for call in calls] == [
        ("get_trigger_file", None),
        *((step, source) for source in sources for step in steps),
    ]
    for earlier, later in pairwise(calls):
        assert earlier.ended <= later.started


def test_every_document_is_in_the_target_index_field_by_field_and_the_source_is_gone(
    machines: StateMachines, indices: Indices
) -> None:
    documents = {base: some_documents(count) for base, count in (("orders", 300), ("empty", 0), ("cities", 25))}
    sources = [indices.create(base, each) for base, each in documents.items()]

    machines.run(trigger_file(indices.endpoint, *sources))

    assert indices.names() == {indices.target(source) for source in sources}
    for source, expected in zip(sources, documents.values(), strict=True):
        assert indices.documents(indices.target(source)) == expected


def test_every_alias_ends_on_the_target_index_with_its_filter_and_routing(
    machines: StateMachines, indices: Indices
) -> None:
    filtered = {"filter": {"term": {"name": "x"}}, "index_routing": "1", "search_routing": "1"}
    extra = f"{indices.prefix}extra"
    source = indices.create("orders", some_documents(5), aliases={extra: filtered})

    machines.run(trigger_file(indices.endpoint, source))

    assert indices.aliases() == {
        indices.target(source): {extra: filtered, indices.alias(source): {"is_write_index": True}}
    }


def test_the_execution_returns_the_trigger_file_and_its_indices(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("orders", some_documents(1))

    execution = machines.run(trigger_file(indices.endpoint, source, keep_source=True))

    assert execution.output["indices"] == [{"source_index": source}]
    assert execution.output["trigger_file"]["keep_source"] is True
    assert execution.output["trigger_file"]["s3_uri"] == "s3://opensearch-reindex-triggers/indices.json"


def test_every_step_gets_the_parent_execution_as_execution_id(machines: StateMachines, indices: Indices) -> None:
    sources = [indices.create(base, some_documents(1)) for base in ("a", "b")]

    execution = machines.run(trigger_file(indices.endpoint, *sources))

    assert {call.event["execution_id"] for call in machines.functions.calls} == {execution.arn}
    assert len({nested.arn for nested in machines.nested()} - {execution.arn}) == 2


def test_a_kept_source_index_is_write_blocked_and_out_of_every_alias(machines: StateMachines, indices: Indices) -> None:
    documents = some_documents(20)
    source = indices.create("orders", documents)
    indices("PUT", f"{source}/_alias/{indices.prefix}extra")

    execution = machines.run(trigger_file(indices.endpoint, source, keep_source=True))

    assert execution.status == "SUCCEEDED"
    assert indices.aliases()[source] == {}
    aliases = indices.aliases()[indices.target(source)].keys()
    # The markers prove the source index unchanged when a later run deletes it.
    markers = {alias for alias in aliases if alias.startswith("opensearch-reindex-")}
    assert {alias.partition("~")[0] for alias in markers} == {"opensearch-reindex-owner", "opensearch-reindex-proven"}
    assert aliases - markers == {indices.alias(source), f"{indices.prefix}extra"}
    assert indices.is_write_blocked(source)
    assert indices.documents(source) == indices.documents(indices.target(source)) == documents
