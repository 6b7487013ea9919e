"""Pause between polls, and throttle of a reindex task."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from opensearch_reindex.index.index_info import WriteQueue

# `requests_per_second` of a task without a limit.
UNLIMITED = -1.0
# A pause is at least this part of the task's age, so that a copy of a day takes few polls.
_SHARE_OF_AGE = 20
# Factors for a lower and a higher limit.
_SLOWER, _FASTER = 0.5, 1.25
# No throttle goes below this part of the best rate, or below this many documents a second and slice.
_LEAST_SHARE, _SLOWEST = 0.1, 50.0
# OpenSearch rounds limits.
_TOLERANCE = 0.001


@dataclass(frozen=True)
class Poll:
    """What one poll sees of a running reindex task and of its domain.

    Attributes:
        limit: limit in force for each slice, in documents a second, or `UNLIMITED`.
        rate: documents a second and slice since the poll before.
        slices: number of slices that run; 1 for a task without slices.
        refused: write requests refused so far, both the task's own and those of every other writer.
        is_throttled: whether a slice waits because of its limit.
        is_queue_high: whether the write queue of a node is more than half full.
    """

    limit: float = UNLIMITED
    rate: float = 0.0
    slices: int = 1
    refused: int = 0
    is_throttled: bool = False
    is_queue_high: bool = False

    @classmethod
    def read(
        cls,
        whole: Mapping[str, Any],
        slices: Sequence[Mapping[str, Any]],
        queues: Sequence[WriteQueue],
        documents_per_second: float,
    ) -> Self:
        """Read a poll from OpenSearch's answers.

        Args:
            whole: `status` of the task, which counts the slices that are done.
            slices: `status` of every running slice; empty for a task without slices.
            queues: write queue of every node.
            documents_per_second: rate of the whole task since the poll before.
        """
        running = slices or [whole]
        limits = [status.get("requests_per_second", UNLIMITED) for status in running]
        # A refused search says that scroll contexts or search threads are short: fewer writes would not help.
        refused = sum(status.get("retries", {}).get("bulk", 0) for status in (whole, *slices))
        return cls(
            limit=min((limit for limit in limits if limit > 0), default=UNLIMITED),
            rate=documents_per_second / len(running),
            slices=len(running),
            refused=refused + sum(queue.refused for queue in queues),
            is_throttled=is_throttled(running),
            is_queue_high=any(queue.is_high for queue in queues),
        )


@dataclass(frozen=True)
class Throttle:
    """Limit of each slice of a reindex task, in documents a second, or `UNLIMITED`.

    Attributes:
        requested: limit of the trigger file, or of a person who rethrottled the running task.
        limit: limit that should be in force.
        former: limit in force before, in case the change did not reach the task.
        slices: number of slices that ran when the limit was set.
        refused: write requests refused so far, both the task's own and those of every other writer.
        best: highest rate so far.
    """

    requested: float = UNLIMITED
    limit: float = UNLIMITED
    former: float = UNLIMITED
    slices: int = 1
    refused: int = 0
    best: float = 0.0

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self:
        """Read a throttle from a state. The version before wrote `requested` as `asked`."""
        renamed = {"requested" if key == "asked" else key: value for key, value in state.items()}
        return cls(**{part.name: renamed[part.name] for part in fields(cls) if part.name in renamed})

    @classmethod
    def first(cls, requests_per_second: float | None, poll: Poll, *, is_gentle: bool = False) -> Self:
        """Return the throttle of a task at its first poll.

        Args:
            requests_per_second: limit of the trigger file for the whole task; None means no limit.
            poll: what the poll sees.
            is_gentle: whether the task was started with a lower limit, which the next polls raise.
        """
        requested = (requests_per_second or 0) / poll.slices or UNLIMITED
        limit = _at_most(requested, poll.limit) if is_gentle and poll.limit != UNLIMITED else requested
        return cls(requested, limit, poll.limit, poll.slices, poll.refused, poll.rate)

    def after_fault(self) -> float | None:
        """Return half of the former limit or best rate, for all slices together.

        None means that neither is known.
        """
        rate = self.best if self.limit == UNLIMITED else self.limit
        return self.slices * _at_most(self.requested, max(_SLOWEST, _SLOWER * rate)) if rate > 0 else None

    def next(self, poll: Poll) -> "Throttle":
        """Return the throttle after a poll.

        The limit is halved when the domain pushes back, and raised step by step afterwards.
        A limit that the module did not set is a person's. No later limit exceeds it.

        Args:
            poll: what the poll sees.
        """
        # OpenSearch divides a limit among the slices that run when it arrives. Some may have ended just before.
        of_fewer = [self.limit * self.slices / slices for slices in range(poll.slices, self.slices)]
        is_own = any(is_same_limit(poll.limit, own) for own in (self.limit, self.former, *of_fewer))
        requested, best = self.requested if is_own else poll.limit, max(self.best, poll.rate)
        limit = poll.limit
        if poll.refused > self.refused or poll.is_queue_high:
            least = max(_SLOWEST, _LEAST_SHARE * best)
            limit = _at_most(poll.limit, max(least, _SLOWER * (poll.rate if limit == UNLIMITED else limit)))
        elif limit != UNLIMITED and not is_same_limit(limit, requested):
            # A limit serves no purpose if no slice waits for it and the rate is far below it.
            is_needed = poll.is_throttled or poll.rate > _SLOWER * limit
            limit = _at_most(requested, _FASTER * limit) if is_needed or requested != UNLIMITED else UNLIMITED
        return Throttle(requested, limit, poll.limit, poll.slices, poll.refused, best)


def is_throttled(statuses: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a slice waits because of its limit.

    Args:
        statuses: `status` of every running slice, as `GET _tasks` returns them.
    """
    return any(status.get("throttled_until_millis", 0) > 0 for status in statuses)


def is_same_limit(limit: float, other: float) -> bool:
    """Tell whether two limits differ only by rounding."""
    return math.isclose(limit, other, rel_tol=_TOLERANCE)


def _at_most(most: float, limit: float) -> float:
    return limit if most == UNLIMITED else min(most, limit)


def poll_pause_seconds(
    slices: Iterable[tuple[float, float]], running_seconds: float, poll_interval_seconds: int
) -> int:
    """Return the pause until the expected end, and at most the poll interval.

    Args:
        slices: for every running slice, documents copied so far and documents to copy.
        running_seconds: age of the task.
        poll_interval_seconds: longest pause.
    """
    expected = max(running_seconds * ((total - copied) / copied if copied else 1) for copied, total in slices)
    return max(1, int(min(poll_interval_seconds, max(expected, running_seconds / _SHARE_OF_AGE))))
