"""What an index template adds is found, and nothing else counts as added."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import TargetIndex
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.domain import Domain
from support.field_spellings import FIELD_SPELLINGS, MAPPING_SPELLINGS, SETTING_SPELLINGS

PREFIX = "templated"
on_the_node = settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SMALL = {"number_of_shards": "1", "number_of_replicas": "0"}


@st.composite
def chosen(draw: st.DrawFn, spellings: dict[str, list[Any]]) -> dict[str, Any]:
    """Choose some parameters and their values."""
    names = draw(st.lists(st.sampled_from(sorted(spellings)), unique=True)) if spellings else []
    return {name: draw(st.sampled_from(spellings[name])) for name in names}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """Choose a field of some types, each with some parameters."""
    types = draw(st.lists(st.sampled_from(sorted(FIELD_SPELLINGS)), unique=True, max_size=8))
    chosen_fields: dict[str, Any] = {"origin": {"type": "keyword"}}
    for position, name in enumerate(types):
        base, parameters = FIELD_SPELLINGS[name]
        prefix = draw(st.sampled_from(["", "dotted.", "more.dotted."])) if name != "join" else ""
        chosen_fields[f"{prefix}f{position}"] = {"type": name, **base, **draw(chosen(parameters))}
    return chosen_fields


def requested_index(mappings: dict[str, Any], **own: Any) -> TargetIndex:
    source = IndexInfo("u", {}, {**SMALL, "uuid": "u"}, {})
    return TargetIndex.derive({"strategy": "block_writes", "settings": own, "mappings": mappings}, {}, source)


def create(client: OpenSearchClient, requested: TargetIndex, name: str) -> IndexInfo:
    body = {"settings": {"index": {**requested.settings, **requested.filling_settings}}, "mappings": requested.mappings}
    client.put_index(name, body)
    return client.get_indices([name])[name]


@pytest.mark.parametrize("name", sorted(FIELD_SPELLINGS))
def test_no_spelling_of_a_parameter_counts_as_added(domain: Domain, client: OpenSearchClient, name: str) -> None:
    base, parameters = FIELD_SPELLINGS[name]
    variants = [{}, *({key: each} for key, values in parameters.items() for each in values)]
    properties = {f"f{position}": {"type": name, **base, **variant} for position, variant in enumerate(variants)}
    requested = requested_index({"properties": {"origin": {"type": "keyword"}, **properties}})
    created = create(client, requested, "templated_v2")
    domain("DELETE", "templated_v2")
    assert requested.unrequested(created) == []


@on_the_node
@given(fields(), chosen(MAPPING_SPELLINGS), chosen(SETTING_SPELLINGS))
def test_no_mappings_and_settings_of_a_file_count_as_added(
    domain: Domain,
    client: OpenSearchClient,
    properties: dict[str, Any],
    parameters: dict[str, Any],
    own: dict[str, Any],
) -> None:
    requested = requested_index({**parameters, "properties": properties}, **own)
    try:
        created = create(client, requested, "templated_v2")
        assert requested.unrequested(created) == []
        # What is stored is requested in the next rebuild.
        again = TargetIndex.derive({"strategy": "redirect_writes"}, {}, created)
        assert again.unrequested(create(client, again, "templated_v3")) == []
    finally:
        domain("DELETE", "templated_v2,templated_v3?ignore_unavailable=true")


TEXT = {"type": "text"}
ENGLISH = {"type": "text", "analyzer": "english"}
STRINGS = {"strings": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}
WORDS = {"words": {"match_mapping_type": "string", "mapping": TEXT}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str], list[str]]] = {
    # A template, the requested mappings, what a legacy template adds before 3.0, and what a composable one adds.
    "a rule in front": (
        {"mappings": {"dynamic_templates": [STRINGS]}},
        {"dynamic_templates": [WORDS]},
        ["dynamic template strings"],
        ["dynamic template strings"],
    ),
    "a rule that was removed": (
        {"mappings": {"dynamic_templates": [STRINGS]}},
        {},
        ["dynamic template strings"],
        ["dynamic template strings"],
    ),
    "another order": (
        {"mappings": {"dynamic_templates": [STRINGS]}},
        {"dynamic_templates": [WORDS, STRINGS]},
        [],
        ["another order of dynamic_templates"],
    ),
    "a removed parameter": (
        {"mappings": {"properties": {"sku": ENGLISH}}},
        {"properties": {"sku": TEXT}},
        ["parameter analyzer of field sku"],
        [],
    ),
    "a multi-field": (
        {"mappings": {"properties": {"sku": {**TEXT, "fields": {"raw": {"type": "keyword"}}}}}},
        {"properties": {"sku": TEXT}},
        ["field sku.raw"],
        [],
    ),
    "a longer list": (
        {"mappings": {"properties": {"sku": {**TEXT, "copy_to": ["all"]}}}},
        {"properties": {"sku": {**TEXT, "copy_to": ["every"]}}},
        ["parameter copy_to of field sku"],
        [],
    ),
    "nested objects": (
        {"mappings": {"properties": {"seller": {"type": "nested"}}}},
        {"properties": {"seller": {"properties": {"id": TEXT}}}},
        ["type nested of field seller"],
        ["refused"],
    ),
    "a strict object": (
        {"mappings": {"properties": {"seller": {"dynamic": "strict", "properties": {"sku": TEXT}}}}},
        {"properties": {"seller.id": TEXT}},
        ["field seller.sku", "parameter dynamic of field seller"],
        ["field seller.sku", "parameter dynamic of field seller"],
    ),
    "required routing": (
        {"mappings": {"_routing": {"required": True}}},
        {},
        ["mapping parameter _routing"],
        ["mapping parameter _routing"],
    ),
    "a smaller _source": (
        {"mappings": {"_source": {"excludes": ["secret"]}}},
        {},
        ["mapping parameter _source"],
        ["mapping parameter _source"],
    ),
    "dynamic mapping": (
        {"mappings": {"dynamic": "strict", "date_detection": False, "_meta": {"owner": "others"}}},
        {"_meta": {"team": "search"}},
        ["key owner of _meta", "mapping parameter date_detection", "mapping parameter dynamic"],
        ["key owner of _meta", "mapping parameter date_detection", "mapping parameter dynamic"],
    ),
    "what the file overrides": (
        {"mappings": {"dynamic": "strict", "date_detection": False, "properties": {"sku": TEXT}}},
        {"dynamic": True, "date_detection": "true", "properties": {"sku": ENGLISH}},
        [],
        [],
    ),
    "a derived field": (
        {"mappings": {"derived": {"d": {"type": "long", "script": {"source": "emit(1)"}}}}},
        {"derived": {"e": {"type": "long", "script": {"source": "emit(1)"}}}},
        ["field d"],
        ["field d"],
    ),
    "settings and an alias": (
        {
            "settings": {
                "analysis": {"analyzer": {"x": {"type": "standard", "stopwords": ["a"]}}},
                "routing.allocation.exclude.zone": "a",
                "refresh_interval": "9s",
                "number_of_shards": 7,
                "sort.field": "z",
            },
            "mappings": {"properties": {"z": {"type": "long"}}},
            "aliases": {"live": {}},
        },
        {"properties": {"z": {"type": "long"}}},
        [
            "alias live",
            "setting analysis.analyzer.x.stopwords",
            "setting analysis.analyzer.x.type",
            "setting routing.allocation.exclude.zone",
            "setting sort.field",
        ],
        [],
    ),
}
CASES["settings and an alias"][3].extend(CASES["settings and an alias"][2])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["legacy", "composable"])
def test_what_a_template_adds_or_brings_back_is_found(
    domain: Domain, client: OpenSearchClient, case: str, kind: str
) -> None:
    template, mappings, by_legacy, by_composable = CASES[case]
    requested = requested_index(mappings)
    version = int(domain("GET", "")["version"]["number"].split(".")[0])
    if kind == "legacy":
        domain("PUT", "_template/templated", {"index_patterns": ["templated_v*"], **template})
    else:
        domain("PUT", "_index_template/templated", {"index_patterns": ["templated_v*"], "template": template})
    try:
        created = create(client, requested, "templated_v2")
        assert by_composable != ["refused"] or kind == "legacy"
        simulated = domain("POST", "_index_template/_simulate_index/templated_v2").get("template") or {}
    except OpenSearchRequestError:
        assert (kind, by_composable) == ("composable", ["refused"])
        return
    finally:
        domain("DELETE", "templated_v2?ignore_unavailable=true")
        domain("DELETE", "_template/templated" if kind == "legacy" else "_index_template/templated")
    found = sorted(requested.unrequested(created))
    if kind == "composable":
        assert found == sorted(by_composable)
        # OpenSearch shows the same before anything is created.
        assert sorted(requested.added_by_template(simulated)) == found
    elif version < 3:
        assert found == sorted(by_legacy)
    else:  # since 3.0, a requested field replaces the field of a legacy template too
        assert set(found) <= {*by_legacy, *by_composable}
