"""The state of a nested execution, which travels from step to step.

The state is JSON between the steps. Executions that run during an upgrade carry a state that the version before wrote,
so every version reads the states of the version before, see `Copy.read`.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild.throttle import Throttle


class CopyStatus(StrEnum):
    """How far a copy is; the state machine compares these values.

    Attributes:
        RUNNING: the reindex task runs.
        RECOVERING: the reindex task succeeded, and OpenSearch builds shards of the target index.
        COMPLETED: the copy has ended well, and has yet to be proven.
        PAUSED: a fault of the domain ended the copy; it is LOST after the pause.
        LOST: the reindex task is gone, or a fault of the domain ended it; StartReindex starts another.
    """

    RUNNING = "running"
    PAUSED = "paused"
    RECOVERING = "recovering"
    COMPLETED = "completed"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class Counters:
    """What a reindex task did with the documents that it read.

    Attributes:
        total: documents that the task had to copy.
        created: documents new in the target index.
        updated: documents that an ingest pipeline dropped; with op type `create` no document is updated.
        version_conflicts: documents that the target index had already.
        noops: documents that a script dropped.
        deleted: documents that a script deleted from the target index.
        took: milliseconds.
    """

    total: int = 0
    created: int = 0
    updated: int = 0
    version_conflicts: int = 0
    noops: int = 0
    deleted: int = 0
    took: int = 0

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the counters from a task's `response`, or from a state.

        Raises:
            KeyError: a counter is missing.
        """
        optional = {"took": answer["took"]} if "took" in answer else {}
        return cls(**{part.name: answer[part.name] for part in fields(cls) if part.name != "took"}, **optional)

    def plus(self, other: "Counters") -> "Counters":
        """Return the sum of both."""
        return Counters(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The copy of one index, as the latest poll found it.

    Attributes:
        id: `<node>:<number>` of the reindex task; None if there was nothing to copy.
        copy_alias: alias that the task writes through, which is also its X-Opaque-Id.
        status: None before the first poll.
        restarts: how often the copy was started again.
        fruitless: how many of the latest restarts in a row copied no document.
        gentleness: how often the batch size is halved.
        in_target: documents in the target index at the latest restart.
        started_at: when the task was started or found; seconds since 1970.
        next_seq_no: where a copy in pieces continues, see `pieces`; None while one task copies everything.
        window: sequence numbers in its next piece.
        copied: documents copied at the latest poll.
        running_seconds: age of the task at the latest poll.
        moved_at: when the copy, or the building of shards, last made progress; seconds since 1970.
        throttle: limits of the task; None before the first poll that could ask the domain.
        wait_seconds: pause until the next poll.
        counters: result of a task that succeeded, or of the pieces so far.
    """

    id: str | None = None
    copy_alias: str | None = None
    status: CopyStatus | None = None
    restarts: int = 0
    fruitless: int = 0
    gentleness: int = 0
    in_target: int | None = None
    started_at: int | None = None
    next_seq_no: int | None = None
    window: int | None = None
    copied: int | None = None
    running_seconds: float = 0.0
    moved_at: int | None = None
    throttle: Throttle | None = None
    wait_seconds: int = 0
    counters: Counters | None = None

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self:
        """Read the copy from the state of this version or of the version before.

        Version 0.1 wrote the throttle as `pace`. Keys that are not known are left out.
        """
        known = {part.name for part in fields(cls)} - {"status", "throttle", "counters"}
        # A state has both while functions are updated one by one: only the version before adds `pace` to a `throttle`.
        throttle = state.get("pace", state.get("throttle"))
        return cls(
            **{key: value for key, value in state.items() if key in known},
            status=None if state.get("status") is None else CopyStatus(state["status"]),
            throttle=None if throttle is None else Throttle.read(throttle),
            counters=Counters.read(state) if "total" in state else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the copy as JSON, with the counters beside the other keys, without nulls."""
        own = {**asdict(self), "status": self.status and self.status.value}
        counters = own.pop("counters") or {}
        return {key: value for key, value in {**own, **counters}.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Job:
    """The rebuild of one index, as far as it has come.

    Attributes:
        execution_id: ARN of the parent execution, which owns the work on this index.
        opensearch_endpoint: `https://host[:port]`.
        source_index: index to rebuild, and to delete at the end.
        target_index: index that takes its place.
        alias_name: alias to create if it does not exist; None moves the source's aliases alone.
        strategy: what happens to writes during the copy.
        keep_source: whether the source index stays.
        reindex: `reindex` of the trigger file; with a `batch_size` from UpdateAliases on.
        source_uuid: UUID of the source index when the run started.
        target_uuid: UUID of the target index when it was created.
        source_health: `green` or `yellow`; the target index has to become as healthy.
        settings_after_copy: requested values that replace the filling settings after the copy.
        is_hidden_at_end: whether wildcards pass by the finished target index; None leaves it as it is.
        settings_left_out: settings of the source index that the target index does not get, each with the reason.
        settings_at_end: requested settings that the target index gets last, because shards stay unassigned with them.
        source_count: documents in the frozen source index (from UpdateAliases on).
        source_seq_no: sum of its sequence numbers at that time; any write raises it.
        task: state of the copy; the key is named after its reindex task.
        asks_model: whether every copied document passes a model, because the target index has a `semantic` field.
        takes_source_name: whether the name of the source index becomes an alias of the target index.
        aliases: aliases in which the target index has to be now; None before it is in any, and in states of the version
            before.
        attach_policy: whether the policy of the source index is attached to the target index; None where an earlier
            execution has moved the aliases.
        warnings: what the operator should know although the run succeeds.
    """

    execution_id: str
    opensearch_endpoint: str
    source_index: str
    target_index: str
    alias_name: str | None
    strategy: Strategy
    keep_source: bool
    reindex: dict[str, Any]
    source_uuid: str
    target_uuid: str
    source_health: str
    settings_after_copy: dict[str, Any] = field(default_factory=dict)
    is_hidden_at_end: bool | None = None
    settings_left_out: list[str] = field(default_factory=list)
    settings_at_end: dict[str, Any] = field(default_factory=dict)
    source_count: int = -1
    source_seq_no: int = -1
    task: Copy = field(default_factory=Copy)
    asks_model: bool = False
    takes_source_name: bool = False
    aliases: list[str] | None = None
    attach_policy: bool | None = True
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the state that the step before returned.

        A key with a default may be missing: the execution started before this version.

        Raises:
            KeyError: the event does not come from such a step.
        """
        required = {part.name for part in fields(cls) if part.default is part.default_factory is MISSING}
        values = {part.name: event[part.name] for part in fields(cls) if part.name in required | event.keys()}
        return cls(**{**values, "strategy": Strategy(event["strategy"]), "task": Copy.read(event["task"])})

    def to_event(self) -> dict[str, Any]:
        """Return the state for the next step."""
        return {**asdict(self), "strategy": self.strategy.value, "task": self.task.to_dict()}

    def to_result(self) -> dict[str, Any]:
        """Return the result of the index, short: the parent's task gets it with the input."""
        shown = ("source_index", "target_index", "source_count", "task", "settings_left_out", "warnings")
        state = self.to_event()
        return {key: state[key] for key in shown}

    def warn(self, warning: str) -> "Job":
        """Return the state with one more warning."""
        return self if warning in self.warnings else replace(self, warnings=[*self.warnings, warning])

    @property
    def required_aliases(self) -> list[str]:
        """Aliases in which a target index has to be that is in use."""
        if self.aliases is None:
            return [self.alias_name] if self.alias_name else []
        return self.aliases

    @property
    def blocks_writes(self) -> bool:
        """Whether writes fail during the copy, instead of going to the target index."""
        return self.strategy == Strategy.BLOCK_WRITES
