"""A domain in any state whatever, and one job on it: the rebuild of `a_v1` as `a_v2`."""

from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

from opensearch_reindex.index.index_info import IndexInfo, PrimaryShards
from opensearch_reindex.index.markers import OWNER_ALIAS_PREFIX, PROVEN_ALIAS_PREFIX, Markers
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
    "source_was_blocked": False,
    "strategy": JOB.strategy,
    "changes": changes_of(EVENT["trigger_file"], EVENT["index"]),
}
OWNED = Markers(owner=JOB.execution_id, copy_alias="copy~1")
COPIED = Markers(owner=JOB.execution_id, copy_alias="copy~1", frozen_seq_no=JOB.source_seq_no)
PROVEN = Markers(owner=JOB.execution_id, is_proven=True, frozen_seq_no=JOB.source_seq_no)
IN_USE = {JOB.alias_name: {"is_write_index": True}}


def index(uuid: str, aliases: dict[str, Any] | None = None, **differences: Any) -> IndexInfo:
    """A write-blocked index without mappings.

    Args:
        uuid: `u1` is the job's source index, `u2` its target index.
        aliases: by name.
        differences: other attributes.
    """
    return replace(
        IndexInfo(uuid, aliases or {}, {"number_of_shards": "1", "blocks": {"write": "true"}}, {}), **differences
    )


def target(aliases: dict[str, Any] | None = None, markers: Markers = OWNED, **made_from: Any) -> IndexInfo:
    """The target index, as CreateIndex made it unless told otherwise.

    Args:
        aliases: by name.
        markers: what this module's own aliases say.
        made_from: other values of what it says about its origin.
    """
    mappings = {"_meta": {"opensearch_reindex": {**MADE_FROM, **made_from}}}
    return index("u2", aliases, markers=markers, mappings=mappings)


class MockedDomain:
    """A mocked client over the indices it is given.

    Attributes:
        indices: by name.
        client: what a step gets.
    """

    def __init__(self, **indices: IndexInfo) -> None:
        self.indices = indices
        self.client = create_autospec(OpenSearchClient, instance=True)
        self.client.get_indices.side_effect = lambda names, **_: {
            n: self.indices[n] for n in names if n in self.indices
        }
        self.client.health.return_value = "green"
        self.client.count.return_value = JOB.source_count
        self.client.last_seq_no.return_value = JOB.source_seq_no
        self.client.primary_shards.return_value = PrimaryShards(3000, JOB.source_seq_no)
        self.client.has_routed_documents.return_value = False
        self.client.put_index.side_effect = self.put_index
        self.client.put_meta.side_effect = self.put_meta
        self.client.slice_statuses.return_value = []
        self.client.write_queues.return_value = []
        self.client.is_building.return_value = False
        self.client.apply_alias_actions.side_effect = self.update_markers

    def put_index(self, name: str, body: dict[str, Any]) -> None:
        """Make the target index unless it is there."""
        if name in self.indices:
            raise EXISTS
        self.indices[name] = IndexInfo("u2", {}, body["settings"]["index"], body["mappings"], markers=OWNED)

    def put_meta(self, name: str, meta: dict[str, Any]) -> None:
        """Replace `_meta` of the mapping."""
        info = self.indices[name]
        self.indices[name] = replace(info, mappings={**info.mappings, "_meta": meta})

    def update_markers(self, actions: list[dict[str, Any]]) -> None:
        """Of all alias actions, those on the source index itself and on this module's own aliases take effect here."""
        for action in actions:
            ((kind, what),) = action.items()
            if kind == "remove_index":
                del self.indices[what["index"]]
            elif what["alias"].startswith(OWNER_ALIAS_PREFIX):
                owner = Markers.read([what["alias"]]).owner if kind == "add" else None
                self._mark(what["index"], owner=owner)
            elif what["alias"].startswith(PROVEN_ALIAS_PREFIX):
                self._mark(what["index"], is_proven=kind == "add")

    def _mark(self, name: str, **differences: Any) -> None:
        info = self.indices[name]
        self.indices[name] = replace(info, markers=replace(info.markers, **differences))

    @property
    def changes(self) -> list[str]:
        """Names of the changing calls, in their order."""
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
    """A domain on which the copy is done, and RemoveAlias has yet to prove it."""
    return MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, COPIED))


def proven() -> MockedDomain:
    """A domain on which everything but the deletion is done."""
    return MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE, PROVEN))


def task_answer(**differences: Any) -> dict[str, Any]:
    """What OpenSearch says of the job's copy: done, all three documents created.

    Args:
        differences: other values.
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
