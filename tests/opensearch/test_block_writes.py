"""Strategy `block_writes`: writes fail during the copy, and no document is lost."""

from dataclasses import replace
from typing import Any

import pytest

from opensearch_reindex.index.markers import RELEASED, Markers
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.release_source import release_source as release
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    DomainBusyError,
    IndexCreationError,
    OpenSearchRequestError,
    ReindexError,
    ReindexFailedError,
    VerificationError,
)
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until

PREFIX = "blocks"

DOCUMENTS = {str(number): {"n": number} for number in range(300)}
# Slow enough to be met in its middle.
SLOW = {"slices": 1, "batch_size": 10, "requests_per_second": 20}
FAST = {"slices": "auto", "batch_size": 1000}


@pytest.fixture(autouse=True)
def source(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opensearch_reindex.rebuild.check_reindex_status.POLL_SECONDS", 1)
    domain(
        "PUT",
        "blocks_v1",
        {"settings": {"number_of_replicas": 0}, "aliases": {"blocks_current": {}, "blocks-reader": {}}},
    )
    domain.bulk("blocks_v1", DOCUMENTS)


def create(client: OpenSearchClient, url: str, number: int, **changes: Any) -> Job:
    started = event("blocks_v1", url, strategy="block_writes", **changes)
    return create_index(client, {**started, "execution_id": f"arn:{number}"}, no_execution_runs)


def settings(domain: Domain, index: str) -> dict[str, Any]:
    found: dict[str, Any] = domain("GET", index)[index]["settings"]["index"]
    return found


def release_source(client: OpenSearchClient, job: Job) -> None:
    release(client, job.execution_id, job.source_index, no_execution_runs, job.source_uuid)


def is_blocked(domain: Domain, index: str = "blocks_v1") -> bool:
    return bool(settings(domain, index).get("blocks", {}).get("write") == "true")


def aliases(domain: Domain, index: str) -> dict[str, Any]:
    found: dict[str, Any] = domain("GET", f"{index}/_alias")[index]["aliases"]
    return found


def half_copied(client: OpenSearchClient, domain: Domain) -> Job:
    """An execution that was killed while the copy ran; the copy goes on."""
    job = update_aliases(client, create(client, domain.url, 1, reindex=SLOW))
    started = start_reindex(client, job, ENVIRONMENT)
    assert started.task.status == "running"
    wait_until(lambda: domain("POST", "blocks_v2/_refresh") and domain("GET", "blocks_v2/_count")["count"])
    return started


def finish(rebuild: Rebuild, client: OpenSearchClient, job: Job) -> None:
    rebuild.finish(rebuild.copy(update_aliases(client, replace(job, reindex=FAST))))


def is_only_the_target_left(domain: Domain) -> bool:
    return not domain.exists("blocks_v1") and aliases(domain, "blocks_v2") == {
        "blocks_current": {},
        "blocks-reader": {},
    }


@pytest.mark.parametrize("twice", [False, True])
def test_readers_see_the_source_whole_and_writers_are_refused_until_the_move(
    domain: Domain, client: OpenSearchClient, *, twice: bool
) -> None:
    rebuild = Rebuild(client, domain.url, twice=twice)
    job = rebuild.copy(rebuild.freeze("blocks_v1", strategy="block_writes"))
    assert domain.documents("blocks_current") == DOCUMENTS
    assert set(domain("GET", "_alias/blocks_current,blocks-reader")) == {"blocks_v1"}
    for method, path in (("PUT", "_doc/1"), ("POST", "_doc"), ("POST", "_update/1"), ("DELETE", "_doc/1")):
        body = None if method == "DELETE" else {"doc": {"n": 0}}
        assert domain(method, f"blocks_current/{path}", body, ok=False)["status"] == 403
    rebuild.finish(job)
    assert is_only_the_target_left(domain)
    assert domain.documents("blocks_current") == DOCUMENTS
    domain("DELETE", "blocks_current/_doc/1")


@pytest.mark.parametrize("given", [{}, {"refresh_interval": "7s"}])
def test_target_is_filled_without_refresh_and_replicas_and_then_gets_its_settings(
    domain: Domain, rebuild: Rebuild, given: dict[str, Any]
) -> None:
    domain("PUT", "blocks_v1/_settings", {"number_of_replicas": 1, **given})
    job = rebuild.freeze("blocks_v1", strategy="block_writes")
    during = settings(domain, "blocks_v2")
    assert (during["refresh_interval"], during["number_of_replicas"]) == ("-1", "0")
    rebuild.finish(rebuild.copy(job))
    after = settings(domain, "blocks_v2")
    assert (after.get("refresh_interval"), after["number_of_replicas"]) == (given.get("refresh_interval"), "1")


def test_replicas_that_opensearch_sets_itself_are_left_to_it(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "blocks_v1/_settings", {"auto_expand_replicas": "0-1"})
    rebuild("blocks_v1", strategy="block_writes")
    assert settings(domain, "blocks_v2")["auto_expand_replicas"] == "0-1"


def test_a_domain_that_wants_a_copy_in_each_zone_gets_them_at_once(domain: Domain, rebuild: Rebuild) -> None:
    awareness = "cluster.routing.allocation.awareness"
    attribute = "shard_indexing_pressure_enabled"  # every node has it; three values make three zones
    zones = {
        f"{awareness}.attributes": attribute,
        f"{awareness}.force.{attribute}.values": "true,b,c",
        f"{awareness}.balance": True,
    }
    domain("PUT", "blocks_v1/_settings", {"number_of_replicas": 2})
    domain("PUT", "_cluster/settings", {"transient": zones})
    try:
        job = rebuild.freeze("blocks_v1", strategy="block_writes")
    finally:
        domain("PUT", "_cluster/settings", {"transient": {f"{awareness}.*": None}})
    assert settings(domain, "blocks_v2")["number_of_replicas"] == "2"
    rebuild.finish(rebuild.copy(job))
    assert domain.documents("blocks_current") == DOCUMENTS


def test_the_aliases_wait_until_the_target_is_as_healthy_as_the_source(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.freeze("blocks_v1", strategy="block_writes", settings={"number_of_replicas": 1})
    started = start_reindex(client, job, ENVIRONMENT)
    assert (started.task.status, started.task.to_dict()["created"]) == ("recovering", len(DOCUMENTS))
    assert check_reindex_status(client, started, ENVIRONMENT).task.status == "recovering"
    assert "blocks_current" not in aliases(domain, "blocks_v2")
    job = replace(started, settings_after_copy={"number_of_replicas": 0})  # as if a second node had come
    rebuild.finish(check_reindex_status(client, job, ENVIRONMENT))
    assert is_only_the_target_left(domain)


def test_shards_that_cannot_be_built_are_given_up(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    job = rebuild.freeze("blocks_v1", strategy="block_writes", settings={"number_of_replicas": 1})
    started = start_reindex(client, job, ENVIRONMENT)
    impatient = replace(ENVIRONMENT, stall_timeout_seconds=0)
    with pytest.raises(ReindexFailedError, match="is yellow; expected green, like the source index"):
        wait_until(lambda: check_reindex_status(client, started, impatient).task.status == "completed")
    release_source(client, job)
    assert settings(domain, "blocks_v1").get("blocks") is None
    assert domain.documents("blocks_current") == DOCUMENTS


def test_a_failed_run_lets_writers_use_the_source_again(domain: Domain, client: OpenSearchClient) -> None:
    job = half_copied(client, domain)
    for _ in range(2):  # the answer of the first may get lost
        release_source(client, job)
        assert not is_blocked(domain)
    assert Markers.read(aliases(domain, "blocks_v2")).owner == RELEASED
    task = domain("GET", f"_tasks/{job.task.id}")
    assert task["task"].get("cancelled") or task["response"]["canceled"]  # an old engine has no `cancelled`
    wait_until(lambda: client.find_reindex_task(str(job.task.copy_alias)) is None)
    domain("PUT", "blocks_current/_doc/new", {"n": -1})
    assert domain.documents("blocks_current") == {**DOCUMENTS, "new": {"n": -1}}


def test_what_the_failed_run_still_does_afterwards_has_no_effect(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.copy(rebuild.freeze("blocks_v1", strategy="block_writes"))
    release_source(client, job)
    domain("DELETE", "blocks_current/_doc/1")
    before = domain.state()
    for step in (update_aliases, remove_alias, delete_index):
        with pytest.raises(ConcurrentReindexError):
            step(client, job)
    with pytest.raises(ConcurrentReindexError):
        start_reindex(client, job, ENVIRONMENT)
    assert domain.state() == before


def test_nothing_is_released_when_the_aliases_have_moved(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    job = rebuild.copy(rebuild.freeze("blocks_v1", strategy="block_writes"))
    remove_alias(client, job)
    release_source(client, job)
    assert is_blocked(domain)
    delete_index(client, job)
    assert is_only_the_target_left(domain)


def test_after_a_kill_the_next_upload_goes_on_with_the_running_copy(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    first = half_copied(client, domain)
    second = create(client, domain.url, 2, reindex=SLOW)
    assert second.target_uuid == first.target_uuid
    again = start_reindex(client, update_aliases(client, second), ENVIRONMENT)
    assert again.task.id == first.task.id
    domain("POST", f"_reindex/{first.task.id}/_rethrottle?requests_per_second=-1")
    rebuild.finish(rebuild.copy(again))
    assert is_only_the_target_left(domain)
    assert domain.documents("blocks_current") == DOCUMENTS


@pytest.mark.parametrize("release", [False, True])
def test_what_was_written_after_a_failure_is_in_the_next_run(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, *, release: bool
) -> None:
    first = half_copied(client, domain)
    if release:
        release_source(client, first)
    else:  # a kill, and the line that docs/strategies.md gives
        domain("PUT", "blocks_v1/_settings", {"index.blocks.write": None})
    domain("DELETE", "blocks_current/_doc/1")
    domain("POST", "blocks_current/_update/2", {"doc": {"m": True}})
    domain("PUT", "blocks_current/_doc/new", {"n": -1})
    second = create(client, domain.url, 2)
    assert second.target_uuid != first.target_uuid
    finish(rebuild, client, second)
    kept = {key: each for key, each in DOCUMENTS.items() if key != "1"}
    assert domain.documents("blocks_current") == {**kept, "2": {"n": 2, "m": True}, "new": {"n": -1}}
    assert is_only_the_target_left(domain)
    wait_until(lambda: client.find_reindex_task(str(first.task.copy_alias)) is None)


@pytest.mark.usefixtures("past_the_trial")
def test_documents_that_do_not_fit_need_only_a_file_with_other_mappings(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    domain.bulk("blocks_v1", {"bad": {"m": "no number"}})
    job = update_aliases(client, create(client, domain.url, 1, mappings={"properties": {"m": {"type": "long"}}}))
    with pytest.raises(ReindexFailedError, match="1 with status 400"):
        rebuild.copy(job)
    release_source(client, job)
    finish(rebuild, client, create(client, domain.url, 2, mappings={"properties": {"m": {"type": "text"}}}))
    assert domain.documents("blocks_current") == {**DOCUMENTS, "bad": {"m": "no number"}}
    assert is_only_the_target_left(domain)


def test_a_write_between_the_check_and_the_freeze_is_noticed(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    release_source(client, half_copied(client, domain))
    second = create(client, domain.url, 2)  # finds the source as it was frozen, and goes on
    domain("PUT", "blocks_current/_doc/1", {"n": -1})
    frozen = update_aliases(client, second)
    with pytest.raises(VerificationError, match="written to after"):
        start_reindex(client, frozen, ENVIRONMENT)
    release_source(client, second)
    finish(rebuild, client, create(client, domain.url, 3))
    assert domain.documents("blocks_current") == {**DOCUMENTS, "1": {"n": -1}}


def test_a_target_whose_deletion_failed_is_not_taken_for_empty(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_source(client, half_copied(client, domain))
    domain("PUT", "blocks_current/_doc/1", {"n": -1})
    apply_aliases = client.apply_alias_actions

    def a_snapshot_runs(actions: list[dict[str, Any]]) -> None:
        if any("remove_index" in action for action in actions):
            raise DomainBusyError("a snapshot holds the index")
        apply_aliases(actions)

    monkeypatch.setattr(client, "apply_alias_actions", a_snapshot_runs)
    with pytest.raises(DomainBusyError):
        create(client, domain.url, 2)
    monkeypatch.undo()
    finish(rebuild, client, create(client, domain.url, 2))
    assert domain.documents("blocks_current") == {**DOCUMENTS, "1": {"n": -1}}


def test_a_target_that_another_application_uses_is_not_deleted(domain: Domain, client: OpenSearchClient) -> None:
    release_source(client, half_copied(client, domain))
    domain("POST", "_aliases", {"actions": [{"add": {"index": "blocks_v2", "alias": "blocks-theirs"}}]})
    with pytest.raises(IndexCreationError, match="holds documents"):
        create(client, domain.url, 2, mappings={"properties": {"m": {"type": "long"}}})
    assert domain.exists("blocks_v2")


@pytest.mark.parametrize("late", ["before the first call", "before the second call"])
def test_a_late_call_of_create_index_does_not_delete_a_target_in_use(
    late: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    release_source(client, half_copied(client, domain))
    changes = {"mappings": {"properties": {"m": {"type": "long"}}}}
    apply_aliases = client.apply_alias_actions
    stuck = 1 if late == "before the first call" else 2  # after the take-over
    calls = 0

    def wake_up_late(actions: list[dict[str, Any]]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1 + stuck:
            # In the meantime, Step Functions has retried the step and completed the execution.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(client, "apply_alias_actions", apply_aliases)
                finish(rebuild, client, create(client, domain.url, 2, **changes))
                domain("PUT", "blocks_current/_doc/new", {"n": -1})
        apply_aliases(actions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "apply_alias_actions", wake_up_late)
        with pytest.raises((ReindexError, OpenSearchRequestError)):
            create(client, domain.url, 2, **changes)
    assert domain.documents("blocks_current") == {**DOCUMENTS, "new": {"n": -1}}
    assert is_only_the_target_left(domain)
