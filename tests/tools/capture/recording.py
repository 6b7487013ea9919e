"""Run a program in a pseudo-terminal, and keep what it prints."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence

_ROWS = 50
_CHUNK_BYTES = 65536


def record(command: Sequence[str], columns: int) -> str:
    """Run a command, show its output, and return the output without carriage returns.

    Args:
        command: program and arguments.
        columns: width of the terminal.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    printed = b""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        while chunk := _read(ours):
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            printed += chunk
    os.close(ours)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, _CHUNK_BYTES)
    except OSError:  # Linux reports the end of a terminal as an input/output error.
        return b""
