"""Versions of the engine: which ones the module runs on, and what they lack."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# The tests run the oldest and the newest of each line.
SUPPORTED = "Elasticsearch 7.10, OpenSearch 1.3 and later minor versions of 1, OpenSearch 2 and OpenSearch 3"
_NEWEST_MAJOR = 3
# `remove` of `_aliases` knows `must_exist` from this version on (OpenSearch#11210).
_MUST_EXIST = (2, 12)
# Replicas may lag behind primary shards, and a search may ask the primary shards alone.
_SEGMENT_REPLICATION = (2, 7)
_FIRST_MAJOR_OF_ELASTICSEARCH = 5
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, order=True)
class Engine:
    """A version of the engine, ordered by age.

    Amazon has Elasticsearch 5 to 7.10, and OpenSearch from 1.0 on.

    Attributes:
        is_opensearch: whether it is OpenSearch and not Elasticsearch, which is older.
        major: first number of the version.
        minor: second number of the version.
    """

    is_opensearch: bool
    major: int
    minor: int

    @classmethod
    def oldest(cls, versions: Iterable[str]) -> "Engine":
        """Return the oldest engine among the nodes of a domain.

        During an upgrade, nodes of two versions work together. An old node ignores what it does not know.

        Args:
            versions: of all nodes, such as `2.19.1`.

        Raises:
            ValueError: there is no version, or one that cannot be read.
        """
        found = [_VERSION.match(version) for version in versions]
        numbers = [(int(match[1]), int(match[2])) for match in found if match]
        if not numbers or len(numbers) < len(found):
            raise ValueError("the nodes of the domain name no version")
        return min(cls(major < _FIRST_MAJOR_OF_ELASTICSEARCH, major, minor) for major, minor in numbers)

    @property
    def has_must_exist(self) -> bool:
        """Whether `remove` of `_aliases` can fail where the alias is missing."""
        return self.is_opensearch and (self.major, self.minor) >= _MUST_EXIST

    @property
    def has_segment_replication(self) -> bool:
        """Whether an index may have segment replication."""
        return self.is_opensearch and (self.major, self.minor) >= _SEGMENT_REPLICATION

    @property
    def plugins(self) -> str:
        """How the engine names its plugins, in paths and in settings."""
        return "plugins" if self.is_opensearch else "opendistro"

    def __str__(self) -> str:
        return f"{'OpenSearch' if self.is_opensearch else 'Elasticsearch'} {self.major}.{self.minor}"


def engine_problem(engine: Engine, *, allow_untested: bool) -> str | None:
    """Return why the module does not run on an engine, or None.

    Args:
        engine: the oldest engine of the domain.
        allow_untested: whether the module's owner allows major versions that came after this version of the module.
    """
    if not engine.is_opensearch:
        is_tested = (engine.major, engine.minor) == (7, 10)
        is_older = (engine.major, engine.minor) < (7, 10)
        way = (
            "Upgrade the domain to Elasticsearch 7.10 first" if is_older else "Use a domain with one of these versions"
        )
    elif engine.major > _NEWEST_MAJOR:
        is_tested, way = (
            allow_untested,
            "Use a version of the module that was tested with it, or set allow_untested_engines of the module",
        )
    else:
        is_tested, way = (engine.major, engine.minor) >= (1, 3), "Upgrade the domain to OpenSearch 1.3 first"
    return None if is_tested else f"the domain runs {engine}; expected {SUPPORTED}. {way}"
