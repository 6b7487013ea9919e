"""The shortest allowed poll interval fits into the history of an execution."""

import pytest

from bench.model import index_events
from opensearch_reindex.rebuild.check_reindex_status import MAX_RESTARTS, POLL_SECONDS
from opensearch_reindex.rebuild.throttle import poll_pause_seconds
from support.history import MAX_EVENTS, MAX_INTERVALS


def polls(seconds: int, interval: int) -> int:
    """Return the number of polls of a copy that always seems to be near its end."""
    number, running = 0, POLL_SECONDS
    while running < seconds:
        running += poll_pause_seconds([(1000, 1000)], running, interval)
        number += 1
    return number


@pytest.mark.parametrize("interval", [5, 30, 51, 356, 3600])
@pytest.mark.parametrize("intervals_lost", [5, 20, 40, MAX_INTERVALS // (MAX_RESTARTS + 1)])
def test_a_copy_that_is_lost_as_often_as_allowed_fits_into_the_history(interval: int, intervals_lost: int) -> None:
    lost = polls(intervals_lost * interval, interval)
    last = polls((MAX_INTERVALS - MAX_RESTARTS * intervals_lost) * interval, interval)
    start, poll = ["StartReindex", "IsReindexDone"], ["WaitForReindex", "CheckReindexStatus", "IsReindexDone"]
    states = ["CreateIndex", "UpdateAliases", *(MAX_RESTARTS + 1) * start, "RemoveAlias", "DeleteIndex", "Success"]
    events = index_events(states + (MAX_RESTARTS * lost + last) * poll)
    assert 9 * MAX_INTERVALS < events < MAX_EVENTS
