"""Faults of requests between a client and OpenSearch, injected by tests."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal, Self

from support.signatures import Request

When = Callable[[Request], bool]
Ending = Literal["whole", "cut", "reset"]


@dataclass(frozen=True)
class Answer:
    """An answer to a request.

    Attributes:
        status: HTTP status.
        body: the whole body.
        headers: names and values; the sender adds a missing content length.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)

    @classmethod
    def of_load_balancer(cls, status: int) -> Self:
        """Return the answer of a load balancer.

        Args:
            status: HTTP status, such as 504.
        """
        title = f"{status} {HTTPStatus(status).phrase}"
        return cls(status, f"<html><body><h1>{title}</h1></body></html>".encode(), (("content-type", "text/html"),))


@dataclass(frozen=True)
class Fault:
    """A fault of one request.

    Attributes:
        seconds: delay before anything happens to the request.
        answer: answer that replaces the node's.
        ending: `cut` sends half of the body and closes the connection; `reset` sends nothing and resets the connection.
        node_acts: whether the node gets the request.
    """

    seconds: float = 0
    answer: Answer | None = None
    ending: Ending = "whole"
    node_acts: bool = True

    @classmethod
    def latency(cls, seconds: float) -> Self:
        """Delay the request.

        Args:
            seconds: the delay.
        """
        return cls(seconds=seconds)

    @classmethod
    def status(cls, status: int) -> Self:
        """Answer like a load balancer, instead of the node.

        Args:
            status: 429, 502, 503 or 504.
        """
        return cls(answer=Answer.of_load_balancer(status), node_acts=False)

    @classmethod
    def forbidden(cls, action: str) -> Self:
        """Refuse the request like AWS without a policy that allows the action.

        Args:
            action: IAM action, such as `es:ESHttpPut`.
        """
        user = "arn:aws:sts::123456789012:assumed-role/opensearch-reindex-dev-lambda/create-index"
        message = f"User: {user} is not authorized to perform: {action} because no identity-based policy allows it"
        return cls(answer=Answer(403, f'{{"Message": "{message}"}}'.encode()), node_acts=False)

    @classmethod
    def reset(cls) -> Self:
        """Reset the connection instead of an answer."""
        return cls(ending="reset", node_acts=False)

    @classmethod
    def cut(cls) -> Self:
        """Close the connection in the middle of the node's answer."""
        return cls(ending="cut")

    def after_node(self) -> Self:
        """Return the same fault, but after the node has acted."""
        return replace(self, node_acts=True)


@dataclass
class _Rule:
    fault: Fault
    when: When
    times: int | None


@dataclass
class Faults:
    """Pending faults; safe for many threads."""

    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, fault: Fault, when: When = lambda _: True, times: int | None = 1) -> None:
        """Inject a fault into coming requests; the first matching fault takes effect.

        Args:
            fault: the fault.
            when: condition for a request.
            times: number of requests; None for all requests.
        """
        with self._lock:
            self._rules.append(_Rule(fault, when, times))

    def next_for(self, request: Request) -> Fault | None:
        """Take the fault of a request.

        Args:
            request: a new request.
        """
        with self._lock:
            rule = next((rule for rule in self._rules if rule.when(request)), None)
            if rule is None:
                return None
            if rule.times is not None:
                rule.times -= 1
                if rule.times == 0:
                    self._rules.remove(rule)
            return rule.fault

    def clear(self) -> int:
        """Remove all faults, and return the number of faults that did not happen."""
        with self._lock:
            missing = sum(rule.times or 0 for rule in self._rules)
            self._rules.clear()
            return missing
