"""The nodes that some cases need, by key; the others run on the default node."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from support.domain import Domain
from support.opensearch_cluster import OpenSearchCluster
from support.opensearch_node import OpenSearchNode
from support.paths import unused_run_dir

_HEAP = "512m"


@dataclass(frozen=True)
class Place:
    """Where a case runs.

    Attributes:
        url: of the node that gets the requests.
        nodes: the processes, of which a case may kill one.
    """

    url: str
    nodes: tuple[OpenSearchNode, ...]


def _node(version: str = "2.19", **settings: str) -> Callable[[], AbstractContextManager[Place]]:
    """Return what starts a node with settings whose dots are written `__`."""

    @contextmanager
    def start() -> Iterator[Place]:
        named = {name.replace("__", "."): value for name, value in settings.items()}
        with OpenSearchNode(_HEAP, version=version, settings=named) as node:
            yield Place(node.url, (node,))

    return start


@contextmanager
def _remote_store() -> Iterator[Place]:
    """A node that keeps segments and translogs in a repository."""
    folder = unused_run_dir("repository")
    repository = {"type": "fs", "settings.location": str(folder)}
    settings = {f"node.attr.remote_store.{part}.repository": "r" for part in ("segment", "translog", "state")}
    settings |= {f"node.attr.remote_store.repository.r.{key}": value for key, value in repository.items()}
    try:
        with OpenSearchNode(_HEAP, settings={**settings, "path.repo": str(folder)}) as node:
            yield Place(node.url, (node,))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _upgraded() -> Iterator[Place]:
    """A node with the snapshot `old` of an index `a_v1` that version 1.3 has created."""
    folder = unused_run_dir("snapshots")
    settings = {"path.repo": str(folder)}
    repository = {"type": "fs", "settings": {"location": str(folder)}}
    try:
        with OpenSearchNode(_HEAP, version="1.3", settings=settings) as old:
            domain = Domain(old.url)
            index = {
                "number_of_shards": 1,
                "number_of_replicas": 0,
                "index.soft_deletes.enabled": False,
                "translog.retention.size": "100mb",
            }
            domain("PUT", "a_v1", {"settings": index, "aliases": {"a_current": {"is_write_index": True}}})
            domain.bulk("a_v1", {str(number): {"n": number} for number in range(50)})
            domain("PUT", "_snapshot/old", repository)
            domain("PUT", "_snapshot/old/all?wait_for_completion=true", {"indices": "a_v1"})
        with OpenSearchNode(_HEAP, settings=settings) as node:
            Domain(node.url)("PUT", "_snapshot/old", repository)
            yield Place(node.url, (node,))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _zones() -> Iterator[Place]:
    """A node in a zone whose weights are those of Multi-AZ with Standby."""
    settings = {"node.attr.zone": "a", "cluster.routing.allocation.awareness.attributes": "zone"}
    weights = {"weights": {"a": "1.0", "b": "1.0", "c": "0.0"}, "_version": -1}
    with OpenSearchNode(_HEAP, settings=settings) as node:
        Domain(node.url)("PUT", "_cluster/routing/awareness/zone/weights", weights)
        yield Place(node.url, (node,))


@contextmanager
def _cluster() -> Iterator[Place]:
    with OpenSearchCluster() as cluster:
        yield Place(cluster.url, tuple(cluster.nodes))


NODES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "3.8": _node("3.8"),
    "remote store": _remote_store,
    "zones": _zones,
    "small memory": _node(indexing_pressure__memory__limit="16mb"),
    "upgraded": _upgraded,
    "cluster": _cluster,
}
