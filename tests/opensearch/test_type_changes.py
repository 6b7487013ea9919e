"""OpenSearch takes the mappings that come of a change of any type to any other."""

from typing import Any

import pytest

from opensearch_reindex.index.mappings import target_mappings
from opensearch_reindex.opensearch_client import OpenSearchClient
from support.domain import Domain
from support.field_definitions import FIELD_DEFINITIONS

PREFIX = "retyped"
TYPES = list(FIELD_DEFINITIONS)
ONE_SHARD = {"index": {"number_of_shards": 1, "number_of_replicas": 0}}


def mappings_of(definitions: list[dict[str, Any]]) -> dict[str, Any]:
    fields = {f"f{position}": definition for position, definition in enumerate(definitions)}
    return {"properties": {"origin": {"type": "keyword"}, **fields}}


@pytest.mark.parametrize("step", range(1, len(TYPES)))
def test_every_type_can_become_every_other(domain: Domain, client: OpenSearchClient, step: int) -> None:
    before = list(FIELD_DEFINITIONS.values())
    after = before[step:] + before[:step]
    if not domain.exists("retyped_v1"):
        client.put_index("retyped_v1", {"settings": ONE_SHARD, "mappings": mappings_of(before)})
    stored = client.get_indices(["retyped_v1"])["retyped_v1"].mappings
    patches = [{**definition, "type": definition.get("type", "object")} for definition in after]
    client.put_index("retyped_v2", {"settings": ONE_SHARD, "mappings": target_mappings(stored, mappings_of(patches))})
    found = client.get_indices(["retyped_v2"])["retyped_v2"].mappings["properties"]
    types = [found[f"f{position}"].get("type", "object") for position in range(len(after))]
    assert types == [patch["type"] for patch in patches]
    domain("DELETE", "retyped_v2")


def test_a_price_and_a_sku_take_plain_new_types(domain: Domain, client: OpenSearchClient) -> None:
    fields = {
        "price": {"type": "scaled_float", "scaling_factor": 100},
        "sku": {"type": "text", "analyzer": "english"},
        "seller": {"properties": {"sku": {"type": "text", "analyzer": "english"}}},
        "named": {"type": "text", "fields": {"raw": {"type": "scaled_float", "scaling_factor": 10}}},
    }
    plain = {"type": "keyword"}
    patch = {
        "price": {"type": "double"},
        "sku": plain,
        "seller": {"type": "nested", "properties": {"sku": plain}},
        "named": {"fields": {"raw": plain}},
    }
    domain("PUT", "retyped_a_v1", {"mappings": {"properties": fields}})
    stored = client.get_indices(["retyped_a_v1"])["retyped_a_v1"].mappings
    client.put_index("retyped_a_v2", {"mappings": target_mappings(stored, {"properties": patch})})
    assert client.get_indices(["retyped_a_v2"])["retyped_a_v2"].mappings["properties"] == {
        "price": {"type": "double"},
        "sku": plain,
        "seller": {"type": "nested", "properties": {"sku": plain}},
        "named": {"type": "text", "fields": {"raw": plain}},
    }
