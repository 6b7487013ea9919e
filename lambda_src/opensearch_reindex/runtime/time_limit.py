"""Limit the time of code that may never end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the block after a time limit, even inside a regular expression.

    While Python's `re` matches, only a signal can interrupt it. Signals reach only the main thread, where Lambda runs
    handlers. In any other thread there is no limit.

    Args:
        seconds: time limit of the block.

    Raises:
        TimeoutError: the block took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _time_out)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _time_out(*_: object) -> NoReturn:
    raise TimeoutError
