"""The package and OpenSearch agree on names, settings, shards and scripts."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from opensearch_reindex.index.names import name_problem
from opensearch_reindex.index.scripts import script_problems
from opensearch_reindex.index.target_index import keeps_documents_apart, target_settings
from opensearch_reindex.opensearch_client import OpenSearchClient
from support.domain import Domain
from support.spellings import spelled

# Any: what names may begin with is tested here.
PREFIX = ""

# One domain serves all examples of a test.
on_the_node = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
twice_as_many = settings(on_the_node, max_examples=2 * settings().max_examples)
some = settings(on_the_node, max_examples=settings().max_examples // 3)
SMALL = {"settings": {"number_of_shards": 1, "number_of_replicas": 0}}

# A slash in front of an API's name would ask for something else.
NAMES = (
    st.text("ab1_-+.,*? #:/\\%<>|\"'&=ÄéßİK", min_size=1, max_size=8)
    | st.text("aé", min_size=120, max_size=260)
    | st.text(min_size=1, max_size=4)
).filter(lambda name: name not in (".", ".."))


def is_refused_by_choice(name: str) -> bool:
    """Return whether OpenSearch may accept a name that the package refuses."""
    return name.startswith((".", "<")) or not name.isprintable()


@twice_as_many
@given(NAMES)
def test_opensearch_takes_a_name_for_an_index_if_and_only_if_it_is_legal(domain: Domain, name: str) -> None:
    path = quote(name, safe="")
    answer = domain("PUT", f"{path}?wait_for_active_shards=0", SMALL, ok=False)
    if name_problem(name) is None:
        assert answer["index"] == name, answer
    elif not is_refused_by_choice(name):
        assert answer["error"]["type"] == "invalid_index_name_exception", answer
    if "index" in answer:
        domain("DELETE", quote(answer["index"], safe=""))


@twice_as_many
@given(NAMES)
def test_opensearch_takes_a_name_for_an_alias_if_and_only_if_it_is_legal(domain: Domain, name: str) -> None:
    if not domain.exists("aliased_v1"):
        domain("PUT", "aliased_v1", SMALL)
    alias = {"index": "aliased_v1", "alias": name}
    answer = domain("POST", "_aliases", {"actions": [{"add": alias}]}, ok=False)
    if name_problem(name, alias=True) is None:
        assert answer == {"acknowledged": True}
    elif not is_refused_by_choice(name):
        assert answer["error"]["type"] == "invalid_alias_name_exception", answer
    if "error" not in answer:
        domain("POST", "_aliases", {"actions": [{"remove": alias}]})


# Real ones; some have a value, and other settings below their name.
VALUES: dict[str, list[Any]] = {
    "analysis.analyzer.index.type": ["keyword", "standard"],
    "analysis.filter.short.max": [3, 4],
    "analysis.filter.short.type": ["length"],
    "codec": ["default", "best_compression"],
    "default_pipeline": ["_none"],
    "hidden": [True, False],
    "mapping.total_fields.limit": [50, 2000],
    "max_result_window": [100, 20000],
    "merge.policy": ["tiered", "log_byte_size"],
    "merge.policy.max_merged_segment": ["1gb", "2gb"],
    "merge.scheduler.max_thread_count": [1],
    "number_of_replicas": [0, 1],
    "number_of_shards": [1, 2],
    "query.default_field": [["a", "b"], ["c"]],
    "refresh_interval": ["-1", "5s"],
    "search.slowlog.level": ["INFO", "WARN"],
    "search.slowlog.threshold.query.warn": ["1s"],
    "similarity.default.type": ["BM25"],
    "translog.durability": ["async", "request"],
}
LEFT_OUT: dict[str, list[Any]] = {
    "blocks.write": [True],
    "final_pipeline": ["_none"],
    "routing.allocation.require._name": ["elsewhere"],
}
# Of every index, whether anybody asked for them or not.
ALWAYS_THERE = {"number_of_replicas", "number_of_shards", "replication.type"}
NEW_IN_EVERY_INDEX = {"creation_date", "provided_name", "uuid", "version.created"}


@st.composite
def chosen(draw: st.DrawFn, values: dict[str, list[Any]], *, removing: bool = False) -> dict[str, Any]:
    """Choose settings and their values, or a null for some."""
    names = draw(st.lists(st.sampled_from(sorted(values)), unique=True))
    return {name: draw(st.sampled_from([*values[name], *([None] if removing else [])])) for name in names}


def settings_of(domain: Domain, index: str) -> dict[str, Any]:
    flat = domain("GET", f"{index}?flat_settings=true")[index]["settings"]
    return {name.removeprefix("index."): value for name, value in flat.items()}


def as_stored(value: Any) -> Any:
    return value if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


@some
@given(st.data(), chosen(VALUES | LEFT_OUT), chosen(VALUES, removing=True))
def test_target_gets_every_setting_of_the_source_that_the_file_does_not_change(
    domain: Domain, client: OpenSearchClient, data: st.DataObject, source: dict[str, Any], changes: dict[str, Any]
) -> None:
    filters = {"analysis.filter.short.max", "analysis.filter.short.type"}
    for each in (source, source | changes):  # a filter has to have a type
        assume(filters.isdisjoint(each) or each.get("analysis.filter.short.type"))
    try:
        domain("PUT", "set_v1?wait_for_active_shards=0", {"settings": data.draw(spelled(source))})
        stored = client.get_indices(["set_v1"])["set_v1"].settings
        client.put_index("set_v2", {"settings": {"index": target_settings(stored, data.draw(spelled(changes)))}})
        before, after = settings_of(domain, "set_v1"), settings_of(domain, "set_v2")
    finally:
        domain("DELETE", "set_v1,set_v2?ignore_unavailable=true")
    removed = {f"{name}." for name, value in changes.items() if value is None}
    expected = {
        name: value
        for name, value in before.items()
        if name not in LEFT_OUT.keys() | NEW_IN_EVERY_INDEX and not f"{name}.".startswith(tuple(removed))
    }
    expected |= {name: as_stored(value) for name, value in changes.items() if value is not None}
    added = after.keys() - expected.keys() - NEW_IN_EVERY_INDEX - ALWAYS_THERE
    assert {name: after.get(name) for name in expected} == expected
    assert not added


@pytest.mark.parametrize(
    ("before", "after", "shrunk_from"),
    [(2, 4, None), (3, 3, None), (3, 6, None), (2, 3, None), (4, 2, None), (2, 2, 6), (3, 6, 9)],
)
def test_documents_that_are_kept_apart_are_on_different_shards(
    domain: Domain, client: OpenSearchClient, before: int, after: int, shrunk_from: int | None
) -> None:
    settings_before = {"index.number_of_shards": before, "index.number_of_replicas": 0}
    try:
        if shrunk_from:
            domain("PUT", "apart_v0", {"settings": {"number_of_shards": shrunk_from, "blocks.write": True}})
            domain("POST", "apart_v0/_shrink/apart_v1", {"settings": settings_before})
        else:
            domain("PUT", "apart_v1", {"settings": settings_before})
        stored = client.get_indices(["apart_v1"])["apart_v1"].settings
        target = target_settings(stored, {"number_of_shards": after})
        client.put_index("apart_v2", {"settings": {"index": target}})
        assert client.health("apart_v2", wait_for_status="yellow") != "red"
        came_from: dict[int, set[int]] = {}
        for routing in range(100):
            places = (domain("GET", f"{name}/_search_shards?routing={routing}") for name in ("apart_v2", "apart_v1"))
            shard_after, shard_before = (place["shards"][0][0]["shard"] for place in places)
            came_from.setdefault(shard_after, set()).add(shard_before)
    finally:
        domain("DELETE", "apart_v0,apart_v1,apart_v2?ignore_unavailable=true")
    apart = all(len(shards) == 1 for shards in came_from.values())
    assert apart or not keeps_documents_apart(stored, target)
    if not shrunk_from:
        assert apart == keeps_documents_apart(stored, target)


FIELDS = ("_id", "_index", "_routing", "_source", "_version", "op", "n")
PLAIN = ("ctx.{}", "ctx['{}']", 'ctx["{}"]', "ctx?.{}", "ctx[ '{}' ]", "ctx._source.{}")
HIDDEN = ("(ctx).{}", "m.{}", "m['{}']", "ctx[params['{}']]", "f(ctx).{}", "ctx /**/ .{}")
HARMLESS = (
    *("ctx._source.n = {way};", "if ({way} == '1') {{ ctx._source.n = 2; }}", "ctx._source.remove('{field}');"),
    *("if ({way} != null) {{ ctx.op = 'noop' }}", "ctx._source.put('a', {way});", "{way} = 'index';"),
)
HARMFUL = (
    *("{way} = 'x';", "{way} += 'x';", "{way}\n= 'noop';", "{way} = 'delete';", "{way} = null;", "{way} /**/ = 'x';"),
    *("{way} = params.value;", "{way} = 'no' + 'op';", "{way}++;", "ctx.clear();", "ctx.putAll(['{field}': 'x']);"),
    *("ctx.put('{field}', 'x');", "ctx.remove('{field}');", "m.put('{field}', 'x');", "m.remove('{field}');"),
    *("ctx.compute('{field}', (k, v) -> 'x');", "ctx.replaceAll((k, v) -> k == '{field}' ? 'x' : v);"),
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Write a script that does something with a document, or with what belongs to it."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        field = draw(st.sampled_from(FIELDS))
        way = draw(st.sampled_from(PLAIN) | st.sampled_from(PLAIN + HIDDEN)).format(field)
        line = draw(st.sampled_from(HARMLESS) | st.sampled_from(HARMLESS + HARMFUL))
        lines.append(line.format(way=way, field=field))
    text = draw(st.sampled_from([" ", "\n", " /* */ "])).join(lines)
    prefix = "Map f(Map m) { return m } " if "f(ctx)" in text else ""
    return f"{prefix}{'Map m = ctx; ' if ' m' in f' {text}' else ''}{text}"


@twice_as_many
@given(scripts())
def test_an_accepted_script_leaves_every_document_where_it_is(domain: Domain, source: str) -> None:
    problems = script_problems(source)
    event("refused" if problems else "accepted")
    if problems:
        return
    if not domain.exists("scripted_v1"):
        domain("PUT", "scripted_v1", SMALL)
        domain("PUT", "scripted_v1/_doc/1?routing=r&refresh=true", {"n": 1})
    domain("PUT", "scripted_v2", SMALL)
    indices = set(domain.state())
    body = {
        "source": {"index": "scripted_v1"},
        "dest": {"index": "scripted_v2", "op_type": "create"},
        "script": {"source": source, "params": {"value": "x", **{field: field for field in FIELDS}}},
    }
    answer = domain("POST", "_reindex?refresh=true", body, ok=False)
    copied = domain("GET", "scripted_v2/_search")["hits"]["hits"]
    domain("DELETE", "scripted_v2")
    assert set(domain.state()) == indices - {"scripted_v2"}
    if "error" in answer or answer["failures"]:
        assert not copied
        assert not answer.get("deleted")
    elif answer["noops"]:
        assert not copied
    else:
        assert [(hit["_id"], hit["_routing"]) for hit in copied] == [("1", "r")]
