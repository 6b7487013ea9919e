"""An application that writes through an alias and keeps acknowledged documents."""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import requests

_RETRY_SECONDS = 0.05
# Asked to come back later, or no answer that says whether the write was made.
_UNCERTAIN = {0, 429, 500, 502, 503, 504}
_REFUSED, _MISSING, _CONFLICT = 403, 404, 409
# require_alias: where the alias is missing, a write would otherwise create an index of that name.
# timeout: how long OpenSearch waits for a missing shard. It is far shorter than the writer waits for the answer:
# OpenSearch could still carry out a write that the writer has given up, after a newer one.
_TIMEOUT = "timeout=2s"
_PARAMETERS = f"require_alias=true&{_TIMEOUT}"

Document = dict[str, Any]
Action = Literal["create", "index", "update", "delete"]


@dataclass(frozen=True)
class Write:
    """One write.

    Attributes:
        action: `create` adds a document, `index` overwrites a whole one, `update` changes some fields.
        document_id: its `_id`.
        change: the document, or the fields to change; empty for `delete`.
    """

    action: Action
    document_id: str
    change: Document


# Yields the writes to send at once, given the documents as last acknowledged. Each batch is acknowledged before the
# next one is asked for. A batch of several writes is sent as one bulk request.
Workload = Callable[[Mapping[str, Document]], Iterator[Sequence[Write]]]


@dataclass(frozen=True)
class Written:
    """How many writes OpenSearch acknowledged so far.

    Attributes:
        created, overwritten, updated, deleted: acknowledged writes by action.
        retried: number of these writes that were sent more than once.
    """

    created: int
    overwritten: int
    updated: int
    deleted: int
    retried: int

    @property
    def total(self) -> int:
        """Number of acknowledged writes."""
        return self.created + self.overwritten + self.updated + self.deleted

    def __str__(self) -> str:
        """Return the numbers of whole documents as text."""
        return f"{self.created:,} added, {self.overwritten:,} updated"

    def since(self, start: "Written") -> "Written":
        """Return the difference to an earlier moment."""
        return Written(
            self.created - start.created,
            self.overwritten - start.overwritten,
            self.updated - start.updated,
            self.deleted - start.deleted,
            self.retried - start.retried,
        )


