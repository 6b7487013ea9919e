"""What must hold on every engine. The docstrings are the rows of the matrix."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import pytest

from opensearch_reindex.index.tokens import TOKEN_PREFIX
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.release_source import release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import (
    ConcurrentReindexError,
    ReindexError,
    TransientOpenSearchError,
    VerificationError,
)
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.rebuild import ENVIRONMENT, Rebuild, event, no_execution_runs
from support.upload import uploads
from support.waiting import wait_until
from support.writer import Writer, small_writes

SOURCE, TARGET, ALIAS = "engine_v1", "engine_v2", "engine_current"
DOCUMENTS = {str(number): {"n": number, "name": f"document {number}"} for number in range(500)}
MAPPINGS = {"properties": {"n": {"type": "long"}, "name": {"type": "text"}}}
CHANGED = {
    "properties": {
        "name": {"type": "text", "analyzer": "english", "fields": {"raw": {"type": "keyword"}}},
        "added": {"type": "date"},
    }
}
RACERS = 20

both_strategies = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])


def execution(number: int) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:opensearch-reindex-dev:{number}"


def create(
    client: OpenSearchClient,
    domain: Domain,
    number: int = 1,
    is_running: Callable[[str], bool] = no_execution_runs,
    **changes: Any,
) -> Job:
    return create_index(client, {**event(SOURCE, domain.url, **changes), "execution_id": execution(number)}, is_running)


def tokens(domain: Domain) -> list[str]:
    return [name for name in domain.holdings() if name.startswith(TOKEN_PREFIX)]


def assert_rebuilt(domain: Domain, documents: dict[str, Any]) -> None:
    assert domain.all_documents(ALIAS) == documents
    assert not domain.exists(SOURCE)
    assert domain("GET", f"{TARGET}/_alias")[TARGET]["aliases"] == {ALIAS: {"is_write_index": True}}
    assert not tokens(domain)


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    settings = {"number_of_shards": 2, "number_of_replicas": 0}
    domain("PUT", SOURCE, {"settings": settings, "mappings": MAPPINGS, "aliases": {ALIAS: {"is_write_index": True}}})
    domain.bulk(SOURCE, DOCUMENTS)


@both_strategies
def test_upload(strategy: str, domain: Domain, client: OpenSearchClient) -> None:
    """Accept a trigger file, and rebuild what it names."""
    keys = {
        "strategy": strategy,
        "mappings": CHANGED,
        "reindex": {"script": {"source": "ctx._source.added = '2026-01-01'"}},
    }
    before = domain.state()
    with uploads(client, domain.url) as upload:
        state = upload(SOURCE, **keys)
    assert domain.state() == before
    Rebuild(client, domain.url)(SOURCE, **{key: state["trigger_file"][key] for key in keys})
    assert_rebuilt(domain, {each: {**body, "added": "2026-01-01"} for each, body in DOCUMENTS.items()})


@both_strategies
@pytest.mark.parametrize("times", [1, 2])
def test_rebuild(times: int, strategy: str, domain: Domain, client: OpenSearchClient) -> None:
    """Rebuild with changed mappings and settings."""
    job = Rebuild(client, domain.url, twice=times == 2)(
        SOURCE, strategy=strategy, mappings=CHANGED, settings={"number_of_shards": 1}
    )
    assert_rebuilt(domain, DOCUMENTS)
    assert job.warnings == []  # no engine here has Index State Management
    mapping = domain("GET", f"{TARGET}/_mapping")[TARGET]["mappings"]["properties"]
    assert mapping == {"n": {"type": "long"}, **CHANGED["properties"]}
    assert domain("GET", f"{TARGET}/_settings")[TARGET]["settings"]["index"]["number_of_shards"] == "1"


@both_strategies
def test_roles(strategy: str, domain: Domain, rebuild: Rebuild) -> None:
    """Aliases keep their roles, and the source's name becomes one."""
    entries: dict[str, dict[str, Any]] = {
        "engine-open": {},
        "engine-reader": {"is_write_index": False},
        "engine-shared": {"filter": {"term": {"n": 1}}, "index_routing": "1", "search_routing": "1"},
        "engine-hidden": {"is_hidden": True},
    }
    actions = [{"add": {"index": SOURCE, "alias": alias, **entry}} for alias, entry in entries.items()]
    domain("POST", "_aliases", {"actions": actions})
    domain("PUT", "engine-other", {"aliases": {"engine-shared": {}}})
    job = rebuild.freeze(SOURCE, strategy=strategy, alias_name=None, keep_source_name_as_alias=True)
    for alias in (ALIAS, "engine-open", "engine-hidden"):
        answer = domain("PUT", f"{alias}/_doc/during", {}, ok=False)
        assert answer.get("_index", answer.get("status")) == (TARGET if strategy == "redirect_writes" else 403)
    rebuild.finish(rebuild.copy(job))
    writes = {"is_write_index": True}
    assert domain("GET", f"{TARGET}/_alias")[TARGET]["aliases"] == {**entries, ALIAS: writes, SOURCE: writes}
    assert domain("PUT", f"{SOURCE}/_doc/new", {})["_index"] == TARGET
    assert domain.documents(SOURCE).keys() >= DOCUMENTS.keys()
    domain("DELETE", "engine-other")


