"""The requests of docs/roll-back.md lose no write of a writer that never pauses."""

from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.start_reindex import start_reindex
from support.domain import Domain
from support.opensearch_requests import Request, requests_in
from support.pages import page
from support.rebuild import ENVIRONMENT, Rebuild
from support.waiting import wait_until
from support.writer import Writer, small_writes

PREFIX = "rolled-back"

NAMES = {"products_v1": "rolled-back_v1", "products_v2": "rolled-back_v2", "products_current": "rolled-back_current"}
SLOW = {"batch_size": 50, "requests_per_second": 50, "slices": 1}
TASKS = "_tasks?detailed&actions=*reindex"


def requests_of_the_page() -> list[Request]:
    texts = [block.text for block in page("docs/roll-back.md").blocks if block.kind == "http"]
    for name, ours in NAMES.items():
        texts = [text.replace(name, ours) for text in texts]
    return [request for text in texts for request in requests_in(text)]


class Reader:
    """A reader who sends each request of the page, and waits where the page says so."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.task = ""
        self.cancelled: list[str] = []

    def copies(self) -> list[str]:
        nodes = self.domain("GET", TASKS)["nodes"].values()
        tasks = [(task_id, task) for node in nodes for task_id, task in node["tasks"].items()]
        return [task_id for task_id, task in tasks if "parent_task_id" not in task]

    def follow(self, request: Request) -> None:
        if request.path == TASKS:
            self.cancelled = self.copies()
        elif request.path == "_tasks/<task>/_cancel":
            for task in self.cancelled:
                self.send(request, task)
            wait_until(lambda: not self.copies())
        elif request.path == "_tasks/<task>":
            wait_until(lambda: self.send(request, self.task)["completed"])
            answer = self.send(request, self.task)
            assert "error" not in answer
            assert answer["response"]["failures"] == []
        else:
            answer = self.send(request)
            self.task = answer.get("task", self.task)

    def send(self, request: Request, task: str = "") -> Any:
        return self.domain(request.method, request.path.replace("<task>", task), request.body)


@pytest.mark.parametrize("is_running", [False, True])
def test_rolling_back_loses_nothing_that_was_acknowledged(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, *, is_running: bool
) -> None:
    count_runs = {"processors": [{"script": {"source": "ctx.runs = (ctx.runs ?: 0) + 1"}}]}
    domain("PUT", "_ingest/pipeline/rolled-back-count-runs", count_runs)
    domain("PUT", "rolled-back_v1", {"aliases": {"rolled-back_current": {}}})
    domain.bulk("rolled-back_v1", {str(number): {"n": number} for number in range(1000)})
    domain("PUT", "rolled-back_v1/_settings", {"index.default_pipeline": "rolled-back-count-runs"})
    reader = Reader(domain)
    with Writer(domain.url, "rolled-back_current", small_writes(0)) as writer:
        wait_until(lambda: writer.written.total > 30)
        if is_running:
            start_reindex(client, rebuild.freeze("rolled-back_v1", reindex=SLOW), ENVIRONMENT)
        else:
            rebuild.copy(rebuild.freeze("rolled-back_v1"))
        during = writer.written.total
        wait_until(lambda: writer.written.total > during + 30)

        for request in requests_of_the_page():
            reader.follow(request)

        after = writer.written.total
        wait_until(lambda: writer.written.total > after + 30)
    assert len(reader.cancelled) == is_running
    expected = {str(number): {"n": number} for number in range(1000)} | {
        key: {**source, "runs": 1} for key, source in writer.documents.items()
    }
    assert domain.documents("rolled-back_current") == expected
    # And the way is free for a file with other changes.
    rebuild("rolled-back_v1", mappings={"properties": {"added": {"type": "keyword"}}})
    assert domain.documents("rolled-back_current") == expected
