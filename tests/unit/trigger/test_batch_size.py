"""The batch size of a trigger file and the result window of each source index."""

from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.trigger.admission import batch_problems
from opensearch_reindex.trigger.plan import PlannedIndex

PLANNED = PlannedIndex("indices[0]", "a_v1", "a_v2", "a_current", ({}, {}), "c")


@pytest.mark.parametrize(("settings", "window"), [({}, 10_000), ({"max_result_window": "100"}, 100)])
def test_a_batch_is_compared_with_the_result_window_of_each_source(settings: dict[str, Any], window: int) -> None:
    source = IndexInfo("u", {}, {"number_of_shards": "1", **settings}, {})
    assert batch_problems(PLANNED, source, None) == []
    assert batch_problems(PLANNED, source, window) == []
    assert batch_problems(PLANNED, source, window + 1) == [
        f"indices[0]: reindex.batch_size is {window + 1}, but index.max_result_window of source index 'a_v1' is "
        f"{window}; expected at most {window}"
    ]
