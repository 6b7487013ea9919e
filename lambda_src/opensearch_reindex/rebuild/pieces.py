"""Copy in pieces, with synchronous requests, where .tasks takes no results.

A reindex task leaves its result in the index .tasks. If OpenSearch cannot write or read that index, the result of a
task that ended between two polls is gone, and nothing shows that it copied every document. Counts of the target index
do not show it either: with `redirect_writes`, writers add documents.

So the copy is repeated in pieces. A piece holds the documents in a range of sequence numbers, and is small enough for
one synchronous `_reindex`, which answers with its counters. Every document has exactly one sequence number, and the
source index is frozen, so the pieces hold each document once, and the sum of their counters proves as much as the
result of one task. Documents that were copied before are version conflicts: op type `create` makes the repetition fast.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.faults import is_final
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.proof import OUTCOMES, task_problems
from opensearch_reindex.rebuild.request import reindex_body, reindex_params
from opensearch_reindex.rebuild.restart import start_again
from opensearch_reindex.runtime.errors import OpenSearchRequestError, ReindexFailedError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log

NO_RESULTS = (
    "OpenSearch cannot store or read results of tasks in its index .tasks, so the copy was proven without them. "
    "Check for a block, a mapping, an index template or a full disk that keeps it from writing to .tasks"
)
# A function copies pieces for this long, and a piece should take no longer than its part of it.
_SECONDS_IN_FUNCTION = 40
_SECONDS_OF_PIECE = 8
_FIRST_WINDOW = 5000


def switch_to_pieces(job: Job) -> Job:
    """Return the state from which StartReindex repeats the copy in pieces."""
    log.warning(NO_RESULTS, extra={"task_id": job.task.id})
    window = min(_FIRST_WINDOW, _most_in_piece(job))
    pieces = replace(job.task, status=CopyStatus.LOST, next_seq_no=0, window=window, counters=Counters())
    return replace(job, task=pieces).warn(NO_RESULTS)


def copy_pieces(client: OpenSearchClient, job: Job, poll_interval_seconds: int) -> Job:
    """Copy pieces for a while; the state has the status RUNNING, COMPLETED or LOST.

    Args:
        client: the domain.
        job: state so far, with `next_seq_no` and `window`.
        poll_interval_seconds: longest pause between two polls.

    Raises:
        ReindexFailedError: a document does not fit, or many restarts in a row copied nothing.
    """
    begun = time.monotonic()
    copy = job.task
    while copy.next_seq_no is not None and copy.next_seq_no < job.source_seq_no:
        if time.monotonic() - begun > _SECONDS_IN_FUNCTION:
            pause = max(1, poll_interval_seconds - _SECONDS_IN_FUNCTION)
            log.info("copying in pieces", extra={"task": copy.to_dict(), "documents": job.source_count})
            return replace(job, task=replace(copy, status=CopyStatus.RUNNING, wait_seconds=pause))
        started = time.monotonic()
        answer, problems = _copy_piece(client, replace(job, task=copy))
        if problems:
            return _restart(client, job, copy, answer, problems, poll_interval_seconds)
        copy = _after_piece(job, copy, Counters.read(answer["response"]), time.monotonic() - started)
    return replace(job, task=replace(copy, status=CopyStatus.COMPLETED))


def _copy_piece(client: OpenSearchClient, job: Job) -> tuple[dict[str, Any], list[str]]:
    """Copy one piece; return its result like the result of a task, and its problems."""
    copy = job.task
    body = reindex_body(job, str(copy.copy_alias))
    first = copy.next_seq_no or 0
    body["source"]["query"] = {"range": {"_seq_no": {"gte": first, "lt": first + (copy.window or 1)}}}
    # Slicing a piece without documents fails on some versions (OpenSearch#16549).
    params = {**reindex_params(job), "slices": "1"}
    answer: dict[str, Any] = {"completed": True, "task": {}}
    try:
        answer["response"] = client.reindex(body, params)
    except (TransientOpenSearchError, OpenSearchRequestError) as error:
        return {**answer, "error": {"type": error.error_type}}, [error.reason]
    return answer, task_problems(answer)


def _restart(
    client: OpenSearchClient,
    job: Job,
    copy: Copy,
    answer: Mapping[str, Any],
    problems: list[str],
    poll_interval_seconds: int,
) -> Job:
    """Go on with a smaller piece, after a pause where nothing was copied."""
    fault = f"the piece from sequence number {copy.next_seq_no} of {job.source_index!r} was not copied"
    if is_final(answer):
        raise ReindexFailedError(fault, problems=problems)
    smaller = replace(copy, window=max(1, (copy.window or 1) // 4))
    done = (copy.next_seq_no or 0) - (job.task.next_seq_no or 0)
    return start_again(
        client, replace(job, task=smaller), poll_interval_seconds, fault=fault, problems=problems, created=done
    )


def _after_piece(job: Job, copy: Copy, counters: Counters, seconds: float) -> Copy:
    """Return the copy after a piece; the next one is larger if this one was fast."""
    window = copy.window or 1
    total = (copy.counters or Counters()).plus(counters)
    larger = window * 2 if counters.total else window * 8
    if seconds > _SECONDS_OF_PIECE:
        next_window = max(1, window // 2)
    else:
        next_window = larger if seconds < _SECONDS_OF_PIECE / 4 else window
    return replace(
        copy,
        next_seq_no=(copy.next_seq_no or 0) + window,
        window=min(next_window, _most_in_piece(job)) if counters.total else next_window,
        counters=total,
        copied=sum(getattr(total, outcome) for outcome in OUTCOMES),
    )


def _most_in_piece(job: Job) -> int:
    """Return the documents that a requested rate allows in a piece."""
    rate = job.reindex.get("requests_per_second")
    return max(1, int(rate * _SECONDS_OF_PIECE)) if rate else 10**12
