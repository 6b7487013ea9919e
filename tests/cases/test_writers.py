"""Applications that can no longer write, or readers that get errors."""

from cases.case import BLOCK, REDIRECT, Case, index, numbered
from cases.checks import nothing_lost, rebuilt, refused, succeeded, writers_are_free
from cases.run import Run
from support.waiting import wait_until
from workflow.functions import Event, Handler, State

_SETTINGS = "_cluster/settings"
# What a writer adds to a mapping, so that a comparison shows only what the run changes.
_OF_WRITER = {"properties": {name: {"type": "long"} for name in ("n", "turn", "writer")}}


def _red_target(run: Run) -> None:
    with run.writing() as writer:
        run.upload()
        refused(run)
        before = writer.written.total
        wait_until(lambda: writer.written.total > before, 10)
    run.domain("PUT", _SETTINGS, {"persistent": {"cluster.routing.allocation.enable": None}})
    run.upload()
    rebuilt(run)


def _block_left(run: Run) -> None:
    parents = []

    def stop(handler: Handler, event: Event) -> State:
        state = handler(event)
        parents.append(event["execution_id"])
        run.machines.abort(event["execution_id"])
        return state

    run.machines.functions.hooks["start_reindex"] = stop
    run.upload()
    assert parents, "the run never reached its copy"
    run.machines.functions.hooks.clear()
    run.upload(mappings={"properties": {"n": {"type": "nothing"}}})
    failing = {"script": {"source": "if (ctx._id == '7') throw new IllegalArgumentException('no')"}}
    run.upload(reindex=failing)
    assert [execution.status for execution in run.executions[1:]] == ["FAILED", "FAILED"]
    writers_are_free(run, "a_current")
    nothing_lost(run)
    run.upload()
    rebuilt(run)


def _flood_before_deletion(run: Run) -> None:
    block = "index.blocks.read_only_allow_delete"

    def flood(handler: Handler, event: Event) -> State:
        run.domain("PUT", "a_v*/_settings", {block: True})
        return handler(event)

    run.machines.functions.hooks["delete_index"] = flood
    _named_unless_done(run, "read_only_allow_delete")
    run.machines.functions.hooks.clear()
    _named_unless_done(run, "read_only_allow_delete")
    run.domain("PUT", "a_v*/_settings", {block: None})
    succeeded(run.upload())
    rebuilt(run)


def _named_unless_done(run: Run, name: str) -> None:
    """Upload; a failure must name the block and the request that lifts it."""
    execution = run.upload()
    if execution.status != "SUCCEEDED":
        assert name in str(execution.cause), execution.cause
        assert "_settings" in str(execution.cause), execution.cause
    nothing_lost(run)


def _two_mappings(run: Run) -> None:
    if run.strategy == BLOCK:
        run.upload()
        return rebuilt(run)
    run.upload()
    refused(run, "when", BLOCK, "readers_may_fail")
    run.upload(readers_may_fail=True)
    return rebuilt(run)


CASES = (
    Case(
        "red-target",
        setup=(
            index(mappings=_OF_WRITER),
            ("PUT", _SETTINGS, {"persistent": {"cluster.routing.allocation.enable": "none"}}),
        ),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_red_target,
    ),
    Case(
        "block-left",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_block_left,
        strategies=(BLOCK,),
    ),
    Case(
        "flood-before-deletion",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_flood_before_deletion,
    ),
    Case(
        "two-mappings",
        setup=(index(shards=1, mappings={"properties": {"when": {"type": "keyword"}}}),),
        documents={"a_v1": numbered(200, lambda _: {"when": "2024-05-17"})},
        indices=("a_v1",),
        file={"mappings": {"properties": {"when": {"type": "date"}}}},
        right=_two_mappings,
        strategies=(REDIRECT, BLOCK),
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
