from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.markers import Markers
from opensearch_reindex.runtime.time_limit import time_limit
from opensearch_reindex.trigger import admission
from opensearch_reindex.trigger.admission import created_aliases
from opensearch_reindex.trigger.plan import MAX_PATTERN_SECONDS, PlannedIndex, plan, source_name_problems

FILE = {
    "index_pattern": r"^(.+)_v(\d+)$",
    "index_replacement": r"\1_v{{next_version}}",
    "alias_name": "{{index_base}}_current",
}
PLANNED = PlannedIndex("indices[0]", "a_v1", "a_v2", "a_current", (), "c")


def fingerprints(planned: PlannedIndex) -> tuple[str, str]:
    return planned.changes, planned.lasting_changes


def domain_problems(planned: PlannedIndex, indices: dict[str, IndexInfo]) -> list[str]:
    return admission.domain_problems(planned, indices, "arn:x", Engine(True, 2, 19))


def planned_and_problems(file: dict[str, Any]) -> tuple[list[PlannedIndex], list[str]]:
    return plan(file, time_limit(MAX_PATTERN_SECONDS))


def index(**differences: Any) -> IndexInfo:
    return IndexInfo(**{"uuid": "u1", "aliases": {}, "settings": {}, "mappings": {}, **differences})


def target_of(**differences: Any) -> IndexInfo:
    """Make the finished target index of `a_v1` from an earlier execution."""
    made_from = {"source_index": "a_v1", "source_uuid": "u1", "changes": "c", **differences}
    aliases = {"a_current": {"is_write_index": True}}
    return index(uuid="u2", aliases=aliases, mappings={"_meta": {"opensearch_reindex": made_from}})


def test_names_are_worked_out_in_the_order_of_the_file() -> None:
    own = {"codec": "default"}
    planned, problems = planned_and_problems(
        {**FILE, "settings": {"x": 1}, "indices": ["b_v1", {"name": "a_v7", "settings": own}]}
    )
    assert problems == []
    assert planned == [
        PlannedIndex("indices[0]", "b_v1", "b_v2", "b_current", ({"x": 1}, {}), *fingerprints(planned[0])),
        PlannedIndex("indices[1]", "a_v7", "a_v8", "a_current", ({"x": 1}, own), *fingerprints(planned[1])),
    ]
    assert len({*fingerprints(planned[0]), *fingerprints(planned[1])}) == 4


