"""Indices that are no ordinary source, in the shapes in which a domain shows them."""

from typing import Any

import pytest

from opensearch_reindex.index.source_kinds import KIND_PARTS, KINDS, problems_of_kind
from opensearch_reindex.index.target_index import flat_settings

# As Amazon's developer guide shows the settings of an index in UltraWarm.
ULTRAWARM = {
    "refresh_interval": "-1",
    "auto_expand_replicas": "false",
    "blocks": {"ultrawarm_allow_delete": "true"},
    "unassigned": {"node_left": {"delayed_timeout": "5m"}},
    "number_of_replicas": "1",
    "routing": {"allocation": {"require": {"box_type": "warm"}}, "search_preference": "_primary_first"},
    "number_of_shards": "5",
    "migration": {"state": "WARM"},
    "snapshot": {"id": "7WPneO-5QQKgKoCi7esXGw"},
}
TO_HOT = "Send POST /_ultrawarm/migration/a_v1/_hot"
TO_HOT_TIER = "Send POST /a_v1/_tier/hot"
SEARCHABLE_SNAPSHOT = {
    "store": {"type": "remote_snapshot"},
    "searchable_snapshot": {"repository": "r", "snapshot_id": {"name": "s", "uuid": "u"}, "index": {"id": "i"}},
}
PULLED = {"ingestion_source": {"type": "kafka", "param": {"topic": "t"}}, "replication": {"type": "SEGMENT"}}


def problems(settings: dict[str, Any]) -> list[str]:
    return list(problems_of_kind("a_v1", flat_settings(settings)))


@pytest.mark.parametrize(
    ("settings", "state", "way"),
    [
        ({"search": {"throttled": "true"}}, "is frozen", "Unfreeze it"),
        (SEARCHABLE_SNAPSHOT, "is a searchable snapshot", "Restore it as an index of the domain"),
        ({"store": {"type": "snapshot"}}, "is a searchable snapshot", "Restore it"),
        (ULTRAWARM, "is in UltraWarm storage or moves there", TO_HOT),
        ({"migration": {"state": "HOT2WARM"}}, "is in UltraWarm storage or moves there", "_cancel/a_v1 while"),
        ({"blocks": {"ultrawarm_allow_delete": "true"}}, "is in UltraWarm storage", TO_HOT),
        ({"routing": {"allocation": {"require": {"box_type": "warm"}}}}, "is on UltraWarm nodes", TO_HOT),
        ({"tiering": {"state": "HOT_TO_WARM"}, "warm": "true"}, "is in warm storage or moves", TO_HOT_TIER),
        ({"warm": "true"}, "is in warm storage", TO_HOT_TIER),
        ({"store": {"data_locality": "PARTIAL"}}, "is in warm storage: only a part", TO_HOT_TIER),
        ({"blocks": {"search_only": "true"}}, "was scaled down", 'POST /a_v1/_scale {"search_only": false}'),
        (
            {"plugins": {"replication": {"follower": {"leader_index": "a"}}}},
            "follows an index of another domain",
            "POST /_plugins/_replication/a_v1/_stop {}",
        ),
        (PULLED, "pulls its documents from a stream", "pointer.init.reset earliest"),
        ({"plugins": {"rollup_index": "true"}}, "holds the results of a rollup job", "another rollup job"),
        ({"opendistro": {"rollup_index": "true"}}, "holds the results of a rollup job", "another rollup job"),
    ],
)
def test_an_index_of_another_kind_is_named_once_with_its_setting_and_the_way_out(
    settings: dict[str, Any], state: str, way: str
) -> None:
    (found,) = problems(settings)
    assert found.startswith(state)
    assert way in found
    assert "(index." in found


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"search": {"throttled": "false"}, "tiering": {"state": "HOT"}, "ingestion_source": {"type": "NONE"}},
        # An index that came back to hot storage.
        {"migration": {"state": "HOT"}, "cold": {"uuid": "u"}, "warm": "false"},
        {"ultrawarm": {"migration": {"force_merge": {"max_num_segments": "1"}}}},
        {"routing": {"allocation": {"require": {"box_type": "hot"}}}, "store": {"data_locality": "FULL"}},
        # A leader, and an index whose replication was stopped.
        {"plugins": {"replication": {"follower": {"ops_batch_size": "10"}, "translog": {"retention_size": "1"}}}},
        {"plugins": {"replication": {"follower": {"leader_index": ""}}, "rollup_index": "false"}},
        {"blocks": {"write": "true", "search_only": "false"}, "number_of_search_replicas": "1"},
        {"append_only": {"enabled": "true"}, "derived_source": {"enabled": "true"}, "composite_index": "true"},
        *({"store": {"type": name}} for name in ("fs", "niofs", "mmapfs", "hybridfs", "cryptofs", "")),
    ],
)
def test_an_index_in_files_of_the_nodes_that_takes_documents_is_ordinary(settings: dict[str, Any]) -> None:
    assert not problems(settings)


def test_every_setting_of_a_kind_is_read_and_none_is_listed_twice() -> None:
    assert len({kind.setting for kind in KINDS}) == len(KIND_PARTS) == len(KINDS)
    assert all(f"settings.index.{kind.setting}" in KIND_PARTS for kind in KINDS)
    # Only one way of telling other values from ordinary ones.
    assert all(bool(kind.ordinary) + bool(kind.other) <= 1 for kind in KINDS)
