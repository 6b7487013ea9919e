"""Readers of two indices with two mappings: which pairs of types fail together.

Every pair of definitions is searched as `redirect_writes` has readers do it, and the rule has to agree.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import pytest
import requests

from opensearch_reindex.index.mapping_changes import reader_problems
from opensearch_reindex.runtime.errors import TriggerFileError
from support.domain import Domain
from support.rebuild import Rebuild
from support.refusals import FirstStep
from support.trigger_file import trigger_file

PREFIX = "twofold"

WORDS, NUMBERS, HALVES = ["a", "b"], [1, 2], [1.5, 2.5]
DAYS, SLASHED, MILLIS = ["2024-05-17", "2024-05-18"], ["2024/05/17", "2024/05/18"], [1715904000000, 1715990400000]
# Definition, two values, and what readers search for.
FIELDS: dict[str, tuple[dict[str, Any], list[Any], Any]] = {
    "boolean": ({"type": "boolean"}, [True, False], True),
    "byte": ({"type": "byte"}, NUMBERS, 1),
    "date": ({"type": "date"}, DAYS, "2024-05-17"),
    "date in millis": ({"type": "date", "format": "epoch_millis"}, MILLIS, MILLIS[0]),
    "date in both": (
        {"type": "date", "format": "yyyy/MM/dd||strict_date_optional_time||epoch_millis"},
        SLASHED,
        "2024/05/17",
    ),
    "date with slashes": ({"type": "date", "format": "yyyy/MM/dd"}, SLASHED, "2024/05/17"),
    "date_nanos": ({"type": "date_nanos"}, DAYS, "2024-05-17"),
    "double": ({"type": "double"}, HALVES, 1.5),
    "float": ({"type": "float"}, HALVES, 1.5),
    "flat_object": ({"type": "flat_object"}, [{"x": "a"}, {"x": "b"}], None),
    "geo_point": ({"type": "geo_point"}, ["1,2", "3,4"], None),
    "half_float": ({"type": "half_float"}, HALVES, 1.5),
    "integer": ({"type": "integer"}, NUMBERS, 1),
    "integer_range": ({"type": "integer_range"}, [{"gte": 1, "lte": 2}] * 2, 1),
    "ip": ({"type": "ip"}, ["127.0.0.1", "::1"], "::1"),
    "keyword": ({"type": "keyword"}, WORDS, "a"),
    "keyword in lower case": ({"type": "keyword", "normalizer": "lowercase"}, WORDS, "a"),
    "keyword without doc_values": ({"type": "keyword", "doc_values": False}, WORDS, "a"),
    "keyword without index": ({"type": "keyword", "index": False}, WORDS, "a"),
    "long": ({"type": "long"}, NUMBERS, 1),
    "long without doc_values": ({"type": "long", "doc_values": False}, NUMBERS, 1),
    "long without index": ({"type": "long", "index": False}, NUMBERS, 1),
    "nested": ({"type": "nested", "properties": {"x": {"type": "keyword"}}}, [{"x": "a"}, {"x": "b"}], None),
    "object": ({"properties": {"x": {"type": "keyword"}}}, [{"x": "a"}, {"x": "b"}], None),
    "scaled_float": ({"type": "scaled_float", "scaling_factor": 100}, HALVES, 1.5),
    "scaled_float by 10": ({"type": "scaled_float", "scaling_factor": 10}, HALVES, 1.5),
    "search_as_you_type": ({"type": "search_as_you_type"}, WORDS, "a"),
    "short": ({"type": "short"}, NUMBERS, 1),
    "text": ({"type": "text"}, WORDS, "a"),
    "text in English": ({"type": "text", "analyzer": "english"}, WORDS, "a"),
    "text with fielddata": ({"type": "text", "fielddata": True}, WORDS, "a"),
    "token_count": ({"type": "token_count", "analyzer": "standard"}, ["a b", "a"], 1),
    "unsigned_long": ({"type": "unsigned_long"}, NUMBERS, 1),
    "wildcard": ({"type": "wildcard"}, WORDS, "a"),
}


def searches(term: Any) -> list[dict[str, Any]]:
    box = {"f": {"top_left": "90,-180", "bottom_right": "-90,180"}}
    bodies: list[dict[str, Any]] = [
        {"sort": [{"f": "asc"}]},
        {"sort": [{"f.x": "asc"}]},
        {"docvalue_fields": ["f"]},
        *({"size": 0, "aggs": {"x": {kind: {"field": "f"}}}} for kind in ("terms", "max", "cardinality")),
        {"size": 0, "aggs": {"x": {"date_histogram": {"field": "f", "calendar_interval": "day"}}}},
        {"query": {"exists": {"field": "f"}}},
        {"query": {"match_phrase_prefix": {"f": "a"}}},
        {"query": {"nested": {"path": "f", "query": {"term": {"f.x": "a"}}}}},
        {"query": {"geo_bounding_box": box}},
    ]
    if term is not None:
        bodies += [{"query": {"term": {"f": term}}}, {"query": {"range": {"f": {"gte": term}}}}]
    return bodies


def index_of(name: str) -> str:
    return f"twofold-{name.lower().replace(' ', '-')}"


@pytest.fixture
def indices(domain: Domain) -> Iterator[None]:
    for name, (definition, values, _) in FIELDS.items():
        settings = {"number_of_shards": 1, "number_of_replicas": 0}
        domain("PUT", index_of(name), {"settings": settings, "mappings": {"properties": {"f": definition}}})
        domain.bulk(index_of(name), {str(number): {"f": value} for number, value in enumerate(values)})
    domain("POST", "twofold-*/_refresh")
    yield
    domain("DELETE", ",".join(map(index_of, FIELDS)))


def failed(domain: Domain, names: list[str], bodies: list[dict[str, Any]]) -> list[bool]:
    """Return for each search whether it fails on any of these indices."""
    head = json.dumps({"index": [index_of(name) for name in names]})
    lines = "".join(f"{head}\n{json.dumps(body)}\n" for body in bodies)
    answer = requests.post(
        f"{domain.url}/_msearch",
        data=lines,
        headers={"content-type": "application/x-ndjson"},
        timeout=60,
        proxies={"http": "", "https": ""},
    ).json()
    if "responses" not in answer:  # OpenSearch cannot even write the answer, for example a keyword as an address
        return [True] * len(bodies)
    return [bool("error" in each or each["_shards"]["failed"]) for each in answer["responses"]]


def test_the_rule_knows_every_pair_of_types_with_which_readers_fail(domain: Domain, indices: None) -> None:
    working: dict[str, list[dict[str, Any]]] = {}
    for name, (_, _, term) in FIELDS.items():
        bodies = searches(term)
        fails = failed(domain, [name], bodies)
        working[name] = [body for body, fail in zip(bodies, fails, strict=True) if not fail]
    unknown, needless = [], []
    for before, after in permutations(FIELDS, 2):
        broken = any(failed(domain, [before, after], working[before]))
        mappings = ({"properties": {"f": FIELDS[name][0]}} for name in (before, after))
        refused = bool(list(reader_problems(*mappings)))
        if broken and not refused:
            unknown.append((before, after))
        if refused and not broken:
            needless.append((before, after))
    assert unknown == []
    # Refused to be safe: such searches find less, or other searches fail.
    assert len(needless) < 100, needless


@pytest.mark.parametrize(
    ("before", "after"), [({"type": "keyword"}, {"type": "date"}), ({"type": "text"}, {"type": "keyword"})]
)
def test_a_type_change_under_redirected_writes_is_refused_before_any_change(
    domain: Domain, rebuild: Rebuild, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    mappings = {"properties": {"when": before}}
    domain("PUT", "twofold_v1", {"mappings": mappings, "aliases": {"twofold_current": {}}})
    first_step, state = FirstStep(rebuild.client, rebuild.url), domain.state()
    changes = {"mappings": {"properties": {"when": after}}}
    file = trigger_file(rebuild.url, "twofold_v1", **changes)
    with pytest.raises(TriggerFileError) as caught:
        first_step(json.dumps(file).encode())
    assert domain.state() == state
    (problem,) = caught.value.problems
    assert problem.startswith("indices[0]: field 'when' changes from ")
    assert "block_writes" in problem
    assert "readers_may_fail" in problem
    for allowed in ({"strategy": "block_writes"}, {"readers_may_fail": True}):
        first_step(json.dumps({**file, **allowed}).encode())
