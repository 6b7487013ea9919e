from typing import Any

import pytest

from opensearch_reindex.index.ingest_pipelines import NamedPipeline, named_pipelines, pipeline_problems
from support.processors import ACCEPTED, ACCEPTED_OF_PLUGINS, DOUBTFUL, MOVING


@pytest.mark.parametrize("processor", [*MOVING, *DOUBTFUL], ids=str)
def test_a_processor_that_may_move_documents_is_refused(processor: dict[str, Any]) -> None:
    assert pipeline_problems({"processors": [processor]})
    assert pipeline_problems({"processors": [{"set": {"field": "a", "value": 1}}], "on_failure": [processor]})


@pytest.mark.parametrize("processor", [*ACCEPTED, *ACCEPTED_OF_PLUGINS], ids=str)
def test_another_processor_is_accepted(processor: dict[str, Any]) -> None:
    assert pipeline_problems({"processors": [processor], "description": "sets no _id", "version": 1}) == []


@pytest.mark.parametrize(
    ("processor", "problem"),
    [
        ({"drop": {}}, "must not drop"),
        ({"foreach": {"field": "a", "processor": {"drop": {}}}}, "must not drop"),
        ({"kv": {"field": "a"}}, "must not set _id, _index or _routing"),
        ({"kv": {"field": "a"}}, "(processor 'kv')"),
        ({"script": {"source": "ctx._id = null"}}, "must not set _id"),
        ({"script": {"source": "ctx['_' + 'id'] = 'x'"}}, "the module cannot check"),
        ({"script": {"id": "stored"}}, "must not use a stored script"),
        ({"pipeline": {"name": "other"}}, "must not call another pipeline"),
        ({"of_tomorrow": {}}, "must not use processor 'of_tomorrow', which the module does not know"),
    ],
)
def test_a_refusal_says_what_the_pipeline_must_not_do(processor: dict[str, Any], problem: str) -> None:
    (found,) = pipeline_problems({"processors": [processor, processor]})
    assert problem in found


def test_a_pipeline_that_is_not_there_is_refused() -> None:
    assert pipeline_problems(None) == ["does not exist"]


def test_pipelines_that_run_on_copies_are_distinguished_from_pipelines_of_writers() -> None:
    settings = {"final_pipeline": "f", "default_pipeline": "d"}
    assert named_pipelines(settings, {"pipeline": "p"}) == [
        NamedPipeline("reindex.pipeline", "p", runs_on_copies=True),
        NamedPipeline("settings.final_pipeline", "f", runs_on_copies=True),
        NamedPipeline("settings.default_pipeline", "d", runs_on_copies=False),
    ]
    assert named_pipelines(dict.fromkeys(settings, "_none"), {}) == []


def test_a_pipeline_of_writers_only_has_to_exist() -> None:
    default = NamedPipeline("settings.default_pipeline", "d", runs_on_copies=False)
    assert default.problems({"processors": [{"drop": {}}]}) == []
    (problem,) = default.problems(None)
    assert problem.startswith("settings.default_pipeline: 'd' does not exist, so every write would fail")
