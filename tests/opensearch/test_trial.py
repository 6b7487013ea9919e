"""The trial: documents that do not fit are found before anything is switched."""

from typing import Any

import pytest

from opensearch_reindex.index.markers import TRIAL_ALIAS_PREFIX, Markers
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.trial import TRIAL_DOCUMENTS, trial_problems
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import IndexCreationError, TransientOpenSearchError
from support.domain import Domain
from support.faults import Fault
from support.rebuild import Rebuild, event, no_execution_runs
from support.signed_front import SignedFront

PREFIX = "trial"

DOCUMENTS = {str(number): {"n": number, "a": str(number)} for number in range(500)}
STRATEGIES = ["redirect_writes", "block_writes"]
LONG = {"properties": {"a": {"type": "long"}}}


@pytest.fixture(autouse=True)
def source(domain: Domain) -> None:
    # Without a refresh no search finds a document.
    settings = {"number_of_replicas": 0, "number_of_shards": 2, "refresh_interval": "-1"}
    domain("PUT", "trial_v1", {"settings": settings, "aliases": {"trial_current": {}}})


def store(domain: Domain, **more: Any) -> None:
    domain.bulk("trial_v1", {**more, **DOCUMENTS})


def is_untouched(domain: Domain) -> bool:
    """Return whether writers use the source index, and nothing else is there."""
    domain("PUT", "trial_current/_doc/1", DOCUMENTS["1"])
    found = domain("GET", "trial_*")
    return list(found) == ["trial_v1"] and list(found["trial_v1"]["aliases"]) == ["trial_current"]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"mappings": LONG}, "failed to parse field [a] of type [long]"),
        ({"mappings": {"dynamic": "strict", "properties": {"n": None}}}, "strict_dynamic_mapping_exception"),
        ({"reindex": {"script": {"source": "ctx._source.b = ctx._source.a +"}}}, "compile error"),
        ({"reindex": {"script": {"source": "ctx._source.b = ctx._source.a.c.d"}}}, "runtime error"),
        ({"reindex": {"script": {"source": "ctx._id = 'same'"}}}, "got the id of another document"),
    ],
)
def test_what_does_not_fit_is_found_before_anything_is_switched(
    domain: Domain, rebuild: Rebuild, strategy: str, changes: dict[str, Any], problem: str
) -> None:
    store(domain, bad={"a": "no number"})
    with pytest.raises(IndexCreationError, match="a trial copy of up to") as caught:
        rebuild.create("trial_v1", strategy=strategy, **changes)
    assert problem in str(caught.value.problems)
    assert "no number" not in str(caught.value)
    assert is_untouched(domain)
    rebuild("trial_v1", strategy=strategy)
    assert domain.documents("trial_current") == {**DOCUMENTS, "bad": {"a": "no number"}}


def test_a_script_may_drop_the_first_documents(domain: Domain, rebuild: Rebuild) -> None:
    store(domain)
    rebuild("trial_v1", reindex={"script": {"source": "if (ctx._source.n < 400) { ctx.op = 'noop' }"}})
    assert domain.documents("trial_current") == {str(number): DOCUMENTS[str(number)] for number in range(400, 500)}


