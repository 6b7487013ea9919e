"""Many small indices behind their aliases, and the file that rebuilds them."""

from collections.abc import Sequence
from typing import Any

from bench.figures import BenchmarkError
from bench.stack import Stack
from support.trigger_file import trigger_file

DOCUMENTS = 10
_MAPPINGS = {"properties": {"name": {"type": "keyword"}, "text": {"type": "text"}, "number": {"type": "long"}}}


def names(prefix: str, number: int, characters: int = 0) -> list[str]:
    """Names of indices, `..._v1`.

    Args:
        prefix: how they begin.
        number: how many.
        characters: how long they are at least.
    """
    return [f"{f'{prefix}-{each:04}-'.ljust(characters - len('_v1'), 'x')}_v1" for each in range(number)]


def target(name: str) -> str:
    """Name of the index that takes the place of another."""
    return f"{name.removesuffix('_v1')}_v2"


def alias(name: str) -> str:
    """Name of the alias before an index."""
    return f"{name.removesuffix('_v1')}_current"


def settings() -> dict[str, Any]:
    """One shard and no replica, as a small index has on one node."""
    return {"number_of_shards": 1, "number_of_replicas": 0}


def mappings() -> dict[str, Any]:
    """Of the indices, and of their targets."""
    return _MAPPINGS


def make(stack: Stack, indices: Sequence[str]) -> None:
    """Create indices, each with ten documents and its alias.

    Args:
        stack: where.
        indices: their names.
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
        stack: where.
        indices: their names.
        strategy: `redirect_writes` or `block_writes`.
    """
    return trigger_file(stack.front.url, *indices, strategy=strategy)


def expect_rebuilt(stack: Stack, indices: Sequence[str]) -> None:
    """Look whether every index was rebuilt with all its documents, and delete the targets.

    Args:
        stack: where.
        indices: names of the sources.

    Raises:
        BenchmarkError: one was not.
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
