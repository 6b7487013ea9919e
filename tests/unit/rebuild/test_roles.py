"""Which aliases have other members, and which strategy that leaves."""

from typing import Any

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.roles import shared_aliases, strategy_of
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from support.mocked_domain import COPIED, EVENT, IN_USE, OWNED, PROVEN, MockedDomain, index, target
from support.rebuild import no_execution_runs

REDIRECT, BLOCK = Strategy


def shared(domain: MockedDomain, alias_name: str | None = None) -> set[str]:
    return shared_aliases(domain.client, "a_v1", "a_v2", domain.indices["a_v1"], alias_name)


def test_only_aliases_whose_write_index_is_open_are_looked_up() -> None:
    aliases: dict[str, Any] = {"open": {}, "alone": {}, "said": {"is_write_index": False}}
    domain = MockedDomain(
        a_v1=index("u1", aliases), a_v2=target({"alone": {}}), x=index("u3", {"open": {}, "said": {}})
    )
    assert shared(domain) == {"open"}
    domain.client.get_indices.assert_called_once_with(["open", "alone"], parts="aliases")
    domain.indices["x"] = index("u3", {"named": {}})
    assert shared(domain, "named") == {"named"}
    assert shared(MockedDomain(a_v1=index("u1"))) == set()


def test_an_alias_with_an_index_that_the_role_may_not_see_is_shared() -> None:
    domain = MockedDomain(a_v1=index("u1", {"hidden": {}, "own": {}}))
    denied = OpenSearchRequestError(403, "security_exception", "no permissions")

    def get_indices(names: list[str], **_: object) -> dict[str, IndexInfo]:
        if "hidden" in names:
            raise denied
        return domain.get_indices(names)

    domain.client.get_indices.side_effect = get_indices
    assert shared(domain) == {"hidden"}
    denied = OpenSearchRequestError(400, "x", "no")
    with pytest.raises(OpenSearchRequestError):
        shared(domain)


@pytest.mark.parametrize(
    ("aliases", "found", "alias_name", "others", "strategy"),
    [
        ({"a": {"is_write_index": True}}, None, None, set(), REDIRECT),
        ({"a": {}}, None, None, set(), REDIRECT),
        ({"a": {}}, None, None, {"a"}, BLOCK),
        ({"a": {"is_write_index": False}}, None, None, set(), BLOCK),
        ({}, None, None, set(), BLOCK),
        ({}, None, "new", set(), REDIRECT),
        ({}, None, "joined", {"joined"}, BLOCK),
        # What an earlier attempt switched, or finished but for the deletion.
        ({"a": {"is_write_index": False}}, target(IN_USE, COPIED), None, set(), REDIRECT),
        ({"a": {}}, target({"a": {"is_write_index": False}}, COPIED), None, {"a"}, REDIRECT),
        ({}, target({"a": {}}, PROVEN), None, set(), REDIRECT),
        ({}, target({"a": {}}, PROVEN, strategy="block_writes"), None, set(), BLOCK),
        ({}, target({}, OWNED), None, set(), BLOCK),
    ],
)
def test_writes_are_redirected_only_where_there_are_writers(
    aliases: dict[str, Any], found: IndexInfo | None, alias_name: str | None, others: set[str], strategy: Strategy
) -> None:
    source = index("u1", aliases)
    assert strategy_of(REDIRECT, source, found, alias_name, others) == strategy
    assert strategy_of(BLOCK, source, found, alias_name, others) == BLOCK


def test_the_target_of_a_source_without_writers_is_filled_like_with_block_writes() -> None:
    domain = MockedDomain(a_v1=index("u1", {"a_current": {"is_write_index": False}}))
    job = create_index(domain.client, EVENT, no_execution_runs)
    assert job.strategy == BLOCK
    assert domain.indices["a_v2"].settings["refresh_interval"] == "-1"
    assert domain.indices["a_v2"].provenance.strategy == "block_writes"
    # The file still says otherwise, and GetTriggerFile compares what the file says.
    redirected = MockedDomain(a_v1=index("u1", IN_USE))
    assert create_index(redirected.client, EVENT, no_execution_runs).strategy == REDIRECT
    assert redirected.indices["a_v2"].provenance.changes == domain.indices["a_v2"].provenance.changes


@pytest.mark.parametrize(
    ("entry", "replacement", "warned"),
    [
        ({"is_write_index": True}, r"\1_v\2", True),
        ({}, r"\1_v\2", True),
        ({"is_write_index": False}, r"\1_v\2", False),
        ({"is_write_index": True}, r"\1-{{next_version}}", False),
    ],
)
def test_a_name_that_ends_rollover_is_warned_of(entry: dict[str, Any], replacement: str, *, warned: bool) -> None:
    domain = MockedDomain(**{"logs-000001": index("u1", {"logs": entry})})
    file = {**EVENT["trigger_file"], "index_pattern": r"(.+)-(\d+)", "index_replacement": replacement}
    del file["alias_name"]
    event = {**EVENT, "trigger_file": file, "index": {"source_index": "logs-000001"}}
    assert bool(create_index(domain.client, event, no_execution_runs).warnings) == warned


def test_the_name_of_the_source_is_no_alias_before_the_source_is_deleted() -> None:
    for changes in ({"alias_name": r"\g<0>"}, {"keep_source_name_as_alias": True}):
        domain = MockedDomain(a_v1=index("u1"))
        file = {**EVENT["trigger_file"], **changes}
        job = create_index(domain.client, {**EVENT, "trigger_file": file}, no_execution_runs)
        assert job.takes_source_name
        assert job.alias_name in (None, "a_current")