def test_a_correction_of_mappings_or_script_lasts_on_the_same_settings() -> None:
    file = {**FILE, "settings": {"x": 1}, "indices": ["a_v1"]}
    ((before,), _) = planned_and_problems(file)
    corrections: list[dict[str, Any]] = [
        {"mappings": {"dynamic": False}},
        {"reindex": {"script": {"source": "ctx._source.a = 1"}}},
        {"reindex": {"pipeline": "p"}},
        {"indices": [{"name": "a_v1", "mappings": {"dynamic": False}}]},
    ]
    for correction in corrections:
        ((after,), _) = planned_and_problems({**file, **correction})
        assert after.changes != before.changes
        assert after.lasting_changes == before.lasting_changes
    for other in (
        {"settings": {"x": 2}},
        {"strategy": "block_writes"},
        {"indices": [{"name": "a_v1", "settings": {"y": 1}}]},
    ):
        ((after,), _) = planned_and_problems({**file, **other})
        assert after.lasting_changes != before.lasting_changes


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"index_pattern": "("}, "index_pattern: is invalid: "),
        ({"index_pattern": "a{99999999999}"}, "index_pattern: is invalid: "),
        ({"indices": ["nope"]}, "indices[0]: source index 'nope' does not match"),
        ({"indices": ["logs-*_v1"]}, "no wildcard"),
        ({"indices": ["_all"]}, "must not start with '_'"),
        ({"indices": [".kibana_v1"]}, "must not start with '.'"),
        ({"index_replacement": "{{what}}"}, "indices[0]: {{what}} is not a placeholder"),
        ({"index_replacement": r"\1_V2"}, "target index 'a_V2' must be lower case"),
        ({"index_replacement": r"\1_v\2"}, "target index 'a_v1' is also a source index of this file"),
        ({"indices": ["a_v1", "a_v2"]}, "indices[0]: target index 'a_v2' is also a source index"),
        ({"indices": ["a_v1", "a_v1"]}, "indices[1]: duplicate source index 'a_v1', first at indices[0]"),
        ({"indices": ["a_v1", {"name": "a_v1"}]}, "indices[1]: duplicate source index 'a_v1'"),
        (
            {"index_replacement": "one", "indices": ["a_v1", "b_v1"]},
            "indices[1]: target index 'one' is also the target index of indices[0]",
        ),
        ({"alias_name": "a b"}, "indices[0]: alias 'a b' must not contain ' '"),
        (
            {"alias_name": "b_v1", "indices": ["a_v1", "b_v1"]},
            "indices[0]: alias 'b_v1' is the name of an index",
        ),
        ({"alias_name": "{{index_base}}_v2"}, "alias 'a_v2' is the name of an index"),
        ({"settings": {"index.blocks.write": True}}, "settings: 'blocks' cannot be set"),
        ({"indices": [{"name": "a_v1", "settings": {"uuid": 1}}]}, "indices[0].settings: 'uuid' cannot be set"),
        ({"settings": {"number_of_shards": 0}}, "settings: 'number_of_shards' is 0; expected a positive integer"),
        ({"settings": {"index.number_of_replicas": "two"}}, "settings: 'number_of_replicas' is 'two'; expected"),
        ({"settings": {"number_of_replicas": -1}}, "settings: 'number_of_replicas' is -1; expected"),
        ({"settings": {"auto_expand_replicas": "all"}}, "settings: 'auto_expand_replicas' is 'all'; expected false or"),
        (
            {"settings": {"codec": "default", "index.codec": "zstd"}},
            "settings: duplicate setting 'codec', in two spellings",
        ),
        ({"settings": {"index": {"number_of_shards": "many"}}}, "settings: 'number_of_shards' is 'many'; expected"),
        ({"alias_name": "opensearch-reindex-owner~{{index_base}}"}, "has a name that is reserved for this module"),
    ],
)
def test_plan_finds_every_problem_of_the_file_alone(changes: dict[str, Any], problem: str) -> None:
    _, problems = planned_and_problems({**FILE, "indices": ["a_v1"], **changes})
    assert any(problem in text for text in problems), problems


@pytest.mark.parametrize("replicas", ["0-1", "1-all", False, "false", None])
def test_every_way_to_set_shards_and_replicas_is_understood(replicas: Any) -> None:
    settings = {"number_of_shards": "3", "number_of_replicas": 0, "auto_expand_replicas": replicas}
    assert planned_and_problems({**FILE, "settings": settings, "indices": ["a_v1"]})[1] == []


def test_all_problems_are_found_at_once() -> None:
    _, problems = planned_and_problems({**FILE, "settings": {"uuid": 1}, "indices": ["A_v1", "x", "a_v1", "a_v1"]})
    assert [text.split(":")[0] for text in problems] == ["settings", "indices[0]", "indices[1]", "indices[3]"]


@pytest.mark.parametrize("pattern", ["(a+)+b", "((a*)*)*b", "(.*)(.*)(.*)(.*)(.*)(.*)b"])
def test_a_pattern_that_backtracks_without_end_is_refused_in_time(pattern: str) -> None:
    file = {**FILE, "settings": {"uuid": 1}, "index_pattern": pattern, "indices": ["a" * 100]}
    _, problems = plan(file, time_limit(0.1))
    assert [text.split(":")[0] for text in problems] == ["settings", "index_pattern"]
    assert "backtracks" in problems[1]


def test_an_index_that_can_be_rebuilt_has_no_problem() -> None:
    assert domain_problems(PLANNED, {"a_v1": index()}) == []
    aliases = {"a_current": {"is_write_index": True}, "reader": {}}
    assert domain_problems(PLANNED, {"a_v1": index(aliases=aliases), "a_v0": index(aliases={"a_current": {}})}) == []


def test_target_may_get_other_changes_when_it_is_not_in_use_yet() -> None:
    target = replace(target_of(changes="d"), aliases={}, markers=Markers(owner="released"))
    assert domain_problems(PLANNED, {"a_v1": index(), "a_v2": target}) == []


