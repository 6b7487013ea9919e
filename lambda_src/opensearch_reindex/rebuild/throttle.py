"""In which batches documents are copied, when to look at the copy, and how fast it may be meanwhile. No I/O."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from opensearch_reindex.index.index_info import WriteQueue

# All slices of a copy run on one node, each with a batch in memory. More small documents in a batch are no faster.
_BYTES_IN_BATCHES = 32 * 1024 * 1024
_MOST_IN_BATCH = 5000
# A document that a script or a pipeline changes may take long, and a batch without progress looks like a stalled copy.
_MOST_IN_CHANGED_BATCH = 1000
_MAX_RESULT_WINDOW = 10_000  # unless the index has another
# As OpenSearch has it for `slices: auto`.
_MOST_SLICES = 20
# As OpenSearch says it of a task.
UNLIMITED = -1.0
# The looks at a copy of a day stay few: none comes before a twentieth of the time so far has passed again.
_SHARE_OF_TIME = 20
_SLOWER, _FASTER = 0.5, 1.25
# Below this part of its best rate, or this many documents a second and slice, no copy is slowed down.
_LEAST_SHARE, _SLOWEST = 0.1, 50.0
# Limits that differ by less are the same: OpenSearch rounds them.
_TOLERANCE = 0.001


@dataclass(frozen=True)
class Pace:
    """How fast each slice of a copy may be, in documents a second, or `UNLIMITED`.

    Attributes:
        asked: by the trigger file, or by whoever changed the running task since.
        limit: what should be in force.
        former: what was in force before, in case that the change was not applied.
        slices: how many ran then.
        refused: how many requests were refused so far: the copy's own, and those of every other writer.
        best: the highest rate so far.
    """

    asked: float = UNLIMITED
    limit: float = UNLIMITED
    former: float = UNLIMITED
    slices: int = 1
    refused: int = 0
    best: float = 0.0

    def next(self, look: "Look") -> "Pace":
        """How fast the copy may go on: half as fast when the domain pushes back, then faster again by and by.

        Args:
            look: what is in force now; a limit that was not set here is a person's, and is not exceeded.
        """
        # OpenSearch divides a limit among the slices that run when it gets it: some may have ended a moment before.
        of_fewer = [self.limit * self.slices / slices for slices in range(look.slices, self.slices)]
        is_own = any(is_same(look.limit, own) for own in (self.limit, self.former, *of_fewer))
        asked, best = self.asked if is_own else look.limit, max(self.best, look.rate)
        limit = look.limit
        if look.refused > self.refused or look.is_queue_high:
            least = max(_SLOWEST, _LEAST_SHARE * best)
            limit = _at_most(look.limit, max(least, _SLOWER * (look.rate if limit == UNLIMITED else limit)))
        elif limit != UNLIMITED and not is_same(limit, asked):
            # A limit that no slice waits for is not needed any more.
            is_needed = look.is_throttled or look.rate > _SLOWER * limit
            limit = _at_most(asked, _FASTER * limit) if is_needed or asked != UNLIMITED else UNLIMITED
        return Pace(asked, limit, look.limit, look.slices, look.refused, best)


@dataclass(frozen=True)
class Look:
    """What is to be seen of a running copy and its domain.

    Attributes:
        limit: in force for each slice, in documents a second, or `UNLIMITED`.
        rate: documents a second and slice since the look before.
        slices: how many run; 1 where the copy has none.
        refused: how many requests were refused so far: the copy's own, and those of every other writer.
        is_throttled: whether a slice waits because of its limit.
        is_queue_high: whether a node has many write requests waiting.
    """

    limit: float = UNLIMITED
    rate: float = 0.0
    slices: int = 1
    refused: int = 0
    is_throttled: bool = False
    is_queue_high: bool = False

    @classmethod
    def at(
        cls,
        whole: Mapping[str, Any],
        slices: Sequence[Mapping[str, Any]],
        queues: Sequence[WriteQueue],
        documents_per_second: float,
    ) -> Self:
        """Read it from what OpenSearch tells.

        Args:
            whole: `status` of the task, which counts the slices that are done.
            slices: `status` of every slice that runs; none if the task is not sliced.
            queues: of every node.
            documents_per_second: of the whole copy, since the look before.
        """
        running = slices or [whole]
        limits = [status.get("requests_per_second", UNLIMITED) for status in running]
        refused = sum(sum(status.get("retries", {}).values()) for status in (whole, *slices))
        return cls(
            limit=min((limit for limit in limits if limit > 0), default=UNLIMITED),
            rate=documents_per_second / len(running),
            slices=len(running),
            refused=refused + sum(queue.refused for queue in queues),
            is_throttled=is_throttled(running),
            is_queue_high=any(queue.is_high for queue in queues),
        )


def is_throttled(statuses: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a slice waits because of its limit.

    Args:
        statuses: of every running slice, as `GET _tasks` has them.
    """
    return any(status.get("throttled_until_millis", 0) > 0 for status in statuses)


def is_same(limit: float, other: float) -> bool:
    """Whether two limits are the same but for what OpenSearch rounded."""
    return math.isclose(limit, other, rel_tol=_TOLERANCE)


def _at_most(most: float, limit: float) -> float:
    return limit if most == UNLIMITED else min(most, limit)


def batch_size(
    documents: int, store_bytes: int, shards: int, options: Mapping[str, Any], settings: Mapping[str, Any]
) -> int:
    """How many documents a batch should have: as many as make up 32 MiB in all slices together, 5000 at most.

    Args:
        documents: in the source index.
        store_bytes: disk space of its primary shards, which is about what its documents take.
        shards: number of primary shards.
        options: `reindex` of the trigger file.
        settings: of the source index.
    """
    slices = min(shards, _MOST_SLICES) if options["slices"] == "auto" else int(options["slices"])
    fitting = _BYTES_IN_BATCHES * documents // max(1, slices * store_bytes)
    most = _MOST_IN_CHANGED_BATCH if options.keys() & {"script", "pipeline"} else _MOST_IN_BATCH
    return max(1, min(most, fitting, int(settings.get("max_result_window", _MAX_RESULT_WINDOW))))


def pause_seconds(slices: Iterable[tuple[float, float]], running_seconds: float, poll_interval_seconds: int) -> int:
    """How long to wait for the next look: until the end is expected, but no longer than the poll interval.

    Args:
        slices: of each one that runs, documents copied so far and all that it has to copy.
        running_seconds: since the copy began.
        poll_interval_seconds: the longest pause.
    """
    expected = max(running_seconds * ((total - copied) / copied if copied else 1) for copied, total in slices)
    return max(1, int(min(poll_interval_seconds, max(expected, running_seconds / _SHARE_OF_TIME))))
