"""Documents that disappear while the run succeeds."""

from collections.abc import Mapping
from typing import Any

from cases.case import Case, Request, index, numbered
from cases.checks import rebuilt, refused
from cases.run import Run

_DEFAULT_PIPELINE = "index.search.default_pipeline"


def _whole_or_refused(run: Run) -> None:
    if run.upload().status == "SUCCEEDED":
        rebuilt(run)
    else:
        refused(run)


def _refused(run: Run) -> None:
    run.upload()
    refused(run)


def _search_pipeline(name: str, processors: Mapping[str, Any]) -> Case:
    """Return the case of a source whose searches pass through a pipeline.

    Args:
        name: end of the case's id.
        processors: of the pipeline.
    """
    return Case(
        f"default-search-pipeline{name}",
        setup=(
            ("PUT", "_search/pipeline/p", processors),
            index(
                settings={_DEFAULT_PIPELINE: "p"},
                mappings={"properties": {"visible": {"type": "boolean"}}},
            ),
        ),
        documents={"a_v1": numbered(100, lambda i: {"visible": i < 60})},
        indices=("a_v1",),
        right=_whole_or_refused,
        clean=(_delete("p"),),
        node="3.8",
    )


def _delete(pipeline: str) -> Request:
    return ("DELETE", f"_search/pipeline/{pipeline}", None)


CASES = (
    _search_pipeline("", {"request_processors": [{"filter_query": {"query": {"term": {"visible": True}}}}]}),
    _search_pipeline(
        "-renames", {"response_processors": [{"rename_field": {"field": "visible", "target_field": "shown"}}]}
    ),
    _search_pipeline("-cuts", {"response_processors": [{"truncate_hits": {"target_size": 5}}]}),
    Case(
        "missing-search-pipeline",
        setup=(index(settings={_DEFAULT_PIPELINE: "nowhere"}),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_refused,
    ),
    Case(
        "final-pipeline-ids",
        setup=(
            ("PUT", "_ingest/pipeline/ids", {"processors": [{"set": {"field": "_id", "value": "{{k}}"}}]}),
            index(),
        ),
        documents={"a_v1": numbered(10, lambda i: {"k": i % 5})},
        indices=("a_v1",),
        file={"settings": {"final_pipeline": "ids"}},
        right=_refused,
    ),
    Case(
        "missing-ingest-pipeline",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        file={"settings": {"default_pipeline": "nowhere"}},
        right=_refused,
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
