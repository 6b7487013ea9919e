"""Trigger files with a mistake, and the corrected file after it."""

from cases.case import BLOCK, REDIRECT, Case, index, numbered
from cases.checks import nothing_lost, rebuilt, refused, succeeded, writers_are_free
from cases.run import Run

_MEND = {"script": {"source": "ctx._source.a = 1"}}


def _type_change(run: Run) -> None:
    succeeded(run.upload(**({"readers_may_fail": True} if run.strategy == REDIRECT else {})))
    rebuilt(run)
    properties = run.state()["a_v2"]["mappings"]["properties"]
    assert properties == {"sku": {"type": "keyword"}, "price": {"type": "double"}}


def _corrected_file(run: Run) -> None:
    keys = {"readers_may_fail": True} if run.strategy == REDIRECT else {}
    assert run.upload(**keys).status == "FAILED"
    writers_are_free(run, "b_current")
    nothing_lost(run)
    succeeded(run.upload(reindex=_MEND, **keys))
    rebuilt(run, documents={"b_v1": {key: {"a": 1} for key in run.stored["b_v1"]}})


def _late_script_mistake(run: Run) -> None:
    run.upload()
    refused(run, "compile error")
    succeeded(run.upload(reindex={"script": {"source": "ctx._source.b = ctx._source.n + 1"}}))
    rebuilt(run, documents={"a_v1": {key: {**body, "b": body["n"] + 1} for key, body in run.stored["a_v1"].items()}})


def _refused(run: Run) -> None:
    run.upload()
    refused(run)


def _documents_older_than_the_mapping(run: Run) -> None:
    execution = run.upload()
    assert execution.status == "FAILED"
    assert "strict" in str(execution.cause), execution.cause
    writers_are_free(run, "a_current")
    nothing_lost(run)
    succeeded(run.upload(mappings={"dynamic": False}))
    rebuilt(run)


CASES = (
    Case(
        "type-change",
        setup=(
            index("z_v1"),
            index(
                mappings={
                    "properties": {
                        "sku": {"type": "text", "analyzer": "english"},
                        "price": {"type": "scaled_float", "scaling_factor": 100},
                    }
                }
            ),
        ),
        indices=(
            "z_v1",
            {"name": "a_v1", "mappings": {"properties": {"sku": {"type": "keyword"}, "price": {"type": "double"}}}},
        ),
        right=_type_change,
    ),
    Case(
        "corrected-file",
        setup=(index(), index("b_v1", mappings={"properties": {"a": {"type": "keyword"}}})),
        documents={"b_v1": numbered(3, lambda _: {"a": "x"})},
        indices=("a_v1", {"name": "b_v1", "mappings": {"properties": {"a": {"type": "long"}}}}),
        right=_corrected_file,
    ),
    Case(
        "late-script-mistake",
        setup=(index(),),
        documents={"a_v1": numbered(20)},
        indices=("a_v1",),
        file={"reindex": {"script": {"source": "ctx._source.b = ctx._source.a +"}}},
        right=_late_script_mistake,
    ),
    Case(
        "template-overrides",
        setup=(
            (
                "PUT",
                "_index_template/t",
                {
                    "index_patterns": ["a_v*"],
                    "template": {
                        "mappings": {
                            "dynamic_templates": [
                                {"strings_kw": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}
                            ]
                        }
                    },
                },
            ),
            index(),
        ),
        indices=("a_v1",),
        file={
            "mappings": {
                "dynamic_templates": [{"strings_text": {"match_mapping_type": "string", "mapping": {"type": "text"}}}]
            }
        },
        right=_refused,
    ),
    Case(
        "documents-older-than-the-mapping",
        setup=(index(shards=1, mappings={"dynamic": False, "properties": {"n": {"type": "long"}}}),),
        documents={"a_v1": numbered(2000, lambda i: {"n": i, **({"extra": {"x": 1}} if i == 1999 else {})})},
        after=(("PUT", "a_v1/_mapping", {"dynamic": "strict"}),),
        indices=("a_v1",),
        right=_documents_older_than_the_mapping,
        strategies=(REDIRECT, BLOCK),
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
