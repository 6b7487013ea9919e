"""Properties of settings, mappings and options in any spelling."""

import copy
import itertools
import json
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from opensearch_reindex.index.mappings import target_mappings
from opensearch_reindex.index.provenance import PROVENANCE_KEY, Provenance, changes_of
from opensearch_reindex.index.target_index import (
    flat_settings,
    forbidden_settings,
    keeps_documents_apart,
    repeated_settings,
    target_settings,
)
from opensearch_reindex.utils import merge_patch
from support.spellings import JSON_OBJECTS, reordered, spelled

# Some have a value, and other settings below their name; some begin like one that is left out.
CHANGEABLE = (
    *("codec", "knn", "knn.algo_param.ef_search", "merge.policy", "merge.policy.segments_per_tier", "blocksize"),
    *("analysis.analyzer.index.type", "number_of_shards", "routing.allocation.enable", "default_pipeline"),
)
LEFT_OUT = ("blocks", "uuid", "version", "history", "resize", "final_pipeline", "routing.allocation.require")
BELOW_LEFT_OUT = ("blocks.write", "uuid", "version.created", "history.uuid", "resize.source.name", "final_pipeline")
SOURCE_SETTINGS = st.dictionaries(
    st.sampled_from([*CHANGEABLE, *BELOW_LEFT_OUT, "routing.allocation.require._name"]),
    st.sampled_from(["1", "x", True, ["a"]]),
)
PATCHES = st.dictionaries(
    st.sampled_from([*CHANGEABLE, "analysis", "merge"]), st.none() | st.integers(0, 9), max_size=4
)


