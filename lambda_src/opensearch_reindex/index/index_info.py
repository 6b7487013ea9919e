"""What OpenSearch says about an index, its shards and the nodes that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from opensearch_reindex.index.markers import Markers
from opensearch_reindex.index.provenance import Provenance

# OpenSearch's default of `index.max_result_window`.
MAX_RESULT_WINDOW = 10_000


@dataclass(frozen=True)
class IndexInfo:
    """One concrete index.

    Attributes:
        uuid: UUID; an index that is deleted and created again gets another.
        aliases: entry of each alias by name (filter, index_routing, search_routing, is_write_index, is_hidden), as the
            user made it; the markers are not among them.
        settings: nested, below `index`.
        mappings: as stored.
        data_stream: name of the data stream that the index belongs to.
        markers: what the module's own aliases say.
        held: aliases that a new target index got from its index template, and has to leave again.
    """

    uuid: str
    aliases: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    mappings: dict[str, Any]
    data_stream: str | None = None
    markers: Markers = field(default_factory=Markers)
    held: tuple[str, ...] = ()

    @property
    def shards(self) -> int:
        """Number of primary shards."""
        return int(self.settings["number_of_shards"])

    @property
    def is_write_blocked(self) -> bool:
        """Whether `index.blocks.write` is set."""
        return bool(self.settings.get("blocks", {}).get("write") == "true")

    @property
    def is_hidden(self) -> bool:
        """Whether wildcards pass the index by."""
        return bool(self.settings.get("hidden") == "true")

    @property
    def has_taken_writes(self) -> bool:
        """Whether an alias of the user writes to the index, or did so before a rollover.

        Of a target index whose copy is not proven: only a switch of writes gives it `is_write_index`. A rollover sets
        it to false.
        """
        return any("is_write_index" in entry for entry in self.aliases.values())

    @property
    def replicas_may_be_behind(self) -> bool:
        """Whether a refresh shows documents on primary shards first, later on replicas."""
        return bool(self.settings.get("replication", {}).get("type") == "SEGMENT")

    @cached_property
    def provenance(self) -> Provenance:
        """The note that the module wrote into the index at its creation, or empty."""
        return Provenance.read(self.mappings)


@dataclass(frozen=True)
class PrimaryShards:
    """The primary shards of one index.

    Attributes:
        store_bytes: disk space of all primary shards, in bytes.
        last_seq_no: sum of their highest sequence numbers; every write raises it, also one that overwrites.
        copies_on_nodes: for every node, how many copies of shards it holds, primaries and replicas.
    """

    store_bytes: int
    last_seq_no: int
    copies_on_nodes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CopyLimits:
    """What the nodes of a domain allow a copy.

    Attributes:
        bulk_bytes: memory for write requests on the node with the least; None if unknown.
        scroll_contexts: scroll contexts that may be open on a node; None if unknown.
        open_scroll_contexts: scroll contexts that are open, by node.
        longest_scroll: longest lifetime of a scroll context, such as `24h`; None if unknown.
    """

    bulk_bytes: int | None = None
    scroll_contexts: int | None = None
    open_scroll_contexts: Mapping[str, int] = field(default_factory=dict)
    longest_scroll: str | None = None


@dataclass(frozen=True)
class StoreSize:
    """Disk space of one index, in bytes.

    Attributes:
        primaries: disk space of the primary shards.
        total: disk space of all shard copies.
    """

    primaries: int
    total: int


@dataclass(frozen=True)
class Allocation:
    """Why OpenSearch has not put one shard of an index on a node.

    Attributes:
        shard: which shard, for people.
        reason: explanations of OpenSearch.
        may_follow: whether OpenSearch waits for something that passes by itself.
    """

    shard: str
    reason: str
    may_follow: bool


@dataclass(frozen=True)
class WriteQueue:
    """The queue of write requests of one node.

    Attributes:
        length: number of requests that wait.
        capacity: number of requests that may wait before OpenSearch refuses more with status 429; -1 means no limit.
        refused: number of requests refused since the node started.
    """

    length: int
    capacity: int
    refused: int

    @property
    def is_high(self) -> bool:
        """Whether more than half of the places are taken."""
        return 0 < self.capacity < 2 * self.length
