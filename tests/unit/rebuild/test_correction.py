"""A target index that writers use, and a corrected trigger file."""

import pytest

from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.index.target_index import TargetIndex
from opensearch_reindex.rebuild.correction import correct_target
from opensearch_reindex.runtime.errors import IndexCreationError, OpenSearchRequestError
from support.mocked_domain import EVENT, IN_USE, JOB, MockedDomain, index, target


def correct(domain: MockedDomain) -> None:
    mappings = {"properties": {"n": {"type": "long"}}}
    requested = TargetIndex.derive(EVENT["trigger_file"], {**EVENT["index"], "mappings": mappings}, index("u1"))
    found = domain.indices["a_v2"]
    correct_target(domain.client, "a_v2", found, JOB.execution_id, requested, Provenance(source_uuid="u1"))


def in_use() -> MockedDomain:
    domain = MockedDomain(a_v1=index("u1"), a_v2=target(IN_USE))
    domain.client.find_reindex_task.return_value = "n:7"
    return domain


def test_the_copy_is_ended_before_the_mappings_change() -> None:
    domain = in_use()
    correct(domain)
    changes = [name for name, *_ in domain.client.mock_calls]
    assert changes == ["find_reindex_task", "cancel_task", "apply_alias_actions", "put_mappings"]
    name, mappings = domain.client.put_mappings.call_args.args
    assert (name, mappings["properties"]) == ("a_v2", {"n": {"type": "long"}})
    assert mappings["_meta"]["opensearch_reindex"]["source_uuid"] == "u1"


def test_mappings_that_an_index_in_use_cannot_take_are_refused_with_the_reason() -> None:
    domain = in_use()
    domain.client.put_mappings.side_effect = OpenSearchRequestError(400, "illegal_argument_exception", "cannot change")
    with pytest.raises(IndexCreationError, match="cannot take the corrected mappings: cannot change"):
        correct(domain)


def test_a_permission_that_is_missing_is_passed_on() -> None:
    domain = in_use()
    domain.client.put_mappings.side_effect = OpenSearchRequestError(403, "security_exception", "no")
    with pytest.raises(OpenSearchRequestError, match="no"):
        correct(domain)
