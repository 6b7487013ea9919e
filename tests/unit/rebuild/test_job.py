"""The state between the steps, also in the form of the version before an upgrade."""

import json
from dataclasses import replace
from typing import Any

import pytest

import handlers
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild.job import Copy, CopyStatus, Counters, Job
from opensearch_reindex.rebuild.throttle import Throttle
from support.mocked_domain import COUNTERS, JOB

# States of version 0.1 between two steps, as they stand in the history of an execution.
BEFORE: dict[str, Any] = {
    "execution_id": "arn:e",
    "opensearch_endpoint": "https://search.example.com",
    "source_index": "a_v1",
    "target_index": "a_v2",
    "alias_name": "a_current",
    "strategy": "redirect_writes",
    "keep_source": False,
    "reindex": {"batch_size": 1000, "slices": "auto"},
    "source_uuid": "u1",
    "target_uuid": "u2",
    "source_health": "green",
    "settings_after_copy": {},
    "source_count": 3,
    "source_seq_no": 2,
    "task": {},
}
THROTTLE_BEFORE = {"asked": 7.0, "limit": 3.5, "former": 7.0, "slices": 2, "refused": 4, "best": 9.0}
THROTTLE = Throttle(requested=7.0, limit=3.5, former=7.0, slices=2, refused=4, best=9.0)
TASK = {"id": "n:1", "copy_alias": "copy~1"}
PROGRESS = {"copied": 2, "running_seconds": 4.5, "moved_at": 1_700_000_000, "wait_seconds": 30}
COPY = Copy(id="n:1", copy_alias="copy~1")
PROGRESSED = replace(COPY, copied=2, running_seconds=4.5, moved_at=1_700_000_000, wait_seconds=30)
COUNTED = Counters(**COUNTERS)


@pytest.mark.parametrize(
    ("before", "read"),
    [
        ({}, Copy()),
        ({**TASK, "restarts": 1}, replace(COPY, restarts=1)),
        (
            {**TASK, "restarts": 0, "status": "running", **PROGRESS, "pace": THROTTLE_BEFORE},
            replace(PROGRESSED, status=CopyStatus.RUNNING, throttle=THROTTLE),
        ),
        ({**TASK, "restarts": 0, "status": "running", **PROGRESS}, replace(PROGRESSED, status=CopyStatus.RUNNING)),
        ({**TASK, "restarts": 2, "status": "lost"}, replace(COPY, restarts=2, status=CopyStatus.LOST)),
        (
            {**TASK, **COUNTERS, "status": "recovering", "moved_at": 1, "wait_seconds": 30},
            replace(COPY, status=CopyStatus.RECOVERING, counters=COUNTED, moved_at=1, wait_seconds=30),
        ),
        ({**TASK, **COUNTERS, "status": "completed"}, replace(COPY, status=CopyStatus.COMPLETED, counters=COUNTED)),
        (
            {"id": None, "copy_alias": "copy~1", **COUNTERS, "took": 0, "status": "completed"},
            replace(COPY, id=None, status=CopyStatus.COMPLETED, counters=replace(COUNTED, took=0)),
        ),
        ({"status": "completed"}, Copy(status=CopyStatus.COMPLETED)),
    ],
    ids=["frozen", "started", "running", "not-asked", "lost", "recovering", "completed", "empty", "proven-before"],
)
def test_a_state_of_the_version_before_is_read(before: dict[str, Any], read: Copy) -> None:
    job = Job.from_event({**BEFORE, "task": before})
    assert job.task == read
    assert job.strategy is Strategy.REDIRECT_WRITES
    state = json.loads(json.dumps(job.to_event()))
    assert Job.from_event(state) == job
    # The definition that the execution started with compares and waits for these.
    for key in before.keys() & {"status", "wait_seconds"}:
        assert state["task"][key] == before[key]


def test_a_state_keeps_its_keys_and_values_as_json() -> None:
    job = replace(JOB, task=replace(PROGRESSED, status=CopyStatus.RUNNING, throttle=THROTTLE))
    state = json.loads(json.dumps(job.to_event()))
    assert state.keys() == BEFORE.keys() | {
        "aliases",
        "asks_model",
        "attach_policy",
        "is_hidden_at_end",
        "takes_source_name",
        "settings_at_end",
        "settings_left_out",
        "warnings",
    }
    assert state["strategy"] == "redirect_writes"
    throttle = {"requested": 7.0, "limit": 3.5, "former": 7.0, "slices": 2, "refused": 4, "best": 9.0}
    restarts = {"restarts": 0, "fruitless": 0, "gentleness": 0}
    assert state["task"] == {**TASK, "status": "running", **restarts, **PROGRESS, "throttle": throttle}


def test_a_key_of_a_later_version_is_left_out() -> None:
    assert Copy.read({**TASK, "later": 1, "status": None}) == COPY
    assert Copy.read({**TASK, "throttle": {"limit": 3.5, "later": 1}}) == replace(COPY, throttle=Throttle(limit=3.5))


def test_what_an_older_function_adds_is_newer_than_the_throttle() -> None:
    copy = Copy.read({**TASK, "throttle": {"limit": 1.0}, "pace": THROTTLE_BEFORE})
    assert copy.throttle == THROTTLE


def test_a_state_holds_plain_text_and_no_members_of_an_enumeration() -> None:
    state = replace(JOB, task=replace(COPY, status=CopyStatus.LOST)).to_event()
    assert {type(state["strategy"]), type(state["task"]["status"])} == {str}


def test_a_key_with_a_default_may_be_missing() -> None:
    event = {key: value for key, value in BEFORE.items() if key not in ("settings_after_copy", "source_count")}
    job = Job.from_event({**event, "task": TASK})
    assert (job.settings_after_copy, job.source_count, job.task) == ({}, -1, COPY)


@pytest.mark.parametrize("missing", ["task", "strategy", "source_uuid"])
def test_an_event_of_no_step_is_no_state(missing: str) -> None:
    event = {key: value for key, value in BEFORE.items() if key != missing}
    with pytest.raises(KeyError, match=missing):
        Job.from_event(event)


def test_the_release_of_an_execution_that_started_before_the_upgrade_is_understood(mocker: Any) -> None:
    """Its definition sends the state with the error in it, see ReleaseSource."""
    mocker.patch("handlers.connect")
    release = mocker.patch("handlers.release_source")
    error = {"Error": "ReindexFailedError", "Cause": "{}"}
    handlers.update_aliases_handler({**BEFORE, "error": error}, None)
    release.assert_called_once()
