"""A stand-in for Index State Management, which no registry has.

It answers what the real plugin answered on 2.19.1. What was not seen follows its source:
https://github.com/opensearch-project/index-management/tree/2.19.1.0/src/main/kotlin/org/opensearch/indexmanagement/indexstatemanagement
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from support.faults import Answer
from support.signatures import Request

_SETTING = "index_state_management"


class StateManagement:
    """The plugin of one node, for `SignedFront.stand_in`.

    Attributes:
        policies: `policy` by id.
        managed: what `explain` answers for an index that has a policy.
        settings: settings of the plugin that requests set, by index.
        requests: what changed something, as method, path and body.
        unseen: indices whose new policy does not show yet, as in the first second.
        forbidden: actions that the role may not perform.
    """

    def __init__(self, plugins: str = "plugins") -> None:
        """Prepare the plugin.

        Args:
            plugins: how the engine names its plugins in paths.
        """
        self._base = f"/_{plugins}/_ism/"
        self._key = f"index.{plugins}.{_SETTING}.policy_id"
        self.policies: dict[str, dict[str, Any]] = {}
        self.managed: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.unseen: set[str] = set()
        self.forbidden: set[str] = set()

    def __call__(self, request: Request) -> Answer | None:
        """Answer a request for the plugin; None leaves it to the node."""
        body: Any = json.loads(request.body) if request.body else {}
        if request.method == "PUT" and request.path.endswith("/_settings") and _SETTING in str(body):
            return self._put_settings(request.path, body)
        if not request.path.startswith(self._base):
            return None
        action, _, names = request.path.removeprefix(self._base).partition("/")
        permission = {"policies": "policy/get", "change_policy": "managedindex/change"}.get(
            action, f"managedindex/{action}"
        )
        if (name := f"cluster:admin/opendistro/ism/{permission}") in self.forbidden:
            reason = f"no permissions for [{name}] and User [name=lambda, backend_roles=[], requestedTenant=null]"
            return _error(403, "security_exception", reason)
        if request.method == "GET":
            return self._explain(names) if action == "explain" else self._policy(unquote(names))
        self.requests.append((request.method, request.path, body))
        return self._add(unquote(names), body) if action == "add" else self._change(unquote(names), body)

    def attach(self, index: str, policy_id: str, **explained: Any) -> None:
        """Let a policy manage an index.

        Args:
            index: name of the index.
            policy_id: the policy.
            explained: what `explain` says beside it, such as `state`, `action` and `step`.
        """
        self.managed[index] = {"index": index, "policy_id": policy_id, "enabled": True, **explained}

    def _explain(self, names: str) -> Answer:
        answer: dict[str, Any] = {}
        for index in map(unquote, names.split(",")):
            if f"{index}/managedindex" in self.forbidden:
                continue  # left out in silence
            found: Mapping[str, Any] = {} if index in self.unseen else self.managed.get(index, {})
            answer[index] = {self._key: found.get("policy_id"), "enabled": None, **found}
        return _answer({**answer, "total_managed_indices": len(self.managed)})

    def _policy(self, policy_id: str) -> Answer:
        if policy_id not in self.policies:
            return _error(404, "status_exception", "Policy not found")
        return _answer(
            {"_id": policy_id, "_version": 1, "policy": {"policy_id": policy_id, **self.policies[policy_id]}}
        )

    def _add(self, index: str, body: Mapping[str, Any]) -> Answer:
        if body["policy_id"] not in self.policies:
            return _error(404, "status_exception", f"Could not find policy={body['policy_id']}")
        if f"{index}/managedindex" in self.forbidden:
            return _updated(0)
        if index in self.managed:
            return _updated(
                0, index, "This index already has a policy, use the update policy API to update index policies"
            )
        self.attach(index, body["policy_id"])
        return _updated(1)

    def _change(self, index: str, body: Mapping[str, Any]) -> Answer:
        if index not in self.managed:
            return _updated(0, index, "This index is not being managed")
        if "transition_to" in self.managed[index]:
            return _updated(0, index, "Cannot change policy while transitioning to new state")
        self.managed[index]["policy_id"] = body["policy_id"]
        self.managed[index]["state"] = {"name": body["state"], "start_time": 1}
        return _updated(1)

    def _put_settings(self, path: str, body: Mapping[str, Any]) -> Answer:
        self.requests.append(("PUT", path, body))
        self.settings.setdefault(path.split("/")[1], {}).update(body["index"])
        return _answer({"acknowledged": True})


def _updated(count: int, index: str | None = None, reason: str | None = None) -> Answer:
    failed = [{"index_name": index, "index_uuid": "u", "reason": reason}] if reason else []
    return _answer({"updated_indices": count, "failures": bool(failed), "failed_indices": failed})


def _answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def _error(status: int, kind: str, reason: str) -> Answer:
    error = {"type": kind, "reason": reason}
    return _answer({"error": {"root_cause": [error], **error}, "status": status}, status)
