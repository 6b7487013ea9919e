import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.mappings import target_mappings
from opensearch_reindex.index.markers import (
    Markers,
    is_own_alias,
    new_copy_alias,
    owner_alias,
    proven_alias,
    source_alias,
)
from opensearch_reindex.index.names import expand_names, name_problem
from opensearch_reindex.index.provenance import Provenance, changes_of
from opensearch_reindex.index.target_index import (
    TargetIndex,
    filling_settings,
    flat_settings,
    forbidden_settings,
    keeps_documents_apart,
    repeated_settings,
    target_settings,
)
from opensearch_reindex.runtime.redaction import document_error, redact, text_of
from opensearch_reindex.utils import merge_patch


def names(
    pattern: str, replacement: str, source_index: str, alias_name: str = "{{index_base}}_current"
) -> tuple[str, str | None]:
    file = {"index_pattern": pattern, "index_replacement": replacement, "alias_name": alias_name}
    return expand_names(file, source_index)


@pytest.mark.parametrize(
    ("pattern", "replacement", "source_index", "target_index"),
    [
        (r"^(.+)_v(\d+)$", r"\1_v{{next_version}}", "products_v1", "products_v2"),
        (r"^(.+)_v(\d+)$", r"\1_v{{next_version}}", "orders_v9", "orders_v10"),
        (r"^(.+)_v(\d+)$", r"\1_v{{next_version}}", "orders_v007", "orders_v008"),
        (r"^(.+)_v(\d+)$", r"\1_v{{next_version}}", "orders_v099", "orders_v100"),
        (r"^(.+)_v(\d+)$", r"{{index_base}}{{next_version}}", "a_v1", "a2"),
        # Text after \1 must not turn it into \12.
        (r"^(.+?)(\d+)$", r"\1{{next_version}}", "logs1", "logs2"),
        (r"^(?P<base>\w+)-(?P<version>\d+)-(\d+)$", r"\g<base>-{{next_version}}-\3", "x-1-9", "x-2-9"),
        (r"^(\d+)_(.+)$", r"{{next_version}}_\2", "7_logs", "8_logs"),
        (r"^(.+)$", r"\1_rebuilt", "plain", "plain_rebuilt"),
        # A name that looks like a placeholder stays as it is.
        (r"^(.+)_v(\d+)$", r"\1_v{{next_version}}", "{{next_version}}_v1", "{{next_version}}_v2"),
    ],
)
def test_target_names_come_from_pattern_and_replacement(
    pattern: str, replacement: str, source_index: str, target_index: str
) -> None:
    assert names(pattern, replacement, source_index)[0] == target_index


def test_the_alias_name_is_a_template_too() -> None:
    assert names(r"^(.+)_v(\d+)$", r"\1_v2", "products_v1", r"all_{{ index_base }}_\2")[1] == "all_products_1"


@pytest.mark.parametrize(
    ("pattern", "replacement", "problem"),
    [
        (r"^(.+)_x$", r"\1", "does not match index_pattern"),
        (r"(.+)_v", r"\1", "does not match index_pattern"),  # a match in part is none
        (r"^.+_v\d+$", r"{{index_base}}", "{{index_base}} needs a group"),
        (r"^(.+)_v\d+$", r"{{next_version}}", "{{next_version}} needs a group"),
        (r"^(.+)_(?P<version>v\d+)$", r"{{next_version}}", "{{next_version}} needs a group"),
        (r"^(.+)_v(\d+)$", r"{{nextversion}}", "{{nextversion}} is not a placeholder"),
        (r"^(.+)_v(\d+)$", r"\3", "invalid group reference"),
        (r"^(.+)_v(\d+)$", r"\g<nope>", "nope"),
        (r"^(.+)_v(\d+)$", r"\q", "bad escape"),
    ],
)
def test_a_name_that_cannot_be_made_is_refused(pattern: str, replacement: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        names(pattern, replacement, "products_v1")


@pytest.mark.parametrize("name", ["a", "products_v1", "ünï-çode.1", "a" * 255, "with'quote", "per%cent", "1", "a+b"])
def test_legal_names_are_accepted(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("a" * 256, "longer than 255 bytes"),
        ("ü" * 128, "longer than 255 bytes"),
        ("Products", "lower case"),
        ("_all", "must not start with '_'"),
        ("-a", "must not start with '-'"),
        ("+a", "must not start with '+'"),
        (".kibana", "must not start with '.'"),
        ("logs-*", "must not contain '*'"),
        ("a,b", "must not contain ','"),
        ("a b", "must not contain ' '"),
        ("<a-{now/d}>", "must not contain '/' '<' '>'"),
        ("a:b", "must not contain ':'"),
        ("a#b", "must not contain '#'"),
        ('a"b\\c|d?', "must not contain"),
        ("a\nb", "must not contain"),
        ("a\ud800", "must not contain"),
    ],
)
def test_illegal_names_are_refused(name: str, problem: str) -> None:
    assert problem in str(name_problem(name))


