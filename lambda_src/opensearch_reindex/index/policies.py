"""What a policy of Index State Management does to an index, and how it goes on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# During these actions the documents, the write block and the name of an index stay. Any other action may change them,
# also one that an extension adds: close, convert_index_to_remote, delete, force_merge, read_only, read_write, rollup,
# search_only, shrink, stop_replication, transform, warm_migration, cold_migration.
_HARMLESS = {
    "alias",
    "allocation",
    "index_priority",
    "notification",
    "open",
    "replica_count",
    "rollover",
    "snapshot",
    "transition",
}
# A state begins its actions again for a target index. Any other action would delete it, take it away from its readers,
# or do twice what must happen once.
_REPEATABLE = _HARMLESS | {"force_merge", "read_only", "read_write"}
# Parts of an action's definition that are not its name.
_OPTIONS = {"retry", "timeout"}


@dataclass(frozen=True)
class Management:
    """What Index State Management says of one index.

    Attributes:
        policy_id: policy that manages the index; None without one.
        state: state that the index is in or moves to; None before the policy has begun and after its end.
        action: action under way; None if there is none.
        is_completed: whether the policy has come to its end.
        is_stopped: whether the policy does nothing until a person acts.
        has_rolled_over: whether the policy rolled the index over.
    """

    policy_id: str | None = None
    state: str | None = None
    action: str | None = None
    is_completed: bool = False
    is_stopped: bool = False
    has_rolled_over: bool = False

    @classmethod
    def read(cls, explained: Mapping[str, Any]) -> Self:
        """Read the answer to `GET _plugins/_ism/explain/<index>` for one index.

        The name of the policy is there twice or three times: it is null, or missing, while the policy begins.
        """
        names = (value for key, value in explained.items() if key.endswith("policy_id") and value)
        action, state = explained.get("action") or {}, explained.get("state") or {}
        has_failed = action.get("failed") or (explained.get("retry_info") or {}).get("failed")
        return cls(
            policy_id=next(names, None),
            state=explained.get("transition_to") or state.get("name"),
            action=action.get("name"),
            is_completed=explained.get("policy_completed") is True,
            is_stopped=bool(has_failed or explained.get("enabled") is False),
            has_rolled_over=explained.get("rolled_over") is True,
        )

    @property
    def is_changing(self) -> bool:
        """Whether an action is under way that may change the index."""
        is_harmless = self.action is None or self.action in _HARMLESS
        return not (is_harmless or self.is_completed or self.is_stopped)


@dataclass(frozen=True)
class Policy:
    """A policy of Index State Management.

    Attributes:
        default_state: state in which an index begins.
        actions: names of each state's actions.
        uses_rollover_age: whether a transition waits for a time after a rollover.
    """

    default_state: str
    actions: Mapping[str, tuple[str, ...]]
    uses_rollover_age: bool = False

    @classmethod
    def read(cls, policy: Mapping[str, Any]) -> Self:
        """Read `policy` of the answer to `GET _plugins/_ism/policies/<id>`."""
        states = policy.get("states") or []
        transitions = [each for state in states for each in state.get("transitions") or []]
        return cls(
            default_state=str(policy.get("default_state")),
            actions={
                str(state.get("name")): tuple(
                    name for action in state.get("actions") or [] for name in action if name not in _OPTIONS
                )
                for state in states
            },
            uses_rollover_age=any("min_rollover_age" in (each.get("conditions") or {}) for each in transitions),
        )

    def problem(self, state: str) -> str | None:
        """Return why a target index must not begin in a state, or None.

        Args:
            state: state of the source index.
        """
        if state not in self.actions:
            return f"the policy has no state {state!r} any more"
        refused = sorted({*self.actions[state]} - _REPEATABLE)
        return f"this state would begin its actions again, among them {', '.join(refused)}" if refused else None


def how_to_remove(plugins: str, index: str) -> str:
    """Return the request that takes the policy off an index.

    Args:
        plugins: how the engine names its plugins.
        index: name of the index.
    """
    return f"POST /_{plugins}/_ism/remove/{index}"


def how_to_attach(
    plugins: str, index: str, policy_id: str, state: str | None, *, is_managed: bool, skips_rollover: bool
) -> str:
    """Return the requests that attach a policy to an index.

    Args:
        plugins: how the engine names its plugins.
        index: name of the index.
        policy_id: the policy.
        state: state to begin in; None: the policy's default state.
        is_managed: whether the index has a policy.
        skips_rollover: whether the index must not be rolled over any more.
    """
    requests = []
    if skips_rollover:
        requests.append(f"PUT /{index}/_settings {json.dumps({f'index.{rollover_skip(plugins)}': True})}")
    if not is_managed:
        requests.append(f"POST /_{plugins}/_ism/add/{index} {json.dumps({'policy_id': policy_id})}")
    if is_managed or state is not None:
        body = json.dumps({"policy_id": policy_id, **({"state": state} if state else {})})
        requests.append(f"POST /_{plugins}/_ism/change_policy/{index} {body}")
    return ", then ".join(requests)


def rollover_skip(plugins: str) -> str:
    """Return the setting that lets an index pass a rollover, without `index.`.

    Args:
        plugins: how the engine names its plugins.
    """
    return f"{plugins}.index_state_management.rollover_skip"


def is_rolled_over(
    source: Management, settings: Mapping[str, Any], aliases: Mapping[str, Mapping[str, Any]], plugins: str
) -> bool:
    """Return whether writes went on to a newer index of the rollover alias.

    Args:
        source: what Index State Management says of the source index.
        settings: of the source index, flat names without `index.`.
        aliases: entries that the target index has in the end, by alias.
        plugins: how the engine names its plugins.
    """
    names = {settings.get(f"{prefix}.index_state_management.rollover_alias") for prefix in (plugins, "opendistro")}
    return source.has_rolled_over or any(aliases.get(str(name), {}).get("is_write_index") is False for name in names)
