"""What can become of a request between a client and OpenSearch, on demand."""

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
        status: of HTTP.
        body: all of it.
        headers: names and values; the length of the body is added where it is missing.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)

    @classmethod
    def of_load_balancer(cls, status: int) -> Self:
        """Make the page that a load balancer sends.

        Args:
            status: such as 504.
        """
        title = f"{status} {HTTPStatus(status).phrase}"
        return cls(status, f"<html><body><h1>{title}</h1></body></html>".encode(), (("content-type", "text/html"),))


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        seconds: how long the request is held before anything is done with it.
        answer: in place of the node's.
        ending: `cut`: half of the answer's body is sent and the connection closed; `reset`: nothing is sent and the
            connection reset.
        node_acts: whether the node gets the request.
    """

    seconds: float = 0
    answer: Answer | None = None
    ending: Ending = "whole"
    node_acts: bool = True

    @classmethod
    def latency(cls, seconds: float) -> Self:
        """Hold the request, then go on as if nothing had been.

        Args:
            seconds: how long.
        """
        return cls(seconds=seconds)

    @classmethod
    def status(cls, status: int) -> Self:
        """Answer as a load balancer does, in place of the node.

        Args:
            status: 429, 502, 503 or 504.
        """
        return cls(answer=Answer.of_load_balancer(status), node_acts=False)

    @classmethod
    def forbidden(cls, action: str) -> Self:
        """Refuse as AWS does when no policy allows the action.

        Args:
            action: such as `es:ESHttpPut`.
        """
        user = "arn:aws:sts::123456789012:assumed-role/opensearch-reindex-dev-lambda/create-index"
        message = f"User: {user} is not authorized to perform: {action} because no identity-based policy allows it"
        return cls(answer=Answer(403, f'{{"Message": "{message}"}}'.encode()), node_acts=False)

    @classmethod
    def reset(cls) -> Self:
        """Reset the connection in place of an answer."""
        return cls(ending="reset", node_acts=False)

    @classmethod
    def cut(cls) -> Self:
        """Close the connection in the middle of the node's answer."""
        return cls(ending="cut")

    def after_node(self) -> Self:
        """The same fault, once the node has acted."""
        return replace(self, node_acts=True)


@dataclass
class _Rule:
    fault: Fault
    when: When
    times: int | None


@dataclass
class Faults:
    """The faults still to come. Safe for many threads."""

    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, fault: Fault, when: When = lambda _: True, times: int | None = 1) -> None:
        """Let a fault happen to requests that come from now on; of several faults the first that fits.

        Args:
            fault: what.
            when: to which requests.
            times: to how many of them; None: to all.
        """
        with self._lock:
            self._rules.append(_Rule(fault, when, times))

    def next_for(self, request: Request) -> Fault | None:
        """Take the fault that is for this request.

        Args:
            request: was not met by a fault before.
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
        """Forget all faults, and return how many that were to happen a certain number of times have not."""
        with self._lock:
            missing = sum(rule.times or 0 for rule in self._rules)
            self._rules.clear()
            return missing
