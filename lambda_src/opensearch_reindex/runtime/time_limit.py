"""An end to what could go on for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the block after some time, also within a regular expression that backtracks without end.

    While it matches, Python's `re` listens to nothing but signals. They reach the main thread alone, where Lambda runs
    handlers; in any other one there is no limit here.

    Args:
        seconds: how long the block may take.

    Raises:
        TimeoutError: it took longer.
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
