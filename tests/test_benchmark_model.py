"""What the benchmark predicts, against figures counted by hand."""

import json
import time
from dataclasses import replace

import hcl2
import pytest

import copying
import trigger_file
from bench import model
from bench.figures import Figure, Goal
from bench.model import Costs, Measured, Polling, costs, most_indices, predict
from copying import FIRST_WAIT_SECONDS
from support.mocked_domain import JOB, copied, task_answer
from support.paths import ROOT
from support.rebuild import ENVIRONMENT

EVERY_30_SECONDS = Polling(first_wait=5, first_pause=30, growth=1, longest_pause=30)
MODULE = ROOT / "modules" / "opensearch-reindex"
COSTS = Costs(
    seconds_of_file=2,
    seconds_of_index=1,
    lambda_seconds_of_file=0.5,
    lambda_seconds_of_index=0.5,
    documents_per_second=20_000,
)


def default_of(name: str) -> float:
    with (MODULE / "variables.tf").open(encoding="utf-8") as file:
        variables = hcl2.load(file)["variable"]
    (block,) = (block[key] for block in variables for key in block if key.strip('"') == name)
    return float(block["default"])


def test_a_file_of_small_indices_costs_its_fixed_part_and_the_same_for_each() -> None:
    predicted = predict(10, 0, COSTS)
    assert predicted.seconds == 12
    assert predicted.lambda_seconds == 5.5
    # GetTriggerFile, ReindexIndices, Success; ReindexIndex and seven states for each index.
    assert predicted.transitions == 3 + 10 * 8
    assert predicted.lambda_calls == 1 + 10 * 5
    assert predicted.dollars == pytest.approx(83 * 25e-6 + 51 * 2e-7 + 5.5 * 0.5 * 0.0000166667)


def test_a_copy_that_takes_longer_is_looked_at_and_paid_for_while_the_function_waits() -> None:
    predicted = predict(
        2, 40 * 20_000, COSTS, EVERY_30_SECONDS
    )  # 40 s: found done at the second look, after 5 + 30 + 30 s
    assert predicted.seconds == 2 + 2 * (1 + 65)
    assert predicted.transitions == 3 + 2 * (8 + 2 * 3)
    assert predicted.lambda_calls == 1 + 2 * (5 + 2)
    assert predicted.lambda_seconds == pytest.approx(0.5 + 2 * (0.5 + 5 + 2 * 0.1))


def test_pauses_grow_up_to_the_longest() -> None:
    polling = Polling(first_wait=5, first_pause=2, growth=2, longest_pause=10)
    assert polling.looks(5) == (0, 5)
    assert polling.looks(6) == (1, 7)
    assert polling.looks(12) == (3, 5 + 2 + 4 + 8)
    assert polling.looks(30) == (5, 5 + 2 + 4 + 8 + 10 + 10)


def test_costs_are_read_from_two_runs() -> None:
    read = costs(Measured(10, 12, 5.5), Measured(100, 102, 50.5), 20_000)
    assert read == COSTS


def test_a_file_is_split_by_its_time_out() -> None:
    slow = 20_000 * 69  # 69 s of copying are found done after 95 s: 96 s for an index
    assert most_indices(slow, 20, COSTS, EVERY_30_SECONDS) == (7200 - 2) // 96
    fits, takes_longer = (predict(number, slow, COSTS, EVERY_30_SECONDS).seconds for number in (74, 75))
    assert fits <= model.EXECUTION_TIMEOUT_SECONDS < takes_longer
    assert most_indices(20_000 * 8000, 20, COSTS) == 0


def test_a_file_is_split_by_its_entries_and_by_its_state() -> None:
    fast = replace(COSTS, seconds_of_index=0.1)
    assert most_indices(0, 200, fast) == model.MAX_INDICES
    long = most_indices(0, 250, fast)
    assert long < model.MAX_INDICES
    name = "n" * 250
    file = {"opensearch_endpoint": f"https://{'h' * 200}", "indices": [name] * long}
    assert len(json.dumps({"file": file["opensearch_endpoint"], "indices": [{"source_index": name}] * long})) < (
        model.MAX_STATE_BYTES
    )


def test_limits_and_defaults_are_those_of_the_module_and_of_the_code() -> None:
    assert default_of("execution_timeout_seconds") == model.EXECUTION_TIMEOUT_SECONDS
    assert default_of("lambda_memory") / 1024 == model.LAMBDA_GB
    assert trigger_file.MAX_STATE_BYTES == model.MAX_STATE_BYTES
    assert trigger_file._schema()["properties"]["indices"]["maxItems"] == model.MAX_INDICES
    assert Polling().longest_pause == default_of("poll_interval_seconds")
    assert Polling().first_wait == FIRST_WAIT_SECONDS


def test_pauses_are_those_of_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that never ends, looked at as the state machine does: it waits as long as each look tells it to."""
    clock = [1_700_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    environment = replace(ENVIRONMENT, poll_interval_seconds=int(default_of("poll_interval_seconds")))
    domain = copied()
    domain.client.find_reindex_task.return_value = "n:1"
    domain.client.get_task.side_effect = lambda *_args, **_kwargs: task_answer(
        completed=False, task={**task_answer()["task"], "status": {"created": clock[0]}}
    )
    job = copying.start_reindex(domain.client, replace(JOB, task={}), environment)
    elapsed = float(FIRST_WAIT_SECONDS)
    for look in range(1, 12):
        clock[0] += job.task["wait_seconds"]
        elapsed += job.task["wait_seconds"]
        assert Polling().looks(elapsed) == (look, elapsed)
        job = copying.check_reindex_status(domain.client, job, environment)


@pytest.mark.parametrize(
    ("goal", "met"), [(Goal("at least", 2), True), (Goal("at most", 2), True), (Goal("below", 2), False)]
)
def test_the_median_is_held_to_the_goal(goal: Goal, *, met: bool) -> None:
    assert Figure("name", "s", (1, 2, 9), goal).verdict == ("met" if met else "MISSED")