@pytest.mark.parametrize(
    ("made_from", "markers"),
    [
        ({}, Markers(owner="arn:e")),
        ({"changes": "d", "lasting_changes": "l"}, Markers(owner="arn:e")),  # the file was corrected
        ({"changes": "d", "lasting_changes": "m"}, Markers(owner="arn:e", is_proven=True)),  # too late for changes
    ],
)
def test_a_half_done_run_has_no_problem(made_from: dict[str, str], markers: Markers) -> None:
    target = replace(target_of(**made_from), markers=markers)
    source = index(aliases={"a_current": {"is_write_index": False}})
    assert domain_problems(replace(PLANNED, lasting_changes="l"), {"a_v1": source, "a_v2": target}) == []


@pytest.mark.parametrize(
    ("indices", "problem"),
    [
        ({}, "indices[0]: source index 'a_v1' does not exist"),
        ({"x": index(aliases={"a_v1": {}})}, "source index 'a_v1' is an alias of x"),
        ({".ds-a": index(data_stream="a_v1")}, "source index 'a_v1' is a data stream"),
        ({"a_v1": index(settings={"verified_before_close": "true"})}, "is closed"),
        (
            {"a_v1": index(settings={"store": {"type": "remote_snapshot"}})},
            "source index 'a_v1' is a searchable snapshot",
        ),
        (
            {
                "a_v1": index(),
                "a_v2": replace(
                    target_of(), settings={"migration": {"state": "HOT2WARM"}}, markers=Markers(owner="arn:e")
                ),
            },
            "target index 'a_v2' is in UltraWarm storage or moves there",
        ),
        ({"a_v1": index(markers=Markers(owner="arn:x"))}, "is the unfinished target index of arn:x"),
        ({"a_v1": index(settings={"final_pipeline": "f"})}, "has final_pipeline 'f'"),
        ({"a_v1": index(settings={"blocks": {"read_only": "true"}})}, "has index.blocks.read_only set"),
        ({"a_v1": index(mappings={"_source": {"enabled": False}})}, "has _source disabled"),
        (
            {"a_v1": index(mappings={"_source": {"excludes": ["b", "c.*"]}})},
            "has _source.excludes ['b', 'c.*']; values",
        ),
        (
            {"a_v1": index(mappings={"_source": {"includes": ["b"], "excludes": ["c"]}})},
            "_source.includes ['b'] and _source.excludes ['c']",
        ),
        ({"a_v1": index(), "a_v2": index(uuid="u2")}, "target index 'a_v2' exists"),
        ({"a_v1": index(), "a_v2": target_of(source_uuid="u9")}, "target index 'a_v2' exists"),
        (
            {
                "a_v1": index(),
                "a_v2": replace(target_of(changes="d", trigger_file="s3://b/k"), markers=Markers(owner="arn:e")),
            },
            "was created by s3://b/k with other settings",
        ),
        (
            {"a_v1": index(), "a_v2": replace(target_of(), markers=Markers(copy_alias="c"))},
            "target index 'a_v2' has lost its owner alias",
        ),
        (
            {"a_v1": index(), "a_v2": replace(target_of(), markers=Markers(owner="arn:aws:dead"))},
            "target index 'a_v2' is half done, and owned by an execution of another deployment. Make sure",
        ),
        ({"a_v1": index(), "x": index(aliases={"a_v2": {}})}, "target index 'a_v2' is the name of an alias"),
        ({"a_v1": index(), ".ds-a": index(data_stream="a_v2")}, "target index 'a_v2' is the name of a data stream"),
        ({"a_v1": index(), "a_current": index()}, "alias 'a_current' is the name of an index"),
        ({"a_v1": index(), ".ds-a": index(data_stream="a_current")}, "alias 'a_current' is the name of a data stream"),
        (
            {"a_v1": index(), "x": index(aliases={"a_current": {"is_write_index": True}})},
            "has another write index, 'x'",
        ),
        # The only index of an alias is its write index.
        ({"a_v1": index(), "x": index(aliases={"a_current": {}})}, "has another write index, 'x'"),
    ],
)
def test_domain_problems_finds_everything_that_prevents_a_rebuild(indices: dict[str, IndexInfo], problem: str) -> None:
    problems = domain_problems(PLANNED, indices)
    assert any(problem in text for text in problems), problems


