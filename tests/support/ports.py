"""Free TCP ports on the loopback interface."""

import fcntl
import random
import socket
from typing import IO

from support.paths import CACHE

# Linux hands out 32768 and up to outgoing connections. A server that is killed and started again on the
# same port must not find it taken by one of those.
_LOWEST, _BELOW = 10_000, 32_000
_ATTEMPTS = 200
# A server binds its port only after some seconds. Until this process ends, a locked file keeps the port from other
# processes that run side by side.
_RESERVATIONS = CACHE / "runs" / "ports"
_reserved: list[IO[bytes]] = []


def free_port(below: int | None = None) -> int:
    """Return a free TCP port that no other run has received from here.

    Args:
        below: highest port + 1; the port is then one of the 1,000 ports under it.

    Raises:
        RuntimeError: no free port was found.
    """
    lowest, end = (_LOWEST, _BELOW) if below is None else (max(1024, below - 1000), below)
    for _ in range(_ATTEMPTS):
        port = random.randrange(lowest, end)
        if _reserve(port) and _is_free(port):
            return port
    raise RuntimeError(f"no free TCP port between {lowest} and {end}")


def _reserve(port: int) -> bool:
    """Keep a port from other processes; say whether none of them has it."""
    _RESERVATIONS.mkdir(parents=True, exist_ok=True)
    file = (_RESERVATIONS / str(port)).open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _reserved.append(file)
    return True


def _is_free(port: int) -> bool:
    """Return whether the port is free on both loopback addresses, as OpenSearch needs."""
    addresses = [(socket.AF_INET, "127.0.0.1")]
    if socket.has_dualstack_ipv6():
        addresses.append((socket.AF_INET6, "::1"))
    for family, address in addresses:
        with socket.socket(family) as probe:
            # A port that only waits for TIME_WAIT to end is free for a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
