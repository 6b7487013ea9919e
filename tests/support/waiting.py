"""Wait for a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

_PAUSE_SECONDS = 0.05

T = TypeVar("T")


def wait_until(
    probe: Callable[[], T | None], deadline_seconds: float = 120, pause_seconds: float = _PAUSE_SECONDS
) -> T:
    """Call a function until it returns a true value, and return the value.

    Args:
        probe: the function.
        deadline_seconds: longest time to wait.
        pause_seconds: pause between two calls.

    Raises:
        TimeoutError: the function returned no true value in time.
    """
    deadline = time.monotonic() + deadline_seconds
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"condition not met after {deadline_seconds} s")
        time.sleep(pause_seconds)
    return value
