"""Load the data sets into their source indices."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from opensearchpy import OpenSearch
from opensearchpy.helpers import streaming_bulk

from demo.data import INDICES, DemoIndex, Document
from demo.report import Report
from demo.verify import refreshed_count

_BULK_SIZE = 1000


class Loader:
    """A thread that loads the data; it stops at the end of its `with` block."""

    def __init__(self, client: OpenSearch, report: Report) -> None:
        """Prepare the loader.

        Args:
            client: connection to the node.
            report: prints the progress.
        """
        self._client = client
        self._report = report
        self._is_stopping = threading.Event()
        self._executor = ThreadPoolExecutor(max_workers=1)

    def result(self) -> dict[str, dict[str, Document]]:
        """Wait for the end and return every document by source index and `_id`.

        Raises:
            RuntimeError: an index holds another number of documents than the loader sent.
            opensearchpy.OpenSearchException: OpenSearch refused a document.
        """
        return self._loading.result()

    def _load_all(self) -> dict[str, dict[str, Document]]:
        return {index.source_index: self._load(index) for index in INDICES}

    def _load(self, index: DemoIndex) -> dict[str, Document]:
        body = {"settings": index.settings, "mappings": index.mappings, "aliases": index.aliases}
        self._client.indices.create(index=index.source_index, body=body)
        documents = dict(index.documents())
        actions = ({"_id": each, "_source": document} for each, document in documents.items())
        # It raises an exception if OpenSearch refuses a document: at its end, all are acknowledged.
        for _ in streaming_bulk(self._client, actions, chunk_size=_BULK_SIZE, index=index.source_index):
            if self._is_stopping.is_set():
                raise RuntimeError("loading was interrupted")
        count = refreshed_count(self._client, index.source_index)
        if count != len(documents):
            raise RuntimeError(f"{index.source_index} holds {count:,} documents after loading {len(documents):,}")
        self._report.say(index.source_index, f"{count:,} documents loaded")
        return documents

    def __enter__(self) -> Self:
        self._loading = self._executor.submit(self._load_all)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping.set()
        self._executor.shutdown(cancel_futures=True)
