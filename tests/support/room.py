"""A mocked client of a domain that has room for everything, and that lets its client do everything."""

from typing import Any

from opensearch_reindex.index.index_info import StoreSize


def with_room(client: Any) -> Any:
    """Let a mocked client find room and permissions.

    Args:
        client: is changed, and returned.
    """
    client.indices_with_routing.return_value = set()
    client.store_sizes.side_effect = lambda names: dict.fromkeys(names, StoreSize(1000, 2000))
    client.cluster_settings.return_value = {"cluster.max_shards_per_node": "1000"}
    client.data_disks.return_value = [(10**12, 10**12)] * 2
    client.shards.return_value = (2, 10)
    client.refused_actions.return_value = []
    client.refused_alias_change.return_value = None
    client.is_restricted.return_value = False
    return client
