"""A mocked client of a domain with enough room and all permissions."""

from typing import Any

from opensearch_reindex.index.allocation_filters import DataNode
from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import StoreSize


def disks(*sizes: tuple[int, int]) -> list[DataNode]:
    """Return data nodes, named by their numbers.

    Args:
        sizes: total and available bytes of each disk.
    """
    return [
        DataNode(str(number), total_bytes=total, available_bytes=available)
        for number, (total, available) in enumerate(sizes)
    ]


def with_room(client: Any) -> Any:
    """Give a mocked client room and permissions, and return it.

    Args:
        client: the mocked client.
    """
    client.engine.return_value = Engine(True, 2, 19)
    client.indices_with_routing.return_value = set()
    client.store_sizes.side_effect = lambda names: dict.fromkeys(names, StoreSize(1000, 2000))
    client.cluster_settings.return_value = {"cluster.max_shards_per_node": "1000"}
    client.data_nodes.return_value = disks((10**12, 10**12), (10**12, 10**12))
    client.shards.return_value = (2, 10)
    client.refused_actions.return_value = []
    client.refused_creation.return_value = None
    client.simulate_template.return_value = None
    client.index_template.return_value = None
    client.managements.return_value = None
    client.failed_documents.return_value = []
    client.refused_alias_change.return_value = None
    client.is_restricted.return_value = False
    return client