def test_an_alias_may_have_capitals() -> None:
    assert name_problem("Products", alias=True) is None
    assert name_problem("a*", alias=True)


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_rfc_7396(target: object, patch: object, merged: object) -> None:
    before = repr(target)
    assert merge_patch(target, patch) == merged
    assert repr(target) == before


@pytest.mark.parametrize(
    "settings",
    [
        {"index": {"number_of_shards": 2, "merge": {"policy": {"x": 1}}}},
        {"index.number_of_shards": 2, "index.merge.policy.x": 1},
        {"number_of_shards": 2, "merge.policy": {"x": 1}},
        {"number_of_shards": 2, "index": {"merge.policy.x": 1}},
    ],
)
def test_settings_have_one_form_however_they_are_written(settings: dict[str, object]) -> None:
    assert flat_settings(settings) == {"number_of_shards": 2, "merge.policy.x": 1}


def test_an_analyzer_called_index_keeps_its_name() -> None:
    settings = {"analysis.analyzer.index.type": "custom"}
    assert flat_settings({"analysis": {"analyzer": {"index": {"type": "custom"}}}}) == settings
    assert flat_settings(settings) == settings


@pytest.mark.parametrize("group", [{"knn.algo_param": {"ef_search": "9"}}, {"knn.algo_param.ef_search": "9"}])
def test_a_setting_and_another_below_its_name_are_both_kept(group: dict[str, Any]) -> None:
    both = {"knn": "true", "knn.algo_param.ef_search": "9"}
    assert target_settings({"knn": "true", **group}) == both
    assert target_settings({}, {"index": {**group, "knn": "true"}}) == both
    assert target_settings({"knn": "true"}, group) == both
    assert target_settings(group, {"knn": "true"}) == both


def test_a_setting_that_is_there_in_two_spellings_is_found() -> None:
    assert repeated_settings({"index": {"codec": "a"}, "codec": "b", "merge.policy": "x", "merge": {"y": 1}}) == [
        "codec"
    ]


# The form in which OpenSearch tells a setting and those below it.
KNN = {"knn": "true", "knn.algo_param": {"ef_search": "100"}, "knn.derived_source": {"enabled": "true"}}


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ({}, {}),
        ({"index": {"knn": {"algo_param": {"ef_search": 200}}}}, {"knn.algo_param.ef_search": 200}),
        ({"index.knn": False}, {"knn": False}),
    ],
)
def test_a_setting_and_those_below_it_are_both_kept(patch: dict[str, Any], changed: dict[str, Any]) -> None:
    flat = {"knn": "true", "knn.algo_param.ef_search": "100", "knn.derived_source.enabled": "true"}
    assert target_settings(KNN, patch) == {**flat, **changed}


def test_null_removes_a_setting_and_those_below_it() -> None:
    assert target_settings({**KNN, "knnish": "x"}, {"knn": None}) == {"knnish": "x"}


def test_what_cannot_be_copied_is_left_out_of_the_settings() -> None:
    source = {
        "uuid": "u",
        "creation_date": "1",
        "provided_name": "a",
        "version": {"created": "1", "upgraded": "2"},
        "resize": {"source": {"name": "x"}},
        "history": {"uuid": "h"},
        "blocks": {"write": "true"},
        "final_pipeline": "f",
        "routing": {"allocation": {"require": {"_name": "n"}, "initial_recovery": {"_id": "x"}, "enable": "all"}},
        "default_pipeline": "p",
        "hidden": "true",
        "number_of_shards": "3",
        "sort": {"field": ["a"], "order": ["asc"]},
        "mapping": {"total_fields": {"limit": "10"}},
    }
    assert target_settings(source) == {
        "routing.allocation.enable": "all",
        "default_pipeline": "p",
        "hidden": "true",
        "number_of_shards": "3",
        "sort.field": ["a"],
        "sort.order": ["asc"],
        "mapping.total_fields.limit": "10",
    }
    assert source["routing"]["allocation"]["require"] == {"_name": "n"}  # type: ignore[index]


