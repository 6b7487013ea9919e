"""Servers of the tests find a port, also when another program takes it first."""

import socket
import sys
from pathlib import Path

import pytest

from support import ports
from support.ports import free_port, start_on_free_ports
from support.processes import ManagedProcess, PortTakenError

SERVER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("LISTENING")
time.sleep(60)
"""


class Server:
    """A server that binds one port and says so in its log."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.use(port)

    def use(self, port: int) -> None:
        log_path = self.folder / f"{port}.log"
        self.port, self.process = port, ManagedProcess([sys.executable, "-u", "-c", SERVER, str(port)], log_path)

    def start(self) -> None:
        self.process.start(lambda: "LISTENING" in self.process.tail(), 30)


def test_server_starts_on_another_port_when_its_port_was_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        server = Server(tmp_path, taken)
        try:
            start_on_free_ports(server.start, lambda: server.use(free_port()))
            assert server.process.is_running
            assert server.port != taken
        finally:
            server.process.kill()


def test_server_gives_up_when_every_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = Server(tmp_path, other.getsockname()[1])
        with pytest.raises(PortTakenError, match="Address already in use"):
            start_on_free_ports(server.start, lambda: None)


@pytest.mark.parametrize(
    ("ephemeral", "expected"),
    [
        ("32768\t60999\n", (10_000, 32_000)),
        ("1024\t30000\n", (30001, 65536)),
        ("1024\t65535\n", (10_000, 32_000)),
        ("nonsense", (10_000, 32_000)),
    ],
)
def test_ports_of_servers_lie_beside_those_of_outgoing_connections(
    ephemeral: str, expected: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ip_local_port_range"
    file.write_text(ephemeral)
    monkeypatch.setattr(ports, "_EPHEMERAL_RANGE", file)
    assert ports._server_ports() == expected
