"""An application that keeps writing through an alias during the rebuild."""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from opensearchpy import OpenSearch, OpenSearchException, TransportError

from demo.data import Document

_BULK_SIZE = 20
# A steady application rather than a load test: on two cores the copy needs most of the time.
_PAUSE_SECONDS = 0.05
_RETRY_SECONDS = 0.2
_CONFLICT = 409
# require_alias: without it, a write to a missing alias creates an index with the name of the alias.
# timeout: OpenSearch stops waiting for a missing shard long before the client stops waiting for the answer.
# Otherwise OpenSearch could still perform a write that the client gave up, after a newer write of the same document.
# Both are in the path, because the client library has a parameter `timeout` of its own.
_PARAMETERS = "require_alias=true&timeout=2s"


@dataclass(frozen=True)
class _Write:
    """One write: `create` adds a document, `index` overwrites a whole document."""

    action: Literal["create", "index"]
    document_id: str
    document: Document


@dataclass(frozen=True)
class Written:
    """Numbers of acknowledged writes.

    Attributes:
        created, overwritten: acknowledged writes of each kind.
        retried: acknowledged writes that the writer sent more than once.
    """

    created: int
    overwritten: int
    retried: int

    def __str__(self) -> str:
        """Return the numbers as text."""
        return f"{self.created:,} added, {self.overwritten:,} updated"

    def since(self, start: "Written") -> "Written":
        """Return the difference to an earlier moment."""
        return Written(self.created - start.created, self.overwritten - start.overwritten, self.retried - start.retried)


class Writer:
    """A thread that writes, and keeps the newest acknowledged version of documents.

    It writes from the start of its `with` block until `stop`, and repeats every write until OpenSearch acknowledges it.
    Only one write of an `_id` is in flight at a time. So the last acknowledged version is the newest one.
    """

    def __init__(
        self,
        client: OpenSearch,
        alias_name: str,
        acknowledged: dict[str, Document],
        new_documents: Iterator[tuple[str, Document]],
    ) -> None:
        """Prepare the writer.

        Args:
            client: connection without retries of its own.
            alias_name: name of the alias to write to.
            acknowledged: documents of the index by `_id`; the writer adds its own.
            new_documents: documents to add, with ids that are not in the index.
        """
        self.acknowledged = acknowledged
        self.last_refusal = ""
        self._client = client
        self._alias_name = alias_name
        self._new_documents = new_documents
        self._own_ids: list[str] = []
        self._loaded_ids = list(acknowledged)
        self._created = self._overwritten = self._retried = 0
        self._is_stopping = threading.Event()
        self._is_abandoned = threading.Event()
        self._executor = ThreadPoolExecutor(max_workers=1)

    @property
    def written(self) -> Written:
        """Numbers of writes that are acknowledged so far."""
        return Written(self._created, self._overwritten, self._retried)

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Stop as soon as OpenSearch has acknowledged the writes in flight.

        Raises:
            RuntimeError: OpenSearch did not acknowledge them in time.
        """
        self._is_stopping.set()
        try:
            self._writing.result(timeout_seconds)
        except TimeoutError:
            raise RuntimeError(f"OpenSearch refuses writes through {self._alias_name}: {self.last_refusal}") from None

    def __enter__(self) -> Self:
        self._writing = self._executor.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once, also with unacknowledged writes."""
        self._is_stopping.set()
        self._is_abandoned.set()
        self._executor.shutdown()

    def _run(self) -> None:
        for turn in itertools.count():
            if self._is_stopping.wait(_PAUSE_SECONDS):
                return
            for writes in self._next_writes(turn):
                self._write(writes)

    def _next_writes(self, turn: int) -> Iterator[list[_Write]]:
        """Give the requests of one turn: a new document, an overwritten one, and a bulk."""
        yield self._creates(1)
        yield self._overwrites(self._own_ids, turn, 1)
        yield [
            *self._creates(_BULK_SIZE),
            *self._overwrites(self._own_ids[:-_BULK_SIZE], turn * 7, 3),
            *self._overwrites(self._loaded_ids, turn * 997, 5),
        ]

    def _creates(self, number: int) -> list[_Write]:
        return [_Write("create", *each) for each in itertools.islice(self._new_documents, number)]

    def _overwrites(self, document_ids: Sequence[str], start: int, number: int) -> list[_Write]:
        if not document_ids:
            return []
        chosen = {document_ids[(start + step) % len(document_ids)] for step in range(number)}
        return [_Write("index", each, _next_revision(self.acknowledged[each])) for each in sorted(chosen)]

    def _write(self, writes: Sequence[_Write]) -> None:
        """Send the writes until OpenSearch has acknowledged all of them."""
        pending = list(writes)
        is_retry = False
        while pending and not self._is_abandoned.is_set():
            send = self._send_one if len(pending) == 1 else self._send_bulk
            try:
                statuses = send(pending)
            except OpenSearchException as error:  # no answer: the writes may have happened or not
                statuses = [_status(error)] * len(pending)
                self.last_refusal = str(error)
            pending = self._keep_acknowledged(pending, statuses, is_retry)
            if pending:
                self._retried += 0 if is_retry else len(pending)
                is_retry = True
                self._is_abandoned.wait(_RETRY_SECONDS)

    def _keep_acknowledged(self, writes: Sequence[_Write], statuses: Sequence[int], is_retry: bool) -> list[_Write]:
        """Record the acknowledged writes and return the others."""
        pending = []
        for write, status in zip(writes, statuses, strict=True):
            # A repeated create that finds its document: the first one was successful, but its answer got lost.
            is_there = is_retry and write.action == "create" and status == _CONFLICT
            if status not in (200, 201) and not is_there:
                pending.append(write)
                continue
            self.acknowledged[write.document_id] = write.document
            if write.action == "create":
                self._own_ids.append(write.document_id)
                self._created += 1
            else:
                self._overwritten += 1
        return pending

    def _send_one(self, writes: Sequence[_Write]) -> list[int]:
        (write,) = writes
        path = f"/{self._alias_name}/_doc/{write.document_id}?op_type={write.action}&{_PARAMETERS}"
        self._client.transport.perform_request("PUT", path, body=write.document)
        return [201]

    def _send_bulk(self, writes: Sequence[_Write]) -> list[int]:
        lines: list[Any] = []
        for write in writes:
            lines += [{write.action: {"_id": write.document_id}}, write.document]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        path = f"/{self._alias_name}/_bulk?{_PARAMETERS}"
        answer = self._client.transport.perform_request("POST", path, body=body)
        results = [next(iter(item.values())) for item in answer["items"]]
        for result in results:
            if "error" in result and result["status"] != _CONFLICT:
                self.last_refusal = str(result["error"].get("reason"))
        return [int(result["status"]) for result in results]


def _status(error: OpenSearchException) -> int:
    """Return the HTTP status of the answer, or 0 without an answer."""
    if isinstance(error, TransportError) and isinstance(error.status_code, int):
        return error.status_code
    return 0


def _next_revision(document: Document) -> Document:
    """Return a new version of a document, like after a census."""
    return {**document, "population": document["population"] + 1, "revision": document["revision"] + 1}
