"""Invariant 1: no acknowledged document of a permanent writer is lost or outdated."""

from contextlib import ExitStack
from typing import Any

import pytest

from support.domain import Domain
from support.rebuild import Rebuild
from support.waiting import wait_until
from support.writer import Writer, small_writes

PREFIX = "writers"

WRITERS = 3
DOCUMENTS_BEFORE = 20_000


@pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
def test_no_acknowledged_write_is_lost_or_stale_while_writers_go_on(
    strategy: str, domain: Domain, rebuild: Rebuild
) -> None:
    domain("PUT", "writers_v1", {"settings": {"number_of_shards": 2}, "aliases": {"writers_current": {}}})
    loaded = {str(number): {"before": number} for number in range(DOCUMENTS_BEFORE)}
    domain.bulk("writers_current", loaded)
    blocks = strategy == "block_writes"
    with ExitStack() as stack:
        writers = [
            # Each also changes documents of its own share of those that are copied.
            Writer(domain.url, "writers_current", small_writes(number, updates_and_deletes=blocks), loaded=share)
            for number, share in enumerate(shares(loaded))
        ]
        for writer in writers:
            stack.enter_context(writer)
        wait_until(lambda: all(writer.written.total > 50 for writer in writers))
        rebuild("writers_v1", strategy=strategy)
        during = [writer.written.total for writer in writers]
        wait_until(lambda: all(w.written.total > count + 50 for w, count in zip(writers, during, strict=True)))
    expected = {key: source for writer in writers for key, source in writer.documents.items()}
    assert not blocks or all(writer.refused for writer in writers)
    assert domain.all_documents("writers_current") == expected
    assert not domain.exists("writers_v1")


def shares(documents: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents, dealt out to the writers."""
    return [dict(list(documents.items())[number::WRITERS]) for number in range(WRITERS)]
