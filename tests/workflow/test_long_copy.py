"""A copy of a day fits into the 25,000 events of an execution's history."""

import json
from typing import Any

from opensearch_reindex.rebuild.throttle import poll_pause_seconds
from support.history import MAX_EVENTS, MAX_INTERVALS
from support.trigger_file import trigger_file
from workflow.functions import Event, Handler, State
from workflow.indices import Indices
from workflow.machines import StateMachines, index_definition

DAY_SECONDS = 24 * 60 * 60
# The module allows no shorter interval for a time-out of a day.
POLL_INTERVAL_SECONDS = -(-DAY_SECONDS // MAX_INTERVALS)


def without_waiting() -> dict[str, Any]:
    """The definition for one index, with Wait states that are over at once."""
    definition = index_definition()
    wait = definition["States"]["WaitForReindex"]
    del wait["SecondsPath"]
    wait["Seconds"] = 0
    return definition


def test_a_copy_of_a_day_stays_within_the_history_of_an_execution(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("large", {"1": {"number": 1}})
    machines.replace_index_definition(without_waiting())
    seconds = 5.0

    def look_for_a_day(handler: Handler, event: Event) -> State:
        nonlocal seconds
        state = handler(event) if "status" not in event["task"] else event
        if seconds >= DAY_SECONDS:
            return {**state, "task": {**state["task"], "status": "completed"}}
        # The shortest pauses there are: it seems to be near its end all the time.
        pause = poll_pause_seconds([(1000, 1000)], seconds, POLL_INTERVAL_SECONDS)
        seconds += pause
        return {**state, "task": {**state["task"], "status": "running", "wait_seconds": pause}}

    machines.functions.hooks["start_reindex"] = look_for_a_day
    machines.functions.hooks["check_reindex_status"] = look_for_a_day

    execution = machines.run(trigger_file(indices.endpoint, source), deadline_seconds=300)

    assert execution.status == "SUCCEEDED", json.dumps(execution.cause)
    (nested,) = machines.nested()
    polls = len(machines.functions.of("check_reindex_status"))
    assert polls >= DAY_SECONDS / POLL_INTERVAL_SECONDS
    events = machines.event_count(nested)
    assert 9 * polls < events < MAX_EVENTS
