"""Free TCP ports on the loopback interface."""

import fcntl
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO

from support.paths import CACHE
from support.processes import PortTakenError

# The ports that every machine keeps for its servers, unless its owner lowered the first ephemeral port.
_LOWEST, _BELOW, _END = 10_000, 32_000, 65_536
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ATTEMPTS = 200
_STARTS = 3
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
    lowest, end = _server_ports() if below is None else (max(1024, below - 1000), below)
    for _ in range(_ATTEMPTS):
        port = random.randrange(lowest, end)
        if _reserve(port) and _is_free(port):
            return port
    raise RuntimeError(f"no free TCP port between {lowest} and {end}")


def start_on_free_ports(start: Callable[[], None], choose_ports: Callable[[], None]) -> None:
    """Start a server, on other ports if another program took the first ones.

    Args:
        start: starts the server on the ports it has.
        choose_ports: gives the server other ports.

    Raises:
        PortTakenError: three times, another program had taken a port.
    """
    for attempt in range(_STARTS):
        try:
            return start()
        except PortTakenError:
            if attempt == _STARTS - 1:
                raise
            choose_ports()
    return None


def _server_ports() -> tuple[int, int]:
    """Return the lowest port, and the highest + 1, that no outgoing connection takes.

    A server that is killed and started again on its port must not find a connection there.
    """
    try:
        first, last = map(int, _EPHEMERAL_RANGE.read_text().split())
    except (OSError, ValueError):  # not Linux, or a sandbox without it
        return _LOWEST, _BELOW
    if first >= _BELOW:
        return _LOWEST, _BELOW
    above = (last + 1, _END)
    return above if above[1] - above[0] >= _ATTEMPTS else (_LOWEST, _BELOW)


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
