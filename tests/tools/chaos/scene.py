"""One index, the applications that write to it, and the checks at the end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from chaos.tally import Outcome
from support.domain import Domain
from support.trigger_file import trigger_file
from support.waiting import wait_until
from support.writer import Document, Writer, small_writes
from workflow.machines import Execution, StateMachines

STRATEGIES = ("redirect_writes", "block_writes")
_WRITERS = 2
_MOST_UPLOADS = 6
# Settings that differ between any two indices.
_OWN_SETTINGS = {"uuid", "creation_date", "provided_name", "version"}
_OWN_ALIASES = "opensearch-reindex"


class Scene:
    """An index `<base>_v1` with the alias `<base>_current` and the target `<base>_v2`.

    Attributes:
        source, target, alias: names of both indices and of the alias.
        strategy: strategy of the trigger file.
        loaded: documents from before the rebuild.
        writers: applications that write through the alias.
        interruptions: why an upload failed that should have ended well.
    """

    def __init__(
        self,
        machines: StateMachines,
        domain: Domain,
        endpoint: str,
        strategy: str,
        documents: int,
        *,
        replicas: int = 0,
        **reindex: Any,
    ) -> None:
        """Create the index with its documents, and prepare the writers.

        Args:
            machines: both state machines.
            domain: JSON client of the node.
            endpoint: the handlers' endpoint of the node.
            strategy: strategy of the trigger file.
            documents: number of documents.
            replicas: number of replicas of each shard.
            reindex: `reindex` options of the trigger file.
        """
        self.machines, self.domain, self.strategy = machines, domain, strategy
        base = f"chaos-{uuid4().hex[:10]}"
        self.source, self.target, self.alias = f"{base}_v1", f"{base}_v2", f"{base}_current"
        mappings = {"properties": {"before": {"type": "long"}}, "_meta": {"team": "search"}}
        aliases = {self.alias: {}, f"{base}_filtered": {"filter": {"term": {"before": 1}}, "is_hidden": True}}
        settings = {"number_of_shards": 2, "number_of_replicas": replicas, "refresh_interval": "1s"}
        domain("PUT", self.source, {"settings": settings, "mappings": mappings, "aliases": aliases})
        self.loaded: dict[str, Document] = {str(number): {"before": number} for number in range(documents)}
        domain.bulk(self.source, self.loaded)
        changes = {"settings": {"refresh_interval": "5s"}, "mappings": {"properties": {"turn": {"type": "integer"}}}}
        self.file = trigger_file(endpoint, self.source, strategy=strategy, reindex=reindex, **changes)
        items = list(self.loaded.items())
        # The writers share half of the documents; no one writes to the other half.
        self.writers = [
            Writer(
                domain.url,
                self.alias,
                small_writes(number, updates_and_deletes=strategy == "block_writes"),
                loaded=dict(items[number :: 2 * _WRITERS]),
                nodes_may_fail=replicas > 0,
            )
            for number in range(_WRITERS)
        ]
        self.uploads = 0
        self.interruptions: list[str] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let the writers write before, during and after a `with` block."""
        for writer in self.writers:
            writer.start()
        try:
            self._wait_for_writes()
            yield
            self._wait_for_writes()
        finally:
            for writer in self.writers:
                writer.stop()

    def upload(self, deadline_seconds: float = 120) -> Execution:
        """Upload the trigger file once and wait for the end of its execution."""
        self.uploads += 1
        return self.machines.run(self.file, deadline_seconds=deadline_seconds)

    def upload_until_done(self) -> Execution:
        """Upload the trigger file, like a user, until an execution succeeds."""
        for _ in range(_MOST_UPLOADS):
            execution = self.upload()
            if execution.status == "SUCCEEDED":
                return execution
        raise AssertionError(f"{self.source}: no execution succeeded after {_MOST_UPLOADS} uploads: {execution.cause}")

    def has_copied(self, part: float) -> bool:
        """Return whether a search finds that part of the documents in the target index."""
        return 0 < self.domain.copied(self.target) >= part * len(self.loaded)

    def state(self) -> dict[str, Any]:
        """Return the state of the target index, for a comparison with an undisturbed run."""
        info = self.domain("GET", self.target)[self.target]
        settings = {key: value for key, value in info["settings"]["index"].items() if key not in _OWN_SETTINGS}
        meta = {key: value for key, value in info["mappings"].get("_meta", {}).items() if key != "opensearch_reindex"}
        properties = {key: value for key, value in info["mappings"]["properties"].items() if key != "updated"}
        base = self.source.removesuffix("_v1")
        aliases = {name.removeprefix(base): entry for name, entry in info["aliases"].items()}
        return {"settings": settings, "meta": meta, "properties": properties, "aliases": aliases}

    def verify(self, undisturbed: Mapping[str, Any] | None = None) -> Outcome:
        """Verify documents, aliases, blocks, indices and tasks, then delete the indices.

        Args:
            undisturbed: `state` of an undisturbed run.
        """
        wait_until(lambda: not self._tasks(), deadline_seconds=10)
        expected = self._expected()
        lost, duplicated = _compare(expected, list(self.domain.hits(self.alias)))
        lost += [failure for writer in self.writers if (failure := writer.failure)]
        leftovers = self._leftovers()
        if undisturbed is not None and not leftovers:
            leftovers += _differences(undisturbed, self.state())
        written = len(self.loaded) + sum(writer.written.total for writer in self.writers)
        for index in self._indices():
            self.domain("DELETE", index)
        leftovers += self.interruptions
        return Outcome(self.uploads, written, tuple(lost), tuple(duplicated), tuple(leftovers))

    def _wait_for_writes(self) -> None:
        before = [writer.written.total for writer in self.writers]
        wait_until(
            lambda: all(
                writer.written.total > count + 10 or writer.failure
                for writer, count in zip(self.writers, before, strict=True)
            )
        )

    def _expected(self) -> dict[str, Document]:
        expected = dict(self.loaded)
        for writer in self.writers:
            for document_id in writer.deleted:
                expected.pop(document_id, None)
            expected |= writer.documents
        return expected

    def _indices(self) -> list[str]:
        base = self.source.removesuffix("_v1")
        return [name for name in self.domain.state() if name.startswith(base) or _OWN_ALIASES in name]

    def _tasks(self) -> list[str]:
        nodes = self.domain("GET", "_tasks?detailed&actions=*reindex")["nodes"].values()
        return [task["description"] for node in nodes for task in node["tasks"].values()]

    def _leftovers(self) -> list[str]:
        found = [f"index {name}" for name in self._indices() if name != self.target]
        info = self.domain("GET", self.target)[self.target]
        found += [f"alias {name}" for name in info["aliases"] if name.startswith(_OWN_ALIASES)]
        found += [f"block {name}" for name in info["settings"]["index"].get("blocks", {})]
        found += [f"task {description}" for description in self._tasks() if self.source in description]
        return found


def _compare(expected: Mapping[str, Document], hits: list[tuple[str, Document]]) -> tuple[list[str], list[str]]:
    found: dict[str, Document] = {}
    duplicated = []
    for document_id, source in hits:
        if document_id in found:
            duplicated.append(f"document {document_id}")
        found[document_id] = source
    lost = [f"document {each} is missing" for each in expected.keys() - found.keys()]
    lost += [f"document {each} exists; expected deleted" for each in found.keys() - expected.keys()]
    for each in expected.keys() & found.keys():
        if expected[each] != found[each]:
            lost.append(f"document {each} is {found[each]}; expected {expected[each]}")
    return lost, duplicated


def _differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    return [f"{key} is {actual[key]}; expected {expected[key]}" for key in expected if actual[key] != expected[key]]
