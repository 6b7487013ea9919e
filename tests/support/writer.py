"""An application that writes to an alias without a pause, and knows what it was promised."""

import itertools
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import requests

# A writer leaves the machine to the others now and then.
_PAUSE_SECONDS = 0.002
_RETRY_SECONDS = 0.05
# Asked to come back later, or no answer that says whether the write was made.
_UNCERTAIN = {0, 429, 500, 502, 503, 504}

Document = dict[str, Any]


class Writer(threading.Thread):
    """Creates and overwrites documents of its own, from the start of a block to its end.

    A write that is refused (403) or not answered is repeated until it is acknowledged, so that at the end there is no
    doubt what must be there.

    Attributes:
        documents: every document of this writer by id, as last acknowledged.
        deleted: ids whose deletion was acknowledged.
        written: number of acknowledged writes.
        refused: how many writes got a 403.
        failure: the answer that shows that a document was lost, if there was one.
    """

    def __init__(
        self,
        url: str,
        alias: str,
        number: int,
        *,
        loaded: Mapping[str, Document] | None = None,
        updates_and_deletes: bool = False,
    ) -> None:
        """Describe the writer; the block starts it.

        Args:
            url: of the node.
            alias: what is written to, never an index.
            number: makes its ids its own.
            loaded: documents that are there already and nobody else's; they are written to as well.
            updates_and_deletes: also change single fields, and delete documents.
        """
        super().__init__(daemon=True)
        self.documents: dict[str, Document] = dict(loaded or {})
        self.deleted: set[str] = set()
        self.written = self.refused = 0
        self._url = f"{url}/{alias}"
        self._number = number
        self._kinds = ("create", "overwrite", "update", "delete") if updates_and_deletes else ("create", "overwrite")
        self._is_stopping = threading.Event()
        self.failure = ""

    def run(self) -> None:
        """Write until the block ends, or until an answer shows that a document was lost."""
        with requests.Session() as session:
            session.trust_env = False  # no proxy between writer and node
            for turn in itertools.count():
                if self._is_stopping.wait(_PAUSE_SECONDS) or self.failure:
                    return
                self._write(session, self._kinds[turn % len(self._kinds)], turn)

    def stop(self) -> None:
        """End when the last write is acknowledged."""
        self._is_stopping.set()
        self.join()

    def _write(self, session: requests.Session, kind: str, turn: int) -> None:
        document_id = f"w{self._number}-{turn}" if kind == "create" else self._any_id(turn)
        path = f"_update/{document_id}" if kind == "update" else f"_doc/{document_id}"
        change = {"writer": self._number, "turn": turn}
        body = {"create": change, "overwrite": change, "update": {"doc": {"updated": turn}}, "delete": None}[kind]
        method = {"update": "POST", "delete": "DELETE"}.get(kind, "PUT")
        was_uncertain = False
        status, text = _send(session, method, f"{self._url}/{path}", body)
        while status in {403, *_UNCERTAIN}:
            was_uncertain |= status in _UNCERTAIN
            self.refused += status == 403
            threading.Event().wait(_RETRY_SECONDS)
            status, text = _send(session, method, f"{self._url}/{path}", body)
        if status == 404 and not (kind == "delete" and was_uncertain):
            self.failure = f"{kind} of {document_id} found no document"
        elif status >= 400 and status != 404:
            self.failure = f"{kind} of {document_id} was answered with {text}"
        self._keep(kind, document_id, {"updated": turn} if kind == "update" else change)

    def _keep(self, kind: str, document_id: str, change: Document) -> None:
        self.written += 1
        if kind == "delete":
            del self.documents[document_id]
            self.deleted.add(document_id)
        else:
            self.documents[document_id] = {**(self.documents[document_id] if kind == "update" else {}), **change}

    def _any_id(self, turn: int) -> str:
        """One of the documents there are: by turns an old one, which may be copied just now, and a young one."""
        ids = list(self.documents)
        return ids[(turn * 7) % len(ids)] if turn % 3 else ids[-1 - (turn % min(5, len(ids)))]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End when the last write is acknowledged. Raises AssertionError if a document was lost."""
        self.stop()
        assert not self.failure, self.failure


def _send(session: requests.Session, method: str, url: str, body: Any) -> tuple[int, str]:
    """Status and text of the answer; 0 if there was none."""
    try:
        answer = session.request(method, url, json=body, timeout=60)
    except requests.RequestException as error:
        return 0, str(error)
    # A node that is starting looks for the alias before it has read its state, and finds it when it wants to create it.
    is_starting = answer.status_code == 400 and "already exists as alias" in answer.text
    return 503 if is_starting else answer.status_code, answer.text
