from typing import Any

import pytest

from opensearch_reindex.trigger.transforms import pipeline_problems, script_problems


@pytest.mark.parametrize(
    "source",
    [
        "ctx._id = 'x'",
        "ctx['_id']='x'",
        "ctx._id += 'x'",
        "ctx._id++",
        "ctx._id\n= 'x'",
        "ctx[ '_id' ] = 'x'",
        "ctx._index = 'victim'",
        "ctx._routing = null",
        "ctx['_routing'] += 'x'",
    ],
)
def test_a_script_that_puts_documents_elsewhere_is_refused(source: str) -> None:
    (problem,) = script_problems(source)
    assert "must not set _id" in problem


@pytest.mark.parametrize(
    "source",
    [
        "ctx.op = 'delete'",
        'ctx["op"]="delete"',
        "ctx.op = 'del' + 'ete'",
        "ctx.op = params.op",
        "ctx.op = 'noop'.replace('noop', 'delete')",
        "ctx.op /* ; */ = 'delete'",
    ],
)
def test_a_script_that_may_delete_is_refused(source: str) -> None:
    (problem,) = script_problems(source)
    assert "must not set ctx.op" in problem


@pytest.mark.parametrize(
    "source",
    [
        "Map m = ctx; m._id = 'x'",
        "def o = 'op'; ctx[o] = 'delete'",
        "ctx['_' + 'id'] = 'x'",
        "(ctx)._id = 'x'",
        "ctx /**/ ._id = 'x'",
        "ctx.put('_id', 'x')",
        "ctx.putAll(['_id': 'x'])",
        "ctx.remove('_routing')",
        "ctx.remove('a' == 'b' ? 'a' : '_id')",
        "ctx.replaceAll((k, v) -> k == '_id' ? 'x' : v)",
        "void f(Map m) { m._id = 'x' } f(ctx)",
    ],
)
def test_a_script_that_hides_what_it_does_to_a_document_is_refused(source: str) -> None:
    (problem,) = script_problems(source)
    assert "the module cannot check" in problem


@pytest.mark.parametrize(
    "source",
    [
        "",
        "ctx.op = 'noop'",
        'if (ctx._source.a == null) { ctx.op = "noop" } else { ctx.op = "index"; }',
        "ctx._source.id = ctx._id",
        "if (ctx._id == 'x') ctx._source.n = 1",
        "ctx._source.key = ctx._index + '/' + ctx['_routing']",
        "for (def e : ctx._source.entrySet()) { e.setValue(params.x) }",
        "ctx._source.ctx = 'x'",
        "if (ctx.containsKey('a')) { ctx.b = ctx?.c?.d; ctx.remove('a'); ctx.tags.add('x') }",  # of a pipeline
    ],
)
def test_other_scripts_are_accepted(source: str) -> None:
    assert script_problems(source) == []


@pytest.mark.parametrize(
    ("processor", "problem"),
    [
        ({"drop": {}}, "must not drop"),
        ({"foreach": {"field": "a", "processor": {"drop": {}}}}, "must not drop"),
        ({"set": {"field": "_index", "value": "x"}}, "must not set _id"),
        ({"set": {"field": "_source._id", "value": "x"}}, "must not set _id"),
        ({"set": {"field": "{{a}}", "value": "x"}}, "must not set _id"),
        ({"csv": {"field": "a", "target_fields": ["b", "_routing"]}}, "must not set _id"),
        ({"dissect": {"field": "a", "pattern": "%{_id} %{b}"}}, "must not set _id"),
        ({"grok": {"field": "a", "patterns": ["%{WORD:_id}"]}}, "must not set _id"),
        ({"json": {"field": "a", "add_to_root": True}}, "must not set _id"),
        ({"date_index_name": {"field": "a", "date_rounding": "M"}}, "must not set _id"),
        ({"fail": {"message": "x", "on_failure": [{"set": {"field": "_id", "value": "x"}}]}}, "must not set _id"),
        ({"script": {"source": "ctx._id = null"}}, "must not set _id"),
        ({"script": {"source": "ctx.a = 1\nctx['_routing'] = \"a\""}}, "must not set _id"),
        ({"script": {"source": "ctx['_' + 'id'] = 'x'"}}, "the module cannot check"),
        ({"script": {"id": "stored"}}, "must not use a stored script"),
        ({"pipeline": {"name": "other"}}, "must not call another pipeline"),
    ],
)
def test_a_pipeline_that_may_put_documents_elsewhere_is_refused(processor: dict[str, Any], problem: str) -> None:
    (found,) = pipeline_problems({"processors": [processor]})
    assert problem in found


def test_a_pipeline_that_is_not_there_is_refused() -> None:
    assert pipeline_problems(None) == ["does not exist"]


@pytest.mark.parametrize(
    "processor",
    [
        {"set": {"field": "seen", "value": True}},
        {"set": {"field": "key", "value": "{{_id}} of {{{_index}}}"}},
        {"set": {"field": "a", "value": "x", "if": "ctx._id == 'x'", "description": "unless _id is x"}},
        {"rename": {"field": "my_id", "target_field": "drop"}},
        {"json": {"field": "a", "target_field": "b"}},
        {"script": {"source": "ctx.a = params._id", "params": {"_id": 1, "drop": {}}}},
    ],
)
def test_another_pipeline_is_accepted(processor: dict[str, Any]) -> None:
    assert pipeline_problems({"processors": [processor], "description": "sets no _id"}) == []
