"""Create a target index without the aliases that its index template gives to it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from opensearch_reindex.index.held_aliases import HeldAliases, changed_entries, to_let_go, to_restore
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.templates import takes_mappings, template_problem
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.allocation import UPLOAD_AGAIN
from opensearch_reindex.rebuild.ownership import apply_as
from opensearch_reindex.runtime.errors import IndexCreationError, OpenSearchRequestError


def known_template(client: OpenSearchClient, target_index: str, trigger_file: Mapping[str, Any]) -> dict[str, Any]:
    """Return what index templates give to the target index, as far as known.

    Raises:
        IndexCreationError: the trigger file wants the mappings of a template, and there is none or it is unknown.
    """
    template = client.index_template(target_index)
    if takes_mappings(trigger_file) and (problem := template_problem(target_index, template)):
        raise IndexCreationError(problem, next_step=UPLOAD_AGAIN)
    return template or {}


def create_without_aliases(
    client: OpenSearchClient,
    execution_id: str,
    source_index: str,
    target_index: str,
    held: HeldAliases,
    create: Callable[[], bool],
) -> bool:
    """Create a target index, and take it out of the template's aliases at once.

    In between, its entries find nothing and take no writes, and the source index takes them as before. A run that is
    killed in between leaves an empty index in these aliases, see `let_go`.

    Args:
        client: the domain.
        execution_id: ARN of this execution.
        source_index: name of the source index.
        target_index: name of the target index.
        held: the aliases of the index template.
        create: creates the index with their entries; False if it exists.
    """
    source = client.get_indices([source_index]).get(source_index) if held.entries else None
    if source is None:
        return create()
    if holding := held.to_hold(source_index, source):
        client.apply_alias_actions(holding)
    restoring = to_restore(source_index, source, held.implicit & source.aliases.keys())
    try:
        is_created = create()
    except OpenSearchRequestError:
        if restoring:
            client.apply_alias_actions(restoring)
        raise
    if is_created:
        apply_as(client, target_index, execution_id, [*to_let_go(target_index, held.entries), *restoring])
    return is_created


def let_go(
    client: OpenSearchClient,
    execution_id: str,
    source_index: str,
    source: IndexInfo,
    target_index: str,
    held: Collection[str],
) -> None:
    """Take a target index out of aliases in which a killed attempt left it.

    Args:
        client: the domain.
        execution_id: ARN of this execution, which owns the target index.
        source_index: name of the source index.
        source: the source index.
        target_index: name of the target index.
        held: the aliases that the target index has from its index template.
    """
    restoring = to_restore(source_index, source, changed_entries(source))
    if actions := [*to_let_go(target_index, held), *restoring]:
        apply_as(client, target_index, execution_id, actions)
