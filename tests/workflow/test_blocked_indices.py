"""Blocks that a full disk or a person sets on an index during a run."""

import json

import pytest

from support.trigger_file import trigger_file
from workflow.functions import Event, Handler, State
from workflow.indices import Documents, Indices
from workflow.machines import Execution, StateMachines

DOCUMENTS: Documents = {str(number): {"n": number} for number in range(30)}
FLOOD_STAGE = "read_only_allow_delete"


@pytest.fixture
def source(indices: Indices) -> str:
    return indices.create("full", DOCUMENTS)


def block_before(machines: StateMachines, indices: Indices, step: str, names: list[str], block: str) -> None:
    """Set a block before the first call of a step."""

    def hook(handler: Handler, event: Event) -> State:
        del machines.functions.hooks[step]
        for name in names:
            indices("PUT", f"{name}/_settings", {f"index.blocks.{block}": True})
        return handler(event)

    machines.functions.hooks[step] = hook


def run(machines: StateMachines, indices: Indices, source: str, **changes: object) -> Execution:
    return machines.run(trigger_file(indices.endpoint, source, **changes))


def is_finished(indices: Indices, source: str) -> bool:
    target = indices.target(source)
    return indices.aliases() == {target: {indices.alias(source): {}}} and indices.documents(target) == DOCUMENTS


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
@pytest.mark.parametrize("where", ["source", "target", "both"])
def test_a_full_disk_does_not_stop_the_deletion_that_frees_it(
    machines: StateMachines, indices: Indices, source: str, strategy: str, where: str
) -> None:
    names = {"source": [source], "target": [indices.target(source)]}.get(where, [source, indices.target(source)])
    block_before(machines, indices, "delete_index", names, FLOOD_STAGE)
    assert run(machines, indices, source, strategy=strategy).status == "SUCCEEDED"
    assert is_finished(indices, source)


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_a_killed_run_is_finished_on_a_full_disk(
    machines: StateMachines, indices: Indices, source: str, strategy: str
) -> None:
    def die(_: Handler, event: Event) -> State:
        machines.abort(event["execution_id"])
        return event

    machines.functions.hooks["delete_index"] = die
    assert run(machines, indices, source, strategy=strategy).status != "SUCCEEDED"
    del machines.functions.hooks["delete_index"]
    for name in (source, indices.target(source)):
        indices("PUT", f"{name}/_settings", {f"index.blocks.{FLOOD_STAGE}": True})
    finished = run(machines, indices, source, strategy=strategy)
    assert (finished.status, finished.cause) == ("SUCCEEDED", None)
    assert is_finished(indices, source)


@pytest.mark.parametrize("block", ["read_only", "metadata"])
def test_a_block_of_a_person_is_named_with_the_call_that_lifts_it(
    machines: StateMachines, indices: Indices, source: str, block: str
) -> None:
    block_before(machines, indices, "delete_index", [source], block)
    call = f'PUT /{source}/_settings {{"index.blocks.{block}": null}}'
    failed = run(machines, indices, source)
    assert failed.error == "IndexDeletionError"
    assert call in failed.message()["next"]
    refused = run(machines, indices, source)
    assert refused.error == "TriggerFileError"
    assert call in json.loads(refused.cause or "")["next"] + str(refused.message().get("problems"))
    indices("PUT", f"{source}/_settings", {f"index.blocks.{block}": None})
    assert run(machines, indices, source).status == "SUCCEEDED"
    assert is_finished(indices, source)


def test_a_kept_source_frees_no_disk_and_the_error_names_the_call(
    machines: StateMachines, indices: Indices, source: str
) -> None:
    block_before(machines, indices, "delete_index", [indices.target(source)], FLOOD_STAGE)
    failed = run(machines, indices, source, keep_source=True)
    assert failed.error == "TransientOpenSearchError"
    call = f'PUT /{indices.target(source)}/_settings {{"index.blocks.{FLOOD_STAGE}": null}}'
    assert call in failed.message()["next"]
    assert "Free disk space" in failed.message()["next"]


def test_a_full_disk_does_not_keep_the_write_block_of_a_failed_run(
    machines: StateMachines, indices: Indices, source: str
) -> None:
    names = [source, indices.target(source)]
    block_before(machines, indices, "start_reindex", names, FLOOD_STAGE)
    assert run(machines, indices, source, strategy="block_writes").status == "FAILED"
    assert not indices.is_write_blocked(source)
