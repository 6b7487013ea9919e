"""The benchmark's model and an interpreter count the same states and events."""

import boto3

from bench.model import Costs, Growth, Polling, index_events, parent_events, predict
from support.trigger_file import trigger_file
from workflow.indices import Indices
from workflow.machines import Execution, StateMachines

DOCUMENTS = {str(number): {"number": number} for number in range(10)}
NOTHING = Costs(Growth(0, 0), Growth(0, 0), documents_per_second=1)


def states(execution: Execution) -> list[str]:
    history = boto3.client("stepfunctions").get_execution_history(executionArn=execution.arn)
    return [event["stateEnteredEventDetails"]["name"] for event in history["events"] if "EnteredEvent" in str(event)]


def test_states_and_events_of_a_file_and_of_its_indices(machines: StateMachines, indices: Indices) -> None:
    sources = [indices.create(f"n{number}", DOCUMENTS) for number in range(3)]

    execution = machines.run(trigger_file(indices.endpoint, *sources))

    nested = machines.nested()
    assert sum(len(states(each)) for each in (execution, *nested)) == predict(3, 0, NOTHING).transitions
    assert len(machines.functions.calls) == predict(3, 0, NOTHING).lambda_calls
    assert machines.event_count(execution) == parent_events(3)
    assert [machines.event_count(each) for each in nested] == [index_events(states(each)) for each in nested]


def test_states_and_events_of_a_copy_with_polls(machines: StateMachines, indices: Indices) -> None:
    source = indices.create("slow", DOCUMENTS)
    slow = {"requests_per_second": 1, "batch_size": 1, "slices": 1}  # 10 s

    execution = machines.run(trigger_file(indices.endpoint, source, reindex=slow))

    (nested,) = machines.nested()
    polls = states(nested).count("CheckReindexStatus")
    assert polls > 0
    every_second = Polling(wait_seconds=0, poll_interval_seconds=1)
    assert len(states(execution)) + len(states(nested)) == predict(1, polls, NOTHING, every_second).transitions
    assert machines.event_count(nested) == index_events(states(nested))
