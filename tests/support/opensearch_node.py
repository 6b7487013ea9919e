"""A real node of one's own, of any version that the tests know."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import requests

from support.engines import DEFAULT, ENGINES
from support.java import find_java, launcher_classes
from support.paths import unused_run_dir
from support.ports import free_port, start_on_free_ports
from support.processes import ManagedProcess

# A start takes 12 s on an idle machine, and far longer when suites run side by side.
_START_SECONDS = 300.0


class OpenSearchNode:
    """A node or cluster on a free port; the end of its `with` block removes the data.

    Within the block, `start` restarts it after `kill`, on the same port with the same data.
    """

    def __init__(
        self,
        heap: str = "1g",
        nodes: int = 1,
        settings: Mapping[str, str] | None = None,
        version: str = DEFAULT,
    ) -> None:
        """Describe the node; the block starts it.

        Args:
            heap: size of the Java heap, as -Xmx takes it.
            nodes: how many nodes of one cluster to run, in one process; requests go to the first.
            settings: further settings of the nodes, as in opensearch.yml; a list has commas.
            version: key of the engine in `support.engines`.
        """
        self.run_dir = unused_run_dir("opensearch")
        self.cluster_name = self.run_dir.name  # unique as the folder is
        self.engine = ENGINES[version]
        self.settings = dict(settings or {})
        self._heap, self._nodes = heap, nodes
        self._process: ManagedProcess | None = None
        self._choose_ports()

    @property
    def transport_address(self) -> str:
        """`host:port` where other nodes of its cluster find it."""
        return f"127.0.0.1:{self._ports[0][1]}"

    def _choose_ports(self) -> None:
        http_ports = [free_port(below=9300) for _ in range(self._nodes)]
        self._process = None
        self._ports = [(http_port, free_port()) for http_port in http_ports]
        self.port = http_ports[0]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the node and wait until it answers and its indices can be searched.

        Raises:
            RuntimeError: the jars are missing, or the node did not come up; the message ends with its log.
        """
        if self._process is None:
            self._process = ManagedProcess(self._command(), self.run_dir / f"opensearch-{self.port}.log")
        self._process.start(lambda: is_healthy(self.url), _START_SECONDS)

    def _command(self) -> list[str]:
        engine = self.engine
        java = find_java(engine.java)
        if not engine.jars.is_dir() or java is None:
            raise RuntimeError(
                f"a node of {engine.version} needs `java` ({engine.java} or newer) and its jars: run `make setup`"
                f"{'' if engine.version == DEFAULT else ' engines'}"
            )
        return [
            java,
            f"-Xms{self._heap}",
            f"-Xmx{self._heap}",
            *(f"-Dsetting.{name}={value}" for name, value in self.settings.items()),
            "-cp",
            f"{engine.jars}/*:{launcher_classes()}",
            "NodeLauncher",
            engine.runner,
            engine.roles,
            str(self.run_dir),
            self.cluster_name,
            *(str(port) for ports in self._ports for port in ports),
        ]

    def kill(self) -> None:
        """Kill the node at once (SIGKILL), as a crash would; its data stay."""
        if self._process is not None:
            self._process.kill()

    def __enter__(self) -> Self:
        try:
            self._first_start()
        except BaseException:  # Ctrl-C too: without a block there is no __exit__
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _first_start(self) -> None:
        self.run_dir.mkdir(parents=True)
        start_on_free_ports(self.start, self._choose_ports)

    def _remove(self) -> None:
        self.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)


class ExternalNode(OpenSearchNode):
    """The node of OPENSEARCH_URL, which the suites never start or stop."""

    def __init__(self, url: str) -> None:
        """Describe the node.

        Args:
            url: `http://host[:port]` of the node; the port is 9200 when left out.

        Raises:
            ValueError: the URL has another form.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
            raise ValueError(f"OPENSEARCH_URL must look like http://127.0.0.1:9200, not {url!r}")
        self.port = parts.port or 9200
        self.url = f"http://{parts.hostname}:{self.port}"

    def start(self) -> None:
        """Check that the node answers. Raises RuntimeError if it does not."""
        if not is_healthy(self.url):
            raise RuntimeError(f"OPENSEARCH_URL names {self.url}, where no healthy OpenSearch answers")

    def kill(self) -> None:
        """Refuse. Raises RuntimeError: the node is not ours."""
        raise RuntimeError(f"the node of OPENSEARCH_URL ({self.url}) is not started here and is not killed")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the node as it is."""


@contextmanager
def running_node() -> Iterator[OpenSearchNode]:
    """Give the node of OPENSEARCH_URL, or a new node of the version in ENGINE."""
    url = os.environ.get("OPENSEARCH_URL")
    with ExternalNode(url) if url else OpenSearchNode(version=os.environ.get("ENGINE", DEFAULT)) as node:
        yield node


def is_healthy(url: str) -> bool:
    """Say whether the node has recovered its state and every primary shard is there.

    Args:
        url: `http://host:port` of the node.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False  # the environment's proxy is not for the loopback interface
            status: str = session.get(f"{url}/_cluster/health", timeout=5).json()["status"]
    except (requests.RequestException, KeyError):  # not there yet, or not answering in whole
        return False
    return status in ("yellow", "green")
