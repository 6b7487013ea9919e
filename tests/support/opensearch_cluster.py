"""A cluster of nodes with a process each, so that one of them can be killed."""

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from support.engines import DEFAULT
from support.opensearch_node import OpenSearchNode
from support.ports import start_on_free_ports

_ZONES = "abc"


class OpenSearchCluster:
    """Nodes in the zones a, b and c; the end of its `with` block removes their data.

    Within the block, `nodes[1].kill()` and `nodes[1].start()` end one and bring it back with its data.
    """

    def __init__(
        self, size: int = 3, heap: str = "512m", settings: Mapping[str, str] | None = None, version: str = DEFAULT
    ) -> None:
        """Describe the cluster; the block starts it.

        Args:
            size: how many nodes.
            heap: size of each Java heap, as -Xmx takes it.
            settings: further settings of every node, as in opensearch.yml.
            version: key of the engine in `support.engines`.
        """
        self._size, self._heap, self._settings, self._version = size, heap, settings or {}, version
        self._choose_ports()

    @property
    def url(self) -> str:
        """`http://host:port` of the first node."""
        return self.nodes[0].url

    def _choose_ports(self) -> None:
        self.nodes = [OpenSearchNode(self._heap, version=self._version) for _ in range(self._size)]
        manager = self.nodes[0].engine.roles.split(",")[0]
        for number, node in enumerate(self.nodes):
            node.cluster_name = self.nodes[0].run_dir.name
            node.settings = {
                f"cluster.initial_{manager}_nodes": "node-0",
                "discovery.seed_hosts": ",".join(other.transport_address for other in self.nodes),
                "node.attr.zone": _ZONES[number % len(_ZONES)],
                "node.name": f"node-{number}",
                **self._settings,
            }

    def _start(self) -> None:
        """Start all nodes at once, because the others wait for the first.

        Raises:
            RuntimeError: a node did not start.
        """
        for node in self.nodes:
            node.run_dir.mkdir(parents=True)
        try:
            with ThreadPoolExecutor(self._size) as threads:
                list(threads.map(OpenSearchNode.start, self.nodes))
        except BaseException:  # Ctrl-C too
            self._remove()
            raise

    def _remove(self) -> None:
        for node in self.nodes:
            node.kill()
            shutil.rmtree(node.run_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        start_on_free_ports(self._start, self._choose_ports)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()
