"""In which batches documents are copied, when to look at the copy, and how fast it may be meanwhile. No I/O."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

# All slices of a copy run on one node, each with a batch in memory. More small documents in a batch are no faster.
_BYTES_IN_BATCHES = 64 * 1024 * 1024
_MOST_IN_BATCH = 5000
# As OpenSearch has it for `slices: auto`.
_MOST_SLICES = 20
# As OpenSearch says it of a task.
UNLIMITED = -1.0
# The looks at a copy of a day stay few: none comes before a twentieth of the time so far has passed again.
_SHARE_OF_TIME = 20
_SLOWER, _FASTER = 0.5, 1.25
# Documents a second and slice, below which nothing is slowed down.
_SLOWEST = 50.0
# Other values of the same limit are what OpenSearch rounded.
_TOLERANCE = 0.001


@dataclass(frozen=True)
class WriteQueue:
    """The queue of write requests of one node.

    Attributes:
        length: requests that wait.
        capacity: how many may wait; more are refused with status 429. Without a bound: -1.
        refused: how many were, since the node started.
    """

    length: int
    capacity: int
    refused: int

    @property
    def is_high(self) -> bool:
        """Whether more than half of the places are taken."""
        return 0 < self.capacity < 2 * self.length


@dataclass(frozen=True)
class Pace:
    """How fast each slice of a copy may be, in documents a second, or `UNLIMITED`.

    Attributes:
        asked: by the trigger file, or by whoever changed the running task since.
        limit: what is in force.
        refused: how many requests were refused so far: the copy's own, and those of every other writer.
    """

    asked: float = UNLIMITED
    limit: float = UNLIMITED
    refused: int = 0

    @classmethod
    def seen(cls, statuses: Sequence[Mapping[str, Any]], queues: Sequence[WriteQueue]) -> Self:
        """What the slices and nodes tell.

        Args:
            statuses: of every running slice, as `GET _tasks` has them.
            queues: of every node.
        """
        limits = [status.get("requests_per_second", UNLIMITED) for status in statuses]
        refused_copy = sum(sum(status.get("retries", {}).values()) for status in statuses)
        limit = min((limit for limit in limits if limit > 0), default=UNLIMITED)
        return cls(limit, limit, refused_copy + sum(queue.refused for queue in queues))

    def next(self, seen: "Pace", rate: float, *, is_queue_high: bool) -> "Pace":
        """How fast the copy may go on: half as fast when the domain pushes back, then faster again by and by.

        Args:
            seen: what is in force now; another limit than this one's was set by a person, and is not exceeded.
            rate: documents a second and slice since the last look.
            is_queue_high: whether a node has many write requests waiting.
        """
        asked = self.asked if math.isclose(seen.limit, self.limit, rel_tol=_TOLERANCE) else seen.limit
        limit = seen.limit
        if seen.refused > self.refused or is_queue_high:
            limit = max(_SLOWEST, _SLOWER * (rate if limit == UNLIMITED else limit))
            limit = limit if seen.limit == UNLIMITED else min(limit, seen.limit)
        elif limit not in (UNLIMITED, asked):
            # What does not slow the copy down any more is not needed any more.
            limit = _FASTER * limit if rate > _SLOWER * limit or asked != UNLIMITED else UNLIMITED
            limit = limit if asked == UNLIMITED else min(limit, asked)
        return Pace(asked, limit, seen.refused)


def batch_size(documents: int, store_bytes: int, slices: int | str, shards: int) -> int:
    """How many documents a batch should have: as many as make up 64 MiB in all slices together, 5000 at most.

    Args:
        documents: in the source index.
        store_bytes: disk space of its primary shards, which is about what its documents take.
        slices: of the trigger file, a number or `auto`.
        shards: number of primary shards.
    """
    parallel = min(shards, _MOST_SLICES) if slices == "auto" else int(slices)
    return max(1, min(_MOST_IN_BATCH, _BYTES_IN_BATCHES * documents // max(1, parallel * store_bytes)))


def pause_seconds(slices: Sequence[tuple[int, int]], running_seconds: float, poll_interval_seconds: int) -> int:
    """How long to wait for the next look: until the end is to be expected, but no longer than the poll interval.

    Args:
        slices: of each one that runs, documents copied so far and all that it has to copy.
        running_seconds: since the copy began.
        poll_interval_seconds: the longest pause.
    """
    expected = max(running_seconds * ((total - copied) / copied if copied else 1) for copied, total in slices)
    return max(1, int(min(poll_interval_seconds, max(expected, running_seconds / _SHARE_OF_TIME))))
