"""Passing faults of the domain that ended a run."""

from urllib.parse import parse_qs

from cases.case import Case, index, numbered
from cases.checks import rebuilt, succeeded
from cases.run import Run
from support.opensearch_node import OpenSearchNode
from support.waiting import wait_until
from workflow.machines import Execution

_SETTINGS = "_cluster/settings"
_SLOW = {"requests_per_second": 500, "batch_size": 100}
_SCROLL_CONTEXTS = 20
_SHARDS = 6


def _plain(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)


def _scrolls_gone(run: Run) -> None:
    with run.writing():
        started = _start(run)
        run.domain("DELETE", "_search/scroll/_all")
        succeeded(_end(run, started))
    rebuilt(run)


def _data_node_lost(run: Run) -> None:
    with run.writing() as writer:
        started = _start(run)
        victim = _idle_node(run)
        victim.kill()
        before = writer.written.total
        if run.strategy == "redirect_writes":
            wait_until(lambda: writer.written.total > before + 10, 60)
        victim.start()
        succeeded(_end(run, started))
    rebuilt(run)


def _idle_node(run: Run) -> OpenSearchNode:
    """Return a node that neither gets the requests nor runs a task of the copy."""
    busy = {info["name"] for info in run.domain("GET", "_tasks?actions=*reindex")["nodes"].values() if info["tasks"]}
    return next(node for number, node in enumerate(run.place.nodes) if number and f"node-{number}" not in busy)


def _scroll_contexts(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)
    started = [exchange for exchange in run.front.requests if exchange.path.endswith("/_reindex")]
    slices = [parse_qs(exchange.query).get("slices", ["1"])[0] for exchange in started if "wait_for" in exchange.query]
    assert slices, [exchange.path for exchange in run.front.requests]
    used = [int(number) * _SHARDS for number in slices if number != "auto"]
    assert len(used) == len(slices), "the number of slices was left to OpenSearch"
    assert all(number <= _SCROLL_CONTEXTS / 2 for number in used), used


def _tasks_take_no_results(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)


def _start(run: Run) -> str:
    """Upload the file, and return the execution once it copies."""
    started = run.machines.start(run.machines.upload(run.file()))
    wait_until(lambda: _copied(run), 60)
    return started


def _copied(run: Run) -> bool:
    """Say whether a task copies and the target has some documents."""
    if not run.domain.copied("a_v2"):
        return False
    nodes = run.domain("GET", "_tasks?actions=*reindex")["nodes"].values()
    return any(node["tasks"] for node in nodes)


def _end(run: Run, started: str) -> Execution:
    execution = run.machines.wait(started, deadline_seconds=180)
    run.executions.append(execution)
    return execution


CASES = (
    Case(
        "scrolls-gone",
        setup=(index(),),
        documents={"a_v1": numbered(3000)},
        indices=("a_v1",),
        file={"reindex": _SLOW},
        right=_scrolls_gone,
    ),
    Case(
        "scroll-contexts",
        setup=(
            index(shards=_SHARDS),
            ("PUT", _SETTINGS, {"persistent": {"search.max_open_scroll_context": _SCROLL_CONTEXTS}}),
        ),
        documents={"a_v1": numbered(1000)},
        indices=("a_v1",),
        right=_scroll_contexts,
    ),
    Case(
        "compressed-batch",
        setup=(
            index(
                shards=1,
                settings={"codec": "best_compression"},
                mappings={"properties": {"body": {"type": "text", "index": False}}},
            ),
        ),
        documents={"a_v1": numbered(250, lambda _: {"body": "A sentence that compresses well. " * 3000})},
        indices=("a_v1",),
        right=_plain,
        node="small memory",
    ),
    Case(
        "tasks-index-closed",
        setup=(
            index(),
            ("PUT", "warm_v1", None),
            ("POST", "_reindex?wait_for_completion=false", {"source": {"index": "a_v1"}, "dest": {"index": "warm_v1"}}),
            ("GET", "_cluster/health/.tasks?wait_for_status=yellow&timeout=30s", None),
            ("PUT", ".tasks/_settings", {"index.blocks.write": True}),
        ),
        documents={"a_v1": numbered(100)},
        indices=("a_v1",),
        right=_tasks_take_no_results,
        clean=(("PUT", ".tasks/_settings", {"index.blocks.write": None}),),
    ),
    Case(
        "data-node-lost",
        setup=(index(shards=3, settings={"number_of_replicas": 1}),),
        documents={"a_v1": numbered(6000)},
        after=(("GET", "_cluster/health/a_v1?wait_for_status=green&timeout=60s", None),),
        indices=("a_v1",),
        file={"reindex": {"requests_per_second": 500, "batch_size": 100}},
        right=_data_node_lost,
        node="cluster",
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
