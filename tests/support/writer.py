"""An application that writes to an alias without a pause."""

import itertools
import threading
from types import TracebackType
from typing import Any, Self

import requests


class Writer(threading.Thread):
    """Creates documents and overwrites its own, from the start of a block to its end.

    Attributes:
        acknowledged: newest acknowledged version of each document, by id.
        refused: how many writes got a 403, as they may while an index is frozen.
    """

    def __init__(self, url: str, alias: str, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.refused = 0
        self._url = f"{url}/{alias}/_doc"
        self._number = number
        self._is_stopping = threading.Event()
        self._failure = ""

    def run(self) -> None:
        """Write, until the block ends or an answer is neither an acknowledgement nor a refusal."""
        with requests.Session() as session:
            session.trust_env = False  # no proxy between writer and node
            for turn in itertools.count():
                if self._is_stopping.is_set():
                    return
                # Every third write overwrites a document of the time before, also one that is being copied.
                document_id = f"w{self._number}-{turn // 2 if turn % 3 == 0 else turn}"
                source = {"writer": self._number, "turn": turn}
                answer = session.put(f"{self._url}/{document_id}", json=source, timeout=60)
                if answer.ok:
                    self.acknowledged[document_id] = source
                elif answer.status_code == 403:
                    self.refused += 1
                else:
                    self._failure = answer.text
                    return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping.set()
        self.join()
        assert not self._failure, self._failure
