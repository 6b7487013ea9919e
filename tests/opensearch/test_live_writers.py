"""Invariant 1: whatever was acknowledged is there at the end, newest version, while writers never pause."""

from contextlib import ExitStack

from support.domain import Domain
from support.rebuild import Rebuild
from support.waiting import wait_until
from support.writer import Writer

WRITERS = 3
DOCUMENTS_BEFORE = 20_000


def test_no_acknowledged_document_is_lost_or_stale_while_writers_go_on(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "a_v1", {"settings": {"number_of_shards": 2}, "aliases": {"a_current": {}}})
    expected = {str(number): {"before": number} for number in range(DOCUMENTS_BEFORE)}
    domain.bulk("a_current", expected)
    with ExitStack() as stack:
        writers = [stack.enter_context(Writer(domain.url, "a_current", number)) for number in range(WRITERS)]
        wait_until(lambda: all(len(writer.acknowledged) > 50 for writer in writers))
        rebuild("a_v1")
        during = [len(writer.acknowledged) for writer in writers]
        wait_until(lambda: all(len(w.acknowledged) > count + 50 for w, count in zip(writers, during, strict=True)))
    for writer in writers:
        expected |= writer.acknowledged
    domain("POST", "a_v2/_refresh")
    assert domain("GET", "a_current/_count")["count"] == len(expected)
    ids = list(expected)
    for start in range(0, len(ids), 1000):
        batch = ids[start : start + 1000]
        found = domain("POST", "a_current/_mget", {"ids": batch})["docs"]
        assert {document["_id"]: document.get("_source") for document in found} == {key: expected[key] for key in batch}
