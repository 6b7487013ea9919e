"""Check the pipelines that a trigger file puts in force, before any change."""

from collections.abc import Mapping, Sequence
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.ingest_pipelines import NamedPipeline, named_pipelines
from opensearch_reindex.index.search_pipeline import SETTING as SEARCH_PIPELINE
from opensearch_reindex.index.target_index import target_settings
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.trigger.plan import PlannedIndex

# What `pipeline_problems_of` reads of an index.
PIPELINE_PARTS = ("settings.index.default_pipeline", "settings.index.search.default_pipeline")


def pipeline_problems_of(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo]
) -> list[str]:
    """Find pipelines that are missing, or that could move copied documents.

    Args:
        client: the domain.
        file: the trigger file, with defaults filled in.
        planned: the indices to rebuild.
        indices: the source indices.
    """
    # The first index that names a pipeline stands for all.
    ingest: dict[NamedPipeline, str] = dict.fromkeys(named_pipelines({}, file["reindex"]), "")
    search: dict[str, str] = {}
    for index in planned:
        settings = target_settings(indices[index.source_index].settings, *index.settings)
        for pipeline in named_pipelines(settings, {}):
            ingest.setdefault(pipeline, f"{index.path}: ")
        if (name := settings.get(SEARCH_PIPELINE)) not in (None, "_none"):
            search.setdefault(str(name), f"{index.path}: ")
    definitions = {name: client.get_pipeline(name) for name in {pipeline.name for pipeline in ingest}}
    problems = [
        f"{path}{problem}"
        for pipeline, path in ingest.items()
        for problem in pipeline.problems(definitions[pipeline.name])
    ]
    return problems + [
        f"{path}settings.{SEARCH_PIPELINE}: {name!r} does not exist, so every search would fail"
        for name, path in search.items()
        if not client.has_search_pipeline(name)
    ]