def test_a_block_that_belongs_to_another_kind_of_index_is_not_lifted_by_hand() -> None:
    blocks = {"ultrawarm_allow_delete": "true", "search_only": "true", "read": "true"}
    problems = domain_problems(PLANNED, {"a_v1": index(settings={"blocks": blocks})})
    assert ["index.blocks.read " in text for text in problems] == [True, False, False]
    assert ["POST /_ultrawarm/migration/a_v1/_hot" in text for text in problems] == [False, True, False]
    assert ["POST /a_v1/_scale" in text for text in problems] == [False, False, True]


def test_a_copy_that_is_proven_needs_no_ordinary_source_any_more() -> None:
    target = replace(target_of(), markers=Markers(owner="arn:e", is_proven=True))
    cold = index(settings={"migration": {"state": "WARM"}})
    assert not any("UltraWarm" in text for text in domain_problems(PLANNED, {"a_v1": cold, "a_v2": target}))


@pytest.mark.parametrize("search", [{"default_pipeline": "p"}, {"default_pipeline": "p", "idle": {"after": "30s"}}])
def test_a_source_that_is_read_through_a_search_pipeline_is_refused(search: dict[str, Any]) -> None:
    (problem,) = domain_problems(PLANNED, {"a_v1": index(settings={"search": search})})
    assert "source index 'a_v1' has search pipeline 'p'" in problem
    assert 'PUT /a_v1/_settings with {"index.search.default_pipeline": null}' in problem


def test_a_source_without_a_search_pipeline_is_fine() -> None:
    assert domain_problems(PLANNED, {"a_v1": index(settings={"search": {"default_pipeline": "_none"}})}) == []


@pytest.mark.parametrize("choice", ["f", None])
def test_the_user_decides_about_a_final_pipeline(choice: str | None) -> None:
    planned = replace(PLANNED, settings=({}, {"index.final_pipeline": choice}))
    assert domain_problems(planned, {"a_v1": index(settings={"final_pipeline": "f"})}) == []


@pytest.mark.parametrize("source", [{"enabled": True}, {"excludes": [], "includes": []}, {}])
def test_a_source_field_that_is_whole_is_fine(source: dict[str, Any]) -> None:
    assert domain_problems(PLANNED, {"a_v1": index(mappings={"_source": source})}) == []


# From OpenSearch 3.3 with the k-NN plugin: a setting beside its own sub-settings, and all values as text.
KNN = {"knn": "true", "knn.derived_source": {"enabled": "true"}, "version": {"created": "137247827"}}
TEMPLATES = [{"names": {"mapping": {"type": "keyword"}}}, {"vectors": {"mapping": {"type": "knn_vector"}}}]


def test_vectors_left_out_of_the_source_field_are_refused() -> None:
    (problem,) = domain_problems(PLANNED, {"a_v1": index(settings=KNN, mappings={"_source": {"excludes": ["vector"]}})})
    assert "_source.excludes ['vector']" in problem
    assert problem.endswith("missing in every copy, including k-NN vectors")


def test_vectors_that_may_be_read_as_1_are_refused() -> None:
    (problem,) = domain_problems(PLANNED, {"a_v1": index(settings=KNN, mappings={"dynamic_templates": TEMPLATES})})
    assert "k-NN issue 3012" in problem


@pytest.mark.parametrize(
    ("settings", "templates"),
    [
        (KNN, []),  # derived source alone loses nothing
        (KNN, TEMPLATES[:1]),
        ({**KNN, "knn.derived_source": {"enabled": "false"}}, TEMPLATES),
        ({**KNN, "version": {"created": "137277827"}}, TEMPLATES),  # 3.6.0
        ({"knn": "true", "version": {"created": "136407927"}}, TEMPLATES),  # 2.19.1, derived source not switched on
        ({}, TEMPLATES),
    ],
)
def test_vectors_that_can_be_read_are_copied(settings: dict[str, Any], templates: list[dict[str, Any]]) -> None:
    source = index(settings=settings, mappings={"dynamic_templates": templates})
    assert domain_problems(PLANNED, {"a_v1": source}) == []


