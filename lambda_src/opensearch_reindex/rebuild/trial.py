"""The trial: copy a few documents into a target index that no one uses yet.

Documents that do not fit are found while writers still use the source index. The target index of the trial is deleted
afterwards, and created again. So neither its documents nor fields that dynamic mapping added can stay, and a trial that
was killed, or is late, finds no index to write to.
"""

from collections.abc import Mapping
from typing import Any

from opensearch_reindex.index.index_info import MAX_RESULT_WINDOW
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.faults import is_final
from opensearch_reindex.rebuild.job import Counters
from opensearch_reindex.rebuild.ownership import stop_copy
from opensearch_reindex.rebuild.proof import OUTCOMES, task_problems
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log

# Measured: 300 documents of 500 bytes take some 50 ms. In the order of `_doc` the oldest of every shard come first:
# those that were stored before a mapping or an application changed.
TRIAL_DOCUMENTS = 300
# The trial precedes the measurement of the whole index. Small nodes refuse batches of some ten megabytes.
_BATCH, _BATCH_BYTES, _TRIAL_BYTES = 50, 2 * 1024 * 1024, 32 * 1024 * 1024
_MEASURED, _FEWEST = 10, 10


def trial_problems(
    client: OpenSearchClient,
    source_index: str,
    trial_alias: str,
    options: Mapping[str, Any],
    max_result_window: int = MAX_RESULT_WINDOW,
) -> list[str]:
    """Copy the first documents as a trial, and list what does not fit.

    Args:
        client: the domain.
        source_index: name of the source index.
        trial_alias: marker of the empty target index.
        options: `reindex` of the trigger file.
        max_result_window: setting of the source index.

    Raises:
        TransientOpenSearchError: the domain could not copy now.
    """
    # Documents that are not visible to a search would not be tried, for example with refresh_interval -1.
    client.refresh(source_index)
    ids = client.first_ids(source_index, min(TRIAL_DOCUMENTS, max_result_window))
    if not ids:
        return []
    largest = _largest_bytes(client, source_index, ids)
    ids = ids[: max(_FEWEST, _TRIAL_BYTES // largest)]
    batch = max(1, min(_BATCH, int(options.get("batch_size", _BATCH)), max_result_window, _BATCH_BYTES // largest))
    body = {
        "conflicts": "proceed",
        # Not with max_docs, which does not count documents that the script drops.
        "source": {"index": source_index, "query": {"ids": {"values": ids}}, "size": batch},
        "dest": {"index": trial_alias, "op_type": "create", "pipeline": options.get("pipeline", "_none")},
    }
    if "script" in options:
        body["script"] = options["script"]
    try:
        response = client.reindex(body, {})
    except OpenSearchRequestError as error:
        if error.is_denied:
            raise
        return [error.reason]
    except TransientOpenSearchError as error:
        if not error.took_too_long:
            raise
        # For example a pipeline that asks a model. What was copied until then did fit.
        stop_copy(client, trial_alias)
        log.warning("the trial took too long and was ended", extra={"reason": error.reason})
        return []
    return _problems(response)


def _largest_bytes(client: OpenSearchClient, source_index: str, ids: list[str]) -> int:
    """Return the length of the largest of a few documents.

    At first of one, because it may be huge.
    """
    sizes = client.bytes_of(source_index, ids[:1])
    if ids[1:] and sizes and sizes[0] * _MEASURED < _TRIAL_BYTES:
        sizes += client.bytes_of(source_index, ids[1 : 1 + _MEASURED])
    return max([1, *sizes])


def _problems(response: Mapping[str, Any]) -> list[str]:
    answer = {"completed": True, "task": {}, "response": response}
    problems = task_problems(answer)
    if problems:
        if not is_final(answer):
            raise TransientOpenSearchError(f"the trial copy was interrupted: {'; '.join(problems)}")
        return problems
    counters = Counters.read(response)
    if counters.version_conflicts:
        problems.append(
            f"{counters.version_conflicts} documents got the id of another document, or have it under another routing"
        )
    if counters.updated:
        problems.append(f"the pipeline dropped {counters.updated} documents")
    if sum(getattr(counters, outcome) for outcome in OUTCOMES) != counters.total:
        problems.append(f"of {counters.total} documents not each was created, or dropped by the script")
    return problems
