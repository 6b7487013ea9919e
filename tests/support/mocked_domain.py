"""A mocked domain in any state, and one job: the rebuild of `a_v1` as `a_v2`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import CopyLimits, IndexInfo, PrimaryShards
from opensearch_reindex.index.markers import (
    BLOCK_ALIAS_PREFIX,
    COPY_ALIAS_PREFIX,
    OWNER_ALIAS_PREFIX,
    PROVEN_ALIAS_PREFIX,
    Markers,
    source_alias,
)
from opensearch_reindex.index.provenance import changes_of
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.rebuild import event

COUNTERS = {"took": 1, "total": 3, "created": 3, "updated": 0, "version_conflicts": 0, "noops": 0, "deleted": 0}
JOB = Job(
    execution_id="arn:e",
    opensearch_endpoint="https://search.example.com",
    source_index="a_v1",
    target_index="a_v2",
    alias_name="a_current",
    strategy=Strategy.REDIRECT_WRITES,
    keep_source=False,
    reindex={"slices": "auto", "batch_size": 1000},
    source_uuid="u1",
    target_uuid="u2",
    source_health="green",
    source_count=3,
    source_seq_no=2,
    task=Copy(id="n:1", copy_alias="copy~1", status=CopyStatus.COMPLETED, counters=Counters(**COUNTERS)),
)
EVENT = {**event("a_v1", JOB.opensearch_endpoint), "execution_id": JOB.execution_id}
EXISTS = OpenSearchRequestError(400, "resource_already_exists_exception", "index [a_v2] already exists")
MADE_FROM = {
    "source_index": JOB.source_index,
    "source_uuid": JOB.source_uuid,
    "strategy": JOB.strategy,
    "changes": changes_of(EVENT["trigger_file"], EVENT["index"]),
}
OWNED = Markers(owner=JOB.execution_id, copy_alias="copy~1")
COPIED = Markers(owner=JOB.execution_id, copy_alias="copy~1", frozen_seq_no=JOB.source_seq_no)
PROVEN = Markers(owner=JOB.execution_id, is_proven=True, frozen_seq_no=JOB.source_seq_no)
IN_USE: dict[str, Any] = {"a_current": {"is_write_index": True}}


def index(uuid: str, aliases: dict[str, Any] | None = None, **differences: Any) -> IndexInfo:
    """Return an index with a write block of the module and without mappings.

    Args:
        uuid: `u1` for the job's source index, `u2` for its target index.
        aliases: aliases by name.
        differences: other values of attributes.
    """
    return replace(
        IndexInfo(
            uuid,
            aliases or {},
            {"number_of_shards": "1", "blocks": {"write": "true"}},
            {},
            markers=Markers(blocked_uuid=uuid),
        ),
        **differences,
    )


def target(aliases: dict[str, Any] | None = None, markers: Markers = OWNED, **made_from: Any) -> IndexInfo:
    """Return the target index, by default in the state after CreateIndex.

    Args:
        aliases: aliases by name.
        markers: markers of the index.
        made_from: other values of the provenance.
    """
    mappings = {"_meta": {"opensearch_reindex": {**MADE_FROM, **made_from}}}
    return index("u2", aliases, markers=markers, mappings=mappings)


class MockedDomain:
    """A mocked client with the given indices.

    Attributes:
        indices: indices by name.
        client: the mocked client for a step.
    """

    def __init__(self, **indices: IndexInfo) -> None:
        self.indices = indices
        self.client = create_autospec(OpenSearchClient, instance=True)
        self.client.engine.return_value = Engine(True, 2, 19)
        self.client.get_indices.side_effect = self.get_indices
        self.client.health.return_value = "green"
        self.client.count.return_value = JOB.source_count
        self.client.last_seq_no.return_value = JOB.source_seq_no
        self.client.primary_shards.return_value = PrimaryShards(3000, JOB.source_seq_no)
        self.client.copy_limits.return_value = CopyLimits()
        self.client.source_bytes.return_value = [1000]
        self.client.first_ids.return_value = ["1", "2", "3"]
        self.client.bytes_of.return_value = [1000]
        self.client.has_routed_documents.return_value = False
        self.client.index_template.return_value = {}
        self.client.put_index.side_effect = self.put_index
        self.client.put_meta.side_effect = self.put_meta
        self.client.slice_statuses.return_value = []
        self.client.write_queues.return_value = []
        self.client.is_building.return_value = False
        self.client.explain_allocation.return_value = None
        self.client.managements.return_value = None
        self.client.find_reindex_task.return_value = None
        self.client.apply_alias_actions.side_effect = self.update_markers

    def get_indices(self, names: Iterable[str], **_: object) -> dict[str, IndexInfo]:
        """Return the indices with these names or aliases, or of these source markers."""
        names = list(names)
        return {
            name: info
            for name, info in self.indices.items()
            if {name, source_alias(str(info.provenance.source_uuid)), *info.aliases} & {*names}
        }

    def put_index(self, name: str, body: dict[str, Any]) -> None:
        """Create the target index, unless it exists."""
        if name in self.indices:
            raise EXISTS
        self.indices[name] = IndexInfo("u2", {}, body["settings"]["index"], body["mappings"], markers=OWNED)

    def put_meta(self, name: str, meta: dict[str, Any]) -> None:
        """Replace `_meta` of the mappings."""
        info = self.indices[name]
        self.indices[name] = replace(info, mappings={**info.mappings, "_meta": meta})

    def update_markers(self, actions: list[dict[str, Any]]) -> None:
        """Apply the removal of an index, and most changes of markers."""
        for action in actions:
            ((kind, what),) = action.items()
            if kind == "remove_index":
                del self.indices[what["index"]]
            elif what["alias"].startswith(OWNER_ALIAS_PREFIX):
                read = Markers.read([what["alias"]]) if kind == "add" else Markers()
                self._mark(what["index"], owner=read.owner, is_kept=read.is_kept)
            elif what["alias"].startswith(COPY_ALIAS_PREFIX) and kind == "add":
                read = Markers.read([what["alias"]])
                self._mark(what["index"], copy_alias=read.copy_alias, frozen_seq_no=read.frozen_seq_no)
            elif what["alias"].startswith(PROVEN_ALIAS_PREFIX):
                self._mark(what["index"], is_proven=kind == "add")
            elif what["alias"].startswith(BLOCK_ALIAS_PREFIX):
                self._mark(
                    what["index"], blocked_uuid=Markers.read([what["alias"]]).blocked_uuid if kind == "add" else None
                )

    def _mark(self, name: str, **differences: Any) -> None:
        info = self.indices[name]
        self.indices[name] = replace(info, markers=replace(info.markers, **differences))

    @property
    def changes(self) -> list[str]:
        """Names of the calls that change the domain, in order."""
        changing = {
            "allow_writes",
            "block_writes",
            "cancel_task",
            "put_index",
            "put_meta",
            "put_settings",
            "submit_reindex",
            "apply_alias_actions",
        }
        return [call[0] for call in self.client.mock_calls if call[0] in changing]


def copied() -> MockedDomain:
    """Return a domain with a completed copy that has no proof yet."""
    return MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, COPIED))


def proven() -> MockedDomain:
    """Return a domain with a proven copy and the source index."""
    return MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, PROVEN))


def task_answer(**differences: Any) -> dict[str, Any]:
    """Return OpenSearch's answer for the job's completed copy of three documents.

    Args:
        differences: other values of the answer.
    """
    task = {
        "action": "indices:data/write/reindex",
        "description": "reindex from [a_v1] to [copy~1]",
        "headers": {"X-Opaque-Id": "copy~1"},
        "cancelled": False,
        "running_time_in_nanos": 10_000_000_000,
        "status": {"total": 3, "created": 1, "updated": 0, "version_conflicts": 1, "noops": 0},
    }
    return {"completed": True, "task": task, "response": {**COUNTERS, "failures": []}, **differences}
