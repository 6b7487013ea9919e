"""Settings of a source index that a target index cannot have."""

from typing import Any

import pytest

from opensearch_reindex.index.settings import is_copied, obsolete_settings
from opensearch_reindex.index.target_index import filling_settings, target_settings


@pytest.mark.parametrize(
    "name",
    [
        *("blocks.write", "context.created_version", "history.uuid", "ingestion_source.type", "mapper.dynamic"),
        *("plugins.replication.follower.leader_index", "remote_store.enabled", "remote_store.segment.repository"),
        *("search.throttled", "searchable_snapshot.index.id", "soft_deletes.enabled", "tiering.state"),
        *("translog.retention.age", "translog.retention.size", "version.created"),
        *("cold.uuid", "migration.state", "snapshot.id", "archived.path", "warm", "store.data_locality"),
    ],
)
def test_a_setting_that_no_new_index_may_have_is_left_out(name: str) -> None:
    assert not is_copied(name)
    assert target_settings({name: "x", "codec": "default"}) == {"codec": "default"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "plugins.index_state_management.rollover_alias",
            "remote_store.translog.buffer_interval",
            "search.idle.after",
        ),
        *("soft_deletes.retention.operations", "translog.durability", "uuidx", "write.wait_for_active_shards"),
        *("ultrawarm.migration.force_merge.max_num_segments", "store.preload", "append_only.enabled"),
    ],
)
def test_a_setting_with_a_similar_name_is_copied(name: str) -> None:
    assert is_copied(name)


def test_obsolete_settings_are_named() -> None:
    settings = {"soft_deletes.enabled": "false", "translog.retention.size": "1", "uuid": "u", "codec": "x"}
    assert obsolete_settings(settings) == ["soft_deletes.enabled", "translog.retention.size"]


@pytest.mark.parametrize(("waits_for", "filled"), [("2", "1"), ("1", None), ("all", None), ("0", None), (3, "1")])
def test_writes_wait_for_no_replicas_while_there_are_none(waits_for: Any, filled: str | None) -> None:
    settings = {"write.wait_for_active_shards": waits_for}
    assert filling_settings(settings).get("write.wait_for_active_shards") == filled
    assert "write.wait_for_active_shards" not in filling_settings({**settings, "auto_expand_replicas": "0-1"})
