import pytest

from opensearch_reindex.index.scripts import script_problems


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
        "(ctx._id) = 'same'",
        "((ctx['_id'] ) ) = 'same'",
        "(ctx._index) = 'other'",
        "ctx?._id = 'x'",
        "++ctx._id",
        "-- (ctx._id)",
        "ctx['_id'] /**/ = 'x'",
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
        "ctx['op'] /* ; */ = 'delete'",
        "(ctx.op) = 'delete'",
        "(ctx.op) = 'noop'",
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
        "ctx.put/**/('_id', 'x')",
        "ctx.put // note\n('_id', 'x')",
        "ctx.op /* ; */ = 'delete'",
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
