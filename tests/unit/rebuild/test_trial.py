"""What the answers to a trial copy say about the documents, and about the domain."""

from typing import Any

import pytest

from opensearch_reindex.rebuild.trial import trial_problems
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from support.mocked_domain import COUNTERS, MockedDomain

IDS = [str(number) for number in range(300)]


def answer(**differences: Any) -> dict[str, Any]:
    return {**COUNTERS, "timed_out": False, "failures": [], **differences}


def failure(status: int, error_type: str) -> dict[str, Any]:
    return {"index": "a_v2", "id": "1", "status": status, "cause": {"type": error_type, "reason": "its reason"}}


def domain_that(result: Any) -> MockedDomain:
    """Return a domain that answers a trial copy, or raises."""
    domain = MockedDomain()
    domain.client.first_ids.return_value = IDS
    domain.client.bytes_of.return_value = [500]
    domain.client.reindex.side_effect = [result]
    return domain


def problems(domain: MockedDomain, **options: Any) -> list[str]:
    return trial_problems(domain.client, "a_v1", "trial~1", options)


@pytest.mark.parametrize("differences", [{}, {"created": 1, "noops": 2}])
def test_documents_that_arrive_or_that_the_script_drops_are_no_problem(differences: dict[str, int]) -> None:
    assert problems(domain_that(answer(**differences))) == []


@pytest.mark.parametrize(
    ("differences", "problem"),
    [
        (
            {"created": 2, "version_conflicts": 1},
            "1 documents got the id of another document, or have it under another routing",
        ),
        ({"created": 1, "updated": 2}, "the pipeline dropped 2 documents"),
        ({"created": 0, "deleted": 3}, "of 3 documents not each was created, or dropped by the script"),
        ({"created": 2}, "of 3 documents not each was created, or dropped by the script"),
        ({"failures": [failure(400, "mapper_parsing_exception")]}, "mapper_parsing_exception"),
    ],
)
def test_documents_that_do_not_arrive_are_a_problem(differences: dict[str, Any], problem: str) -> None:
    found = problems(domain_that(answer(**differences)))
    assert problem in found[-1]


@pytest.mark.parametrize("passing", [failure(429, "rejected_execution_exception"), failure(503, "unavailable")])
def test_a_fault_of_the_domain_is_no_problem_of_the_documents(passing: dict[str, Any]) -> None:
    with pytest.raises(TransientOpenSearchError, match="the trial copy was interrupted"):
        problems(domain_that(answer(created=2, failures=[passing])))


def test_a_script_that_opensearch_refuses_is_a_problem() -> None:
    refused = OpenSearchRequestError(400, "script_exception", "compile error")
    assert problems(domain_that(refused), script={"source": "ctx +"}) == ["compile error"]


@pytest.mark.parametrize(
    "error", [OpenSearchRequestError(403, "security_exception", "no"), TransientOpenSearchError("429", status=429)]
)
def test_a_missing_permission_and_a_busy_domain_are_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        problems(domain_that(error))
    assert caught.value is error


@pytest.mark.parametrize("task", ["n:7", None])
@pytest.mark.parametrize("how", [{"error_type": "ConnectionTimeout"}, {"status": 504}])
def test_a_trial_that_takes_too_long_is_ended_and_shows_no_problem(how: dict[str, Any], task: str | None) -> None:
    domain = domain_that(TransientOpenSearchError("no answer in time", **how))
    domain.client.find_reindex_task.return_value = task
    assert problems(domain) == []
    domain.client.find_reindex_task.assert_called_once_with("trial~1")
    assert [call.args for call in domain.client.cancel_task.call_args_list] == ([(task,)] if task else [])


@pytest.mark.parametrize(
    ("options", "size", "pipeline"),
    [({}, 50, "_none"), ({"batch_size": 7, "pipeline": "p"}, 7, "p"), ({"batch_size": 5000}, 50, "_none")],
)
def test_a_trial_copies_visible_documents_in_small_batches(options: dict[str, Any], size: int, pipeline: str) -> None:
    domain = domain_that(answer())
    problems(domain, **options)
    (body, _), _ = domain.client.reindex.call_args
    assert (body["source"]["query"]["ids"]["values"], body["source"]["size"]) == (IDS, size)
    assert body["dest"]["pipeline"] == pipeline
    assert "script" not in body
    assert [name for name, *_ in domain.client.mock_calls] == [
        "refresh",
        "first_ids",
        "bytes_of",
        "bytes_of",
        "reindex",
    ]


@pytest.mark.parametrize(("megabytes", "number", "size"), [(0.1, 300, 20), (1, 32, 2), (4, 10, 1), (40, 10, 1)])
def test_a_trial_of_large_documents_is_small(megabytes: float, number: int, size: int) -> None:
    domain = domain_that(answer())
    domain.client.bytes_of.return_value = [int(megabytes * 1024 * 1024)]
    problems(domain)
    (body, _), _ = domain.client.reindex.call_args
    assert (len(body["source"]["query"]["ids"]["values"]), body["source"]["size"]) == (number, size)
    asked = sum(len(call.args[1]) for call in domain.client.bytes_of.call_args_list)
    assert asked == (1 if megabytes > 3 else 11)


def test_an_empty_index_has_nothing_to_try() -> None:
    domain = domain_that(answer())
    domain.client.first_ids.return_value = []
    assert problems(domain) == []
    domain.client.reindex.assert_not_called()


def test_a_trial_asks_for_no_more_than_a_search_may_return() -> None:
    domain = domain_that(answer())
    trial_problems(domain.client, "a_v1", "trial~1", {}, 20)
    domain.client.first_ids.assert_called_once_with("a_v1", 20)
