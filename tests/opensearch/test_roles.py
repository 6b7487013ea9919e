"""A target index takes over the role of its source in every alias, on a real node."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from opensearch_reindex.index.markers import is_own_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import TriggerFileError, VerificationError
from support.domain import Domain
from support.rebuild import Rebuild, event, no_execution_runs
from support.refusals import FirstStep
from support.trigger_file import trigger_file
from support.writer import Writer, small_writes

PREFIX = "roles"

STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])
NUMBERED = {str(number): {"n": number} for number in range(50)}
FULL = {"filter": {"match_all": {}}, "index_routing": "1", "search_routing": "1", "is_hidden": True}
# Every entry, in an alias of the source alone and in one with another index.
ENTRIES = {
    f"roles-{place}-{rest}-{writes}": {**attributes, **said}
    for place in ("sole", "shared")
    for rest, attributes in (("full", FULL), ("bare", {}))
    for writes, said in (
        ("absent", {}),
        ("true", {"is_write_index": True}),
        ("false", {"is_write_index": False}),
    )
}
SHARED = [alias for alias in ENTRIES if "shared" in alias]
# OpenSearch takes writes through these, and through no other.
WRITTEN = [alias for alias in ENTRIES if alias.endswith("true") or (alias.endswith("absent") and "sole" in alias)]
ROLLED = {"index_pattern": r"^(roles)-(\d+)$", "index_replacement": r"\1-9\2", "alias_name": None}


def aliases_of(domain: Domain, index: str) -> dict[str, Any]:
    found = domain("GET", f"{index}/_alias")[index]["aliases"]
    return {alias: entry for alias, entry in found.items() if not is_own_alias(alias)}


def make_entries(domain: Domain) -> None:
    domain("PUT", "roles_v1", {"aliases": ENTRIES})
    # All indices of an alias are hidden in it, or none.
    hidden = {alias: {"is_hidden": True} if "full" in alias else {} for alias in SHARED}
    other = {alias: {**entry, "is_write_index": False} for alias, entry in hidden.items() if "false" not in alias}
    domain("PUT", "roles-other", {"aliases": other})
    # A closed index is a member too.
    domain("PUT", "roles-closed", {"aliases": hidden})
    domain("POST", "roles-closed/_close")
    domain.bulk("roles_v1", NUMBERED)


def written(domain: Domain) -> list[str]:
    """Return the aliases that take a write, of a document that is deleted again."""
    taken = []
    for alias in ENTRIES:
        path = f"{alias}/_doc/probe?require_alias=true"
        if domain("PUT", path, {}, ok=False).get("result") == "created":
            taken.append(alias)
            domain("DELETE", f"{alias}/_doc/probe?refresh=true")
    return taken


@contextmanager
def writing(url: str, *aliases: str) -> Iterator[None]:
    """Write through aliases; an alias without a write index fails the test."""
    with ExitStack() as stack:
        for number, alias in enumerate(aliases):
            stack.enter_context(Writer(url, alias, small_writes(number), loaded={f"old{number}": {}}))
        yield


@STRATEGIES
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("alias_name", [None, "roles-sole-full-absent", "roles-shared-bare-absent"])
def test_every_entry_comes_back_as_it_was(
    domain: Domain, rebuild: Rebuild, rebuild_twice: Rebuild, strategy: str, alias_name: str | None, *, twice: bool
) -> None:
    make_entries(domain)
    assert written(domain) == WRITTEN
    others = aliases_of(domain, "roles-other")
    steps = rebuild_twice if twice else rebuild
    job = steps.freeze("roles_v1", strategy=strategy, alias_name=alias_name)
    # With redirected writes, every alias that takes writes goes on to do so.
    assert written(domain) == (WRITTEN if strategy == "redirect_writes" else [])
    steps.finish(steps.copy(job))
    assert aliases_of(domain, "roles_v2") == ENTRIES
    assert aliases_of(domain, "roles-other") == others
    assert written(domain) == WRITTEN
    assert domain.documents("roles_v2") == NUMBERED


@STRATEGIES
@pytest.mark.parametrize("killed_after", ["create", "update", "copy", "remove"])
def test_entries_come_back_after_a_run_that_was_killed(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, strategy: str, killed_after: str
) -> None:
    make_entries(domain)

    def create(execution_id: str) -> Job:
        begin = {**event("roles_v1", rebuild.url, strategy=strategy, alias_name=None), "execution_id": execution_id}
        return create_index(client, begin, no_execution_runs)

    job = create("arn:dead")
    if killed_after != "create":
        job = update_aliases(client, job)
    if killed_after in ("copy", "remove"):
        job = rebuild.copy(job)
    if killed_after == "remove":
        remove_alias(client, job)
    rebuild.finish(rebuild.copy(update_aliases(client, create("arn:alive"))))
    assert aliases_of(domain, "roles_v2") == ENTRIES
    assert written(domain) == WRITTEN
    assert domain.documents("roles_v2") == NUMBERED


def test_no_writer_is_refused_while_writes_are_redirected(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "roles_v1", {"aliases": {"roles-open": {}, "roles-said": {"is_write_index": True}}})
    domain.bulk("roles_v1", NUMBERED)
    with writing(domain.url, "roles-open", "roles-said"):
        rebuild("roles_v1", alias_name=None)
    assert aliases_of(domain, "roles_v2") == {"roles-open": {}, "roles-said": {"is_write_index": True}}
    assert NUMBERED.keys() <= domain.documents("roles_v2").keys()


@STRATEGIES
def test_a_whole_series_is_rebuilt_and_rolls_over(domain: Domain, rebuild: Rebuild, strategy: str) -> None:
    for number in (1, 2, 3):
        domain("PUT", f"roles-00000{number}", {"aliases": {"roles": {"is_write_index": number == 3}}})
        domain.bulk(f"roles-00000{number}", NUMBERED)
    for number in (2, 3, 1):
        job = rebuild(f"roles-00000{number}", strategy=strategy, **ROLLED)
        assert job.warnings == []
        assert job.blocks_writes == (strategy == "block_writes" or number != 3)
        assert domain("PUT", "roles/_doc/probe", {})["_index"].endswith("3")
    rolled = domain("POST", "roles/_rollover")
    assert (rolled["rolled_over"], rolled["new_index"]) == (True, "roles-9000004")
    assert [domain("GET", f"roles-900000{n}/_count")["count"] for n in (1, 2)] == [50, 50]


@pytest.mark.parametrize("entry", [{}, {"is_write_index": True}])
def test_a_rollover_during_the_run_is_kept(domain: Domain, rebuild: Rebuild, entry: dict[str, Any]) -> None:
    domain("PUT", "roles-000001", {"aliases": {"roles": entry}})
    domain.bulk("roles-000001", NUMBERED)
    job = rebuild.freeze("roles-000001", **ROLLED)
    assert domain("POST", "roles/_rollover")["rolled_over"]
    rebuild.finish(rebuild.copy(job))
    assert domain("PUT", "roles/_doc/probe", {})["_index"] == "roles-9000002"
    assert aliases_of(domain, "roles-9000001") == {"roles": {"is_write_index": False}}
    assert domain.documents("roles-9000001") == NUMBERED


def test_a_target_that_a_person_took_out_comes_back_with_the_named_request(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "roles_v1", {"aliases": {"roles": {"is_write_index": True}}})
    domain.bulk("roles_v1", NUMBERED)
    job = rebuild.copy(rebuild.freeze("roles_v1", alias_name=None))
    domain("POST", "_aliases", {"actions": [{"remove": {"index": "roles_v2", "alias": "roles"}}]})
    with pytest.raises(VerificationError) as caught:
        rebuild.finish(job)
    (problem,) = caught.value.problems
    domain("POST", "_aliases", json.loads(problem.partition("send POST /_aliases ")[2]))
    rebuild.finish(job)
    assert aliases_of(domain, "roles_v2") == {"roles": {"is_write_index": True}}


def first_step(rebuild: Rebuild, **changes: Any) -> dict[str, Any]:
    file = {key: value for key, value in trigger_file(rebuild.url, "roles_v1", **changes).items() if value is not None}
    return FirstStep(rebuild.client, rebuild.url)(json.dumps(file).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"alias_name": r"\g<0>", "strategy": "block_writes"},
        {"alias_name": None, "keep_source_name_as_alias": True, "strategy": "block_writes"},
        {"alias_name": None, "keep_source_name_as_alias": True, "strategy": "redirect_writes"},
    ],
)
@pytest.mark.parametrize("twice", [False, True])
def test_the_name_of_the_source_becomes_an_alias(
    domain: Domain, rebuild: Rebuild, rebuild_twice: Rebuild, changes: dict[str, Any], *, twice: bool
) -> None:
    domain("PUT", "roles_v1", {"aliases": {"roles-reader": {}}})
    domain.bulk("roles_v1", NUMBERED)
    assert len(first_step(rebuild, **changes)["indices"]) == 1
    steps = rebuild_twice if twice else rebuild
    job = steps.copy(steps.freeze("roles_v1", **changes))
    remove_alias(rebuild.client, job)
    # Killed here, the index is not done, and its clients find it.
    assert len(first_step(rebuild, **changes)["indices"]) == 1
    assert domain("GET", "roles_v1/_count")["count"] == 50
    steps.finish(job)
    assert aliases_of(domain, "roles_v2") == {"roles-reader": {}, "roles_v1": {"is_write_index": True}}
    assert domain.documents("roles_v1") == NUMBERED
    assert domain("PUT", "roles_v1/_doc/new", {})["_index"] == "roles_v2"
    again = first_step(rebuild, **changes)
    assert (again["indices"], again["skipped"]) == ([], {"rebuilt earlier": ["roles_v1"]})


def test_a_source_that_no_client_would_find_again_is_refused(domain: Domain, rebuild: Rebuild) -> None:
    domain("PUT", "roles_v1")
    with pytest.raises(TriggerFileError) as caught:
        first_step(rebuild, alias_name=None)
    assert "is in no alias, so no client would find the target index" in caught.value.problems[0]
    rebuild("roles_v1", alias_name=None, keep_source=True)
    assert domain.exists("roles_v1")
    assert first_step(rebuild, alias_name=None, keep_source=True)["indices"] == []
