"""A case: a domain, a trigger file, and what must be true at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.engines import DEFAULT

if TYPE_CHECKING:
    from cases.run import Run

STRATEGIES = ("redirect_writes", "block_writes")
REDIRECT, BLOCK = STRATEGIES

Request = tuple[str, str, Any]
Documents = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One thing that use has found.

    Attributes:
        id: short name, which never changes.
        setup: requests before the run: method, path, body.
        indices: entries of the trigger file's `indices`.
        right: runs the file, and asserts what must be true at the end.
        documents: by index and id.
        file: further keys of the trigger file.
        after: requests once the documents are there.
        clean: requests at the end, for what the deletion of all names does not undo.
        node: the default version, or a key of `cases.nodes.NODES`.
        strategies: those to which it applies.
    """

    id: str
    setup: tuple[Request, ...]
    indices: tuple[Any, ...]
    right: Callable[["Run"], None]
    documents: Mapping[str, Documents] = field(default_factory=dict)
    file: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[Request, ...] = ()
    clean: tuple[Request, ...] = ()
    node: str = DEFAULT
    strategies: tuple[str, ...] = STRATEGIES


def index(name: str = "a_v1", *, shards: int = 2, alias: str | None = None, **body: Any) -> Request:
    """Return the request that creates an index without replicas.

    Args:
        name: of the index.
        shards: how many.
        alias: its write alias; None: `a_current` for `a_v1`.
        body: other parts of the request; settings are merged.
    """
    settings = {"number_of_shards": shards, "number_of_replicas": 0, **body.pop("settings", {})}
    aliases = {alias or f"{name.rpartition('_v')[0]}_current": {"is_write_index": True}}
    return ("PUT", name, {"settings": settings, "aliases": aliases, **body})


def numbered(count: int, body: Callable[[int], dict[str, Any]] = lambda i: {"n": i}) -> Documents:
    """Return documents whose ids are numbers.

    Args:
        count: how many.
        body: returns a document for its number.
    """
    return {str(number): body(number) for number in range(count)}
