"""Guards against pipelines that change what a copy reads, or where it writes.

The first step found none, perhaps hours ago, and anyone may have changed a pipeline or a setting since.
"""

from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.ingest_pipelines import named_pipelines
from opensearch_reindex.index.search_pipeline import removal_of_search_pipeline, search_pipeline_problem
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.ownership import spoil_copy
from opensearch_reindex.runtime.errors import ROLL_BACK, IndexCreationError, VerificationError


def pipeline_problems(client: OpenSearchClient, settings: Mapping[str, Any], reindex: Mapping[str, Any]) -> list[str]:
    """Find ingest pipelines that are missing, or that could move copied documents.

    Args:
        client: the domain.
        settings: settings of the target index, flat names without `index.`.
        reindex: `reindex` of the trigger file.
    """
    return [
        problem
        for pipeline in named_pipelines(settings, reindex)
        for problem in pipeline.problems(client.get_pipeline(pipeline.name))
    ]


def refuse_pipelines(
    client: OpenSearchClient,
    source_index: str,
    source: IndexInfo,
    settings: Mapping[str, Any],
    reindex: Mapping[str, Any],
) -> None:
    """Refuse to create a target index of which a pipeline would spoil the copy.

    Args:
        client: the domain.
        source_index: name of the source index.
        source: the source index.
        settings: settings of the target index, flat names without `index.`.
        reindex: `reindex` of the trigger file.

    Raises:
        IndexCreationError: with the search pipeline, or with all problems of the ingest pipelines.
    """
    if problem := search_pipeline_problem(source_index, source):
        raise IndexCreationError(
            problem, next_step=f"{removal_of_search_pipeline(source_index)} Upload the trigger file again."
        )
    if problems := pipeline_problems(client, settings, reindex):
        raise IndexCreationError(
            "the target index would have pipelines that are missing, or that could move documents", problems=problems
        )


def prove_pipelines(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> None:
    """Prove that no pipeline changes what a copy reads, or where it writes.

    UpdateAliases, StartReindex and RemoveAlias ask. The counts of documents do not show what a pipeline has changed
    that was put in force after the start. So what was copied until then is never proven, also once it is gone.

    Args:
        client: the domain.
        job: state so far.
        source: the source index.
        target: the target index, not proven.

    Raises:
        VerificationError: a pipeline does.
        ConcurrentReindexError: another execution owns the target index.
    """
    problems = pipeline_problems(client, {"final_pipeline": target.settings.get("final_pipeline")}, job.reindex)
    remedy = "Correct each pipeline that the problems name."
    if problem := search_pipeline_problem(job.source_index, source):
        problems.insert(0, problem)
        remedy = removal_of_search_pipeline(job.source_index)
    if not problems:
        return
    is_copied = target.markers.frozen_seq_no is not None
    if is_copied and target.markers.copy_alias:
        spoil_copy(client, job, target.markers.copy_alias)
    start_over = ROLL_BACK if is_copied and not job.blocks_writes else "Upload the trigger file again."
    raise VerificationError(
        "a pipeline of the copy is missing or unsafe by now",
        problems=problems,
        next_step=f"{remedy} {start_over}",
    )