def test_the_patches_are_merged_over_the_source_settings_in_turn() -> None:
    source = {"number_of_shards": "1", "refresh_interval": "-1", "analysis": {"analyzer": {"a": {"type": "x"}}}}
    general = {"index.number_of_shards": 2, "analysis.analyzer.a": None}
    own = {"number_of_shards": 3, "final_pipeline": "again"}
    assert target_settings(source, general, own) == {
        "number_of_shards": 3,
        "refresh_interval": "-1",
        "final_pipeline": "again",
    }


def test_removed_and_new_settings_do_not_depend_on_the_order() -> None:
    source = {"analysis": {"filter": {"stop": {"type": "stop", "stopwords": "_english_"}}}}
    patch = {"analysis.filter": {"stop": {"type": "stop"}}, "index.analysis.filter.stop": None}
    for order in (patch, dict(reversed(patch.items()))):
        assert target_settings(source, order) == {"analysis.filter.stop.type": "stop"}


def test_settings_that_no_new_index_can_have_are_found_in_a_trigger_file() -> None:
    settings = {"index.uuid": "x", "blocks": {"write": True}, "routing.allocation.require._name": "n", "codec": "zstd"}
    assert forbidden_settings(settings) == ["blocks", "uuid"]


def test_mappings_are_merged_and_keep_the_meta_of_the_user() -> None:
    source = {"_meta": {"team": "search"}, "properties": {"a": {"type": "text"}, "b": {"type": "long"}}}
    provenance = Provenance(source_index="s", source_was_blocked=False)
    patches = ({"properties": {"a": {"type": "keyword"}}}, {"properties": {"b": None}, "_meta": {"owner": "me"}})
    mappings = target_mappings(source, *patches)
    assert mappings == {"_meta": {"team": "search", "owner": "me"}, "properties": {"a": {"type": "keyword"}}}
    note = {"source_index": "s", "source_was_blocked": False}
    assert provenance.meta(mappings) == {"team": "search", "owner": "me", "opensearch_reindex": note}
    assert Provenance.read({"_meta": provenance.meta(mappings)}) == provenance
    later = {"_meta": {"opensearch_reindex": {"later": 1, "source_index": "r"}}}
    assert provenance.meta(later) == {"opensearch_reindex": {"later": 1, **note}}


@pytest.mark.parametrize(
    "mappings",
    [{}, {"_meta": {}}, {"_meta": {"opensearch_reindex": "text"}}, {"_meta": {"opensearch_reindex": {"x": 1}}}],
)
def test_an_index_of_another_maker_has_no_provenance(mappings: dict[str, object]) -> None:
    assert Provenance.read(mappings) == Provenance()


def test_what_an_index_template_added_is_found() -> None:
    requested = TargetIndex(
        settings={"default_pipeline": "p"},
        mappings={
            "dynamic": "false",
            "properties": {"a.b": {"type": "text", "fields": {"raw": {"type": "keyword"}}}},
        },
        changes="c",
        filling_settings={},
    )
    mappings = {
        "_meta": {"opensearch_reindex": {}},
        "dynamic": "false",
        "_source": {"enabled": False},
        "properties": {
            "a": {"properties": {"b": {"type": "text", "fields": {"raw": {"type": "keyword"}}}, "c": {"type": "long"}}},
            "d": {"type": "keyword"},
        },
    }
    settings = {"default_pipeline": "p", "final_pipeline": "f", "blocks": {"write": "true"}, "number_of_replicas": "0"}
    assert requested.unrequested(IndexInfo("u", {"live": {}}, settings, mappings)) == [
        "alias live",
        "setting final_pipeline",
        "setting blocks.write",
        "mapping parameter _source",
        "field a.c",
        "field d",
    ]
    template = {"settings": {"index": settings}, "mappings": mappings, "aliases": {"live": {}}}
    assert requested.added_by_template(template) == requested.unrequested(
        IndexInfo("u", {"live": {}}, settings, mappings)
    )
    same = replace(requested, settings={}, mappings=mappings)
    assert same.unrequested(IndexInfo("u", {}, {}, mappings)) == []


@pytest.mark.parametrize(
    ("strategy", "filled"), [("redirect_writes", {}), ("block_writes", {"hidden": "true", "refresh_interval": "-1"})]
)
def test_a_target_index_is_derived_from_its_source_and_the_file(strategy: str, filled: dict[str, str]) -> None:
    source = IndexInfo("u", {}, {"number_of_shards": "2", "uuid": "u"}, {"properties": {"a": {"type": "text"}}})
    file = {"strategy": strategy, "settings": {"codec": "zstd", "auto_expand_replicas": "0-1"}}
    entry = {"mappings": {"properties": {"a": {"type": "keyword"}}}}
    requested = TargetIndex.derive(file, entry, source)
    assert requested.settings == {"number_of_shards": "2", "codec": "zstd", "auto_expand_replicas": "0-1"}
    assert requested.mappings == {"properties": {"a": {"type": "keyword"}}}
    assert requested.changes == changes_of(file, entry)
    assert requested.filling_settings == filled
    assert requested.settings_after_copy == dict.fromkeys(filled.keys() - {"hidden"})
    assert requested.is_hidden_at_end == (False if filled else None)
    body = requested.body(Provenance(source_uuid="u"), {"x": {}}, filled)
    assert body == {
        "settings": {"index": {**requested.settings, **filled}},
        "mappings": {**requested.mappings, "_meta": {"opensearch_reindex": {"source_uuid": "u"}}},
        "aliases": {"x": {}},
    }


