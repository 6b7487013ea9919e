"""Run a command, and end it when the parent process ends, even if it is killed.

Usage: python supervise.py COMMAND [ARGUMENT ...], as the leader of a process group, with a pipe as stdin.
The pipe reaches its end when the parent process ends for any reason.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 10.0


def _end_with_parent() -> None:
    """Wait for the end of stdin, then end the whole process group with this process."""
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


def main(argv: list[str]) -> int:
    """Start the command and return its exit status."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    # SIGTERM of the group is for the command; this process waits until the command ends.
    signal.signal(signal.SIGTERM, lambda *_: None)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