def test_documents_of_megabytes_are_tried_in_batches_that_a_small_node_takes(
    domain: Domain, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {str(number): {"b": "x" * 4 * 1024 * 1024} for number in range(12)}
    for key, each in large.items():
        domain("PUT", f"trial_v1/_doc/{key}", each)
    sizes: list[int] = []

    def reindex(self: OpenSearchClient, body: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        sizes.append(body["source"]["size"])
        return copy(self, body, params)

    copy = OpenSearchClient.reindex
    monkeypatch.setattr(OpenSearchClient, "reindex", reindex)
    rebuild.create("trial_v1", mappings={"properties": {"b": {"type": "text", "index": False}}}, readers_may_fail=True)
    assert sizes == [1]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_trial_leaves_neither_documents_nor_fields(domain: Domain, rebuild_twice: Rebuild, strategy: str) -> None:
    store(domain)
    job = rebuild_twice.create("trial_v1", strategy=strategy, mappings={"properties": {"n": None}})
    found = domain("GET", "trial_v2")["trial_v2"]
    assert domain.documents("trial_v2") == {}
    assert list(found["mappings"]["properties"]) == ["a"]
    assert not any(alias.startswith(TRIAL_ALIAS_PREFIX) for alias in found["aliases"])
    rebuild_twice.finish(rebuild_twice.copy(update_aliases(rebuild_twice.client, job)))
    assert domain.documents("trial_current") == DOCUMENTS


def test_a_trial_copies_a_few_documents_of_every_shard(
    domain: Domain, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(domain)
    found: list[int] = []

    def count(client: OpenSearchClient, *rest: Any) -> list[str]:
        problems = trial_problems(client, *rest)
        found.append(len(domain.documents("trial_v2")))
        return problems

    monkeypatch.setattr("opensearch_reindex.rebuild.creation.trial_problems", count)
    rebuild.create("trial_v1")
    assert found == [TRIAL_DOCUMENTS]


@pytest.mark.parametrize("second", ["arn:0", "arn:2"])
def test_a_trial_that_was_killed_is_cleaned_up_by_the_next_attempt(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    store(domain)

    def die(*given: Any) -> list[str]:
        trial_problems(*given)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("opensearch_reindex.rebuild.creation.trial_problems", die)
        with pytest.raises(RuntimeError):
            rebuild.create("trial_v1")
    left = domain("GET", "trial_v2")["trial_v2"]
    assert Markers.read(left["aliases"]).trial_alias
    assert len(domain.documents("trial_v2")) == TRIAL_DOCUMENTS
    # Newer than what the trial copied.
    domain("PUT", "trial_current/_doc/0", {"n": -1})
    job = create_index(client, {**event("trial_v1", domain.url), "execution_id": second}, no_execution_runs)
    assert domain.documents("trial_v2") == {}
    # A late trial has no index to write to.
    late = Markers.read(left["aliases"]).trial_alias
    body = {"source": {"index": "trial_v1"}, "dest": {"index": late, "op_type": "create"}}
    assert domain("POST", "_reindex?require_alias=true", body, ok=False)["status"] == 404
    rebuild.finish(rebuild.copy(update_aliases(client, job)))
    assert domain.documents("trial_current") == {**DOCUMENTS, "0": {"n": -1}}


def test_a_trial_that_takes_too_long_is_ended_and_the_run_goes_on(
    domain: Domain, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(domain)

    def time_out(*_: object) -> dict[str, Any]:
        raise TransientOpenSearchError("no answer", error_type="ConnectionTimeout")

    with monkeypatch.context() as patch:
        patch.setattr(rebuild.client, "reindex", time_out)
        job = rebuild.create("trial_v1")
    rebuild.finish(rebuild.copy(update_aliases(rebuild.client, job)))
    assert domain.documents("trial_current") == DOCUMENTS


def test_a_fault_of_the_domain_is_no_document_that_does_not_fit(
    domain: Domain, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(domain)
    failure = {"id": "1", "status": 429, "cause": {"type": "rejected_execution_exception", "reason": "full"}}
    with monkeypatch.context() as patch:
        patch.setattr(rebuild.client, "reindex", lambda *_: {"failures": [failure]})
        with pytest.raises(TransientOpenSearchError, match="interrupted"):
            rebuild.create("trial_v1")
    rebuild("trial_v1")
    assert domain.documents("trial_current") == DOCUMENTS


@pytest.mark.parametrize("changes", [{}, {"strategy": "block_writes"}])
def test_a_fault_between_any_two_requests_is_blamed_on_no_one_else(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, front: SignedFront, changes: dict[str, Any]
) -> None:
    store(domain)
    # Without a target index, and with an unused one that a killed execution made, as requested or otherwise.
    others: tuple[dict[str, Any] | None, ...] = (None, {}, {"settings": {"number_of_shards": 1}})
    for other in others:
        number = 0
        while True:
            number += 1
            domain("DELETE", "trial_v2", ok=False)
            if other is not None:
                started = {**event("trial_v1", domain.url, **changes, **other), "execution_id": "arn:dead"}
                create_index(client, started, no_execution_runs)
            seen = len(front.requests)

            def is_due(_: object, due: int = seen + number) -> bool:
                return len(front.requests) == due - 1

            front.inject(Fault.status(503), is_due)
            try:
                rebuild.create("trial_v1", **changes)
            except TransientOpenSearchError:
                rebuild.create("trial_v1", **changes)
                assert domain.documents("trial_v2") == {}
                continue
            assert front._faults.clear() == 1  # no request is left for the fault
            break
        assert number > 8
    rebuild("trial_v1", **changes)
    assert domain.documents("trial_current") == DOCUMENTS
