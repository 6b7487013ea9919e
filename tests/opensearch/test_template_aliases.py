"""An index template gives the target index aliases that its source has."""

from collections.abc import Callable
from typing import Any

import pytest

from opensearch_reindex.index.markers import is_own_alias
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime.errors import ConcurrentReindexError, IndexCreationError, TransientOpenSearchError
from support.domain import Domain
from support.rebuild import Rebuild, event, no_execution_runs
from support.writer import Writer, small_writes

PREFIX = "given"

ENTRIES: dict[str, dict[str, Any]] = {
    "given-bare": {},
    "given-explicit": {"is_write_index": True},
    "given-reader": {"is_write_index": False},
    "given-hidden": {"is_hidden": True, "filter": {"match_all": {}}},
    "given-shared": {},
}
# Other entries than the source has.
GIVEN = {
    "given-bare": {},
    "given-explicit": {"is_write_index": True},
    "given-reader": {"filter": {"term": {"n": 1}}},
    "given-hidden": {},
    "given-shared": {},
}
NUMBERED = {str(number): {"n": number} for number in range(50)}
BOTH_KINDS = pytest.mark.parametrize("kind", ["_template", "_index_template"])
BOTH_STRATEGIES = pytest.mark.parametrize("strategy", ["redirect_writes", "block_writes"])


def put_template(domain: Domain, kind: str, aliases: dict[str, Any]) -> None:
    body = {"aliases": aliases}
    patterns = {"index_patterns": ["given_v2"]}
    domain("PUT", f"{kind}/given-t", {**patterns, **(body if kind == "_template" else {"template": body})})


@pytest.fixture(autouse=True)
def source(domain: Domain) -> Any:
    domain("PUT", "given_v1", {"aliases": ENTRIES})
    domain("PUT", "given-other", {"aliases": {"given-shared": {}}})
    domain.bulk("given_v1", NUMBERED)
    yield
    domain("DELETE", "_template/given-t", ok=False)


def entries(domain: Domain, index: str) -> dict[str, Any]:
    return dict(domain("GET", f"{index}/_alias")[index]["aliases"])


def of_the_user(domain: Domain, index: str) -> dict[str, Any]:
    return {alias: entry for alias, entry in entries(domain, index).items() if not is_own_alias(alias)}


def create(client: OpenSearchClient, url: str, execution: str, **changes: Any) -> Job:
    begin = {**event("given_v1", url, alias_name=None, **changes), "execution_id": execution}
    return create_index(client, begin, no_execution_runs)


@BOTH_KINDS
@BOTH_STRATEGIES
def test_aliases_of_a_template_stay_with_the_source_until_the_end(
    domain: Domain, rebuild: Rebuild, kind: str, strategy: str
) -> None:
    put_template(domain, kind, GIVEN)
    job = rebuild.create("given_v1", strategy=strategy, alias_name=None)
    assert entries(domain, "given_v1") == ENTRIES
    assert of_the_user(domain, "given_v2") == {}
    job = update_aliases(rebuild.client, job)
    if strategy == "block_writes":
        assert of_the_user(domain, "given_v1") == ENTRIES
        assert of_the_user(domain, "given_v2") == {}
    rebuild.finish(rebuild.copy(job))
    assert entries(domain, "given_v2") == ENTRIES
    assert domain.documents("given_v2") == NUMBERED


@BOTH_KINDS
@BOTH_STRATEGIES
@pytest.mark.parametrize("alias", ["given-bare", "given-explicit"])
def test_a_writer_never_stops_while_the_template_gives_the_alias(
    domain: Domain, rebuild: Rebuild, kind: str, strategy: str, alias: str
) -> None:
    put_template(domain, kind, {alias: {}})
    with Writer(domain.url, alias, small_writes(0), loaded={"old": {}}) as writer:
        for _ in range(5):
            job = rebuild.create("given_v1", strategy=strategy, alias_name=None)
            domain("DELETE", "given_v2")
        job = rebuild.create("given_v1", strategy=strategy, alias_name=None)
        if strategy == "redirect_writes":
            rebuild.finish(rebuild.copy(update_aliases(rebuild.client, job)))
    assert writer.written.total
    found = domain.documents(alias)
    assert {key: found[key] for key in writer.documents if key != "old"} == {
        key: body for key, body in writer.documents.items() if key != "old"
    }


@BOTH_KINDS
def test_an_alias_of_a_template_may_be_the_one_that_is_created(domain: Domain, rebuild: Rebuild, kind: str) -> None:
    put_template(domain, kind, {"given_current": {"is_write_index": True}})
    job = rebuild.create("given_v1", strategy="block_writes")
    assert of_the_user(domain, "given_v2") == {}
    rebuild.finish(rebuild.copy(update_aliases(rebuild.client, job)))
    assert entries(domain, "given_v2") == {**ENTRIES, "given_current": {"is_write_index": True}}


class KilledError(Exception):
    """Stand for the end of a Lambda function."""


