"""Whether OpenSearch has put the shards of an unused target index on nodes."""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.ownership import discard_target, stop_copy
from opensearch_reindex.runtime.errors import DomainBusyError, OpenSearchRequestError

UPLOAD_AGAIN = (
    "No document was moved, and no writer was redirected. Remove the cause. Then upload the trigger file again."
)

# The shards of an empty index take a second or so.
_SECONDS = 10
_RANKS = ("red", "yellow", "green")


def allocation_problem(client: OpenSearchClient, index: str, expected: str) -> str | None:
    """Return why OpenSearch does not allocate the shards of an index; None if it did.

    Args:
        client: the domain.
        index: name of the index.
        expected: health of the source index, `green` or `yellow`.

    Raises:
        DomainBusyError: OpenSearch still builds the shards, or waits before it does.
    """
    health = client.health(index, wait_for_status=expected, timeout_seconds=_SECONDS)
    if is_at_least(health, expected):
        return None
    state = f"target index {index!r} is {health}; expected {expected}, like the source index"
    try:
        allocation = client.explain_allocation(index)
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        return f"{state}. The role may not ask _cluster/allocation/explain for the reason"
    if allocation is None or allocation.may_follow:
        raise DomainBusyError(f"{state}. OpenSearch still allocates its shards")
    return f"{state}. OpenSearch does not allocate {allocation.shard}: {allocation.reason}"


def discard_unallocated(
    client: OpenSearchClient,
    expected: str,
    source_index: str,
    source: IndexInfo,
    target_index: str,
    execution_id: str,
    target: IndexInfo,
) -> str | None:
    """Delete an unused target index whose shards OpenSearch does not allocate.

    Args:
        client: the domain.
        expected: health of the source index.
        source_index: name of the source index.
        source: the source index.
        target_index: name of the target index.
        execution_id: ARN of this execution, which owns the target index.
        target: the target index, which no writer uses.

    Returns:
        Why OpenSearch does not allocate them; None if it did.

    Raises:
        DomainBusyError: OpenSearch still allocates them.
        ConcurrentReindexError: another execution took over.
    """
    problem = allocation_problem(client, target_index, expected)
    if problem is None:
        return None
    if target.aliases:
        # An application may use it, and documents of an index without shards cannot be counted.
        return f"{problem}. It has aliases and was kept"
    stop_copy(client, target.markers.copy_alias)
    discard_target(client, source_index, source, target_index, execution_id, target)
    return problem


def is_red(client: OpenSearchClient, index: str) -> bool:
    """Return whether an index lacks primary shards, also after some seconds."""
    return client.health(index, wait_for_status="yellow", timeout_seconds=_SECONDS) == "red"


def is_at_least(health: str, expected: str) -> bool:
    """Tell whether a health is at least the expected one."""
    return _RANKS.index(health) >= _RANKS.index(expected)
