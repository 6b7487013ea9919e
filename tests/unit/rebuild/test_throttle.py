"""Poll intervals and throttle of a copy."""

from typing import Any

import pytest

from opensearch_reindex.index.index_info import WriteQueue
from opensearch_reindex.rebuild.throttle import UNLIMITED, Poll, Throttle, poll_pause_seconds


@pytest.mark.parametrize(
    ("slices", "running_seconds", "pause"),
    [
        ([(50, 400)], 5, 30),  # the poll interval is the most
        ([(300, 400)], 30, 10),  # a third of the time so far is left
        ([(300, 400), (200, 400)], 10, 10),  # as long as the slowest slice takes
        ([(0, 0)], 5, 5),  # nothing is known yet
        ([(399, 400)], 5, 1),
        ([(399, 400)], 400, 20),  # a twentieth of the time so far is the least
        ([(400, 400)], 36000, 30),
    ],
)
def test_the_next_poll_comes_at_the_expected_end(
    slices: list[tuple[int, int]], running_seconds: float, pause: int
) -> None:
    assert poll_pause_seconds(slices, running_seconds, 30) == pause


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_copy_of_a_day_has_few_polls_at_any_apparent_progress(share: float) -> None:
    polls, seconds = 0, 5.0
    while seconds < 24 * 3600:
        seconds += poll_pause_seconds([(int(share * 10**6), 10**6)], seconds, 60)
        polls += 1
    assert polls < 24 * 60 + 100


def test_a_poll_includes_all_slices_and_nodes() -> None:
    whole = {"requests_per_second": -1.0, "retries": {"bulk": 1, "search": 1}}  # of slices that are done
    slices: list[Any] = [
        {"requests_per_second": 250.0, "retries": {"bulk": 2, "search": 0}, "throttled_until_millis": 0},
        {"requests_per_second": 250.0, "retries": {"bulk": 0, "search": 3}, "throttled_until_millis": 9},
    ]
    queues = [WriteQueue(length=1, capacity=100, refused=7), WriteQueue(length=99, capacity=100, refused=1)]
    assert Poll.read(whole, slices, queues, 400) == Poll(250, 200, 2, 11, is_throttled=True, is_queue_high=True)
    assert Poll.read(whole, [], [], 400) == Poll(UNLIMITED, 400, 1, 1)


@pytest.mark.parametrize(("length", "capacity", "is_high"), [(51, 100, True), (50, 100, False), (999, -1, False)])
def test_a_queue_is_high_when_more_than_half_of_it_is_taken(length: int, capacity: int, *, is_high: bool) -> None:
    assert WriteQueue(length, capacity, refused=0).is_high == is_high


def test_refused_searches_do_not_slow_writes_down() -> None:
    refused = Poll.read({"retries": {"bulk": 0, "search": 9}}, [], [], 400)
    assert Throttle().next(refused).limit == UNLIMITED


def test_a_domain_with_room_does_not_slow_a_copy_down() -> None:
    assert Throttle(refused=7).next(Poll(rate=1000, refused=7)) == Throttle(refused=7, best=1000)


@pytest.mark.parametrize("poll", [Poll(rate=1000, refused=8), Poll(rate=1000, refused=7, is_queue_high=True)])
def test_refused_requests_and_high_queues_slow_it_down(poll: Poll) -> None:
    assert Throttle(refused=7).next(poll) == Throttle(limit=500, refused=poll.refused, best=1000)


def test_counters_that_restart_with_a_node_are_no_refusals() -> None:
    assert Throttle(refused=9).next(Poll(rate=1000)).limit == UNLIMITED


def limits(throttle: Throttle, polls: list[Any]) -> list[float]:
    """Return the limits after polls; each has documents a second, or other attributes."""
    found = []
    for each in polls:
        seen = each if isinstance(each, dict) else {"rate": each}
        throttle = throttle.next(Poll(**{"limit": throttle.limit, "rate": 1000, "refused": throttle.refused, **seen}))
        found.append(throttle.limit)
    return found


REFUSED = {"refused": 99}
HIGH: dict[str, Any] = {"is_queue_high": True}


def test_a_throttled_copy_gets_faster_gradually_until_it_needs_no_limit() -> None:
    assert limits(Throttle(), [REFUSED, 500, 625, 600, 390]) == [500, 625, 781.25, 976.5625, UNLIMITED]


def test_a_limit_is_needed_while_a_slice_waits_for_it_however_little_it_copied_since() -> None:
    assert limits(Throttle(), [HIGH, {"rate": 0, "is_throttled": True}]) == [500, 625]


def test_it_gets_no_faster_than_it_was_asked_to_be() -> None:
    assert limits(Throttle(400, 400), [REFUSED, 200, 250, 312, 390]) == [200, 250, 312.5, 390.625, 400]


def test_again_and_again_it_gets_slower_but_never_comes_to_a_stand() -> None:
    assert limits(Throttle(), [HIGH] * 5) == [500, 250, 125, 100, 100]  # a tenth of the best rate
    assert limits(Throttle(), [{"rate": 120, **HIGH}] * 3) == [60, 50, 50]


def test_a_copy_that_is_slower_already_is_not_made_faster() -> None:
    assert limits(Throttle(20, 20), [HIGH]) == [20]


def test_a_limit_that_a_person_set_is_kept() -> None:
    slowed = Throttle(limit=500)
    assert slowed.next(Poll(300, 300)) == Throttle(300, 300, 300, best=300)
    assert limits(Throttle(requested=300, limit=300, former=500), [300, 300]) == [300, 300]
    assert Throttle(400, 400, 400).next(Poll(UNLIMITED, 400)).requested == UNLIMITED


@pytest.mark.parametrize("limit", [500.00003, UNLIMITED])
def test_own_limit_is_recognised_when_it_was_rounded_or_not_set(limit: float) -> None:
    assert Throttle(limit=500).next(Poll(limit, 500)).requested == UNLIMITED


def test_own_limit_is_recognised_when_slices_ended_before_it_was_set() -> None:
    slowed = Throttle(limit=200, slices=4)
    for then, now in ((3, 3), (3, 2), (2, 1), (1, 1)):
        assert slowed.next(Poll(200 * 4 / then, 200, now)).requested == UNLIMITED
    assert slowed.next(Poll(200 * 4 / 2, 200, 4)).requested == 400  # none has ended: this is a person's
    assert Throttle(limit=200, slices=1).next(Poll(200, 200, 2)).requested == UNLIMITED
