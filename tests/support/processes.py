"""Child processes that never outlive this process."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from support.waiting import wait_until

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_GROUP_END_SECONDS = 5.0
# What Python and Java say when another program has the port.
_PORT_IS_TAKEN = "Address already in use"
_LAST_LINES = 200


class PortTakenError(RuntimeError):
    """Report that a server did not start because another program has its port."""


class ManagedProcess:
    """A command in a process group of its own, with its output in a file."""

    def __init__(
        self,
        argv: Sequence[str],
        log_path: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Prepare the process; `start` starts it.

        Args:
            argv: the command and its arguments.
            log_path: file for stdout and stderr, which are appended.
            env: the whole environment; None for the current environment.
            cwd: working directory; None for the current directory.
        """
        self.argv = list(argv)
        self.log_path = log_path
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Id of the process and of its group."""
        if self._process is None:
            raise RuntimeError(f"{self.argv[0]} has not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, is_ready: Callable[[], bool], deadline_seconds: float) -> None:
        """Start the process, and kill it unless it gets ready in time.

        Args:
            is_ready: returns whether the process is ready.
            deadline_seconds: longest time to wait.

        Raises:
            PortTakenError: another program has its port; another port may be free.
            RuntimeError: the process already runs, or did not get ready; the message ends with its log.
        """
        if self.is_running:
            raise RuntimeError(f"{self.argv[0]} already runs as process {self.pid}")
        self._spawn()
        is_up = False
        try:
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: is_ready() or not self.is_running, deadline_seconds)
                is_up = self.is_running
        finally:  # also after Ctrl-C during the wait
            if not is_up:
                self.kill()
        if not is_up:
            taken = _PORT_IS_TAKEN in self.tail(_LAST_LINES)
            raise (PortTakenError if taken else RuntimeError)(f"{self.log_path.stem} did not start:\n{self.tail()}")

    def _spawn(self) -> None:
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(_SUPERVISOR), *self.argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the child
            )

    def kill(self) -> None:
        """Kill the process and its group at once (SIGKILL)."""
        if self._process is None:
            return
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        # A killed server keeps its port and its files for some milliseconds.
        deadline = time.monotonic() + _GROUP_END_SECONDS
        while self._signal_group(0) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._process = None

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the log."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _signal_group(self, signal_number: int) -> bool:
        """Send a signal to the group, or none with 0, and return whether the group exists."""
        try:
            os.killpg(self.pid, signal_number)
        except ProcessLookupError:
            return False
        return True
