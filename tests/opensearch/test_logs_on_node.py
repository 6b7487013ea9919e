"""Logs of the functions at the level DEBUG, of a rebuild and of a failed copy."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import handlers
from support.domain import Domain
from support.rebuild import event
from support.signed_front import FUNCTION_KEY, SignedFront

PREFIX = "logged"
SECRETS = (FUNCTION_KEY.secret_access_key, FUNCTION_KEY.session_token)
MARKER = "marked contents"
# In a process of its own, as in Lambda: all that it prints goes to the log, a stack trace of the interpreter too.
PROGRAM = """
import json, sys, handlers

state = handlers.create_index_handler(json.load(sys.stdin), None)
state = handlers.update_aliases_handler(state, None)
state = handlers.start_reindex_handler(state, None)
state = handlers.check_reindex_status_handler(state, None)
state = handlers.remove_alias_handler(state, None)
handlers.delete_index_handler(state, None)
"""


@pytest.fixture
def source(domain: Domain) -> None:
    domain("PUT", "logged_v1", {"mappings": {"properties": {"n": {"type": "text"}}}, "aliases": {"logged_current": {}}})
    domain.bulk("logged_v1", {str(number): {"n": f"{MARKER} {number}"} for number in range(20)})


def printed(front: SignedFront, *, fails: bool = False, **changes: Any) -> str:
    """Run the steps of one index and give what they printed."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(event("logged_v1", front.url, **changes)),
        env={
            "PYTHONPATH": str(Path(handlers.__file__).parent),
            "ALLOWED_ENDPOINTS": urlsplit(front.url).netloc,
            "AWS_REGION": "us-east-1",
            "CA_CERTIFICATES": front.ca_certificates,
            "DOMAIN_ARNS": "",
            "LOG_LEVEL": "DEBUG",
            "POLL_INTERVAL_SECONDS": "1",
            "STALL_TIMEOUT_SECONDS": "600",
            **FUNCTION_KEY.environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode != 0) == fails, result.stderr
    return result.stdout + result.stderr


def steps_in(text: str) -> list[str]:
    """The steps that the log names, in their order."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return list(dict.fromkeys(line["step"] for line in lines))


@pytest.mark.usefixtures("source")
def test_a_whole_rebuild_logs_its_steps_and_neither_credentials_nor_documents(
    domain: Domain, front: SignedFront
) -> None:
    text = printed(front)

    assert steps_in(text) == [
        "CreateIndex",
        "UpdateAliases",
        "StartReindex",
        "CheckReindexStatus",
        "RemoveAlias",
        "DeleteIndex",
    ]
    assert len(domain.documents("logged_v2")) == 20
    for hidden in (*SECRETS, MARKER):
        assert hidden not in text


@pytest.mark.usefixtures("source")
def test_failed_trial_logs_the_reason_but_no_credentials_and_no_documents(
    front: SignedFront,
) -> None:
    text = printed(front, fails=True, mappings={"properties": {"n": {"type": "long"}}})

    assert steps_in(text) == ["CreateIndex"]
    assert "failed to parse field [n] of type [long]" in text
    for hidden in (*SECRETS, MARKER):
        assert hidden not in text
