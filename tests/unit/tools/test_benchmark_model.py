"""Predictions of the benchmark's model, compared with figures counted by hand."""

import json
from dataclasses import replace

import hcl2
import pytest

from bench import model
from bench.figures import Figure, Goal
from bench.model import Costs, Growth, Measured, Polling, Polls, costs, most_indices, predict
from opensearch_reindex.trigger import get_trigger_file, trigger_file
from support.paths import ROOT

MODULE = ROOT / "modules" / "opensearch-reindex"
COSTS = Costs(
    seconds=Growth(per_file=2, per_index=1),
    lambda_seconds=Growth(per_file=0.5, per_index=0.5),
    documents_per_second=20_000,
)


def default_of(name: str) -> float:
    with (MODULE / "variables.tf").open(encoding="utf-8") as file:
        variables = hcl2.load(file)["variable"]
    (block,) = (block[key] for block in variables for key in block if key.strip('"') == name)
    return float(block["default"])


def test_prediction_grows_with_the_number_of_small_indices() -> None:
    predicted = predict(10, 0, COSTS)
    assert predicted.seconds == 12
    assert predicted.lambda_seconds == 5.5
    # GetTriggerFile, ReindexIndices, Success; ReindexIndex and seven states for each index.
    assert predicted.transitions == 3 + 10 * 8
    assert predicted.lambda_calls == 1 + 10 * 5
    assert predicted.dollars == pytest.approx(83 * 25e-6 + 51 * 2e-7 + 5.5 * 0.5 * 0.0000166667)


def test_prediction_includes_polls_and_waiting_functions_of_a_longer_copy() -> None:
    # 40.5 s: 5 s in StartReindex, poll intervals of 30 and 5 s, and the rest in the second poll.
    predicted = predict(2, 810_000, COSTS)
    assert predicted.seconds == pytest.approx(2 + 2 * (1 + 40.5))
    assert predicted.transitions == 3 + 2 * (8 + 2 * 3)
    assert predicted.lambda_calls == 1 + 2 * (5 + 2)
    assert predicted.lambda_seconds == pytest.approx(0.5 + 2 * (0.5 + 5 + 0.5 + 2 * 0.1))


def test_polling_ends_soon_after_the_copy_and_is_rare_for_a_long_copy() -> None:
    assert Polling().polls(4) == Polls(0, 4, 4)
    assert Polling().polls(20) == Polls(1, 20, 5)
    day = Polling(poll_interval_seconds=600).polls(86_400)
    assert day.number < 150
    assert 86_400 <= day.seconds < 87_000


def test_costs_follow_from_three_runs() -> None:
    runs = [Measured(10, 12, 5.5), Measured(100, 102, 50.5), Measured(1000, 1002, 500.5)]
    assert costs(runs, 20_000) == COSTS
    growth = Growth.through([(number, 2 + number * (1 + 0.01 * number)) for number in (10, 100, 1000)])
    assert (growth.per_file, growth.per_index, growth.per_neighbour) == pytest.approx((2, 1, 0.01))
    assert growth.total(300) == pytest.approx(2 + 300 * 4)


def test_most_indices_respects_the_time_out() -> None:
    slow = 20_000 * 95  # 95 s of copying: 96 s for an index
    assert most_indices(slow, 20, COSTS) == (7200 - 2) // 96
    fits, takes_longer = (predict(number, slow, COSTS).seconds for number in (74, 75))
    assert fits <= model.EXECUTION_TIMEOUT_SECONDS < takes_longer
    assert most_indices(20_000 * 8000, 20, COSTS) == 0


def test_most_indices_respects_the_number_of_entries_and_the_size_of_the_state() -> None:
    fast = replace(COSTS, seconds=Growth(per_file=2, per_index=0.1))
    assert most_indices(0, 200, fast) == model.MAX_INDICES
    long = most_indices(0, 250, fast)
    assert long < model.MAX_INDICES
    name = "n" * 250
    file = {"opensearch_endpoint": f"https://{'h' * 200}", "indices": [name] * long}
    assert len(json.dumps({"file": file["opensearch_endpoint"], "indices": [{"source_index": name}] * long})) < (
        get_trigger_file.MAX_STATE_BYTES
    )


def test_model_has_the_limits_and_defaults_of_the_module() -> None:
    assert default_of("execution_timeout_seconds") == model.EXECUTION_TIMEOUT_SECONDS
    assert default_of("lambda_memory") / 1024 == model.LAMBDA_GB
    assert trigger_file._schema()["properties"]["indices"]["maxItems"] == model.MAX_INDICES
    assert Polling().poll_interval_seconds == default_of("poll_interval_seconds")


@pytest.mark.parametrize(
    ("goal", "met"), [(Goal("at least", 2), True), (Goal("at most", 2), True), (Goal("below", 2), False)]
)
def test_verdict_compares_the_median_with_the_goal(goal: Goal, *, met: bool) -> None:
    assert Figure("name", "s", (1, 2, 9), goal).verdict == ("met" if met else "MISSED")
