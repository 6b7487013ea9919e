"""What an index template gives, and where a copy differs from it."""

from typing import Any

from opensearch_reindex.index.held_aliases import HeldAliases, entries_of_the_user, held_aliases
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import TargetIndex
from opensearch_reindex.index.templates import legacy_template, over_copied, template_warning

TEXT, KEYWORD = {"type": "text"}, {"type": "keyword"}
ENGLISH = {"type": "text", "analyzer": "english"}


def derived(source: dict[str, Any], template: dict[str, Any], **file: Any) -> TargetIndex:
    settings = {"number_of_shards": "1", **source.get("settings", {})}
    info = IndexInfo("u1", {}, settings, source.get("mappings", {}))
    return TargetIndex.derive({"strategy": "block_writes", **file}, {}, info, template=template)


def test_later_legacy_templates_win_and_others_do_not_count() -> None:
    templates = {
        "late": {
            "order": 2,
            "index_patterns": ["a_*"],
            "aliases": {"{index}-x": {}},
            "settings": {"index": {"b": "2"}},
        },
        "early": {"order": 1, "index_patterns": ["a_v?", "*"], "settings": {"index": {"a": "1", "b": "1"}}},
        "other": {"order": 3, "index_patterns": ["a_v?", "b*"], "aliases": {"no": {}}},
    }
    found = legacy_template(templates, "a_v2")
    assert found == {"aliases": {"a_v2-x": {}}, "mappings": {}, "settings": {"index": {"a": "1", "b": "2"}}}
    assert legacy_template({"other": templates["other"]}, "a_v2") == {}


def test_mappings_of_the_template_win_field_by_field() -> None:
    copied = {
        "_meta": {"a": 1},
        "dynamic_templates": [{"mine": {}}, {"both": {"x": 1}}],
        "properties": {"sku": ENGLISH, "own": TEXT, "o": {"type": "nested", "properties": {"a": TEXT, "b": TEXT}}},
    }
    template = {
        "_meta": {"b": 2},
        "_source": {"enabled": False},
        "dynamic": "strict",
        "dynamic_templates": [{"both": {"x": 2}}, {"theirs": {}}],
        "properties": {"sku": TEXT, "o.a": KEYWORD},
    }
    assert over_copied(copied, template) == {
        "_meta": {"a": 1, "b": 2},
        "dynamic": "strict",
        "dynamic_templates": [{"both": {"x": 2}}, {"theirs": {}}, {"mine": {}}],
        "properties": {"sku": TEXT, "own": TEXT, "o": {"type": "nested", "properties": {"a": KEYWORD, "b": TEXT}}},
    }


def test_the_file_wins_over_the_template_and_names_come_with_its_mappings() -> None:
    mine = {"analysis": {"analyzer": {"x": {"type": "standard"}}}}
    theirs = {"analyzer": {"x": {"type": "simple"}, "y": {"type": "simple"}}}
    template = {
        "mappings": {"properties": {"a": ENGLISH, "b": KEYWORD}},
        "settings": {"index": {"analysis": theirs, "refresh_interval": "9s"}},
    }
    found = derived(
        {"settings": mine, "mappings": {"properties": {"a": TEXT, "c": TEXT}}},
        template,
        mappings_from="template",
        mappings={"properties": {"b": TEXT}},
    )
    assert found.mappings == {"properties": {"a": ENGLISH, "b": TEXT, "c": TEXT}}
    assert found.settings["analysis.analyzer.x.type"] == "standard"
    assert found.settings["analysis.analyzer.y.type"] == "simple"
    assert "refresh_interval" not in found.settings
    assert found.template_differences == ["setting analysis.analyzer.x.type", "setting refresh_interval"]


def test_differences_are_found_both_ways_but_choices_of_the_file_are_none() -> None:
    template = {"mappings": {"properties": {"a": TEXT, "b": KEYWORD, "c": KEYWORD}}, "settings": {}}
    mappings = {"properties": {"a": ENGLISH, "b": TEXT, "c": TEXT, "more": TEXT}}
    found = derived({"mappings": mappings}, template, mappings={"properties": {"c": {"type": "long"}}})
    assert found.template_differences == [
        "type keyword of field b",
        "parameter analyzer of field a",
        "type text of field b",
    ]
    assert found.mappings["properties"]["b"] == TEXT
    assert derived({"mappings": mappings}, {}).template_differences == []


def test_a_warning_is_bounded() -> None:
    warning = template_warning("a_v2", [f"field {'x' * 500}{number}" for number in range(500)], {})
    assert len(warning) < 2000
    assert "and 490 more" in warning


def test_only_aliases_of_the_end_are_held() -> None:
    aliases: dict[str, dict[str, Any]] = {"sole": {}, "shared": {}, "said": {"is_write_index": False}}
    source = IndexInfo("u1", {**aliases, "hidden": {"is_hidden": True}}, {}, {})
    held = HeldAliases.derive([*source.aliases, "created", "foreign"], source, "created", {"shared"})
    assert held.entries.keys() == {*source.aliases, "created"}
    assert held.implicit == {"sole", "hidden"}
    assert held.entries["hidden"]["is_hidden"] is True
    stored = {**held.entries, "mine": {}}
    assert set(held_aliases(stored)) == held.entries.keys()
    assert entries_of_the_user(stored) == {"mine": {}}
