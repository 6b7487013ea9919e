"""Waiting for what takes a moment."""

import time
from collections.abc import Callable
from typing import TypeVar

_PAUSE_SECONDS = 0.05

T = TypeVar("T")


def wait_until(look: Callable[[], T | None], deadline_seconds: float = 120, pause_seconds: float = _PAUSE_SECONDS) -> T:
    """Look again and again until there is something to see, and return it.

    Args:
        look: returns nothing (None, False, 0, empty) as long as it is not so.
        deadline_seconds: how long it may take.
        pause_seconds: between two looks.

    Raises:
        TimeoutError: it took longer.
    """
    deadline = time.monotonic() + deadline_seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {deadline_seconds} s")
        time.sleep(pause_seconds)
    return seen
