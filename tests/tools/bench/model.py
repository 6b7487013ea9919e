"""Predict the duration and the price of an execution from a few measured figures.

The functions are pure. `bench.many_indices` compares their predictions with real runs.

Prices are for us-east-1, without the free tier:

- Step Functions Standard, https://aws.amazon.com/step-functions/pricing/: a transition "each time a step of your
  workflow is executed", retries included.
- Lambda x86, https://aws.amazon.com/lambda/pricing/: requests, and seconds times configured memory.

The price excludes CloudWatch Logs, S3, and the domain itself, which costs most.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from opensearch_reindex.rebuild.check_reindex_status import POLL_SECONDS
from opensearch_reindex.rebuild.throttle import poll_pause_seconds
from opensearch_reindex.trigger.get_trigger_file import MAX_STATE_BYTES

DOLLARS_PER_TRANSITION = 0.025 / 1000
DOLLARS_PER_LAMBDA_REQUEST = 0.20 / 1_000_000
DOLLARS_PER_GB_SECOND = 0.0000166667

# Default inputs of the module, and limits of a trigger file.
LAMBDA_GB = 512 / 1024
EXECUTION_TIMEOUT_SECONDS = 7200
MAX_INDICES = 1000

# GetTriggerFile, ReindexIndices and Success; ReindexIndex for each index.
_STATES_OF_FILE, _STATES_OF_ITEM = 3, 1
# CreateIndex, UpdateAliases, StartReindex, IsReindexDone, RemoveAlias, DeleteIndex, Success.
_STATES_OF_INDEX = 7
# WaitForReindex, CheckReindexStatus, IsReindexDone.
_STATES_OF_POLL = 3
_CALLS_OF_FILE, _CALLS_OF_INDEX, _CALLS_OF_POLL = 1, 5, 1

# Events that AWS writes: entered and exited for a state; scheduled, started and succeeded for a task, and submitted for
# a task that starts an execution; started and succeeded for a Map, for each item of a Map, and for an execution.
_EVENTS_OF_STATE, _EVENTS_OF_FUNCTION, _EVENTS_OF_NESTED, _EVENTS_OF_MAP, _EVENTS_OF_ITEM, _EVENTS_OF_EXECUTION = (
    2, 3, 4, 2, 2, 2,
)  # fmt: skip

# `{"source_index": ""}, ` around each name in the state, and the other keys of the file in the state.
_STATE_BYTES_OF_ENTRY, _STATE_BYTES_OF_FILE = 22, 700


@dataclass(frozen=True)
class Polls:
    """The polls of one copy.

    Attributes:
        number: number of polls, which are calls of CheckReindexStatus.
        seconds: duration from the start of the copy to the poll that finds it completed.
        waited_seconds: part of this duration in functions that wait for the end.
    """

    number: int
    seconds: float
    waited_seconds: float


@dataclass(frozen=True)
class Polling:
    """Moments of the polls of a copy with a constant speed.

    Attributes:
        wait_seconds: time that StartReindex, and each poll near the end, waits for the end of the copy.
        poll_interval_seconds: longest poll interval, like the module's input.
    """

    wait_seconds: float = POLL_SECONDS
    poll_interval_seconds: int = 30

    def polls(self, copy_seconds: float) -> Polls:
        """Return the polls of a copy.

        Args:
            copy_seconds: duration of the copy.
        """
        number, seconds = 0, min(self.wait_seconds, copy_seconds)
        waited = seconds
        while seconds < copy_seconds:
            pause = poll_pause_seconds([(seconds, copy_seconds)], seconds, self.poll_interval_seconds)
            number, seconds = number + 1, seconds + pause
            if pause < self.poll_interval_seconds and seconds < copy_seconds:
                wait = min(self.wait_seconds, copy_seconds - seconds)
                seconds, waited = seconds + wait, waited + wait
        return Polls(number, seconds, waited)


@dataclass(frozen=True)
class Growth:
    """Growth of a quantity with the number of indices in a file.

    Attributes:
        per_file: once for each file.
        per_index: once for each index, without the copy of its documents.
        per_neighbour: for each index, once for every index of the file. OpenSearch publishes each change of an index
            with the state of all indices.
    """

    per_file: float
    per_index: float
    per_neighbour: float = 0.0

    @classmethod
    def through(cls, points: Sequence[tuple[int, float]]) -> Self:
        """Calculate the growth from three measurements.

        Args:
            points: three numbers of indices in ascending order, each with the measured quantity.
        """
        (small, first), (middle, second), (large, third) = points
        slope = (second - first) / (middle - small)
        per_neighbour = ((third - second) / (large - middle) - slope) / (large - small)
        per_index = slope - per_neighbour * (small + middle)
        return cls(first - per_index * small - per_neighbour * small**2, per_index, per_neighbour)

    def total(self, indices: int) -> float:
        """Return the quantity for a file.

        Args:
            indices: number of indices in the file.
        """
        return self.per_file + indices * self.each(indices)

    def each(self, indices: int) -> float:
        """Return the quantity for one index of a file.

        Args:
            indices: number of indices in the file.
        """
        return self.per_index + indices * self.per_neighbour


@dataclass(frozen=True)
class Costs:
    """Measured costs, the input of the model.

    Attributes:
        seconds: duration of an execution with nearly empty indices.
        lambda_seconds: time in Lambda functions of such an execution.
        documents_per_second: speed of a copy.
    """

    seconds: Growth
    lambda_seconds: Growth
    documents_per_second: float


@dataclass(frozen=True)
class Prediction:
    """Duration and price of an execution.

    Attributes:
        seconds: duration of the execution.
        transitions: state transitions of both state machines.
        lambda_calls: invocations of Lambda functions.
        lambda_seconds: time in Lambda functions.
        dollars: price of the transitions and of the functions.
    """

    seconds: float
    transitions: int
    lambda_calls: int
    lambda_seconds: float
    dollars: float


@dataclass(frozen=True)
class Measured:
    """One run, or the medians of several runs.

    Attributes:
        indices: number of indices in the file.
        seconds: duration of the execution.
        lambda_seconds: time in Lambda functions.
    """

    indices: int
    seconds: float
    lambda_seconds: float


def costs(runs: Sequence[Measured], documents_per_second: float) -> Costs:
    """Calculate the costs from three runs.

    Args:
        runs: three runs with nearly empty indices, in ascending order of their numbers of indices.
        documents_per_second: speed of a copy.
    """
    return Costs(
        seconds=Growth.through([(run.indices, run.seconds) for run in runs]),
        lambda_seconds=Growth.through([(run.indices, run.lambda_seconds) for run in runs]),
        documents_per_second=documents_per_second,
    )


def predict(indices: int, documents: int, measured: Costs, polling: Polling = Polling()) -> Prediction:
    """Predict an execution.

    Args:
        indices: number of indices in the file.
        documents: number of documents in each index.
        measured: measured costs.
        polling: moments of the polls.
    """
    polls = polling.polls(documents / measured.documents_per_second)
    calls = _CALLS_OF_FILE + indices * (_CALLS_OF_INDEX + polls.number * _CALLS_OF_POLL)
    # A poll is a short call, like the average step. A function that waits costs money too.
    seconds_of_call = measured.lambda_seconds.each(indices) / _CALLS_OF_INDEX
    lambda_seconds = measured.lambda_seconds.total(indices) + indices * (
        polls.waited_seconds + polls.number * seconds_of_call
    )
    transitions = _STATES_OF_FILE + indices * (_STATES_OF_ITEM + _STATES_OF_INDEX + polls.number * _STATES_OF_POLL)
    return Prediction(
        seconds=measured.seconds.total(indices) + indices * polls.seconds,
        transitions=transitions,
        lambda_calls=calls,
        lambda_seconds=lambda_seconds,
        dollars=dollars(transitions, calls, lambda_seconds),
    )


def dollars(transitions: int, lambda_calls: int, lambda_seconds: float) -> float:
    """Return the price of an execution in dollars.

    Args:
        transitions: state transitions of both state machines.
        lambda_calls: invocations of Lambda functions.
        lambda_seconds: time in Lambda functions.
    """
    return (
        transitions * DOLLARS_PER_TRANSITION
        + lambda_calls * DOLLARS_PER_LAMBDA_REQUEST
        + lambda_seconds * LAMBDA_GB * DOLLARS_PER_GB_SECOND
    )


def most_indices(documents: int, name_characters: int, measured: Costs, polling: Polling = Polling()) -> int:
    """Return the largest number of indices that fits into one file.

    The time-out, the size of the state, and the number of entries in a file limit the number.

    Args:
        documents: number of documents in each index.
        name_characters: length of the names.
        measured: measured costs.
        polling: moments of the polls.
    """
    copy = polling.polls(documents / measured.documents_per_second).seconds
    seconds = [measured.seconds.total(indices) + indices * copy for indices in range(MAX_INDICES + 1)]
    in_time = bisect_right(seconds, EXECUTION_TIMEOUT_SECONDS) - 1
    in_state = (MAX_STATE_BYTES - _STATE_BYTES_OF_FILE) // (name_characters + _STATE_BYTES_OF_ENTRY)
    return max(0, min(in_time, in_state, MAX_INDICES))


def parent_events(indices: int) -> int:
    """Return the number of events in the history of a file's execution on AWS.

    Args:
        indices: number of indices in the file.
    """
    states = _STATES_OF_FILE * _EVENTS_OF_STATE + _EVENTS_OF_FUNCTION + _EVENTS_OF_MAP
    item = _EVENTS_OF_ITEM + _EVENTS_OF_STATE + _EVENTS_OF_NESTED
    return _EVENTS_OF_EXECUTION + states + indices * item


def index_events(states: Sequence[str]) -> int:
    """Return the number of events in an index's history on AWS, without retries.

    Args:
        states: names of the entered states.
    """
    functions = {"CreateIndex", "UpdateAliases", "StartReindex", "CheckReindexStatus", "RemoveAlias", "DeleteIndex"}
    calls = sum(name in functions for name in states)
    return _EVENTS_OF_EXECUTION + len(states) * _EVENTS_OF_STATE + calls * _EVENTS_OF_FUNCTION


def relative_errors(predicted: Prediction, measured: Prediction) -> dict[str, float]:
    """Return the relative error of each predicted figure.

    Args:
        predicted: prediction of the model.
        measured: figures of a run.
    """
    pairs = {each.name: (getattr(predicted, each.name), getattr(measured, each.name)) for each in fields(Prediction)}
    return {name: ours / real - 1 for name, (ours, real) in pairs.items()}
