"""Make files that only the domain makes bad, and prepare that domain."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import quote

from opensearch_reindex.index.markers import OWNER_ALIAS_PREFIX
from support.bad_trigger_files.faults import Faults, File, put_in
from support.bad_trigger_files.good import GOOD_INDICES, VERSIONED
from support.domain import Domain
from support.rebuild import Rebuild

FAULTS = Faults("domain")
_SMALL = {"number_of_shards": 1, "number_of_replicas": 0}
_MARK = {"set": {"field": "marked", "value": True}}
_STREAMS = ("stream_v1", "streamed_v2", "streaming_current")
_BLOCKED = {"readonly_v1": "read_only", "unread_v1": "read", "hidden_v1": "metadata"}
# Processors that put a document elsewhere or drop it, or that the module cannot check.
_PROCESSORS: tuple[dict[str, Any], ...] = (
    {"drop": {}},
    {"drop": {"if": "ctx.a == null"}},
    {"foreach": {"field": "a", "processor": {"drop": {}}}},
    {"set": {"field": "_index", "value": "elsewhere"}},
    {"set": {"field": "_id", "value": "{{a}}"}},
    {"set": {"field": "_source._routing", "value": "x"}},
    {"set": {"field": "{{a}}", "value": "x"}},
    {"remove": {"field": "_routing"}},
    {"rename": {"field": "a", "target_field": "_id"}},
    {"copy": {"source_field": "a", "target_field": "_id", "override_target": True}},
    {"uppercase": {"field": "a", "target_field": "_index"}},
    {"csv": {"field": "a", "target_fields": ["b", "_id"]}},
    {"dissect": {"field": "a", "pattern": "%{_id} %{b}"}},
    {"grok": {"field": "a", "patterns": ["%{WORD:_routing}"]}},
    {"json": {"field": "a", "add_to_root": True}},
    {"date_index_name": {"field": "a", "index_name_prefix": "a-", "date_rounding": "M"}},
    {"fail": {"message": "no", "on_failure": [{"set": {"field": "_index", "value": "failed"}}]}},
    {"script": {"source": "ctx._id = null"}},
    {"script": {"source": "ctx.a = 1;\nctx['_routing'] = 'x'"}},
    {"script": {"source": "ctx['_' + 'id'] = 'x'"}},
    {"script": {"source": "Map m = ctx; m.put('_index', 'x')"}},
    {"pipeline": {"name": "mark"}},
)


@contextmanager
def prepared(domain: Domain, rebuild: Rebuild) -> Iterator[None]:
    """Make everything on the domain that the files name.

    At the end, remove what would prevent cleaning up.

    Args:
        domain: an empty node.
        rebuild: makes the indices that are half done.
    """
    try:
        _make_indices(domain)
        _make_half_done_indices(domain, rebuild)
        domain("PUT", "_index_template/streams", {"index_patterns": list(_STREAMS), "data_stream": {}})
        for name in _STREAMS:
            domain("PUT", f"_data_stream/{name}")
        domain("PUT", "_ingest/pipeline/mark", {"processors": [_MARK]})
        for number, processor in enumerate(_PROCESSORS):
            domain("PUT", f"_ingest/pipeline/bad-{number}", {"processors": [_MARK, processor]})
        domain("PUT", "_scripts/stored", {"script": {"lang": "painless", "source": "ctx.a = 1"}})
        domain("PUT", "_ingest/pipeline/bad-stored", {"processors": [{"script": {"id": "stored"}}]})
        for name, block in _BLOCKED.items():
            domain("PUT", f"{name}/_settings", {f"index.blocks.{block}": True})
        yield
    finally:
        for name, block in _BLOCKED.items():
            domain("PUT", f"{name}/_settings", {f"index.blocks.{block}": False}, ok=False)
        for name in _STREAMS:
            domain("DELETE", f"_data_stream/{name}", ok=False)
        domain("DELETE", "_scripts/stored", ok=False)


def _make_indices(domain: Domain) -> None:
    indices: dict[str, dict[str, Any]] = {name: {} for name in GOOD_INDICES}
    indices["books_v1"] = {"books_current": {"is_write_index": True}, "All-books": {}}
    indices["songs_v007"] = {"songs_current": {}}
    indices |= {name: {} for name in ("closed_v1", "piped_v1", "streamed_v1", "streaming_v1", "warm_v1", *_BLOCKED)}
    indices |= {name: {} for name in ("taken_v1", "taken_v2", "named_v1", "named_current", "aliased_v1")}
    indices |= {name: {} for name in ("half_v1", "lost_v1", "written_v1", "explicit_v1")}
    indices["behind"] = {"alias_v1": {}, "aliased_v2": {}, "written_current": {}}
    indices["writer"] = {"explicit_current": {"is_write_index": True}}
    indices["reader"] = {"explicit_current": {"is_write_index": False}}
    for name, aliases in indices.items():
        domain("PUT", quote(name, safe=""), {"settings": _SMALL, "aliases": aliases})
    for name, source in (("sourceless_v1", {"enabled": False}), ("partial_v1", {"excludes": ["secret"]})):
        domain("PUT", name, {"settings": _SMALL, "mappings": {"_source": source}})
    domain("PUT", "narrow_v1", {"settings": {**_SMALL, "max_result_window": 100}})
    _make_routed_indices(domain)
    domain("PUT", "piped_v1/_settings", {"index.final_pipeline": "mark"})
    # Its shard stays where it is, because no node would take it.
    domain("PUT", "warm_v1/_settings", {"index.routing.allocation.require.box_type": "warm"})
    domain("POST", "closed_v1/_close")


def _make_routed_indices(domain: Domain) -> None:
    domain("PUT", "routed_v1", {"settings": {**_SMALL, "number_of_shards": 2}})
    domain("PUT", "unshrunk", {"settings": {**_SMALL, "number_of_shards": 6}})
    for name in ("routed_v1", "unshrunk"):
        domain("PUT", f"{name}/_doc/1?routing=a&refresh=true", {"a": 1})
    domain("PUT", "unshrunk/_block/write")
    domain("POST", "unshrunk/_shrink/shrunk_v1", {"settings": {"index.number_of_shards": 2}})


def _make_half_done_indices(domain: Domain, rebuild: Rebuild) -> None:
    for name in ("half_v1", "lost_v1"):
        rebuild.freeze(name)
    aliases = domain("GET", "lost_v2/_alias")["lost_v2"]["aliases"]
    (owner,) = (alias for alias in aliases if alias.startswith(OWNER_ALIAS_PREFIX))
    domain("POST", "_aliases", {"actions": [{"remove": {"index": "lost_v2", "alias": owner}}]})


def _source(fault: str, source: str, says: str, **changes: Any) -> None:
    """Add a fault: a bad source index among good ones.

    Args:
        fault: the fault in words.
        source: name of the index; `{}` stands for any number.
        says: what the refusal must say; `{}` stands for the name of the index.
        changes: keys of the file.
    """

    @FAULTS.in_file(fault)
    def _change(random: Random, file: File) -> str:
        file |= VERSIONED | changes
        name = source.format(random.getrandbits(20))
        position = put_in(random, file, random.choice([name, {"name": name}]))
        return f"indices[{position}]: {says.format(name)}"


_ROUTED = "source index '{}' has documents with custom routing"
_source("an index that does not exist", "missing{}_v1", "source index '{}' does not exist")
_source("an index of which only another version exists", "named_v1{}", "source index '{}' does not exist")
_source("an alias for an index", "alias_v1", "source index '{}' is an alias of behind")
_source("a data stream for an index", "stream_v1", "source index '{}' is a data stream")
_source("a closed index", "closed_v1", "source index '{}' is closed")
_source("an index on UltraWarm nodes", "warm_v1", "source index '{}' is on UltraWarm nodes")
_source("an index that is read-only", "readonly_v1", "source index '{}' has index.blocks.read_only set")
_source("an index that blocks reads", "unread_v1", "source index '{}' has index.blocks.read set")
_source("an index whose final pipeline runs again", "piped_v1", "source index '{}' has final_pipeline", settings={})
_source("an index without _source", "sourceless_v1", "source index '{}' has _source disabled")
_source("an index with a part of _source", "partial_v1", "source index '{}' has _source.excludes")
_source("other shards for routed documents", "routed_v1", _ROUTED, settings={"number_of_shards": 3})
_source("routed documents that were shrunk", "shrunk_v1", _ROUTED, settings={})
_source(
    "a batch that no search of the index may return",
    "narrow_v1",
    "reindex.batch_size is 5000, but index.max_result_window of source index '{}' is 100; expected at most 100",
    reindex={"batch_size": 5000},
)
_source("a target that exists", "taken_v1", "target index 'taken_v2' exists, but was not created from this")
_source("a target that is an alias", "aliased_v1", "target index 'aliased_v2' is the name of an alias")
_source("a target that is a data stream", "streamed_v1", "target index 'streamed_v2' is the name of a data stream")
_source("an alias that is an index", "named_v1", "alias 'named_current' is the name of an index")
_source("an alias that is a data stream", "streaming_v1", "alias 'streaming_current' is the name of a data stream")
_source("an alias of another index alone", "written_v1", "alias 'written_current' has another write index, 'behind'")
_source("an alias written elsewhere", "explicit_v1", "alias 'explicit_current' has another write index, 'writer'")
_source("the unfinished target of a run", "half_v2", "source index '{}' is the unfinished target index of")
_source(
    "a target half done otherwise", "half_v1", "target index 'half_v2' was created by", settings={"codec": "default"}
)
_NO_CHANGES: dict[str, Any] = {"settings": {}, "mappings": {}, "reindex": {}}
_source("a target without its owner", "lost_v1", "target index 'lost_v2' has lost its owner alias", **_NO_CHANGES)


@FAULTS.in_file("two indices with one alias that does not exist")
def _one_alias(random: Random, file: File) -> str:
    names = random.sample(["books_v1", "songs_v007", "maps_v0", "x1_v10"], random.randint(2, 4))
    file |= VERSIONED | {
        "alias_name": random.choice(["all", "All", f"alias-{random.getrandbits(20)}"]),
        "indices": names,
    }
    return f"indices[{len(names) - 1}]: alias "


@FAULTS.in_file("an index in no alias that no client would find")
def _in_no_alias(random: Random, file: File) -> str:
    file |= VERSIONED | {"keep_source": False, "keep_source_name_as_alias": False}
    del file["alias_name"]
    name = random.choice([name for name in GOOD_INDICES if name not in ("books_v1", "songs_v007")])
    file["indices"] = [name]
    return f"indices[0]: source index {name!r} is in no alias"


@FAULTS.in_file("more shards than the domain takes")
def _too_many_shards(random: Random, file: File) -> str:
    settings = {random.choice(["number_of_shards", "index.number_of_shards"]): random.randint(2_000, 9_999)}
    file["indices"] = [{"name": random.choice(GOOD_INDICES), "settings": settings}]
    return "cluster.max_shards_per_node"


@FAULTS.in_file("an index that blocks metadata")
def _unreadable(random: Random, file: File) -> str:
    file |= VERSIONED
    put_in(random, file, "hidden_v1")
    return "index [hidden_v1] blocked by"


@FAULTS.in_file("hundreds of indices that do not exist", at_most=3)
def _hundreds(random: Random, file: File) -> str:
    number = random.randint(500, 1000)
    file |= VERSIONED | {"indices": [f"{'n' * random.randint(1, 200)}{each}_v1" for each in range(number)]}
    return f"the trigger file has {number} problems"


@FAULTS.in_file("a pipeline that does not exist")
def _no_pipeline(random: Random, file: File) -> str:
    names = ("*", "mark*", "m*", "_all", "mark,bad-0", "mark/", "mark ", "MARK", "../mark", "%6dark", "?")
    file["reindex"] = {"pipeline": random.choice([*names, f"missing-{random.getrandbits(20)}"])}
    return "reindex.pipeline: "


@FAULTS.in_file("a pipeline that loses documents, or might")
def _bad_pipeline(random: Random, file: File) -> str:
    name = random.choice([*(f"bad-{number}" for number in range(len(_PROCESSORS))), "bad-stored"])
    file["reindex"] = {"pipeline": name, **random.choice([{}, {"slices": random.randint(1, 1024)}])}
    return f"reindex.pipeline: '{name}' must "
