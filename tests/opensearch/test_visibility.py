"""Wildcards count no document twice, whatever happens to the run."""

from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.update_aliases import update_aliases
from support.domain import Domain
from support.rebuild import Rebuild, event, no_execution_runs

PREFIX = "seen"
DOCUMENTS = {str(number): {"n": number} for number in range(100)}
STRATEGIES = ("redirect_writes", "block_writes")


@pytest.fixture
def source(domain: Domain) -> None:
    domain("PUT", "seen_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"seen-current": {}}})
    domain.bulk("seen_v1", DOCUMENTS)
    domain("POST", "seen_v1/_refresh")


def found(domain: Domain) -> int:
    """Count what a wildcard finds after a refresh."""
    domain("POST", "seen_v*/_refresh?expand_wildcards=all")
    return int(domain("GET", "seen_v*/_count")["count"])


def hidden(domain: Domain, index: str) -> str | None:
    value: str | None = domain("GET", index)[index]["settings"]["index"].get("hidden")
    return value


class KilledError(Exception):
    """Ends a step in its middle."""


def kill_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the step die instead of sending its change with this number."""
    changes = iter(range(number + 1))
    sent = OpenSearchClient._change

    def send(client: OpenSearchClient, *request: Any) -> None:
        if next(changes, number) == number:
            raise KilledError
        sent(client, *request)

    monkeypatch.setattr(OpenSearchClient, "_change", send)


def copied(rebuild: Rebuild, domain: Domain, **changes: Any) -> Job:
    changes = {"strategy": "block_writes", "alias_name": "seen-current", **changes}
    job = rebuild.copy(rebuild.freeze("seen_v1", **changes))
    domain("POST", "seen_v2/_refresh")
    return job


def upload_again(rebuild: Rebuild, **changes: Any) -> Job:
    """Rebuild as another execution."""
    changes = {"strategy": "block_writes", "alias_name": "seen-current", **changes}
    started = {**event("seen_v1", rebuild.url, **changes), "execution_id": "arn:2"}
    job = create_index(rebuild.client, started, no_execution_runs)
    return rebuild.finish(rebuild.copy(update_aliases(rebuild.client, job)))


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("twice", [False, True])
def test_a_wildcard_never_counts_twice(domain: Domain, client: OpenSearchClient, *, twice: bool) -> None:
    rebuild = Rebuild(client, domain.url, twice=twice)
    job = copied(rebuild, domain)
    assert found(domain) == 100
    assert domain("GET", "seen_v2/_count")["count"] == 100
    remove_alias(client, job)
    assert (found(domain), hidden(domain, "seen_v1"), hidden(domain, "seen_v2")) == (100, "true", None)
    rebuild.finish(job)
    assert (found(domain), hidden(domain, "seen_v2")) == (100, None)


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_kept_source_is_hidden(domain: Domain, rebuild: Rebuild, strategy: str) -> None:
    rebuild("seen_v1", strategy=strategy, alias_name="seen-current", keep_source=True)
    assert found(domain) == 100
    assert (hidden(domain, "seen_v1"), hidden(domain, "seen_v2")) == ("true", None)
    assert domain.documents("seen_v1") == DOCUMENTS


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("keep_source", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_run_that_is_killed_between_its_changes_is_finished_by_the_next(
    domain: Domain, rebuild: Rebuild, number: int, *, keep_source: bool
) -> None:
    job = copied(rebuild, domain, keep_source=keep_source)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, number)
        with pytest.raises(KilledError):
            remove_alias(rebuild.client, job)
    assert found(domain) <= 100
    upload_again(rebuild, keep_source=keep_source)
    assert (found(domain), hidden(domain, "seen_v2")) == (100, None)
    assert domain.exists("seen_v1") == keep_source
    if keep_source:
        assert hidden(domain, "seen_v1") == "true"


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("was", "asked", "is_hidden"), [(True, {}, True), (True, {"hidden": False}, False), (False, {"hidden": True}, True)]
)
def test_an_index_that_was_hidden_stays_so_unless_the_file_says_otherwise(
    domain: Domain, rebuild: Rebuild, strategy: str, was: bool, asked: dict[str, Any], is_hidden: bool
) -> None:
    domain("PUT", "seen_v1/_settings", {"hidden": was})
    rebuild("seen_v1", strategy=strategy, alias_name="seen-current", settings=asked)
    assert (hidden(domain, "seen_v2") == "true") == is_hidden


@pytest.mark.usefixtures("source")
def test_an_execution_from_before_an_upgrade_ends_as_it_began(domain: Domain, rebuild: Rebuild) -> None:
    job = copied(rebuild, domain)
    domain("PUT", "seen_v2/_settings", {"hidden": None})
    older = {key: value for key, value in job.to_event().items() if key != "is_hidden_at_end"}
    rebuild.finish(Job.from_event(older))
    assert (found(domain), hidden(domain, "seen_v2")) == (100, None)


@pytest.mark.usefixtures("source")
def test_the_deletion_shows_a_target_that_was_left_hidden(domain: Domain, rebuild: Rebuild) -> None:
    job = copied(rebuild, domain)
    remove_alias(rebuild.client, job)
    domain("PUT", "seen_v2/_settings", {"hidden": True})
    delete_index(rebuild.client, job)
    assert (found(domain), hidden(domain, "seen_v2")) == (100, None)


@pytest.mark.usefixtures("source")
def test_the_later_deletion_of_a_kept_source_hides_nothing(domain: Domain, rebuild: Rebuild) -> None:
    rebuild.finish(copied(rebuild, domain, keep_source=True))
    upload_again(rebuild)
    assert not domain.exists("seen_v1")
    assert (found(domain), hidden(domain, "seen_v2")) == (100, None)
