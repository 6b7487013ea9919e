"""A corrected file skips what is done, and finishes what is half done."""

import json
import re
from typing import Any

import pytest

from support.trigger_file import trigger_file
from workflow.indices import Documents, Indices
from workflow.machines import StateMachines

WORDS: Documents = {str(number): {"a": "x"} for number in range(3)}
KEYWORD = {"properties": {"a": {"type": "keyword"}}}
LONG = {"properties": {"a": {"type": "long"}}}
MENDED = {"script": {"source": "ctx._source.a = 7"}}
OTHERWISE = "rebuilt earlier with other changes"


def send_release(indices: Indices, advice: str) -> None:
    """Send the request that an error quotes."""
    found = re.search(r"POST /_aliases (\{.*\}) and upload", advice)
    assert found, advice
    indices("POST", "_aliases", json.loads(found[1]))


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_corrected_file_skips_what_is_done_and_rebuilds_the_rest(
    strategy: str, machines: StateMachines, indices: Indices
) -> None:
    first, last = (indices.create(base, WORDS, mappings=KEYWORD) for base in ("first", "last"))
    mistaken = trigger_file(indices.endpoint, first, {"name": last, "mappings": LONG}, strategy=strategy)
    assert machines.run({**mistaken, "readers_may_fail": True}).error == "IndexCreationError"  # found by the trial
    assert indices.names() >= {indices.target(first), last}

    corrected = trigger_file(indices.endpoint, first, {"name": last, "mappings": LONG}, strategy="block_writes")
    execution = machines.run({**corrected, "reindex": MENDED})

    assert execution.status == "SUCCEEDED", execution.message()
    assert execution.output["skipped"] == {OTHERWISE: [first]}
    assert execution.output["indices"] == [{"source_index": last, "mappings": LONG}]
    assert indices.names() == {indices.target(first), indices.target(last)}
    assert indices.documents(indices.target(last)) == {key: {"a": 7} for key in WORDS}


def test_a_file_that_is_done_whole_changes_nothing(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("done", WORDS)
    machines.run(trigger_file(indices.endpoint, source))
    before = indices.state()

    execution = machines.run(trigger_file(indices.endpoint, source, mappings=KEYWORD))

    assert execution.output["skipped"] == {OTHERWISE: [source]}
    assert execution.output["indices"] == []
    assert machines.run(trigger_file(indices.endpoint, source)).output["skipped"] == {"rebuilt earlier": [source]}
    assert indices.state() == before


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
@pytest.mark.parametrize("changes", [{}, {"mappings": KEYWORD, "settings": {"number_of_shards": 3}}])
def test_a_kept_source_is_deleted_by_a_file_that_keeps_none(
    strategy: str, changes: dict[str, Any], machines: StateMachines, indices: Indices
) -> None:
    source = indices.create("kept", WORDS)
    target = indices.target(source)
    file = trigger_file(indices.endpoint, source, strategy=strategy)
    machines.run({**file, "keep_source": True})
    indices("DELETE", f"{indices.alias(source)}/_doc/1")  # a writer's delete stays one

    assert machines.run({**file, **changes, "keep_source": True}).output["indices"] == []
    assert indices.names() == {source, target}
    execution = machines.run({**file, **changes})

    assert execution.status == "SUCCEEDED", execution.message()
    assert indices.names() == {target}
    assert indices("GET", f"{target}/_alias")[target]["aliases"] == {indices.alias(source): {}}
    assert indices.documents(target) == {key: each for key, each in WORDS.items() if key != "1"}


def test_a_kept_source_that_was_written_to_is_not_deleted(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("kept", WORDS)
    file = trigger_file(indices.endpoint, source)
    machines.run({**file, "keep_source": True})
    indices("PUT", f"{source}/_settings", {"index.blocks.write": None})
    indices.bulk(source, {"late": {"a": "y"}})
    before = indices.state()

    execution = machines.run(file)

    assert execution.error == "TriggerFileError"
    (problem,) = execution.message()["problems"]
    assert "was written to after its rebuild" in problem
    assert indices.state() == before


@pytest.mark.usefixtures("past_the_trial")
def test_a_half_done_index_of_another_deployment_is_released_by_the_named_call(
    machines: StateMachines, indices: Indices
) -> None:
    first, last = (indices.create(base, WORDS, mappings=KEYWORD) for base in ("first", "last"))
    file = trigger_file(indices.endpoint, first, {"name": last, "mappings": LONG}, strategy="block_writes")
    machines.run({**file, "indices": file["indices"][1:]})
    target = indices.target(last)
    (released,) = (name for name in indices("GET", f"{target}/_alias")[target]["aliases"] if "owner~" in name)
    renamed = "opensearch-reindex-owner~arn~aws~states~us-east-1~123456789012~execution~old-name~1"
    change = [{"remove": {"index": target, "alias": released}}, {"add": {"index": target, "alias": renamed}}]
    indices("POST", "_aliases", {"actions": change})
    before = indices.state()

    refused = machines.run({**file, "reindex": MENDED})

    (problem,) = refused.message()["problems"]
    assert problem.startswith(f"indices[1]: target index {target!r} is half done, and owned by an execution of another")
    assert indices.state() == before
    send_release(indices, problem)
    execution = machines.run({**file, "reindex": MENDED})
    assert execution.status == "SUCCEEDED", execution.message()
    assert indices.names() == {indices.target(first), target}
