import json
import re

import pytest

from opensearch_reindex.runtime import errors
from opensearch_reindex.runtime.errors import (
    MAX_REASON_CHARACTERS,
    ReindexError,
    TransientOpenSearchError,
    TriggerFileError,
    VerificationError,
)
from opensearch_reindex.trigger.get_trigger_file import MAX_STATE_BYTES
from support.paths import ROOT

LARGEST_CAUSE_CHARACTERS = 32_768  # of Step Functions
LARGEST_STATE_BYTES = 256 * 1024  # of Step Functions


def test_the_message_is_json_with_all_that_is_known() -> None:
    error = VerificationError("it differs", status=400, error_type="some_exception", problems=["one"])
    error.context = {"step": "RemoveAlias", "source_index": "a_v1", "target_index": "a_v2"}
    assert json.loads(str(error)) == {
        "step": "RemoveAlias",
        "source_index": "a_v1",
        "target_index": "a_v2",
        "status": 400,
        "type": "some_exception",
        "reason": "it differs",
        "problems": ["one"],
        "next": VerificationError.next_step,
    }


def test_what_is_not_known_is_left_out() -> None:
    assert json.loads(str(TriggerFileError("bad", next_step="Go home."))) == {"reason": "bad", "next": "Go home."}


def test_a_message_with_many_problems_still_fits_and_says_how_many_it_hides() -> None:
    error = TriggerFileError("bad", problems=[f"indices[{number}]: " + "x" * 200 for number in range(1000)])
    message = json.loads(str(error))
    assert len(json.dumps({"errorMessage": str(error)})) < LARGEST_CAUSE_CHARACTERS
    shown = len(message["problems"]) - 1
    assert shown > 50
    assert message["problems"][-1] == f"... and {1000 - shown} more; the log has all"
    assert len(error.to_dict()["problems"]) == 1000


@pytest.mark.parametrize("letter", ["x", '"', "\\", "ü", "\U0001f600"])
def test_the_largest_state_has_room_for_the_largest_error(letter: str) -> None:
    error = VerificationError(letter * 8_000, problems=[letter * 200] * 1000)
    cause = json.dumps({"errorMessage": str(error), "errorType": "VerificationError", "stackTrace": ["x" * 300]})
    added = json.dumps({"error": {"Error": "VerificationError", "Cause": cause}})
    started_by = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "x" * 300, "execution_id": "x" * 300}
    assert MAX_STATE_BYTES + len(added) + len(json.dumps(started_by)) < LARGEST_STATE_BYTES


@pytest.mark.parametrize("letter", ['"', "\\", "\x01", "ü", "\U0001f600"])
def test_letters_that_lambda_escapes_leave_room_for_fewer_problems(letter: str) -> None:
    error = TriggerFileError(letter * 8_000, problems=[letter * 200] * 1000)
    assert len(json.dumps({"errorMessage": str(error)})) < LARGEST_CAUSE_CHARACTERS
    assert "more; the log has all" in json.loads(str(error))["problems"][-1]


def test_a_reason_without_end_is_cut() -> None:
    assert json.loads(str(ReindexError("x" * 100_000)))["reason"] == "x" * MAX_REASON_CHARACTERS


def all_errors(error_class: type[ReindexError] = ReindexError) -> list[type[ReindexError]]:
    """An error class, and all classes below it."""
    return [error_class, *(each for below in error_class.__subclasses__() for each in all_errors(below))]


def test_every_error_is_listed_and_every_transient_one_is_retried_by_its_name() -> None:
    import handlers  # noqa: F401 - imports every module that could define an error

    assert {each.__module__ for each in all_errors()} == {errors.__name__}
    drawn = set(re.findall(r"\b[A-Z]\w+Error\b", str(errors.__doc__)))
    assert {each.__name__ for each in all_errors()} == drawn
    retry = json.loads((ROOT / "modules/opensearch-reindex/state_machines/retry.json").read_text("utf-8"))
    retried = {name for policy in retry.values() for name in policy["ErrorEquals"] if "." not in name}
    assert retried == {each.__name__ for each in all_errors(TransientOpenSearchError)}


def test_no_policy_retries_an_error_of_another_policy_or_every_error() -> None:
    retry = json.loads((ROOT / "modules/opensearch-reindex/state_machines/retry.json").read_text("utf-8"))
    names = [name for policy in retry.values() for name in policy["ErrorEquals"]]
    assert len(names) == len(set(names))
    assert not {name for name in names if name.startswith("States.")}


@pytest.mark.parametrize("error_class", all_errors())
def test_every_error_says_what_to_do_next(error_class: type[ReindexError]) -> None:
    assert json.loads(str(error_class("reason")))["next"].endswith(".")
