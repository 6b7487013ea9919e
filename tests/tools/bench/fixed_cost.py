"""Measure the fixed cost of an index: requests, calls, transitions, events, time."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import unquote

from bench import small_indices
from bench.executions import Run, run_file
from bench.figures import Figure, Goal, Part, Table, figure
from bench.model import index_events, parent_events
from bench.sizes import Sizes
from bench.stack import Stack, running_stack, say
from support.signed_front import Exchange

STRATEGIES = ("redirect_writes", "block_writes")
_INDICES = 5
_EXECUTION_SECONDS = 600.0
_FIRST_STEP, _FILE_STEP = "create_index", "get_trigger_file"


@dataclass(frozen=True)
class Request:
    """A request of a step.

    Attributes:
        step: key of the step whose credentials signed the request.
        exchange: the request and its answer.
    """

    step: str
    exchange: Exchange

    @property
    def is_poll(self) -> bool:
        """Whether the request polls a reindex task; a longer copy has more polls."""
        path, query = self.exchange.path, self.exchange.query
        return self.exchange.method == "GET" and (path.startswith("/_tasks/") or "parent_task_id=" in query)


@dataclass(frozen=True)
class Sample:
    """One trigger file.

    Attributes:
        run: its executions.
        requests: the requests of all executions, in order.
    """

    run: Run
    requests: Sequence[Request]

    def per_index(self, *, polls: bool) -> float:
        """Return the number of requests for each index, with or without polls."""
        ours = [each for each in self.requests if each.step != _FILE_STEP and (polls or not each.is_poll)]
        return len(ours) / _INDICES


def measure(sizes: Sizes) -> Part:
    """Measure both strategies, and OpenSearch alone, in turn.

    Raises:
        BenchmarkError: an execution failed, or a document is missing.
    """
    samples: dict[str, list[Sample]] = {strategy: [] for strategy in STRATEGIES}
    alone: list[float] = []
    with running_stack() as stack:
        for number in range(sizes.runs + 1):  # the first run starts the functions and is not counted
            say(f"fixed cost: {f'run {number}' if number else 'warm-up'} of {_INDICES} indices with each strategy")
            seconds = _server_alone(stack, f"alone-{number}")
            for strategy in STRATEGIES[number % 2 :] + STRATEGIES[: number % 2]:
                sample = _pipeline(stack, strategy, f"fixed-{strategy[:5]}-{number}")
                if number:
                    samples[strategy].append(sample)
            if number:
                alone.append(seconds)
        versions = stack.versions
    figures = [figure("OpenSearch alone, with raw requests", "s for an index", alone)]
    for strategy in STRATEGIES:
        figures += _figures(strategy, samples[strategy])
    tables = [_by_step(samples)] + [_requests(strategy, samples[strategy][-1]) for strategy in STRATEGIES]
    notes = [
        f"Trigger files of {_INDICES} indices with {small_indices.DOCUMENTS} documents, one shard and no replicas. The "
        "functions are warm.",
        "A request belongs to the function whose credentials signed it.",
        "Polls are `GET /_tasks/<id>`. A longer copy has more of them.",
        "The events of an index's execution are calculated by AWS's rules from the entered states, because MiniStack "
        "writes fewer events. The events of the file's execution follow from its definition.",
        "MiniStack waits 0.15 s before it starts an execution, also a nested one.",
        "OpenSearch alone: create, alias, block, refresh, reindex, refresh, two counts, aliases, delete, without TLS "
        "and signatures.",
    ]
    return Part(figures, notes, tables, versions=versions)


def _pipeline(stack: Stack, strategy: str, prefix: str) -> Sample:
    indices = small_indices.names(prefix, _INDICES)
    small_indices.make(stack, indices)
    stack.front.forget()
    run = run_file(stack, small_indices.file(stack, indices, strategy), _EXECUTION_SECONDS)
    exchanges = list(stack.front.requests)
    small_indices.expect_rebuilt(stack, indices)
    steps = {arn.rpartition(":")[2]: step for step, arn in stack.deployment.outputs["lambda_function_arns"].items()}
    name_of = stack.deployment.ministack.function_name
    return Sample(run, [Request(steps[name_of(each.access_key_id)], each) for each in exchanges])


def _server_alone(stack: Stack, prefix: str) -> float:
    """Rebuild indices with the fewest raw requests, and return the seconds for each."""
    indices = small_indices.names(prefix, _INDICES)
    small_indices.make(stack, indices)
    started = time.monotonic()
    for source in indices:
        target, alias = small_indices.target(source), small_indices.alias(source)
        body = {"settings": small_indices.settings(), "mappings": small_indices.mappings()}
        stack.domain("PUT", target, body)
        write = {"index": target, "alias": alias, "is_write_index": True}
        no_write = {"index": source, "alias": alias, "is_write_index": False}
        stack.domain("POST", "_aliases", {"actions": [{"add": no_write}, {"add": write}]})
        stack.domain("PUT", f"{source}/_block/write")
        stack.domain("POST", f"{source}/_refresh")
        stack.domain("POST", "_reindex?slices=auto", {"source": {"index": source}, "dest": {"index": target}})
        stack.domain("POST", f"{target}/_refresh")
        stack.domain("GET", f"{source}/_count")
        stack.domain("GET", f"{target}/_count")
        stack.domain("POST", "_aliases", {"actions": [{"remove": {"index": source, "alias": alias}}]})
        stack.domain("DELETE", source)
    seconds = (time.monotonic() - started) / _INDICES
    small_indices.expect_rebuilt(stack, indices)
    return seconds


def _figures(strategy: str, samples: Sequence[Sample]) -> list[Figure]:
    runs = [sample.run for sample in samples]

    def each_index(name: str, values: Sequence[float], goal: float | None = None, unit: str = "for an index") -> Figure:
        return figure(name, unit, values, Goal("at most", goal) if goal else None, group=f"`{strategy}`")

    share = (parent_events(_INDICES) - parent_events(0)) / _INDICES
    return [
        each_index("time", [median(run.seconds_of_indices) for run in runs], 1.5, "s for an index"),
        each_index("requests without polls", [sample.per_index(polls=False) for sample in samples], 20),
        each_index("requests with polls", [sample.per_index(polls=True) for sample in samples]),
        each_index(
            "requests of GetTriggerFile",
            [sum(each.step == _FILE_STEP for each in sample.requests) for sample in samples],
            unit=f"for a file of {_INDICES}",
        ),
        each_index("Lambda invocations", [_mean(len(index.calls) for index in run.indices) for run in runs]),
        each_index(
            "state transitions, with one of the Map in the file's execution",
            [_mean(len(index.states) + 1 for index in run.indices) for run in runs],
        ),
        each_index(
            "history events in the index's execution",
            [_mean(index_events(index.states) for index in run.indices) for run in runs],
        ),
        each_index("history events in the file's execution", [share]),
        each_index("largest state", [max(index.state_bytes for index in run.indices) for run in runs], unit="bytes"),
    ]


def _mean(values: Iterable[float]) -> float:
    return sum(values) / _INDICES


def _by_step(samples: Mapping[str, Sequence[Sample]]) -> Table:
    """Return requests of each step in the last run, and the median of all its calls."""
    head = ["Step", *(f"{strategy}: {what}" for strategy in samples for what in ("requests", "seconds"))]
    rows = []
    for step in dict.fromkeys(each.step for runs in samples.values() for each in runs[-1].requests):
        cells = []
        for runs in samples.values():
            requests = sum(each.step == step for each in runs[-1].requests) / (1 if step == _FILE_STEP else _INDICES)
            executions = [execution for each in runs for execution in (each.run.parent, *each.run.indices)]
            state = "".join(word.title() for word in step.split("_"))
            calls = [seconds for execution in executions for name, seconds in execution.calls if name == state]
            cells += [f"{requests:g}", f"{median(calls):.3f}" if calls else ""]
        rows.append([f"`{step}`", *cells])
    return Table(f"Requests and seconds of each step for an index, of `{_FILE_STEP}` for the file", head, rows)


def _requests(strategy: str, sample: Sample) -> Table:
    """Return every request for the last index of a file, in order."""
    starts = [
        position
        for position, (before, each) in enumerate(zip(sample.requests[:-1], sample.requests[1:], strict=True), 1)
        if each.step == _FIRST_STEP != before.step
    ]
    rows = [
        [str(number), f"`{each.step}`", f"`{each.exchange.method} {_plain(each.exchange)}`", str(each.exchange.status)]
        for number, each in enumerate(sample.requests[starts[-1] :], 1)
    ]
    return Table(f"Requests for one index, `{strategy}`", ["", "Step", "Request", "Status"], rows)


def _plain(exchange: Exchange) -> str:
    """Replace the names of the run in a request."""
    path = re.sub(r"fixed-\w+-\d+-\d+-_v1", "<source_index>", exchange.path)
    path = re.sub(r"fixed-\w+-\d+-\d+-_v2", "<target_index>", path)
    path = re.sub(r"^/_tasks/[^/]+", "/_tasks/<id>", path)
    query = re.sub(r"(parent_task_id)=[^&]+", r"\1=<id>", unquote(exchange.query))
    return f"{path}?{query}" if query else path
