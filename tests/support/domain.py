"""A client of an OpenSearch node, without the code under test."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests

# Marks a target index that will be created again.
TRIAL_ALIAS_PREFIX = "opensearch-reindex-Trial~"


class Domain:
    """A client of the node that sends and returns JSON."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy for the loopback interface

    def __call__(self, method: str, path: str, body: Any = None, *, ok: bool = True) -> Any:
        """Send a request and return the answer; unless `ok` is False, it must succeed."""
        answer = self._session.request(method, f"{self.url}/{path}", json=body, timeout=60)
        assert answer.ok or not ok, answer.text
        return answer.json()

    def bulk(self, index: str, documents: dict[str, Any], *, routing: str | None = None) -> None:
        """Store documents by id, without a refresh."""
        lines = []
        for document_id, source in documents.items():
            action = {"_id": document_id, **({"routing": routing} if routing else {})}
            lines += [json.dumps({"index": action}), json.dumps(source)]
        data = "\n".join(lines) + "\n"
        headers = {"content-type": "application/x-ndjson"}
        answer = self._session.post(f"{self.url}/{index}/_bulk", data=data.encode(), headers=headers, timeout=60).json()
        assert not answer["errors"], answer

    def documents(self, index: str) -> dict[str, Any]:
        """Return up to 10,000 documents of an index, alias or pattern, by id."""
        self("POST", f"{index}/_refresh")
        answer = self("GET", f"{index}/_search?size=10000")["hits"]
        assert answer["total"]["value"] == len(answer["hits"])
        return {hit["_id"]: hit["_source"] for hit in answer["hits"]}

    def all_documents(self, index: str) -> dict[str, Any]:
        """Return any number of documents by id; a duplicate id fails the test."""
        found: dict[str, Any] = {}
        for document_id, source in self.hits(index):
            assert document_id not in found, f"{document_id} is found twice"
            found[document_id] = source
        return found

    def hits(self, index: str) -> Iterator[tuple[str, Any]]:
        """Give id and source of every hit, after a refresh."""
        self("POST", f"{index}/_refresh")
        page = self("POST", f"{index}/_search?scroll=1m&size=5000", {"sort": ["_doc"]})
        while page["hits"]["hits"]:
            yield from ((hit["_id"], hit["_source"]) for hit in page["hits"]["hits"])
            page = self("POST", "_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        self("DELETE", "_search/scroll", {"scroll_id": [page["_scroll_id"]]})

    def copied(self, target: str) -> int:
        """Count what a search finds in a target index; 0 before the trial is over."""
        found = self("GET", f"{target}/_alias", ok=False).get(target)
        if found is None or any(alias.startswith(TRIAL_ALIAS_PREFIX) for alias in found["aliases"]):
            return 0
        self("POST", f"{target}/_refresh", ok=False)
        return int(self("GET", f"{target}/_count", ok=False).get("count", 0))

    def exists(self, index: str) -> bool:
        """Return whether an index or alias exists."""
        return self._session.head(f"{self.url}/{index}", timeout=60).ok

    def state(self) -> Any:
        """Return all indices with aliases, settings and mappings."""
        return self("GET", "_all?expand_wildcards=all")

    def holdings(self, prefix: str = "") -> list[str]:
        """Return the paths of indices, index templates and ingest pipelines.

        A test can delete them in this order. Names that begin with a dot, such as `.tasks`, belong to OpenSearch and
        are not included.

        Args:
            prefix: start of the names; all names when left out.
        """
        templates = [template["name"] for template in self("GET", "_index_template")["index_templates"]]
        pipelines = self("GET", "_ingest/pipeline", ok=False)  # without any, OpenSearch answers 404 with {}
        found = [
            *(("", name) for name in self.state()),
            *(("_index_template/", name) for name in templates),
            *(("_ingest/pipeline/", name) for name in pipelines),
        ]
        own = [(kind, name) for kind, name in found if name.startswith(prefix) and not name.startswith(".")]
        return [f"{kind}{quote(name, safe='')}" for kind, name in own]