class Writer(threading.Thread):
    """Sends the writes of a workload from the start of a block to its end.

    It repeats a refused (403) or unanswered write with the same id until OpenSearch acknowledges it. Only one write is
    ever in flight for an id, so at the end there is no doubt about what must be in the index.

    Attributes:
        documents: every document by id, as last acknowledged.
        deleted: ids whose deletion was acknowledged.
        refused: how many writes got a 403.
        failure: the answer that shows that a document or the alias was lost, or an empty text.
        last_refusal: why the last write that was not acknowledged has to be repeated.
    """

    def __init__(
        self,
        url: str,
        alias: str,
        workload: Workload,
        *,
        loaded: Mapping[str, Document] | None = None,
        pause_seconds: float = 0.002,
        nodes_may_fail: bool = False,
    ) -> None:
        """Describe the writer; the block starts it.

        Args:
            url: URL of the node.
            alias: what is written to, never an index.
            workload: decides what to write.
            loaded: documents that are in the index already and that no other writer changes.
            pause_seconds: time between two batches, which leaves the machine to others now and then.
            nodes_may_fail: whether a node may be lost during a write. OpenSearch then repeats the write on the next
                primary shard, which may have it already.
        """
        super().__init__(daemon=True)
        self.documents: dict[str, Document] = dict(loaded or {})
        self.deleted: set[str] = set()
        self.refused = 0
        self.failure = self.last_refusal = ""
        self._url = f"{url}/{alias}"
        self._workload = workload
        self._pause_seconds = pause_seconds
        self._nodes_may_fail = nodes_may_fail
        self._acknowledged: Counter[Action] = Counter()
        self._retried = 0
        self._is_stopping = threading.Event()
        self._is_abandoned = threading.Event()

    @property
    def written(self) -> Written:
        """How many writes OpenSearch acknowledged so far."""
        count = self._acknowledged
        return Written(count["create"], count["index"], count["update"], count["delete"], self._retried)

    def run(self) -> None:
        """Write until the block ends, or until an answer shows that something was lost."""
        with requests.Session() as session:
            session.trust_env = False  # no proxy between writer and node
            for batch in self._workload(self.documents):
                self._write(session, batch)
                if self._is_stopping.wait(self._pause_seconds) or self.failure:
                    return

    def stop(self, timeout_seconds: float = 60.0) -> None:
        """End after OpenSearch has acknowledged the writes in hand.

        Args:
            timeout_seconds: how long that may take.

        Raises:
            RuntimeError: OpenSearch did not acknowledge them in time.
        """
        self._is_stopping.set()
        self.join(timeout_seconds)
        if self.is_alive():
            self._is_abandoned.set()
            raise RuntimeError(f"writes to {self._url} are still refused: {self.last_refusal}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: after an error at once, else when the last write is acknowledged.

        Raises:
            RuntimeError: OpenSearch did not acknowledge the last write in time.
            AssertionError: a document or the alias was lost.
        """
        if kind is not None:
            self._is_stopping.set()
            self._is_abandoned.set()
            self.join()
            return
        self.stop()
        assert not self.failure, self.failure

    def _write(self, session: requests.Session, batch: Sequence[Write]) -> None:
        """Send the writes until each of them is acknowledged."""
        pending = [(write, False) for write in batch]
        is_retry = False
        while pending and not self._is_abandoned.is_set():
            writes = [write for write, _ in pending]
            answers = self._send_one(session, *writes) if len(writes) == 1 else self._send_bulk(session, writes)
            repeated = []
            for (write, was_uncertain), (status, text) in zip(pending, answers, strict=True):
                if not self._settle(write, status, text, was_uncertain=was_uncertain):
                    repeated.append((write, was_uncertain or status in _UNCERTAIN))
            if self.failure:
                return
            pending = repeated
            if pending:
                self._retried += 0 if is_retry else len(pending)
                is_retry = True
                self._is_abandoned.wait(_RETRY_SECONDS)

    def _settle(self, write: Write, status: int, text: str, *, was_uncertain: bool) -> bool:
        """Record an answer, and say whether the write is over with.

        After an attempt without a clear answer, the write may have been made before: a `create` finds its document, a
        `delete` finds none. And a node that starts answers that the alias is missing until it has read its state.
        """
        is_no_alias = status == _MISSING and "index_not_found_exception" in text
        if status in {_REFUSED, *_UNCERTAIN} or (is_no_alias and was_uncertain):
            self.refused += status == _REFUSED
            self.last_refusal = text
            return False
        is_made = (was_uncertain or self._nodes_may_fail) and {"create": _CONFLICT, "delete": _MISSING}.get(
            write.action
        ) == status
        if status < 400 or is_made:
            self._keep(write)
        elif is_no_alias:
            self.failure = f"{write.action} of {write.document_id} found no alias: {text}"
        elif status == _MISSING:
            self.failure = f"{write.action} of {write.document_id} found no document"
        else:
            self.failure = f"{write.action} of {write.document_id} was answered with {text}"
        return True

    def _keep(self, write: Write) -> None:
        self._acknowledged[write.action] += 1
        if write.action == "delete":
            del self.documents[write.document_id]
            self.deleted.add(write.document_id)
        else:
            kept = self.documents[write.document_id] if write.action == "update" else {}
            self.documents[write.document_id] = {**kept, **write.change}

    def _send_one(self, session: requests.Session, write: Write) -> list[tuple[int, str]]:
        """Send one write, and return status and text of its answer."""
        path = f"{self._url}/_doc/{write.document_id}"
        match write.action:
            case "delete":
                answer = _send(session, "DELETE", f"{path}?{_TIMEOUT}")
            case "update":
                path = f"{self._url}/_update/{write.document_id}?{_PARAMETERS}"
                answer = _send(session, "POST", path, {"doc": write.change})
            case _:
                answer = _send(session, "PUT", f"{path}?op_type={write.action}&{_PARAMETERS}", write.change)
        return [answer]

    def _send_bulk(self, session: requests.Session, writes: Sequence[Write]) -> list[tuple[int, str]]:
        """Send many writes at once, and return status and text of each one's answer."""
        lines: list[Any] = []
        for write in writes:
            lines.append({write.action: {"_id": write.document_id}})
            if write.action != "delete":
                lines.append({"doc": write.change} if write.action == "update" else write.change)
        body = "".join(json.dumps(line) + "\n" for line in lines)
        status, text = _send(session, "POST", f"{self._url}/_bulk?{_PARAMETERS}", body)
        if status >= 400 or status == 0:
            return [(status, text)] * len(writes)
        results = [next(iter(item.values())) for item in json.loads(text)["items"]]
        return [(int(result["status"]), json.dumps(result)) for result in results]


def small_writes(number: int, *, updates_and_deletes: bool = False) -> Workload:
    """Return a workload that creates and overwrites documents one by one.

    Args:
        number: makes the ids of new documents the writer's own.
        updates_and_deletes: whether to change single fields and delete documents too.
    """
    actions: tuple[Action, ...] = (
        ("create", "index", "update", "delete") if updates_and_deletes else ("create", "index")
    )

    def workload(documents: Mapping[str, Document]) -> Iterator[Sequence[Write]]:
        for turn in itertools.count():
            action = actions[turn % len(actions)]
            document_id = f"w{number}-{turn}" if action == "create" else _any_id(documents, turn)
            whole = {"writer": number, "turn": turn}
            changes: dict[str, Document] = {"update": {"updated": turn}, "delete": {}}
            yield [Write(action, document_id, changes.get(action, whole))]

    return workload


def _any_id(documents: Mapping[str, Document], turn: int) -> str:
    """Choose a document: by turns an old one, perhaps just copied, and a new one."""
    ids = list(documents)
    return ids[(turn * 7) % len(ids)] if turn % 3 else ids[-1 - (turn % min(5, len(ids)))]


def _send(session: requests.Session, method: str, url: str, body: Any = None) -> tuple[int, str]:
    """Send a request, and return status and text of its answer; status 0 for none.

    A text is sent as it is, as lines of JSON.
    """
    is_lines = isinstance(body, str)
    options: Any = (
        {"data": body.encode(), "headers": {"content-type": "application/x-ndjson"}} if is_lines else {"json": body}
    )
    try:
        answer = session.request(method, url, timeout=60, **options)
    except requests.RequestException as error:
        return 0, str(error)
    # A node that starts searches for the alias before it has read its state, and finds it when it wants to create it.
    is_starting = answer.status_code == 400 and "already exists as alias" in answer.text
    return 503 if is_starting else answer.status_code, answer.text
