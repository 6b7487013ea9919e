"""Settings of a source index that a target index cannot have."""

from typing import Any

import pytest

from opensearch_reindex.index.settings import is_copied, obsolete_settings, source_problems
from opensearch_reindex.index.target_index import filling_settings, target_settings


@pytest.mark.parametrize(
    "name",
    [
        *("blocks.write", "context.created_version", "history.uuid", "ingestion_source.type", "mapper.dynamic"),
        *("plugins.replication.follower.leader_index", "remote_store.enabled", "remote_store.segment.repository"),
        *("search.throttled", "searchable_snapshot.index.id", "soft_deletes.enabled", "tiering.state"),
        *("translog.retention.age", "translog.retention.size", "version.created"),
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
    ],
)
def test_a_setting_with_a_similar_name_is_copied(name: str) -> None:
    assert is_copied(name)


def test_obsolete_settings_are_named() -> None:
    settings = {"soft_deletes.enabled": "false", "translog.retention.size": "1", "uuid": "u", "codec": "x"}
    assert obsolete_settings(settings) == ["soft_deletes.enabled", "translog.retention.size"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"search.throttled": "true"}, "is frozen"),
        ({"store.type": "remote_snapshot"}, "is a searchable snapshot"),
        ({"tiering.state": "WARM"}, "is in another tier"),
        ({"plugins.replication.follower.leader_index": "a"}, "follows an index of another domain"),
        ({"ingestion_source.type": "kafka"}, "pulls its documents from a stream"),
    ],
)
def test_an_index_that_cannot_be_rebuilt_is_named_with_its_setting(settings: dict[str, Any], problem: str) -> None:
    (found,) = source_problems(settings)
    assert found.startswith(problem)


def test_an_ordinary_index_has_no_problem() -> None:
    settings = {"search.throttled": "false", "store.type": "hybridfs", "tiering.state": "HOT"}
    assert not list(source_problems({**settings, "ingestion_source.type": "none"}))


@pytest.mark.parametrize(("waits_for", "filled"), [("2", "1"), ("1", None), ("all", None), ("0", None), (3, "1")])
def test_writes_wait_for_no_replicas_while_there_are_none(waits_for: Any, filled: str | None) -> None:
    settings = {"write.wait_for_active_shards": waits_for}
    assert filling_settings(settings).get("write.wait_for_active_shards") == filled
    assert "write.wait_for_active_shards" not in filling_settings({**settings, "auto_expand_replicas": "0-1"})