def test_an_alias_is_optional() -> None:
    ((planned,), problems) = planned_and_problems({**FILE, "indices": ["a_v1"], "alias_name": "x"})
    assert (planned.alias_name, planned.needs_alias, problems) == ("x", False, [])
    without = {key: value for key, value in FILE.items() if key != "alias_name"}
    for keys, needs_alias in (({}, True), ({"keep_source": True}, False), ({"keep_source_name_as_alias": True}, False)):
        ((planned,), problems) = planned_and_problems({**without, **keys, "indices": ["a_v1"]})
        assert (planned.alias_name, planned.needs_alias, problems) == (None, needs_alias, [])


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        (
            {"strategy": "redirect_writes"},
            ["indices[0]: alias 'a_v1' has the name of the source index; expected strate"],
        ),
        (
            {"keep_source": True},
            ["indices[0]: alias 'a_v1' has the name of the source index; expected keep_source fal"],
        ),
        ({"alias_name": "x", "keep_source_name_as_alias": True, "strategy": "redirect_writes"}, []),
        (
            {"alias_name": "x", "keep_source_name_as_alias": True, "keep_source": True},
            ["keep_source_name_as_alias: is true, and so is keep_source; expected one of them"],
        ),
    ],
)
def test_the_name_of_a_source_becomes_an_alias_only_when_it_is_free(
    changes: dict[str, Any], problems: list[str]
) -> None:
    file = {**FILE, "alias_name": r"\g<0>", "strategy": "block_writes", "indices": ["a_v1"], **changes}
    planned, found = planned_and_problems(file)
    assert found == []
    found = source_name_problems(file, planned)
    assert len(found) == len(problems)
    assert all(text.startswith(problem) for text, problem in zip(found, problems, strict=True)), found


def test_an_alias_may_have_the_name_of_its_own_source_on_the_domain() -> None:
    assert domain_problems(replace(PLANNED, alias_name="a_v1"), {"a_v1": index()}) == []


def test_a_source_that_is_in_no_alias_needs_one() -> None:
    lonely = replace(PLANNED, alias_name=None, needs_alias=True)
    (problem,) = domain_problems(lonely, {"a_v1": index()})
    assert "is in no alias, so no client would find the target index" in problem
    assert domain_problems(lonely, {"a_v1": index(aliases={"reader": {}})}) == []
    assert domain_problems(replace(lonely, needs_alias=False), {"a_v1": index()}) == []
    moved = replace(target_of(), markers=Markers(owner="arn:e", is_proven=True))
    assert domain_problems(lonely, {"a_v1": index(), "a_v2": moved}) == []


def test_a_source_in_the_alias_is_replaced_whichever_index_takes_the_writes() -> None:
    for entry in ({}, {"is_write_index": False}):
        indices = {
            "a_v1": index(aliases={"a_current": entry}),
            "x": index(aliases={"a_current": {"is_write_index": True}}),
        }
        assert domain_problems(PLANNED, indices) == []
    # Without a write index, any index may join.
    assert (
        domain_problems(PLANNED, {"a_v1": index(), "x": index(aliases={"a_current": {"is_write_index": False}})}) == []
    )


def test_a_hidden_alias_is_not_joined_without_an_entry_to_take_over() -> None:
    hidden = {"a_current": {"is_hidden": True, "is_write_index": False}}
    (problem,) = domain_problems(PLANNED, {"a_v1": index(), "x": index(aliases=hidden)})
    assert "alias 'a_current' is hidden; expected the source index in it" in problem
    assert domain_problems(PLANNED, {"a_v1": index(aliases=hidden), "x": index(aliases=hidden)}) == []


def test_one_alias_is_created_for_one_entry() -> None:
    planned = [replace(PLANNED, path=f"indices[{number}]", source_index=f"{number}_v1") for number in range(3)]
    first, second = created_aliases(planned, {})
    assert first.startswith("indices[1]: alias 'a_current' is created for indices[0]")
    assert second.startswith("indices[2]: ")
    assert created_aliases(planned, {"x": index(aliases={"a_current": {}})}) == []
    assert created_aliases([replace(each, alias_name=None) for each in planned], {}) == []