def difference(before: Any, after: Any) -> Any:
    """Return the patch from one JSON value to another one without nulls in objects."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    changed = {key: difference(before.get(key), value) for key, value in after.items() if before.get(key) != value}
    return changed | dict.fromkeys(before.keys() - after.keys())


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return value


@given(JSON_OBJECTS, JSON_OBJECTS.map(without_nulls))
def test_a_merge_patch_turns_any_object_into_any_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge_patch(before, difference(before, after)) == after


@given(JSON_OBJECTS, JSON_OBJECTS)
def test_a_merge_patch_decides_about_its_own_keys_and_about_no_other(
    target: dict[str, Any], changes: dict[str, Any]
) -> None:
    before = copy.deepcopy((target, changes))
    merged = merge_patch(target, changes)
    assert (target, changes) == before
    assert merge_patch(merged, changes) == merged
    for key in target.keys() - changes.keys():
        assert merged[key] == target[key]
    for key, value in changes.items():
        if isinstance(value, dict):
            inner = target.get(key)
            assert merged[key] == merge_patch(inner if isinstance(inner, dict) else {}, value)
        else:
            assert merged.get(key) == value
            assert (key in merged) == (value is not None)


@given(st.data(), SOURCE_SETTINGS)
def test_settings_are_the_same_in_every_spelling(data: st.DataObject, settings: dict[str, Any]) -> None:
    written = data.draw(spelled(settings))
    assert flat_settings(written) == settings
    assert repeated_settings(written) == []
    never_set = {"blocks", "uuid", "version", "history", "resize"}
    assert set(forbidden_settings(written)) == {name.split(".")[0] for name in settings} & never_set


@given(st.data(), SOURCE_SETTINGS, st.sampled_from(CHANGEABLE))
def test_a_setting_in_two_spellings_is_found(data: st.DataObject, settings: dict[str, Any], name: str) -> None:
    others = data.draw(spelled({key: value for key, value in settings.items() if key != name}))
    first, second = data.draw(st.permutations([name, f"index.{name}"]))
    assume(not {first, second} & others.keys())
    assert repeated_settings({first: 1, **others, second: 2}) == [name]


@given(st.data(), SOURCE_SETTINGS, PATCHES, PATCHES)
def test_target_settings_are_the_source_s_with_the_last_word_of_the_patches(
    data: st.DataObject, source: dict[str, Any], general: dict[str, Any], own: dict[str, Any]
) -> None:
    settings = target_settings(*(data.draw(spelled(each)) for each in (source, general, own)))
    patched = general | own
    assert {name: value for name, value in own.items() if value is not None}.items() <= settings.items()
    for name, value in settings.items():
        assert value == patched.get(name, source.get(name))
        assert not name.startswith(tuple(f"{each}." for each in LEFT_OUT))
    removed = [name for name, value in (*general.items(), *own.items()) if value is None]
    for name in source:
        if not any(f"{name}.".startswith(f"{each}.") for each in (*LEFT_OUT, *removed)):
            assert name in settings


@given(
    JSON_OBJECTS,
    st.lists(JSON_OBJECTS, max_size=2),
    st.builds(Provenance, source_index=st.text(max_size=3), task_id=st.none() | st.text(max_size=3)),
)
def test_target_mappings_keep_the_meta_of_the_user(
    source: dict[str, Any], patches: list[dict[str, Any]], provenance: Provenance
) -> None:
    for each in (source, *patches):
        if not isinstance(each.get("_meta", {}), dict):
            del each["_meta"]  # OpenSearch and the schema of the trigger file let nothing else through
    expected: Any = source
    for each in patches:
        expected = merge_patch(expected, each)
    mappings = target_mappings(source, *patches)
    assume(PROVENANCE_KEY not in mappings.get("_meta", {}))
    mappings["_meta"] = provenance.meta(mappings)
    assert Provenance.read(mappings) == provenance
    meta = {key: value for key, value in mappings.pop("_meta").items() if key != PROVENANCE_KEY}
    assert meta == expected.pop("_meta", {})
    assert mappings == expected


OWN_CHANGES = st.fixed_dictionaries({}, optional={"settings": JSON_OBJECTS, "mappings": JSON_OBJECTS})
SCRIPTS = st.fixed_dictionaries({"source": st.text(max_size=3)}, optional={"params": JSON_OBJECTS})
STRATEGIES = st.sampled_from(["redirect_writes", "block_writes"])
REINDEX = st.fixed_dictionaries({}, optional={"script": SCRIPTS, "pipeline": st.text(max_size=3)})
CHANGES = st.fixed_dictionaries(
    {}, optional={"settings": JSON_OBJECTS, "mappings": JSON_OBJECTS, "reindex": REINDEX, "strategy": STRATEGIES}
)


def as_text(file: dict[str, Any], index: dict[str, Any]) -> str:
    """Write everything that changes an index or its documents; a missing key is empty."""
    parts = [part.get(key) or {} for part in (file, index) for key in ("settings", "mappings", "reindex")]
    return json.dumps([*parts, file.get("strategy") == "block_writes"], sort_keys=True)


@given(st.data(), CHANGES, OWN_CHANGES)
def test_the_fingerprint_depends_neither_on_the_order_of_keys_nor_on_other_keys(
    data: st.DataObject, file: dict[str, Any], index: dict[str, Any]
) -> None:
    other = {**file, "keep_source": True, "reindex": {**file.get("reindex", {}), "slices": 3}}
    assert changes_of(data.draw(reordered(other)), data.draw(reordered({**index, "name": "a"}))) == changes_of(
        file, index
    )


@given(st.lists(st.tuples(CHANGES, OWN_CHANGES), max_size=5), JSON_OBJECTS, st.text(max_size=3))
def test_the_fingerprint_is_another_one_for_every_other_change(
    files: list[tuple[dict[str, Any], dict[str, Any]]], value: dict[str, Any], text: str
) -> None:
    # One change in different places makes different changes.
    moved: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"settings": value}, {}),
        ({"mappings": value}, {}),
        ({}, {"settings": value}),
        ({}, {"mappings": value}),
        ({"reindex": {"script": {"source": text}}}, {}),
        ({"reindex": {"script": {"source": "", "params": value}}}, {}),
        ({"reindex": {"pipeline": text}}, {}),
        ({"strategy": "block_writes"}, {}),
    ]
    for one, other in itertools.combinations([*files, *moved], 2):
        assert (changes_of(*one) == changes_of(*other)) == (as_text(*one) == as_text(*other))


def shard_of(routing_hash: int, settings: dict[str, int]) -> int:
    """Return the shard that OpenSearch gives a document.

    The space of hashes has as many parts as the index could have shards after splitting it again and again
    (MetadataCreateIndexService.calculateNumRoutingShards, OperationRouting.calculateScaledShardId).
    """
    shards = settings["number_of_shards"]
    splits = max(1, 10 - (shards - 1).bit_length())
    hash_space = settings.get("number_of_routing_shards", shards << splits)
    return routing_hash % hash_space // (hash_space // shards)


@st.composite
def shard_settings(draw: st.DrawFn) -> tuple[dict[str, int], dict[str, int]]:
    before = draw(st.integers(2, 9) | st.integers(2, 1024))  # one shard has one document of an id
    after = draw(st.sampled_from(range(before, 1025, before)) | st.integers(1, 1024))
    source, target = {"number_of_shards": before}, {"number_of_shards": after}
    if draw(st.booleans()):
        hash_space = before * after * draw(st.integers(1, 3))
        source["number_of_routing_shards"] = target["number_of_routing_shards"] = hash_space
    return source, target


@given(shard_settings(), st.lists(st.integers(-(2**31), 2**31 - 1), min_size=20, max_size=40))
@example(({"number_of_shards": 512}, {"number_of_shards": 1024}), [512, 1024, 1536, 0])
def test_documents_of_two_shards_do_not_come_to_one(
    both: tuple[dict[str, int], dict[str, int]], hashes: list[int]
) -> None:
    source, target = both
    assume(keeps_documents_apart(source, target))
    came_from: dict[int, int] = {}
    for each in hashes:
        assert came_from.setdefault(shard_of(each, target), shard_of(each, source)) == shard_of(each, source)
