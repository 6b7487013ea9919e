"""Many small indices with an alias each, and the trigger file that rebuilds them."""

from collections.abc import Sequence
from typing import Any

from bench.figures import BenchmarkError
from bench.stack import Stack
from support.trigger_file import trigger_file

DOCUMENTS = 10
_MAPPINGS = {"properties": {"name": {"type": "keyword"}, "text": {"type": "text"}, "number": {"type": "long"}}}


def names(prefix: str, number: int, characters: int = 0) -> list[str]:
    """Return names of source indices, `..._v1`.

    Args:
        prefix: prefix of the names.
        number: number of names.
        characters: shortest length of a name.
    """
    return [f"{f'{prefix}-{each:04}-'.ljust(characters - len('_v1'), 'x')}_v1" for each in range(number)]


def target(name: str) -> str:
    """Return the name of the target index of a source index."""
    return f"{name.removesuffix('_v1')}_v2"


def alias(name: str) -> str:
    """Return the name of the alias of a source index."""
    return f"{name.removesuffix('_v1')}_current"


def settings() -> dict[str, Any]:
    """Return the settings: one shard and no replica, like a small index on one node."""
    return {"number_of_shards": 1, "number_of_replicas": 0}


def mappings() -> dict[str, Any]:
    """Return the mappings of the source and target indices."""
    return _MAPPINGS


def make(stack: Stack, indices: Sequence[str]) -> None:
    """Create indices with ten documents and an alias each.

    Args:
        stack: the running stack.
        indices: names of the source indices.
    """
    for name in indices:
        body = {"settings": settings(), "mappings": _MAPPINGS, "aliases": {alias(name): {"is_write_index": True}}}
        stack.domain("PUT", name, body)
        stack.domain.bulk(name, {str(each): _document(name, each) for each in range(DOCUMENTS)})


def _document(name: str, number: int) -> dict[str, Any]:
    return {"name": f"{name[:20]} {number}", "text": f"document {number} of ten", "number": number}


def file(stack: Stack, indices: Sequence[str], strategy: str) -> dict[str, Any]:
    """Return the trigger file that rebuilds indices.

    Args:
        stack: the running stack.
        indices: names of the source indices.
        strategy: `redirect_writes` or `block_writes`.
    """
    return trigger_file(stack.front.url, *indices, strategy=strategy)


def expect_rebuilt(stack: Stack, indices: Sequence[str]) -> None:
    """Verify that every index was rebuilt with all documents, and delete the targets.

    Args:
        stack: the running stack.
        indices: names of the source indices.

    Raises:
        BenchmarkError: an index was not rebuilt, or not with all documents.
    """
    found = stack.domain("GET", "_all/_alias")
    counts = stack.domain("GET", "_cat/indices?format=json&h=index,docs.count")
    documents = {line["index"]: int(line["docs.count"]) for line in counts}
    for name in indices:
        aliases = found.get(target(name), {}).get("aliases", {})
        if name in found or list(aliases) != [alias(name)] or documents.get(target(name)) != DOCUMENTS:
            raise BenchmarkError(f"{name} was not rebuilt: {aliases}, {documents.get(target(name))} documents")
    for name in indices:
        stack.domain("DELETE", target(name))
