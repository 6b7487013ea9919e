"""An OpenSearch node as a user sees it, without the code under test in between."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests


class Domain:
    """Requests to the node, JSON in and out."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # the environment's proxy is not for the loopback interface

    def __call__(self, method: str, path: str, body: Any = None, *, ok: bool = True) -> Any:
        """Send a request; JSON in, JSON out. Anything but success fails the test unless ok is False."""
        answer = self._session.request(method, f"{self.url}/{path}", json=body, timeout=60)
        assert answer.ok or not ok, answer.text
        return answer.json()

    def bulk(self, index: str, documents: dict[str, Any], *, routing: str | None = None) -> None:
        """Store documents by id, unrefreshed."""
        lines = []
        for document_id, source in documents.items():
            action = {"_id": document_id, **({"routing": routing} if routing else {})}
            lines += [json.dumps({"index": action}), json.dumps(source)]
        data = "\n".join(lines) + "\n"
        headers = {"content-type": "application/x-ndjson"}
        answer = self._session.post(f"{self.url}/{index}/_bulk", data=data.encode(), headers=headers, timeout=60).json()
        assert not answer["errors"], answer

    def documents(self, index: str) -> dict[str, Any]:
        """Every document by id, of what has no more than a search finds: an index, an alias, or a pattern."""
        self("POST", f"{index}/_refresh")
        answer = self("GET", f"{index}/_search?size=10000")["hits"]
        assert answer["total"]["value"] == len(answer["hits"])
        return {hit["_id"]: hit["_source"] for hit in answer["hits"]}

    def all_documents(self, index: str) -> dict[str, Any]:
        """Every document by id, however many; one that is found twice fails the test."""
        found: dict[str, Any] = {}
        for document_id, source in self.hits(index):
            assert document_id not in found, f"{document_id} is found twice"
            found[document_id] = source
        return found

    def hits(self, index: str) -> Iterator[tuple[str, Any]]:
        """Id and source of every hit there is, after a refresh."""
        self("POST", f"{index}/_refresh")
        page = self("POST", f"{index}/_search?scroll=1m&size=5000", {"sort": ["_doc"]})
        while page["hits"]["hits"]:
            yield from ((hit["_id"], hit["_source"]) for hit in page["hits"]["hits"])
            page = self("POST", "_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        self("DELETE", "_search/scroll", {"scroll_id": [page["_scroll_id"]]})

    def exists(self, index: str) -> bool:
        """Whether an index or alias of that name is there."""
        return self._session.head(f"{self.url}/{index}", timeout=60).ok

    def state(self) -> Any:
        """All that a refused trigger file must leave as it is: indices, aliases, settings, mappings."""
        return self("GET", "_all?expand_wildcards=all")

    def holdings(self) -> list[str]:
        """Paths of all indices, index templates and ingest pipelines, in an order in which they can be deleted.

        What begins with a dot is OpenSearch's own, such as `.tasks`, and not among them.
        """
        indices = [quote(name, safe="") for name in self.state() if not name.startswith(".")]
        templates = [template["name"] for template in self("GET", "_index_template")["index_templates"]]
        pipelines = self("GET", "_ingest/pipeline", ok=False)  # without any, OpenSearch answers 404 with {}
        return [
            *indices,
            *(f"_index_template/{quote(name, safe='')}" for name in templates if not name.startswith(".")),
            *(f"_ingest/pipeline/{quote(name, safe='')}" for name in pipelines),
        ]
