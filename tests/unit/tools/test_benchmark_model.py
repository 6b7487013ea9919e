"""What the benchmark predicts, against figures counted by hand."""

import json
from dataclasses import replace

import hcl2
import pytest

from bench import model
from bench.figures import Figure, Goal
from bench.model import Costs, Growth, Looks, Measured, Polling, costs, most_indices, predict
from opensearch_reindex.trigger import get_trigger_file, trigger_file
from support.paths import ROOT

MODULE = ROOT / "modules" / "opensearch-reindex"
COSTS = Costs(
    seconds=Growth(of_file=2, of_index=1),
    lambda_seconds=Growth(of_file=0.5, of_index=0.5),
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


def test_a_copy_that_takes_longer_is_looked_at_and_paid_for_while_a_function_waits() -> None:
    # 40.5 s: 5 s in StartReindex, pauses of 30 and 5 s, and the rest in the second look.
    predicted = predict(2, 810_000, COSTS)
    assert predicted.seconds == pytest.approx(2 + 2 * (1 + 40.5))
    assert predicted.transitions == 3 + 2 * (8 + 2 * 3)
    assert predicted.lambda_calls == 1 + 2 * (5 + 2)
    assert predicted.lambda_seconds == pytest.approx(0.5 + 2 * (0.5 + 5 + 0.5 + 2 * 0.1))


def test_a_copy_is_found_done_soon_after_its_end_and_a_long_one_is_looked_at_seldom() -> None:
    assert Polling().looks(4) == Looks(0, 4, 4)
    assert Polling().looks(20) == Looks(1, 20, 5)
    day = Polling(longest_pause=600).looks(86_400)
    assert day.number < 150
    assert 86_400 <= day.seconds < 87_000


def test_costs_are_read_from_three_runs() -> None:
    runs = [Measured(10, 12, 5.5), Measured(100, 102, 50.5), Measured(1000, 1002, 500.5)]
    assert costs(runs, 20_000) == COSTS
    growth = Growth.through([(number, 2 + number * (1 + 0.01 * number)) for number in (10, 100, 1000)])
    assert (growth.of_file, growth.of_index, growth.of_neighbour) == pytest.approx((2, 1, 0.01))
    assert growth.at(300) == pytest.approx(2 + 300 * 4)


def test_a_file_is_split_by_its_time_out() -> None:
    slow = 20_000 * 95  # 95 s of copying: 96 s for an index
    assert most_indices(slow, 20, COSTS) == (7200 - 2) // 96
    fits, takes_longer = (predict(number, slow, COSTS).seconds for number in (74, 75))
    assert fits <= model.EXECUTION_TIMEOUT_SECONDS < takes_longer
    assert most_indices(20_000 * 8000, 20, COSTS) == 0


def test_a_file_is_split_by_its_entries_and_by_its_state() -> None:
    fast = replace(COSTS, seconds=Growth(of_file=2, of_index=0.1))
    assert most_indices(0, 200, fast) == model.MAX_INDICES
    long = most_indices(0, 250, fast)
    assert long < model.MAX_INDICES
    name = "n" * 250
    file = {"opensearch_endpoint": f"https://{'h' * 200}", "indices": [name] * long}
    assert len(json.dumps({"file": file["opensearch_endpoint"], "indices": [{"source_index": name}] * long})) < (
        get_trigger_file.MAX_STATE_BYTES
    )


def test_limits_and_defaults_are_those_of_the_module_and_of_the_code() -> None:
    assert default_of("execution_timeout_seconds") == model.EXECUTION_TIMEOUT_SECONDS
    assert default_of("lambda_memory") / 1024 == model.LAMBDA_GB
    assert trigger_file._schema()["properties"]["indices"]["maxItems"] == model.MAX_INDICES
    assert Polling().longest_pause == default_of("poll_interval_seconds")


@pytest.mark.parametrize(
    ("goal", "met"), [(Goal("at least", 2), True), (Goal("at most", 2), True), (Goal("below", 2), False)]
)
def test_the_median_is_held_to_the_goal(goal: Goal, *, met: bool) -> None:
    assert Figure("name", "s", (1, 2, 9), goal).verdict == ("met" if met else "MISSED")
