"""The steps of one index, called directly in the order of the state machine."""

from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.environment import Environment
from support.trigger_file import trigger_file

# Tests poll every second.
ENVIRONMENT = Environment(
    allowed_endpoints=(),
    ca_certificates="",
    domain_arns=(),
    poll_interval_seconds=1,
    region="us-east-1",
    stall_timeout_seconds=600,
)
EXECUTION = "arn:0"


def event(source_index: str, url: str, **changes: Any) -> dict[str, Any]:
    """Return the input of the state machine; changes are keys of the trigger file."""
    defaults = {"keep_source": False, "s3_uri": "s3://triggers/test.json", "strategy": "redirect_writes"}
    reindex = {"slices": "auto", **changes.pop("reindex", {})}
    file = trigger_file(url, **{**defaults, **changes}, reindex=reindex)
    del file["indices"]
    index = {"source_index": source_index}
    return {"execution_id": EXECUTION, "trigger_file": file, "index": index}


def no_execution_runs(_: str) -> bool:
    """Return that an execution has ended, for tests without a running execution."""
    return False


class Rebuild:
    """The steps of one index, each called twice on request."""

    def __init__(self, client: OpenSearchClient, url: str, *, twice: bool = False) -> None:
        self.client = client
        self.url = url
        self.times = 2 if twice else 1

    def create(self, source_index: str, **changes: Any) -> Job:
        """Run CreateIndex."""
        for _ in range(self.times):
            job = create_index(self.client, event(source_index, self.url, **changes), no_execution_runs)
        return job

    def freeze(self, source_index: str, **changes: Any) -> Job:
        """Run CreateIndex and UpdateAliases."""
        job = self.create(source_index, **changes)
        for _ in range(self.times):
            frozen = update_aliases(self.client, job)
        return frozen

    def copy(self, job: Job) -> Job:
        """Run StartReindex, and CheckReindexStatus until the copy is completed."""
        for _ in range(self.times):
            started = start_reindex(self.client, job, ENVIRONMENT)
        while started.task.status != "completed":
            step = start_reindex if started.task.status == "lost" else check_reindex_status
            started = step(self.client, started, ENVIRONMENT)
        return started

    def finish(self, job: Job) -> Job:
        """Run RemoveAlias and DeleteIndex."""
        for step in (remove_alias, delete_index):
            for _ in range(self.times):
                finished = step(self.client, job)
            job = finished
        return job

    def __call__(self, source_index: str, **changes: Any) -> Job:
        """Run every step."""
        return self.finish(self.copy(self.freeze(source_index, **changes)))
