"""Realistic documents of words, numbers, dates and places, the same in every run."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.helpers import streaming_bulk

from bench.figures import BenchmarkError
from support.waiting import wait_until

Document = dict[str, Any]

SHARDS = 2
_BULK_SIZE = 2000
_MERGE_SECONDS = 600.0
_FIRST_MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
_SYLLABLES = (
    "al",
    "ber",
    "cor",
    "dan",
    "el",
    "fir",
    "gan",
    "hol",
    "in",
    "jor",
    "kel",
    "lum",
    "mar",
    "nov",
    "or",
    "pel",
)
# The vocabulary of a small language. The first words are the frequent ones.
_WORDS = [first + second + third for first in _SYLLABLES for second in _SYLLABLES for third in _SYLLABLES]
_STATES = ("open", "paid", "shipped", "returned")

_KEYWORD, _TEXT = {"type": "keyword"}, {"type": "text"}
MAPPINGS = {
    "dynamic": "strict",
    "properties": {
        "sku": _KEYWORD,
        "state": _KEYWORD,
        "tags": _KEYWORD,
        "title": {"type": "text", "fields": {"raw": _KEYWORD}},
        "text": _TEXT,
        "price": {"type": "scaled_float", "scaling_factor": 100},
        "stock": {"type": "integer"},
        "rating": {"type": "float"},
        "available": {"type": "boolean"},
        "changed_at": {"type": "date"},
        "position": {"type": "geo_point"},
        "address": {"properties": {"street": _TEXT, "city": _KEYWORD, "zip": _KEYWORD}},
    },
}


@dataclass(frozen=True)
class Source:
    """A source index for many copies.

    Attributes:
        name: `<base>_v1`.
        documents: number of documents.
        words: number of words in the longest field; 20 make documents of about 500 bytes, 1100 of 10 KB.
    """

    name: str
    documents: int
    words: int

    @property
    def base(self) -> str:
        """Common part of the names of both indices and the alias."""
        return self.name.removesuffix("_v1")

    @property
    def target(self) -> str:
        """Name of the target index."""
        return f"{self.base}_v2"

    @property
    def alias(self) -> str:
        """Name of the alias."""
        return f"{self.base}_current"


def documents(source: Source) -> Iterator[tuple[str, Document]]:
    """Generate every document with its `_id`."""
    chance = random.Random(source.name)
    for number in range(source.documents):
        yield f"{number:08}", _document(chance, number, source.words)


def _document(chance: random.Random, number: int, words: int) -> Document:
    return {
        "sku": f"{chance.randrange(16**8):08x}-{number}",
        "state": chance.choice(_STATES),
        "tags": _some_words(chance, 3),
        "title": " ".join(_some_words(chance, 4)),
        "text": " ".join(_some_words(chance, words)),
        "price": chance.randrange(100, 100_000) / 100,
        "stock": chance.randrange(1000),
        "rating": round(chance.uniform(1, 5), 1),
        "available": chance.random() < 0.8,
        "changed_at": (_FIRST_MOMENT + timedelta(seconds=chance.randrange(60_000_000))).isoformat(),
        "position": {"lat": round(chance.uniform(-80, 80), 5), "lon": round(chance.uniform(-180, 180), 5)},
        "address": {
            "street": f"{chance.choice(_WORDS).title()}street {chance.randrange(1, 200)}",
            "city": chance.choice(_WORDS).title(),
            "zip": f"{chance.randrange(100_000):05}",
        },
    }


def _some_words(chance: random.Random, number: int) -> list[str]:
    # The third power favours small numbers: a few words are frequent, most are rare.
    return [_WORDS[int(len(_WORDS) * chance.random() ** 3)] for _ in range(number)]


def settings(**others: Any) -> dict[str, Any]:
    """Return the settings of every source and target index.

    Args:
        others: additional or different settings.
    """
    return {"number_of_shards": SHARDS, "number_of_replicas": 0, **others}


def load(client: OpenSearch, source: Source) -> float:
    """Create the source index, and return the average length of its documents.

    Args:
        client: connection to the node.
        source: the source index.

    Returns:
        The average length in bytes of JSON.

    Raises:
        BenchmarkError: the index does not hold all documents.
    """
    body = {
        "settings": settings(refresh_interval="-1"),
        "mappings": MAPPINGS,
        "aliases": {source.alias: {"is_write_index": True}},
    }
    client.indices.create(index=source.name, body=body)
    actions = ({"_id": each, "_source": document} for each, document in documents(source))
    for _ in streaming_bulk(
        client, actions, chunk_size=_BULK_SIZE, index=source.name
    ):  # raises an exception if OpenSearch refuses a document
        pass
    client.indices.put_settings(index=source.name, body={"index": {"refresh_interval": None}})
    expect_documents(client, source.name, source.documents)
    wait_for_merges(client)
    sample = client.search(index=source.name, body={"size": 100})["hits"]["hits"]
    return sum(len(client.transport.serializer.dumps(hit["_source"]).encode()) for hit in sample) / len(sample)


def expect_documents(client: OpenSearch, index: str, number: int) -> None:
    """Refresh an index and count its documents.

    Args:
        client: connection to the node.
        index: name of the index.
        number: the expected number of documents.

    Raises:
        BenchmarkError: the index holds another number of documents.
    """
    client.indices.refresh(index=index)
    count = client.count(index=index)["count"]
    if count != number:
        raise BenchmarkError(f"{index} holds {count:,} documents; expected {number:,}")


def wait_for_merges(client: OpenSearch) -> None:
    """Wait until the node has merged all segments, so that merges slow down no copy."""

    def is_calm() -> bool:
        merges = client.indices.stats(metric="merge")["_all"]["total"]["merges"]
        return int(merges["current"]) == 0

    wait_until(is_calm, _MERGE_SECONDS, 0.2)
