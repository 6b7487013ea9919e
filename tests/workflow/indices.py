"""Indices with names of a test's own."""

from collections.abc import Mapping
from typing import Any

from support.domain import Domain

Documents = dict[str, dict[str, Any]]


class Indices(Domain):
    """The node, and indices on it whose names begin with a prefix.

    Attributes:
        endpoint: what a trigger file names in place of the node: the front before it.
    """

    def __init__(self, url: str, endpoint: str, prefix: str) -> None:
        """Describe them.

        Args:
            url: of the node.
            endpoint: of the front.
            prefix: of every name.
        """
        super().__init__(url)
        self.endpoint = endpoint
        self.prefix = prefix

    def create(self, base: str, documents: Documents, **body: Any) -> str:
        """Create an index `<prefix><base>_v1` with documents in it, and return its name.

        Args:
            base: part of the name.
            documents: by id.
            body: settings, mappings, aliases; one shard and the alias `<prefix><base>_current` unless told otherwise.
        """
        name = f"{self.prefix}{base}_v1"
        settings = {"number_of_shards": 1, "number_of_replicas": 0, **body.pop("settings", {})}
        aliases = body.pop("aliases", {self.alias(name): {}})
        self("PUT", name, {"settings": settings, "aliases": aliases, **body})
        if documents:
            self.bulk(name, documents)
        return name

    def get(self, index: str) -> dict[str, Any]:
        """Aliases, settings and mappings of an index.

        Args:
            index: its name.
        """
        info: dict[str, Any] = self("GET", index)[index]
        return info

    def aliases(self) -> dict[str, dict[str, Any]]:
        """Every alias of every index: what `GET _alias` says below the index's name."""
        answer = self("GET", f"{self.prefix}*/_alias?expand_wildcards=all")
        return {index: entry["aliases"] for index, entry in answer.items()}

    def names(self) -> set[str]:
        """The names of all indices there are."""
        return set(self.aliases())

    def is_write_blocked(self, index: str) -> bool:
        """Whether writes to an index are refused.

        Args:
            index: its name.
        """
        blocks: Mapping[str, str] = self.get(index)["settings"]["index"].get("blocks", {})
        return blocks.get("write") == "true"

    @staticmethod
    def alias(index: str) -> str:
        """The alias that the trigger file names for an index.

        Args:
            index: name of the source or target index.
        """
        return f"{index.rpartition('_v')[0]}_current"

    @staticmethod
    def target(source_index: str) -> str:
        """The target index that the trigger file names for an index.

        Args:
            source_index: its name.
        """
        return source_index.removesuffix("_v1") + "_v2"
