"""When a copy is looked at again, and how fast it may be."""

from typing import Any

import pytest

from pacing import UNLIMITED, Pace, WriteQueue, batch_size, pause_seconds

CALM = WriteQueue(length=1, capacity=100, refused=7)


@pytest.mark.parametrize(
    ("documents", "store_bytes", "slices", "shards", "size"),
    [
        (500_000, 500 * 500_000, "auto", 2, 5000),
        (20_000, 10_000 * 20_000, "auto", 2, 3355),  # two slices of 32 MiB
        (20_000, 10_000 * 20_000, "auto", 50, 335),  # OpenSearch makes 20 slices at most
        (20_000, 10_000 * 20_000, 50, 2, 134),
        (10, 10 * 200 * 1024 * 1024, "auto", 1, 1),
        (0, 0, "auto", 1, 1),
        (1, 0, "auto", 0, 5000),
    ],
)
def test_a_batch_is_as_large_as_the_memory_of_one_node_allows(
    documents: int, store_bytes: int, slices: Any, shards: int, size: int
) -> None:
    assert batch_size(documents, store_bytes, slices, shards) == size


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
def test_the_next_look_comes_when_the_end_is_expected(
    slices: list[tuple[int, int]], running_seconds: float, pause: int
) -> None:
    assert pause_seconds(slices, running_seconds, 30) == pause


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_looks_at_a_copy_of_a_day_are_few_however_far_it_seems_to_be(share: float) -> None:
    looks, seconds = 0, 5.0
    while seconds < 24 * 3600:
        seconds += pause_seconds([(int(share * 10**6), 10**6)], seconds, 60)
        looks += 1
    assert looks < 24 * 60 + 100


def test_a_domain_with_room_does_not_slow_a_copy_down() -> None:
    seen = Pace.seen([{"requests_per_second": -1.0, "retries": {"bulk": 0, "search": 0}}], [CALM])
    assert seen.next(seen, 1000, is_queue_high=False) == seen == Pace(UNLIMITED, UNLIMITED, 7)


@pytest.mark.parametrize("retries", [{"bulk": 1, "search": 0}, {"bulk": 0, "search": 2}])
def test_requests_of_the_copy_that_were_refused_slow_it_down(retries: dict[str, int]) -> None:
    before = Pace.seen([{"retries": {"bulk": 0, "search": 0}}], [CALM])
    assert before.next(Pace.seen([{"retries": retries}], [CALM]), 1000, is_queue_high=False).limit == 500


def test_requests_of_others_that_were_refused_slow_it_down() -> None:
    before = Pace.seen([{}], [CALM])
    seen = Pace.seen([{}], [CALM, WriteQueue(length=0, capacity=100, refused=1)])
    assert before.next(seen, 1000, is_queue_high=False) == Pace(UNLIMITED, 500, 8)


@pytest.mark.parametrize(("length", "capacity", "is_high"), [(51, 100, True), (50, 100, False), (999, -1, False)])
def test_a_queue_is_high_when_more_than_half_of_it_is_taken(length: int, capacity: int, *, is_high: bool) -> None:
    assert WriteQueue(length, capacity, refused=0).is_high == is_high
    assert (Pace().next(Pace(), 1000, is_queue_high=is_high).limit == UNLIMITED) is not is_high


def test_counters_that_start_anew_with_a_node_are_no_refusals() -> None:
    assert Pace(refused=9).next(Pace(refused=0), 1000, is_queue_high=False) == Pace(refused=0)


def paces(pace: Pace, rates: list[Any]) -> list[float]:
    limits = []
    for rate in rates:
        refused = pace.refused + (rate == "refused")
        pace = pace.next(
            Pace(pace.limit, pace.limit, refused), 1000 if rate == "refused" else rate, is_queue_high=False
        )
        limits.append(pace.limit)
    return limits


def test_a_copy_that_was_slowed_down_gets_faster_by_and_by_until_no_limit_is_needed() -> None:
    limits = paces(Pace(), ["refused", 500, 625, 600, 390])
    assert limits == [500, 625, 781.25, 976.5625, UNLIMITED]


def test_it_gets_no_faster_than_it_was_asked_to_be() -> None:
    assert paces(Pace(400, 400), ["refused", 200, 250, 312, 390]) == [200, 250, 312.5, 390.625, 400]


def test_again_and_again_it_gets_slower_but_never_comes_to_a_stand() -> None:
    assert paces(Pace(), ["refused"] * 5) == [500, 250, 125, 62.5, 50]


def test_a_copy_that_is_slower_already_is_not_made_faster() -> None:
    assert paces(Pace(20, 20), ["refused"]) == [20]


def test_a_limit_that_a_person_set_is_kept() -> None:
    assert Pace(UNLIMITED, 500).next(Pace(300, 300), 300, is_queue_high=False) == Pace(300, 300)
    assert Pace(400, 400).next(Pace(UNLIMITED, UNLIMITED), 400, is_queue_high=False) == Pace(UNLIMITED, UNLIMITED)
    # 333.33334 is what OpenSearch makes of 1000 for three slices.
    assert Pace(UNLIMITED, 1000 / 3).next(Pace(333.33334, 333.33334), 10, is_queue_high=False).asked == UNLIMITED