def test_an_owner_alias_names_its_execution_and_nothing_else_does() -> None:
    execution_id = "arn:aws:states:us-east-1:123456789012:execution:reindex-dev:0d6c_X-1"
    alias = owner_alias(execution_id)
    assert name_problem(alias, alias=True) is None
    assert Markers.read([alias, "products_current"]) == Markers(owner=execution_id)
    assert Markers.read(["products_current"]) == Markers()


def test_aliases_of_the_module_and_of_the_user_are_distinguished() -> None:
    copy_alias = new_copy_alias(uuid4().hex)
    own = [owner_alias("arn:e"), source_alias("u"), copy_alias]
    assert all(map(is_own_alias, [*own, proven_alias(2)]))
    assert Markers.read([*own, "mine"]) == Markers(owner="arn:e", copy_alias=copy_alias)
    assert not is_own_alias("opensearch-reindex-mine")
    assert copy_alias != new_copy_alias(uuid4().hex)
    # Legal as the name of an alias, and never as that of an index.
    assert name_problem(copy_alias, alias=True) is None
    assert name_problem(copy_alias) == "must be lower case"


@pytest.mark.parametrize("frozen_seq_no", [0, 1234567890123])
def test_a_target_tells_which_state_of_the_source_was_copied_or_proven(frozen_seq_no: int) -> None:
    opened = new_copy_alias(uuid4().hex, frozen_seq_no)
    assert Markers.read([opened]) == Markers(copy_alias=opened, frozen_seq_no=frozen_seq_no)
    assert name_problem(opened, alias=True) is None
    assert Markers.read([proven_alias(frozen_seq_no)]) == Markers(is_proven=True, frozen_seq_no=frozen_seq_no)


def test_the_fingerprint_is_of_all_that_changes_an_index_and_of_nothing_else() -> None:
    file = {"settings": {"a": 1, "b": 2}, "alias_name": "x"}
    same = changes_of({"settings": {"b": 2, "a": 1}, "reindex": {"slices": 3}}, {"source_index": "s"})
    assert changes_of(file, {}) == same
    others: list[tuple[Any, Any]] = [
        ({}, {}),
        (file, {"settings": {"a": 1}}),
        (file, {"mappings": {"a": 1}}),
        ({**file, "reindex": {"script": {"source": "x"}}}, {}),
        ({**file, "reindex": {"pipeline": "p"}}, {}),
        ({"settings": {"a": 1}}, {}),
        ({**file, "strategy": "block_writes"}, {}),
    ]
    assert changes_of({**file, "strategy": "redirect_writes"}, {}) == same
    assert len({same, *(changes_of(*other) for other in others)}) == 8


@pytest.mark.parametrize(
    ("settings", "faster"),
    [
        ({}, {"refresh_interval": "-1", "number_of_replicas": "0"}),
        ({"auto_expand_replicas": "false"}, {"refresh_interval": "-1", "number_of_replicas": "0"}),
        ({"auto_expand_replicas": "0-all"}, {"refresh_interval": "-1"}),
    ],
)
def test_an_index_is_filled_hidden_and_without_refresh_and_replicas(settings: Any, faster: Any) -> None:
    assert filling_settings(settings) == {"hidden": "true", **faster}


@pytest.mark.parametrize("given", [{}, {"hidden": "true"}, {"hidden": False}])
def test_the_copy_does_not_end_the_hiding_of_its_target(given: Any) -> None:
    source = IndexInfo("u", {}, {"number_of_shards": "1", **given}, {})
    requested = TargetIndex.derive({"strategy": "block_writes"}, {}, source)
    assert "hidden" not in requested.settings_after_copy
    assert requested.is_hidden_at_end == (given.get("hidden") == "true")


