"""What an execution takes and costs, computed from a few measured figures. Pure functions; checked against real runs.

Prices of us-east-1, without the free tier:

- Step Functions Standard, https://aws.amazon.com/step-functions/pricing/: a transition "each time a step of your
  workflow is executed", retries included.
- Lambda x86, https://aws.amazon.com/lambda/pricing/: requests, and seconds times configured memory.

Not in it: CloudWatch Logs, S3, and the domain itself, which costs most.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from opensearch_reindex.rebuild.check_reindex_status import LOOK_SECONDS
from opensearch_reindex.rebuild.throttle import pause_seconds
from opensearch_reindex.trigger.get_trigger_file import MAX_STATE_BYTES

DOLLARS_PER_TRANSITION = 0.025 / 1000
DOLLARS_PER_LAMBDA_REQUEST = 0.20 / 1_000_000
DOLLARS_PER_GB_SECOND = 0.0000166667

# Inputs of the module and limits of a trigger file, at their defaults.
LAMBDA_GB = 512 / 1024
EXECUTION_TIMEOUT_SECONDS = 7200
MAX_INDICES = 1000

# GetTriggerFile, ReindexIndices and Success; ReindexIndex for each index.
_STATES_OF_FILE, _STATES_OF_ITEM = 3, 1
# CreateIndex, UpdateAliases, StartReindex, IsReindexDone, RemoveAlias, DeleteIndex, Success.
_STATES_OF_INDEX = 7
# WaitForReindex, CheckReindexStatus, IsReindexDone.
_STATES_OF_LOOK = 3
_CALLS_OF_FILE, _CALLS_OF_INDEX, _CALLS_OF_LOOK = 1, 5, 1

# Events that AWS writes: entered and exited for a state; scheduled, started, succeeded for a task, and submitted for
# one that starts an execution; started and succeeded for a Map, each item of it, and an execution.
_EVENTS_OF_STATE, _EVENTS_OF_FUNCTION, _EVENTS_OF_NESTED, _EVENTS_OF_MAP, _EVENTS_OF_ITEM, _EVENTS_OF_EXECUTION = (
    2, 3, 4, 2, 2, 2,
)  # fmt: skip

# `{"source_index": ""}, ` around each name in the state, and what else the file puts there.
_STATE_BYTES_OF_ENTRY, _STATE_BYTES_OF_FILE = 22, 700


@dataclass(frozen=True)
class Looks:
    """How a copy is followed to its end.

    Attributes:
        number: calls of CheckReindexStatus.
        seconds: from the start of the copy to the look that finds it done.
        waited_seconds: of them, spent in functions that wait for the end.
    """

    number: int
    seconds: float
    waited_seconds: float


@dataclass(frozen=True)
class Polling:
    """When a copy is looked at, if its speed does not change.

    Attributes:
        look_seconds: how long a function waits for the end where that may be near, StartReindex at first.
        longest_pause: `poll_interval_seconds`.
    """

    look_seconds: float = LOOK_SECONDS
    longest_pause: int = 30

    def looks(self, copy_seconds: float) -> Looks:
        """Follow a copy.

        Args:
            copy_seconds: how long it takes.
        """
        number, seconds = 0, min(self.look_seconds, copy_seconds)
        waited = seconds
        while seconds < copy_seconds:
            pause = pause_seconds([(seconds, copy_seconds)], seconds, self.longest_pause)
            number, seconds = number + 1, seconds + pause
            if pause < self.longest_pause and seconds < copy_seconds:
                wait = min(self.look_seconds, copy_seconds - seconds)
                seconds, waited = seconds + wait, waited + wait
        return Looks(number, seconds, waited)


@dataclass(frozen=True)
class Growth:
    """How something grows with the number of indices in a file.

    Attributes:
        of_file: once for each file.
        of_index: for each index, without the copy of its documents.
        of_neighbour: more for each index, times the number of indices in the file, which the domain holds as well:
            every change of an index is published with the state of all of them.
    """

    of_file: float
    of_index: float
    of_neighbour: float = 0.0

    @classmethod
    def through(cls, points: Sequence[tuple[int, float]]) -> Self:
        """Read it from three measurements.

        Args:
            points: numbers of indices, rising, and what was measured with each.
        """
        (small, first), (middle, second), (large, third) = points
        slope = (second - first) / (middle - small)
        of_neighbour = ((third - second) / (large - middle) - slope) / (large - small)
        of_index = slope - of_neighbour * (small + middle)
        return cls(first - of_index * small - of_neighbour * small**2, of_index, of_neighbour)

    def at(self, indices: int) -> float:
        """The sum for a file.

        Args:
            indices: in the file.
        """
        return self.of_file + indices * self.of_one(indices)

    def of_one(self, indices: int) -> float:
        """The part of each index.

        Args:
            indices: in the file.
        """
        return self.of_index + indices * self.of_neighbour


@dataclass(frozen=True)
class Costs:
    """What was measured.

    Attributes:
        seconds: of an execution with nearly empty indices.
        lambda_seconds: of its functions.
        documents_per_second: of a copy.
    """

    seconds: Growth
    lambda_seconds: Growth
    documents_per_second: float


@dataclass(frozen=True)
class Prediction:
    """What an execution takes and costs.

    Attributes:
        seconds: duration.
        transitions: of all state machines.
        lambda_calls: invocations of functions.
        lambda_seconds: seconds in functions.
        dollars: price of the transitions and of the functions.
    """

    seconds: float
    transitions: int
    lambda_calls: int
    lambda_seconds: float
    dollars: float


@dataclass(frozen=True)
class Measured:
    """One run, or the medians of several, that costs are read from.

    Attributes:
        indices: number of indices in the file.
        seconds: duration of its execution.
        lambda_seconds: seconds in functions.
    """

    indices: int
    seconds: float
    lambda_seconds: float


def costs(runs: Sequence[Measured], documents_per_second: float) -> Costs:
    """Tell what an index costs from what a file does.

    Args:
        runs: three with nearly empty indices, by rising number of them.
        documents_per_second: of a copy.
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
        documents: number of documents in each.
        measured: what indices and documents cost.
        polling: when a copy is looked at.
    """
    looks = polling.looks(documents / measured.documents_per_second)
    calls = _CALLS_OF_FILE + indices * (_CALLS_OF_INDEX + looks.number * _CALLS_OF_LOOK)
    # A look is a short call, like an average step; a function that waits is paid for.
    seconds_of_call = measured.lambda_seconds.of_one(indices) / _CALLS_OF_INDEX
    lambda_seconds = measured.lambda_seconds.at(indices) + indices * (
        looks.waited_seconds + looks.number * seconds_of_call
    )
    transitions = _STATES_OF_FILE + indices * (_STATES_OF_ITEM + _STATES_OF_INDEX + looks.number * _STATES_OF_LOOK)
    return Prediction(
        seconds=measured.seconds.at(indices) + indices * looks.seconds,
        transitions=transitions,
        lambda_calls=calls,
        lambda_seconds=lambda_seconds,
        dollars=dollars(transitions, calls, lambda_seconds),
    )


def dollars(transitions: int, lambda_calls: int, lambda_seconds: float) -> float:
    """Price of an execution.

    Args:
        transitions: states entered.
        lambda_calls: invocations of functions.
        lambda_seconds: seconds in them.
    """
    return (
        transitions * DOLLARS_PER_TRANSITION
        + lambda_calls * DOLLARS_PER_LAMBDA_REQUEST
        + lambda_seconds * LAMBDA_GB * DOLLARS_PER_GB_SECOND
    )


def most_indices(documents: int, name_characters: int, measured: Costs, polling: Polling = Polling()) -> int:
    """With how many indices a file should be split: time-out, size of the state, or number of entries.

    Args:
        documents: number of documents in each index.
        name_characters: length of the names.
        measured: what indices and documents cost.
        polling: when a copy is looked at.
    """
    copy = polling.looks(documents / measured.documents_per_second).seconds
    seconds = [measured.seconds.at(indices) + indices * copy for indices in range(MAX_INDICES + 1)]
    in_time = bisect_right(seconds, EXECUTION_TIMEOUT_SECONDS) - 1
    in_state = (MAX_STATE_BYTES - _STATE_BYTES_OF_FILE) // (name_characters + _STATE_BYTES_OF_ENTRY)
    return max(0, min(in_time, in_state, MAX_INDICES))


def parent_events(indices: int) -> int:
    """How many events AWS writes into the history of a file's execution.

    Args:
        indices: number of indices in the file.
    """
    states = _STATES_OF_FILE * _EVENTS_OF_STATE + _EVENTS_OF_FUNCTION + _EVENTS_OF_MAP
    item = _EVENTS_OF_ITEM + _EVENTS_OF_STATE + _EVENTS_OF_NESTED
    return _EVENTS_OF_EXECUTION + states + indices * item


def index_events(states: Sequence[str]) -> int:
    """How many events AWS writes into the history of an index's execution that needed no retry.

    Args:
        states: names of the states that were entered.
    """
    functions = {"CreateIndex", "UpdateAliases", "StartReindex", "CheckReindexStatus", "RemoveAlias", "DeleteIndex"}
    calls = sum(name in functions for name in states)
    return _EVENTS_OF_EXECUTION + len(states) * _EVENTS_OF_STATE + calls * _EVENTS_OF_FUNCTION


def error(predicted: Prediction, measured: Prediction) -> dict[str, float]:
    """By how much each figure is off, as a part of the measured one.

    Args:
        predicted: by the model.
        measured: of a run.
    """
    pairs = {each.name: (getattr(predicted, each.name), getattr(measured, each.name)) for each in fields(Prediction)}
    return {name: ours / real - 1 for name, (ours, real) in pairs.items()}