@both_strategies
def test_writers(strategy: str, domain: Domain, rebuild: Rebuild) -> None:
    """Writers go on during the rebuild."""
    blocks = strategy == "block_writes"
    shares = [dict(list(DOCUMENTS.items())[number::2]) for number in range(2)]
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                Writer(domain.url, ALIAS, small_writes(number, updates_and_deletes=blocks), loaded=share)
            )
            for number, share in enumerate(shares)
        ]
        wait_until(lambda: all(writer.written.total > 20 for writer in writers))
        rebuild(SOURCE, strategy=strategy)
        during = [writer.written.total for writer in writers]
        wait_until(lambda: all(w.written.total > count + 20 for w, count in zip(writers, during, strict=True)))
    assert_rebuilt(domain, {key: each for writer in writers for key, each in writer.documents.items()})


@both_strategies
@pytest.mark.parametrize("done", range(4))
def test_resume(done: int, strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    """Killed after each step, and uploaded again."""
    way: list[Callable[[Job], Job]] = [
        lambda job: update_aliases(client, job),
        rebuild.copy,
        lambda job: remove_alias(client, job),
    ]
    job = create(client, domain, 1, strategy=strategy)
    for step in way[:done]:
        job = step(job)
    job = create(client, domain, 2, strategy=strategy)
    for step in way:
        job = step(job)
    delete_index(client, job)
    assert_rebuilt(domain, DOCUMENTS)


@both_strategies
def test_lost_answers(
    strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to each change of aliases is lost, and the step runs again."""
    apply = client.apply_alias_actions

    def lose(actions: list[dict[str, Any]]) -> None:
        monkeypatch.setattr(client, "apply_alias_actions", apply)
        apply(actions)
        raise TransientOpenSearchError("the answer was lost")

    job = update_aliases(client, create(client, domain, 1, strategy=strategy))
    job = rebuild.copy(job)
    for step in (remove_alias, delete_index):
        monkeypatch.setattr(client, "apply_alias_actions", lose)
        try:
            job = step(client, job)
        except TransientOpenSearchError:
            job = step(client, job)
    assert_rebuilt(domain, DOCUMENTS)


def race(attempt: Callable[[int], Job]) -> tuple[list[Job], list[ReindexError]]:
    """Let twenty start at once, and again after a passing fault; return the outcome."""
    barrier, won, lost = Barrier(RACERS), list[Job](), list[ReindexError]()

    def run(number: int) -> None:
        barrier.wait()
        while True:
            try:
                won.append(attempt(number))
            except TransientOpenSearchError:  # which the state machine tries again
                continue
            except ReindexError as error:
                lost.append(error)
            return

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(run, range(RACERS)))
    return won, lost


def test_start_race(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    """Of twenty that start at once, one owns the index."""
    won, lost = race(lambda number: create(client, domain, number, lambda _: True))
    assert len(won) == 1
    assert {type(error) for error in lost} == {ConcurrentReindexError}
    rebuild.finish(rebuild.copy(update_aliases(client, won[0])))
    assert_rebuilt(domain, DOCUMENTS)


@both_strategies
def test_take_over_race(strategy: str, domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    """Of twenty that take over at once, one owns the index."""
    dead = update_aliases(client, create(client, domain, 99, strategy=strategy))
    all_found_it_dead = Barrier(RACERS)

    def is_running(owner: str) -> bool:
        if owner == execution(99):
            all_found_it_dead.wait()
        return owner != execution(99)

    won, lost = race(lambda number: create(client, domain, number, is_running, strategy=strategy))
    assert len(won) == 1
    assert {type(error) for error in lost} == {ConcurrentReindexError}
    before = domain.state()
    for step in (update_aliases, remove_alias, delete_index):
        # An unused target index was created again.
        with pytest.raises((ConcurrentReindexError, VerificationError)):
            step(client, dead)
    assert domain.state() == before
    rebuild.finish(rebuild.copy(update_aliases(client, won[0])))
    assert_rebuilt(domain, DOCUMENTS)


def test_failed_run(domain: Domain, client: OpenSearchClient, rebuild: Rebuild) -> None:
    """A failed run with block_writes lets writers go on."""
    job = update_aliases(client, create(client, domain, 1, strategy="block_writes"))
    release_source(client, job.execution_id, SOURCE, no_execution_runs, job.source_uuid)
    domain("PUT", f"{ALIAS}/_doc/new", {"n": -1})
    with pytest.raises(ConcurrentReindexError):
        start_reindex(client, job, ENVIRONMENT)
    rebuild.finish(rebuild.copy(update_aliases(client, create(client, domain, 2, strategy="block_writes"))))
    assert_rebuilt(domain, {**DOCUMENTS, "new": {"n": -1}})


@both_strategies
def test_node_killed(strategy: str, domain: Domain, engine_node: OpenSearchNode, client: OpenSearchClient) -> None:
    """The node is killed during the copy, and comes back."""
    rebuild = Rebuild(client, domain.url)
    slow = {"requests_per_second": 100, "batch_size": 20, "slices": 1}
    job = update_aliases(client, create(client, domain, 1, strategy=strategy, reindex=slow))
    job = start_reindex(client, job, ENVIRONMENT)
    wait_until(lambda: domain.copied(TARGET) > 0)
    engine_node.kill()
    engine_node.start()
    rebuild.finish(rebuild.copy(job))
    assert_rebuilt(domain, DOCUMENTS)
