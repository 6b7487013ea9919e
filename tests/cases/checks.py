"""What must be true after a run, whatever the case."""

from collections.abc import Iterable, Mapping
from typing import Any

from cases.case import Documents
from cases.run import Run
from workflow.machines import Execution

_MARKER = "opensearch-reindex"
_ALL = 10_000


def rebuilt(
    run: Run,
    targets: Mapping[str, str] | None = None,
    *,
    documents: Mapping[str, Documents] | None = None,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Assert that the last upload succeeded and that targets replace sources.

    Args:
        run: the run.
        targets: by source; None: `x_v2` for each `x_v1` of the file.
        documents: of each source, where a script changes them; None: as they were stored.
        entries: aliases of each source's target; None: those that the source had.
    """
    succeeded(run.executions[-1])
    names = [entry if isinstance(entry, str) else entry["name"] for entry in run.case.indices]
    targets = targets or {name: f"{name.removesuffix('_v1')}_v2" for name in names}
    state = run.state()
    for source, target in targets.items():
        assert source not in state, f"{source} exists; expected deleted"
        expected = (documents or run.stored).get(source, {})
        same_documents(expected, found(run, target), target)
        aliases = (entries or {}).get(source, run.before[source]["aliases"])
        assert state[target]["aliases"] == aliases
        same_blocks(run.before[source], state[target])
    no_leftovers(run)


def refused(run: Run, *words: str) -> None:
    """Assert that the last upload failed, changed nothing, and says why.

    Args:
        run: the run.
        words: parts of the cause.
    """
    execution = run.executions[-1]
    assert execution.status == "FAILED", f"{execution.status}; expected FAILED"
    missing = [word for word in words if word not in str(execution.cause)]
    assert not missing, f"the cause lacks {missing}: {execution.cause}"
    changes = differences(run.before, run.state())
    assert not changes, f"the run changed the domain: {', '.join(changes)}"
    nothing_lost(run)


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """List the paths of values that differ.

    Args:
        before: any value of JSON.
        after: another value.
        path: where they are.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [each for key in keys for each in differences(before.get(key), after.get(key), f"{path}/{key}")]
    return [] if before == after else [f"{path} was {before}, is {after}"]


def succeeded(execution: Execution) -> None:
    """Assert that an execution ended well.

    Args:
        execution: the execution.
    """
    assert execution.status == "SUCCEEDED", execution.cause


def writers_are_free(run: Run, *aliases: str) -> None:
    """Assert that a write through each alias is accepted, as before the run.

    Args:
        run: the run.
        aliases: names; the write stays, as a document that is stored.
    """
    for alias in aliases:
        answer = run.domain("PUT", f"{alias}/_doc/probe?require_alias=true&timeout=5s", {}, ok=False)
        assert answer.get("result") in ("created", "updated"), f"a write through {alias} is answered with {answer}"
        run.domain("DELETE", f"{alias}/_doc/probe?refresh=true")


def nothing_lost(run: Run) -> None:
    """Assert that every stored document is in its source index or in the target.

    Args:
        run: the run.
    """
    for source, documents in run.stored.items():
        names = [name for name in run.state() if name.rpartition("_v")[0] == source.rpartition("_v")[0]]
        there = {key for name in names for key in found(run, name)}
        assert documents.keys() <= there, f"{source} lost {sorted(documents.keys() - there)[:5]}"


def no_leftovers(run: Run) -> None:
    """Assert that no marker and no reindex task is there.

    Args:
        run: the run.
    """
    markers = [alias for info in run.state().values() for alias in info["aliases"] if alias.startswith(_MARKER)]
    assert not markers, f"markers are left: {markers}"
    nodes = run.domain("GET", "_tasks?actions=*reindex")["nodes"].values()
    assert not any(node["tasks"] for node in nodes), "a reindex task still runs"


def found(run: Run, index: str) -> Documents:
    """Return the documents as they are stored, past any search pipeline.

    Args:
        run: the run.
        index: name of the index.
    """
    run.domain("POST", f"{index}/_refresh")
    option = "&search_pipeline=_none" if run.knows_search_pipelines else ""
    answer = run.domain("GET", f"{index}/_search?size={_ALL}{option}")["hits"]
    assert answer["total"]["value"] == len(answer["hits"])
    return {hit["_id"]: hit["_source"] for hit in answer["hits"]}


def same_documents(expected: Documents, actual: Documents, index: str) -> None:
    """Assert that no document is missing, too many or another one.

    Args:
        expected: by id.
        actual: by id.
        index: name of the index, for the message.
    """
    missing, extra = expected.keys() - actual.keys(), actual.keys() - expected.keys()
    assert not missing, f"{index} lacks {len(missing)} of {len(expected)} documents, such as {_some(missing)}"
    assert not extra, f"{index} has {len(extra)} documents too many, such as {_some(extra)}"
    other = [key for key in expected if expected[key] != actual[key]]
    assert not other, f"{index} has {len(other)} documents that differ, such as {_some(other)}"


def same_blocks(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Assert that an index is blocked exactly as another one was.

    Args:
        before: the source index.
        after: the target index.
    """
    assert _blocks(after) == _blocks(before), f"blocks are {_blocks(after)}; expected {_blocks(before)}"


def _blocks(info: Mapping[str, Any]) -> dict[str, str]:
    return dict(info["settings"]["index"].get("blocks", {}))


def _some(keys: Iterable[str]) -> list[str]:
    return sorted(keys)[:5]
