"""Measure copy speed: raw `_reindex`, the client's helper, and the module."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.helpers import reindex

from bench.data import MAPPINGS, Source, expect_documents, load, settings, wait_for_merges
from bench.executions import Run, run_file
from bench.figures import BenchmarkError, Comparison, Figure, Goal, Part, figure
from bench.sizes import Sizes
from bench.stack import HEAP, Stack, running_stack, say
from support.trigger_file import trigger_file

_EXECUTION_SECONDS = 7200.0
# Options for a copy into a new index: https://docs.opensearch.org/latest/api-reference/document-apis/reindex/
_BEST_BATCH = 5000

RAW, BEST, HELPER, REDIRECT, BLOCK = (
    "raw `_reindex`",
    "raw `_reindex`, best settings",
    "`opensearchpy.helpers.reindex`",
    "`redirect_writes`",
    "`block_writes`",
)


@dataclass(frozen=True)
class Sample:
    """One copy.

    Attributes:
        seconds: duration from the request to the end of the refresh, or duration of the file's execution.
        took: duration of the reindex task in seconds; None for the helper, which has no task.
        upload_seconds: duration from the upload to the end of the execution; None for raw copies.
        transitions: state transitions of both state machines; None for raw copies.
    """

    seconds: float
    took: float | None = None
    upload_seconds: float | None = None
    transitions: int | None = None


Samples = Mapping[str, Sequence[Sample]]


def measure(sizes: Sizes) -> Part:
    """Measure both sizes of documents.

    Raises:
        BenchmarkError: an execution failed, or a document is missing.
    """
    sources = [
        Source("orders_v1", sizes.small_documents, words=20),
        Source("articles_v1", sizes.large_documents, words=1100),
    ]
    figures: list[Figure] = []
    data: dict[str, Any] = {}
    with running_stack() as stack:
        client = stack.connect()
        for source in sources:
            say(f"loading {source.documents:,} documents into {source.name}")
            size = load(client, source)
            samples = _rounds(stack, client, source, sizes.runs)
            figures += _figures(samples, source, f"{source.documents:,} documents of {size:,.0f} bytes")
            data[source.base] = {
                "documents": source.documents,
                "bytes_of_document": round(size),
                "documents_per_second": source.documents
                / median(each.took or each.seconds for each in samples[REDIRECT]),
                "samples": {name: [vars(each) for each in runs] for name, runs in samples.items()},
            }
            client.indices.delete(index=source.name)
        versions = stack.versions
    notes = [
        "A raw copy is a reindex task, and one request waits for its end. The answer of a synchronous `_reindex` has a "
        "header for each batch (OpenSearch 2.19), and Python's HTTP client accepts a hundred headers at most.",
        f"One node with {HEAP} of heap, {_shards()}, no replicas. Every target index has the mapping of the source "
        "index.",
        "For each size the source index is loaded once and refreshed, not force-merged. Each copy starts when all "
        "merges have ended.",
        "Each round runs all five copies. Their order changes, so that each copy runs after each of the others. A "
        "first round warms everything up and is not counted.",
        f"Raw is `POST _reindex` with the names alone. Best settings are `slices: auto`, `size: {_BEST_BATCH}` and a "
        "target index without refresh. The helper gets the names alone.",
        "End to end starts with the request and ends with a refresh for raw copies and the helper. For the module it "
        "is the whole execution with all checks and poll intervals, with the defaults of examples/basic.",
        "The module creates its target index and keeps the source index (`keep_source`), so that every copy has the "
        "same source. The target indices of raw copies and of the helper exist before.",
        "The documents of every target index were counted after each copy.",
    ]
    return Part(figures, notes, data=data, versions=versions)


def _shards() -> str:
    return f"{settings()['number_of_shards']} shards"


def _rounds(stack: Stack, client: OpenSearch, source: Source, runs: int) -> Samples:
    """Copy in every way, in a warm-up round and in `runs` measured rounds."""
    ways: dict[str, Callable[[], Sample]] = {
        RAW: lambda: _raw(client, source, {}, {}, {}),
        BEST: lambda: _raw(client, source, {"slices": "auto"}, {"size": _BEST_BATCH}, {"refresh_interval": "-1"}),
        HELPER: lambda: _helper(client, source),
        REDIRECT: lambda: _pipeline(stack, client, source, "redirect_writes"),
        BLOCK: lambda: _pipeline(stack, client, source, "block_writes"),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(runs + 1):
        step = 1 + number % (len(names) - 1)  # reaches every way, since five is a prime number
        for name in (names[(number + place * step) % len(names)] for place in range(len(names))):
            wait_for_merges(client)
            sample = ways[name]()
            expect_documents(client, source.target, source.documents)
            _clean_up(client, source)
            say(f"{source.base} {f'round {number}' if number else 'warm-up'}: {name} {sample.seconds:.1f} s")
            if number:
                samples[name].append(sample)
    return samples


def _raw(
    client: OpenSearch, source: Source, params: Mapping[str, str], part: Mapping[str, Any], others: Mapping[str, Any]
) -> Sample:
    client.indices.create(index=source.target, body={"settings": settings(**others), "mappings": MAPPINGS})
    body = {"source": {"index": source.name, **part}, "dest": {"index": source.target}}
    started = time.monotonic()
    task = client.reindex(body=body, params={**params, "wait_for_completion": "false"})["task"]
    # In the path, because the client library has a parameter `timeout` of its own.
    path = f"/_tasks/{task}?wait_for_completion=true&timeout={_EXECUTION_SECONDS:.0f}s"
    answer = client.transport.perform_request("GET", path)["response"]
    if answer["failures"]:
        raise BenchmarkError(f"raw copy failed: {answer['failures'][:3]}")
    if others:
        client.indices.put_settings(index=source.target, body={"index": dict.fromkeys(others)})
    client.indices.refresh(index=source.target)
    return Sample(time.monotonic() - started, answer["took"] / 1000)


def _helper(client: OpenSearch, source: Source) -> Sample:
    client.indices.create(index=source.target, body={"settings": settings(), "mappings": MAPPINGS})
    started = time.monotonic()
    reindex(client, source.name, source.target)
    client.indices.refresh(index=source.target)
    return Sample(time.monotonic() - started)


def _pipeline(stack: Stack, client: OpenSearch, source: Source, strategy: str) -> Sample:
    file = trigger_file(stack.front.url, source.name, strategy=strategy, keep_source=True)
    run = run_file(stack, file, _EXECUTION_SECONDS)
    return Sample(run.parent.seconds, _took(client, run), run.upload_seconds, run.transitions)


def _took(client: OpenSearch, run: Run) -> float:
    """Return the duration of the reindex task, which OpenSearch stores, in seconds."""
    (index,) = run.indices
    task = client.tasks.get(task_id=index.output["task"]["id"])
    return float(task["response"]["took"]) / 1000


def _clean_up(client: OpenSearch, source: Source) -> None:
    """Delete the target index, and move the alias back to a writable source index."""
    client.indices.delete(index=source.target)
    client.indices.put_settings(index=source.name, body={"index": {"blocks.write": None}})
    client.indices.put_alias(index=source.name, name=source.alias, body={"is_write_index": True})


def _figures(samples: Samples, source: Source, group: str) -> list[Figure]:
    def speeds(name: str, attribute: str) -> list[float]:
        return [source.documents / value for each in samples[name] if (value := getattr(each, attribute))]

    figures = []
    for name in samples:
        if by_took := speeds(name, "took"):
            figures.append(figure(f"{name}, by `took`", "docs/s", by_took, group=group))
        figures.append(figure(f"{name}, end to end", "docs/s", speeds(name, "seconds"), group=group))
        if uploads := [each.upload_seconds for each in samples[name] if each.upload_seconds is not None]:
            figures.append(figure(f"{name}, from the upload to the end", "s", uploads, group=group))
    for name, other, attribute, comparison, goal in _GOALS:
        ours, theirs = speeds(name, attribute), speeds(other, attribute)
        what = f"{name} / {other}, {'by `took`' if attribute == 'took' else 'end to end'}"
        ratio = median(ours) / median(theirs)
        figures.append(figure(f"{what}, of the medians", "", ratio, Goal(comparison, goal), group=group))
        rounds = [mine / its for mine, its in zip(ours, theirs, strict=True)]
        figures.append(figure(f"{what}, within each round", "", rounds, group=group))
    return figures


_GOALS: Sequence[tuple[str, str, str, Comparison, float]] = (
    (BLOCK, BEST, "took", "at least", 0.98),
    (BLOCK, BEST, "seconds", "at least", 0.85),
    (BLOCK, HELPER, "seconds", "at least", 2.3),
    (REDIRECT, RAW, "took", "at least", 1.0),
)
