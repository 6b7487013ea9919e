"""The roles of a source index in its aliases, and the strategy that they leave."""

from collections.abc import Sequence

from opensearch_reindex.index import alias_actions
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError


def shared_aliases(
    client: OpenSearchClient, source_index: str, target_index: str, source: IndexInfo, alias_name: str | None
) -> set[str]:
    """Return the aliases that have an index beside source and target.

    Only aliases whose write index depends on it are looked up.

    Args:
        client: the domain.
        source_index: name of the source index.
        target_index: name of the target index.
        source: the source index.
        alias_name: alias that is created if it does not exist.
    """
    undecided = [alias for alias, entry in source.aliases.items() if "is_write_index" not in entry]
    if alias_name and alias_name not in source.aliases:
        undecided.append(alias_name)
    return _shared(client, {source_index, target_index}, undecided)


def _shared(client: OpenSearchClient, both: set[str], aliases: Sequence[str]) -> set[str]:
    if not aliases:
        return set()
    try:
        members = client.get_indices(aliases, parts="aliases")
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        # The role may see the source index. So it is another index of the alias that it may not see.
        if len(aliases) == 1:
            return {*aliases}
        return {alias for each in aliases for alias in _shared(client, both, [each])}
    return {alias for name, info in members.items() if name not in both for alias in info.aliases if alias in aliases}


def strategy_of(
    strategy: Strategy, source: IndexInfo, target: IndexInfo | None, alias_name: str | None, shared: set[str]
) -> Strategy:
    """Return the strategy for one index: without writers, nothing is redirected.

    The target of a source index that takes no writes through any alias, such as an old member of a rollover series, is
    used by no one before its copy is proven. So it is filled as with `block_writes`.

    Args:
        strategy: of the trigger file.
        source: the source index.
        target: the target index that an earlier attempt created from it; None without one.
        alias_name: alias that is created if it does not exist.
        shared: aliases that have an index beside the two.
    """
    if strategy == Strategy.BLOCK_WRITES:
        return strategy
    if target and (target.has_taken_writes or target.markers.is_proven):
        return Strategy(target.provenance.strategy or strategy)
    target_aliases = target.aliases if target else {}
    has_writers = alias_actions.redirected(source.aliases, target_aliases, alias_name, shared)
    return Strategy.REDIRECT_WRITES if has_writers else Strategy.BLOCK_WRITES
