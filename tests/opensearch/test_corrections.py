"""A half-done index that writers use goes on with a corrected trigger file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.runtime.errors import IndexCreationError, ReindexFailedError
from support.domain import Domain
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.waiting import wait_until
from support.writer import Write, Writer

PREFIX = "corrected"

SOURCE, TARGET, ALIAS = "corrected_v1", "corrected_v2", "corrected_current"
DOCUMENTS: dict[str, Any] = {str(number): {"n": number} for number in range(300)}
LATE = {"extra": {"x": 1}, "n": 300}


@pytest.fixture
def older_documents(domain: Domain, past_the_trial: None) -> None:
    """Make a source index with a document that its own mappings refuse by now."""
    mappings = {"dynamic": False, "properties": {"n": {"type": "long"}}}
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    domain("PUT", SOURCE, {"settings": settings, "mappings": mappings, "aliases": {ALIAS: {"is_write_index": True}}})
    domain.bulk(SOURCE, {**DOCUMENTS, "late": LATE})
    domain("PUT", f"{SOURCE}/_mapping", {"dynamic": "strict"})


def small_documents(_: object) -> Iterator[Sequence[Write]]:
    """Create documents that fit the mappings of the source index."""
    for number in count():
        yield [Write("create", f"written-{number}", {"n": number})]


@contextmanager
def failed_copy(domain: Domain, rebuild: Rebuild) -> Iterator[Writer]:
    """Let a copy fail while a writer writes."""
    job = rebuild.freeze(SOURCE, reindex={"batch_size": 100})
    with Writer(domain.url, ALIAS, small_documents) as writer:
        wait_until(lambda: writer.written.total > 20)
        with pytest.raises(ReindexFailedError):
            rebuild.copy(job)
        yield writer


@pytest.mark.usefixtures("older_documents")
@pytest.mark.parametrize(
    ("correction", "late"),
    [
        ({"mappings": {"dynamic": False}}, LATE),
        ({"mappings": {"properties": {"extra": {"type": "object"}, "x": {"type": "long"}}, "dynamic": True}}, LATE),
        ({"reindex": {"script": {"source": "ctx._source.remove('extra')"}}}, {"n": 300}),
        ({"reindex": {"script": {"source": "if (ctx._source.extra != null) { ctx.op = 'noop' }"}}}, None),
    ],
)
def test_a_corrected_file_goes_on_after_a_copy_of_documents_that_do_not_fit(
    correction: dict[str, Any], late: Any, domain: Domain, rebuild: Rebuild
) -> None:
    with failed_copy(domain, rebuild) as writer:
        rebuild.finish(rebuild.copy(rebuild.freeze(SOURCE, **correction)))
        during = writer.written.total
        wait_until(lambda: writer.written.total > during + 20)
    assert writer.refused == 0
    assert not domain.exists(SOURCE)
    expected = {**DOCUMENTS, **({"late": late} if late else {}), **writer.documents}
    assert domain.all_documents(ALIAS) == expected
    mappings = domain("GET", TARGET)[TARGET]["mappings"]
    assert mappings["_meta"]["opensearch_reindex"]["source_index"] == SOURCE
    for key, value in correction.get("mappings", {}).items():
        assert key == "properties" or mappings[key] == str(value).lower()


@pytest.mark.usefixtures("older_documents")
def test_a_correction_that_the_index_cannot_take_leaves_it_as_it_is(domain: Domain, rebuild: Rebuild) -> None:
    with failed_copy(domain, rebuild) as writer:
        with pytest.raises(IndexCreationError, match="cannot be changed from type") as caught:
            rebuild.create(SOURCE, mappings={"properties": {"n": {"type": "keyword"}}, "dynamic": False})
        assert "roll back" in caught.value.next_step
        mappings = domain("GET", TARGET)[TARGET]["mappings"]
        assert mappings["dynamic"] == "strict"
        rebuild.finish(rebuild.copy(rebuild.freeze(SOURCE, mappings={"dynamic": False})))
    assert domain.all_documents(ALIAS) == {**DOCUMENTS, "late": LATE, **writer.documents}


@pytest.mark.usefixtures("older_documents")
def test_the_copy_of_the_file_before_writes_nothing_after_the_correction(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    slow = {"batch_size": 10, "requests_per_second": 20, "slices": 1}
    start_reindex(client, rebuild.freeze(SOURCE, reindex=slow), ENVIRONMENT)
    before = client.get_indices([TARGET])[TARGET].markers
    mended = {"script": {"source": "ctx._source.remove('extra'); ctx._source.n = -1"}}
    corrected = event(SOURCE, rebuild.url, reindex=mended)
    create_index(client, {**corrected, "execution_id": "arn:2"}, no_execution_runs)
    tasks = domain("GET", "_tasks?actions=*reindex")["nodes"]
    assert tasks == {} or all(task.get("cancelled") for node in tasks.values() for task in node["tasks"].values())
    after = client.get_indices([TARGET])[TARGET].markers
    assert after.frozen_seq_no == before.frozen_seq_no
    # Not even a copy that is only being started can write on.
    assert after.copy_alias != before.copy_alias
    copied = set(domain.documents(TARGET))
    assert 0 < len(copied) < 200
    rebuild.finish(rebuild.copy(rebuild.freeze(SOURCE, reindex=mended)))
    negative = {"n": -1}
    expected = {key: each if key in copied else negative for key, each in {**DOCUMENTS, "late": negative}.items()}
    assert domain.all_documents(ALIAS) == expected
