"""The way back that the README describes, with a writer that never pauses."""

from support.domain import Domain
from support.rebuild import Rebuild
from support.waiting import wait_until
from support.writer import Writer


def test_rolling_back_loses_nothing_that_was_acknowledged(domain: Domain, rebuild: Rebuild) -> None:
    count_runs = {"processors": [{"script": {"source": "ctx.runs = (ctx.runs ?: 0) + 1"}}]}
    domain("PUT", "_ingest/pipeline/count-runs", count_runs)
    domain("PUT", "a_v1", {"aliases": {"a_current": {}}})
    domain.bulk("a_v1", {str(number): {"n": number} for number in range(1000)})
    domain("PUT", "a_v1/_settings", {"index.default_pipeline": "count-runs"})
    with Writer(domain.url, "a_current", 0) as writer:
        wait_until(lambda: writer.written > 30)
        rebuild.copy(rebuild.freeze("a_v1"))
        during = writer.written
        wait_until(lambda: writer.written > during + 30)

        domain("PUT", "a_v2/_block/write")
        domain("POST", "a_v2/_refresh")
        domain("PUT", "a_v1/_settings", {"index.blocks.write": False})
        home = {"source": {"index": "a_v2"}, "dest": {"index": "a_v1", "pipeline": "_none"}}
        task = domain("POST", "_reindex?wait_for_completion=false", home)["task"]
        wait_until(lambda: domain("GET", f"_tasks/{task}")["completed"])
        assert domain("GET", f"_tasks/{task}")["response"]["failures"] == []
        remove = {"remove": {"index": "a_v2", "alias": "a_current"}}
        add = {"add": {"index": "a_v1", "alias": "a_current", "is_write_index": True}}
        domain("POST", "_aliases", {"actions": [remove, add]})
        domain("DELETE", "a_v2")

        after = writer.written
        wait_until(lambda: writer.written > after + 30)
    expected = {str(number): {"n": number} for number in range(1000)} | {
        key: {**source, "runs": 1} for key, source in writer.documents.items()
    }
    assert domain.documents("a_current") == expected
    # And the way is free for a file with other changes.
    rebuild("a_v1", mappings={"properties": {"added": {"type": "keyword"}}})
    assert domain.documents("a_current") == expected
