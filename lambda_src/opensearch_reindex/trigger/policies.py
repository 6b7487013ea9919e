"""Refuse source indices that Index State Management is changing."""

from collections.abc import Iterator, Sequence

from opensearch_reindex.index.policies import how_to_remove
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from opensearch_reindex.runtime.logs import log
from opensearch_reindex.trigger.plan import PlannedIndex


def policy_problems(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> Iterator[str]:
    """Find source indices that a policy is about to change.

    An action that begins later fails, or changes what later steps prove: RemoveAlias compares UUIDs, sequence numbers
    and counts. Without the permission to ask, RemoveAlias says in its result what it could not do.

    Args:
        client: the domain.
        planned: the indices to rebuild.
    """
    if not planned:
        return
    try:
        managements = client.managements(index.source_index for index in planned) or {}
    except OpenSearchRequestError as error:
        log.warning("policies of Index State Management unknown", extra={"reason": error.reason})
        return
    for index in planned:
        name = index.source_index
        if (management := managements.get(name)) and management.is_changing:
            yield (
                f"{index.path}: policy {management.policy_id!r} of Index State Management is in the middle of action "
                f"{management.action!r} on source index {name!r}, which changes the index; expected no such action. "
                "Wait for its end, or take the policy off and attach it to the target index yourself: "
                f"{how_to_remove(client.engine().plugins, name)}"
            )
