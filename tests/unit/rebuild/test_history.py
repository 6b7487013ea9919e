"""The shortest allowed poll interval fits into the history of an execution."""

import pytest

from bench.model import index_events
from opensearch_reindex.rebuild.check_reindex_status import POLL_SECONDS
from opensearch_reindex.rebuild.restart import QUICK_RESTARTS
from opensearch_reindex.rebuild.throttle import poll_pause_seconds
from support.history import MAX_EVENTS, MAX_INTERVALS


def polls(seconds: int, interval: int) -> int:
    """Return the number of polls of a copy that always seems to be near its end."""
    number, running = 0, POLL_SECONDS
    while running < seconds:
        running += poll_pause_seconds([(1000, 1000)], running, interval)
        number += 1
    return number


START, POLL = ["StartReindex", "IsReindexDone"], ["WaitForReindex", "CheckReindexStatus", "IsReindexDone"]
AROUND = ["CreateIndex", "UpdateAliases", "RemoveAlias", "DeleteIndex", "Success"]


@pytest.mark.parametrize("interval", [5, 30, 51, 356, 3600])
@pytest.mark.parametrize("intervals_lost", [5, 20, 40, MAX_INTERVALS // (QUICK_RESTARTS + 1)])
def test_a_copy_with_all_quick_restarts_fits_into_the_history(interval: int, intervals_lost: int) -> None:
    lost = polls(intervals_lost * interval, interval)
    last = polls((MAX_INTERVALS - QUICK_RESTARTS * intervals_lost) * interval, interval)
    events = index_events(AROUND + (QUICK_RESTARTS + 1) * START + (QUICK_RESTARTS * lost + last) * POLL)
    assert 9 * MAX_INTERVALS < events < MAX_EVENTS


@pytest.mark.parametrize("polls_of_each", [0, 1, 5])
def test_a_copy_that_is_started_again_all_the_time_fits_into_the_history(polls_of_each: int) -> None:
    quick = QUICK_RESTARTS * (START + polls(20 * 30, 30) * POLL)
    # A pause of two intervals, and one interval for each poll.
    later = (MAX_INTERVALS // (2 + polls_of_each)) * (START + (polls_of_each + 1) * POLL)
    assert index_events(AROUND + quick + later) < MAX_EVENTS