@BOTH_STRATEGIES
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("request_number", range(8))
def test_a_run_that_was_killed_in_between_leaves_no_trace(
    domain: Domain,
    client: OpenSearchClient,
    rebuild: Rebuild,
    monkeypatch: pytest.MonkeyPatch,
    request_number: int,
    strategy: str,
    *,
    same: bool,
) -> None:
    put_template(domain, "_index_template", GIVEN)
    sent = 0

    def dying(change: Callable[..., None]) -> Callable[..., None]:
        def send(*args: Any) -> None:
            nonlocal sent
            if sent == request_number:
                raise KilledError
            sent += 1
            change(*args)

        return send

    with monkeypatch.context() as patch:
        patch.setattr(client, "apply_alias_actions", dying(client.apply_alias_actions))
        patch.setattr(client, "put_index", dying(client.put_index))
        try:
            create(client, rebuild.url, "arn:dead", strategy=strategy)
        except KilledError:
            # Writers go on, and readers find nothing twice.
            for alias in ("given-bare", "given-explicit"):
                assert domain("PUT", f"{alias}/_doc/1?refresh", {"n": 1})["_index"] == "given_v1"
                assert domain("GET", f"{alias}/_count")["count"] == len(NUMBERED)
        else:
            assert request_number == 7
    job = create(client, rebuild.url, "arn:dead" if same else "arn:alive", strategy=strategy)
    assert entries(domain, "given_v1") == ENTRIES
    rebuild.finish(rebuild.copy(update_aliases(client, job)))
    assert entries(domain, "given_v2") == ENTRIES
    assert domain.documents("given_v2") == NUMBERED


def test_entries_come_back_where_the_target_cannot_be_created(
    domain: Domain, client: OpenSearchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_template(domain, "_index_template", GIVEN)
    with pytest.raises(Exception, match=r"mapper_parsing_exception|No handler"):
        create(client, domain.url, "arn:1", mappings={"properties": {"x": {"type": "unknown"}}})
    assert entries(domain, "given_v1") == ENTRIES


@BOTH_STRATEGIES
def test_an_entry_that_a_late_run_changed_comes_back(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    put_template(domain, "_index_template", GIVEN)
    put_index = client.put_index
    jobs = []

    def lose(*args: Any) -> None:
        monkeypatch.setattr(client, "put_index", put_index)
        jobs.append(create(client, rebuild.url, "arn:fast", strategy=strategy))
        client.apply_alias_actions(holding[0])
        put_index(*args)

    holding: list[Any] = []
    apply = client.apply_alias_actions

    def record(actions: Any) -> None:
        holding.append(actions)
        apply(actions)

    monkeypatch.setattr(client, "apply_alias_actions", record)
    monkeypatch.setattr(client, "put_index", lose)
    with pytest.raises((ConcurrentReindexError, IndexCreationError, TransientOpenSearchError)):
        create_index(
            client,
            {**event("given_v1", rebuild.url, alias_name=None, strategy=strategy), "execution_id": "arn:slow"},
            lambda _: True,
        )
    monkeypatch.setattr(client, "apply_alias_actions", apply)
    assert entries(domain, "given_v1") != ENTRIES
    rebuild.finish(rebuild.copy(update_aliases(client, jobs[0])))
    assert entries(domain, "given_v2") == ENTRIES


@BOTH_KINDS
@BOTH_STRATEGIES
def test_mappings_of_the_template_win_where_the_file_says_so(
    domain: Domain, rebuild: Rebuild, kind: str, strategy: str
) -> None:
    body = {
        "settings": {"analysis": {"analyzer": {"given": {"type": "simple"}}}},
        "mappings": {
            "dynamic_templates": [{"s": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}],
            "properties": {"n": {"type": "long"}, "name": {"type": "text", "analyzer": "given"}},
        },
    }
    patterns = {"index_patterns": ["given_v2"]}
    domain("PUT", f"{kind}/given-t", {**patterns, **(body if kind == "_template" else {"template": body})})
    job = rebuild(
        "given_v1",
        strategy=strategy,
        alias_name=None,
        mappings_from="template",
        mappings={"properties": {"n": {"type": "double"}}},
    )
    mappings = domain("GET", "given_v2/_mapping")["given_v2"]["mappings"]
    assert mappings["properties"] == {"n": {"type": "double"}, "name": {"type": "text", "analyzer": "given"}}
    assert [*mappings["dynamic_templates"][0]] == ["s"]
    assert job.warnings == []
    assert domain.documents("given_v2") == NUMBERED


def test_mappings_of_a_template_that_does_not_exist_are_refused(domain: Domain, rebuild: Rebuild) -> None:
    with pytest.raises(IndexCreationError, match="does not exist"):
        rebuild.create("given_v1", mappings_from="template")
    assert not domain.exists("given_v2")


@BOTH_KINDS
def test_a_template_that_differs_from_the_copy_is_a_warning(domain: Domain, rebuild: Rebuild, kind: str) -> None:
    body = {"mappings": {"properties": {"n": {"type": "double"}}}}
    patterns = {"index_patterns": ["given_v2"]}
    domain("PUT", f"{kind}/given-t", {**patterns, **(body if kind == "_template" else {"template": body})})
    (warning,) = rebuild("given_v1", strategy="block_writes", alias_name=None).warnings
    assert "type double of field n" in warning
