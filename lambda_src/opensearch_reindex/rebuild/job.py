"""What travels from step to step while one index is rebuilt: the state of the nested execution."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from opensearch_reindex.index.provenance import BLOCK_WRITES


@dataclass(frozen=True, kw_only=True)
class Job:
    """The rebuilding of one index, as far as it has come.

    Attributes:
        execution_id: ARN of the parent execution, which owns the work on this index.
        opensearch_endpoint: `https://host[:port]`.
        source_index: index to be rebuilt, and deleted at the end.
        target_index: index that takes its place.
        alias_name: alias whose write index moves.
        strategy: `redirect_writes` or `block_writes`.
        keep_source: leave the source index in place instead of deleting it.
        reindex: options of the copy, as in the trigger file; with a `batch_size` from UpdateAliases on.
        source_uuid: UUID of the source index when the run started.
        target_uuid: UUID of the target index when it was created.
        source_health: `green` or `yellow`, what the target has to reach as well.
        settings_after_copy: settings that the target index gets when the copy is done; until then others are faster.
        source_count: documents in the source index when it was frozen (from UpdateAliases on).
        source_seq_no: sum of its sequence numbers at that moment; any write would raise it.
        task: the copy: `id`, `copy_alias`, `status` (running, recovering, completed, lost), `wait_seconds` until the
            next look, and counters.
    """

    execution_id: str
    opensearch_endpoint: str
    source_index: str
    target_index: str
    alias_name: str
    strategy: str
    keep_source: bool
    reindex: dict[str, Any]
    source_uuid: str
    target_uuid: str
    source_health: str
    settings_after_copy: dict[str, Any] = field(default_factory=dict)
    source_count: int = -1
    source_seq_no: int = -1
    task: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Job":
        """Read the state that the step before returned.

        Raises:
            KeyError: the event does not come from such a step.
        """
        return cls(**{part.name: event[part.name] for part in fields(cls)})

    def to_event(self) -> dict[str, Any]:
        """The state for the next step."""
        return asdict(self)

    @property
    def blocks_writes(self) -> bool:
        """Whether writes are refused during the copy, instead of going to the target index."""
        return self.strategy == BLOCK_WRITES
