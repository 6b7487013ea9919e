"""What the client tells of an index, its shards and the nodes they are on."""

from dataclasses import dataclass, field
from typing import Any

from opensearch_reindex.index.markers import Markers


@dataclass(frozen=True)
class IndexInfo:
    """One concrete index.

    Attributes:
        uuid: changes when an index of the same name is created anew.
        aliases: alias name -> its entry (filter, index_routing, search_routing, is_write_index, is_hidden).
        settings: nested, below `index`.
        mappings: as stored.
        data_stream: name of the data stream it belongs to.
        markers: what this module's own aliases say; they are not among the aliases.
    """

    uuid: str
    aliases: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    mappings: dict[str, Any]
    data_stream: str | None = None
    markers: Markers = field(default_factory=Markers)

    @property
    def shards(self) -> int:
        """Number of primary shards."""
        return int(self.settings["number_of_shards"])

    @property
    def replicas_may_be_behind(self) -> bool:
        """Whether a refresh makes documents visible on primary shards alone; replicas fetch their segments later."""
        return bool(self.settings.get("replication", {}).get("type") == "SEGMENT")


@dataclass(frozen=True)
class PrimaryShards:
    """The primary shards of one index.

    Attributes:
        store_bytes: their disk space.
        last_seq_no: a number that every write to the index raises, also an overwrite: the sum of sequence numbers.
    """

    store_bytes: int
    last_seq_no: int


@dataclass(frozen=True)
class StoreSize:
    """Disk space of one index, in bytes.

    Attributes:
        primaries: of the primary shards.
        total: of all copies.
    """

    primaries: int
    total: int


@dataclass(frozen=True)
class WriteQueue:
    """The queue of write requests of one node.

    Attributes:
        length: requests that wait.
        capacity: how many may wait; more are refused with status 429. Without a bound: -1.
        refused: how many were, since the node started.
    """

    length: int
    capacity: int
    refused: int

    @property
    def is_high(self) -> bool:
        """Whether more than half of the places are taken."""
        return 0 < self.capacity < 2 * self.length
