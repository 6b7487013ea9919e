"""Verify every acknowledged document, and every target index as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from opensearchpy import NotFoundError, OpenSearch

from demo.data import DemoIndex, Document

_BATCH_SIZE = 1000
_WRITE_INDEX = "is_write_index"
_TRIAL_ALIAS_PREFIX = "opensearch-reindex-Trial~"


def wrong_documents(
    client: OpenSearch,
    names: Sequence[str],
    documents: Mapping[str, Document],
    expected_index: str | None = None,
) -> list[str]:
    """Return a line for each document that is missing or outdated.

    Args:
        client: connection to the node.
        names: an alias, or indices; the first that has a document must have its newest version.
        documents: the newest acknowledged version of every document by `_id`.
        expected_index: the index that must hold every document; None for any index.
    """
    problems = []
    for batch in _batches(documents):
        remaining = batch
        for name in names:
            found = _get_documents(client, name, remaining)
            for document_id, hit in found.items():
                problem = _difference(documents[document_id], hit["_source"])
                if expected_index and hit["_index"] != expected_index:
                    problem = f"is in {hit['_index']}; expected {expected_index}"
                if problem:
                    problems.append(f"{name}: document {document_id} {problem}")
            remaining = [document_id for document_id in remaining if document_id not in found]
        problems += [f"{' and '.join(names)}: document {document_id} is missing" for document_id in remaining]
    return problems


def wrong_index(client: OpenSearch, index: DemoIndex, document_count: int) -> list[str]:
    """Return a line for each wrong alias, setting, mapping or count of a target index.

    Args:
        client: connection to the node.
        index: the source index and the requested changes.
        document_count: number of documents that the target index must hold.
    """
    if not client.indices.exists(index=index.target_index):
        return [f"{index.target_index} does not exist"]
    problems = []
    if client.indices.exists(index=index.source_index):
        problems.append(f"{index.source_index} still exists")
    target = client.indices.get(index=index.target_index)[index.target_index]
    aliases = {name: _without_write_index(entry) for name, entry in target["aliases"].items()}
    expected = {name: _without_write_index(entry) for name, entry in index.aliases.items()}
    expected.setdefault(index.alias_name, {})
    if aliases != expected:
        problems.append(f"{index.target_index} has the aliases {aliases}; expected {expected}")
    for name in expected:
        holders = sorted(client.indices.get_alias(name=name)) if client.indices.exists_alias(name=name) else []
        if holders != [index.target_index]:
            problems.append(f"alias {name} points to {holders}; expected {index.target_index} alone")
    actual = {"settings": target["settings"]["index"], "mappings": target["mappings"]}
    kept = {"settings": index.settings, "mappings": index.mappings}
    for path, value in {**dict(_leaves(kept)), **dict(_leaves(index.changes))}.items():
        if _at(actual, path) != str(value):
            problems.append(f"{index.target_index}: {'.'.join(path)} is {_at(actual, path)}; expected {value}")
    count = refreshed_count(client, index.target_index)
    if count != document_count:
        problems.append(f"{index.target_index} holds {count:,} documents; expected {document_count:,}")
    return problems


def refreshed_count(client: OpenSearch, name: str) -> int:
    """Refresh an index or alias and count its documents."""
    client.indices.refresh(index=name)
    return int(client.count(index=name)["count"])


def aliases_of(client: OpenSearch, index: str) -> dict[str, Any]:
    """Return the aliases of an index with their definitions."""
    aliases: dict[str, Any] = client.indices.get_alias(index=index)[index]["aliases"]
    return aliases


def is_of_trial(client: OpenSearch, index: str) -> bool:
    """Tell whether an index is for the trial, so that the next run deletes it."""
    return any(alias.startswith(_TRIAL_ALIAS_PREFIX) for alias in aliases_of(client, index))


def hits(client: OpenSearch, name: str, field: str, words: str) -> int:
    """Count the documents that a search for all the words in a field finds."""
    client.indices.refresh(index=name)
    query = {"query": {"match": {field: {"query": words, "operator": "and"}}}}
    return int(client.count(index=name, body=query)["count"])


def _get_documents(client: OpenSearch, name: str, document_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the documents that an index or alias has, by `_id`."""
    if not document_ids:
        return {}
    try:
        answer = client.mget(index=name, body={"ids": list(document_ids)})
    except NotFoundError:
        return {}
    return {hit["_id"]: hit for hit in answer["docs"] if hit.get("found")}


def _difference(expected: Document, actual: Document) -> str:
    """Describe the first field that differs; empty if none does."""
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual or name not in expected or expected[name] != actual[name]:
            return f"has {name} = {actual.get(name)!r}; expected {expected.get(name)!r}"
    return ""


def _without_write_index(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the write flag, which makes no difference for an alias of one index."""
    return {key: value for key, value in entry.items() if key != _WRITE_INDEX}


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(node, Mapping):
        yield path, node
        return
    for key, value in node.items():
        yield from _leaves(value, (*path, key))


def _at(node: Any, path: Sequence[str]) -> str | None:
    """Return the value at a path as text, like OpenSearch returns settings."""
    for key in path:
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return str(node)


def _batches(documents: Mapping[str, Document]) -> Iterator[list[str]]:
    document_ids = iter(documents)
    while batch := list(islice(document_ids, _BATCH_SIZE)):
        yield batch