@pytest.mark.parametrize(
    ("before", "after", "apart"),
    [
        ({"number_of_shards": "5"}, {"number_of_shards": 5}, True),
        ({"number_of_shards": "5"}, {"number_of_shards": "20"}, True),
        ({"number_of_shards": "5"}, {"number_of_shards": 15}, False),
        ({"number_of_shards": "5"}, {"number_of_shards": 1}, False),
        ({"number_of_shards": "2"}, {"number_of_shards": 2, "number_of_routing_shards": 6}, False),
        ({"number_of_shards": "2", "routing_partition_size": "2"}, {"number_of_shards": 2}, False),
        ({"number_of_shards": "2"}, {}, False),
        ({"number_of_shards": "1"}, {"number_of_shards": 3}, True),
        ({"number_of_shards": "2", "resize": {"source": {"name": "a"}}}, {"number_of_shards": 2}, False),
    ],
)
def test_shards_are_kept_or_doubled_for_custom_routing(before: Any, after: Any, *, apart: bool) -> None:
    assert keeps_documents_apart(before, after) is apart


@pytest.mark.parametrize(
    ("error_type", "reason", "told"),
    [
        (
            "mapper_parsing_exception",
            "failed to parse field [a] of type [long] in document with id 'S'. Preview: 'S'",
            "[long]",
        ),
        ("illegal_argument_exception", "unable to parse date [S]", "(reason redacted"),
        ("date_time_parse_exception", "Text 'S' could not be parsed", "(reason redacted"),
        ("illegal_argument_exception", "Provided Grok expressions do not match field value: [S]", "(reason redacted"),
        ("illegal_argument_exception", 'Document contains at least one immense term in field="a" [83, S', 'field="a"'),
        (
            "strict_dynamic_mapping_exception",
            "mapping set to strict, dynamic introduction of [b] within [_doc] is not allowed",
            "[b]",
        ),
        ("index_not_found_exception", "no such index [a_v1]", "no such index [a_v1]"),
        ("script_exception", "compile error", "compile error"),
        ("illegal_argument_exception", "Value [pipeline with id [S] does not exist] is bad", "(reason redacted"),
        ("illegal_argument_exception", "Limit of total fields [10] has been exceeded [S]", "total fields [10]"),
        ("illegal_argument_exception", "mapper [a] cannot be changed from type [long] to [text] S", "to [text]"),
        ("mapper_parsing_exception", "[1:86] failed to parse field [a] of type [long] in 'S'", "field [a]"),
        ("mapper_parsing_exception", "failed to parse date field [S] with format [yyyy]", "(reason redacted"),
        ("json_parse_exception", "Unrecognized token 'S': was expecting", "(reason redacted"),
        ("illegal_argument_exception", "'S' is not an IP string literal.", "(reason redacted"),
        ("script_exception", "Cannot cast S", "(reason redacted"),
    ],
)
def test_error_of_a_document_shows_only_parts_that_cannot_quote_the_document(
    error_type: str, reason: str, told: str
) -> None:
    text = document_error({"type": error_type, "reason": reason})
    assert text.startswith(error_type)
    assert told in text
    assert "S" not in text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Wrong signature. The Canonical String for this request should have been 'S'", "Wrong signature."),
        ("No 'Signature' parameter. Authorization=S", "No 'Signature' parameter. Authorization= <redacted>"),
        (
            "'S' not a valid key=value pair (missing equal-sign) in Authorization header: 'S'",
            "<redacted> not a valid key=value pair (missing equal-sign) in Authorization header: <redacted>",
        ),
        ("<html><title>403 Forbidden</title>S</html>", "403 Forbidden"),
        ("\n<?xml version='1.0'?><Error><Message>Denied</Message><Token>S</Token></Error>", "Denied"),
        ("<html>504 Gateway Time-out</html>", "504 Gateway Time-out"),
        ("denied\nS", "denied"),
        (f"denied {'S' * 40}", "denied <redacted>"),
        ("cookie: S", "cookie: <redacted>"),
        ("", ""),
    ],
)
def test_no_part_of_a_request_is_in_the_text_of_an_answer(answer: str, text: str) -> None:
    assert text_of(answer).strip() == text


def test_the_arn_of_a_denied_user_is_shown() -> None:
    text = f"User: arn:aws:sts::1:assumed-role/{'opensearch-reindex' * 3}/a is not authorized to perform: es:ESHttpGet"
    assert text_of(text) == text


def test_no_value_of_a_document_is_in_a_reason() -> None:
    reason = "failed to parse field [a] of type [long] in document with id '1'. Preview of field's value: 'se\ncret'"
    assert "cret" not in redact(reason)
    assert "document with id '1'" in redact(reason)
    assert "secret" not in redact('For input string: "secret"')
    assert redact("index_not_found_exception: no such index [a]") == "index_not_found_exception: no such index [a]"
