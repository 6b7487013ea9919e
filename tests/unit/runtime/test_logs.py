"""Run each test in its own process: pytest has handlers on the root logger."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from opensearch_reindex.runtime import logs


def logged(code: str, **environment: str) -> list[dict[str, Any]]:
    """Return every line that this code logs, parsed."""
    program = f"""
import logging
from opensearch_reindex.runtime import logs
from opensearch_reindex.runtime.environment import log_level
from opensearch_reindex.runtime.logs import log
logs.configure(log_level())
{code}"""
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(Path(logs.__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in result.stderr.splitlines()]


def test_each_line_is_json_with_the_context() -> None:
    (line,) = logged("""
logs.start_context(execution_id="arn:1", step="CreateIndex", source_index="a_v1", target_index=None)
logs.add_context(target_index="a_v2")
log.info("hello", extra={"documents": 3})
""")
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "opensearch_reindex",
        "message": "hello",
        "documents": 3,
        "execution_id": "arn:1",
        "step": "CreateIndex",
        "source_index": "a_v1",
        "target_index": "a_v2",
    }


def test_a_context_ends_with_its_invocation() -> None:
    (line,) = logged("logs.start_context(source_index='a_v1'); logs.start_context(step='x'); log.info('hello')")
    assert "source_index" not in line


def test_the_level_comes_from_the_environment() -> None:
    assert logged("log.debug('details')") == []
    assert len(logged("log.debug('details')", LOG_LEVEL="DEBUG")) == 1
    assert logged("log.info('news')", LOG_LEVEL="ERROR") == []


def test_libraries_stay_quiet_about_what_they_send() -> None:
    lines = logged(
        """
logging.getLogger("botocore.endpoint").debug("a request with its credentials")
logging.getLogger("opensearch").warning("POST /_bulk")
logging.getLogger("opensearchpy.trace").error("an answer")
logging.getLogger("urllib3").warning("a warning")
""",
        LOG_LEVEL="DEBUG",
    )
    assert [line["message"] for line in lines] == ["a warning"]


def test_a_traceback_of_a_library_has_classes_and_places_but_no_text() -> None:
    (line,) = logged("""
try:
    try:
        int("a-secret")
    except ValueError as error:
        raise KeyError("a-secret") from error
except KeyError:
    logging.getLogger("botocore.credentials").warning("Refreshing failed", exc_info=True)
""")
    assert "a-secret" not in json.dumps(line)
    assert line["exc_info"].splitlines() == [
        "KeyError",
        "  <string>:12 in <module>",
        "behind it: ValueError",
        "  <string>:10 in <module>",
    ]


def test_the_handler_that_lambda_brings_is_used() -> None:
    lines = logged("""
handlers = logging.getLogger().handlers[:]
logs.configure("INFO")
assert logging.getLogger().handlers == handlers
logs.start_context(step="x")
log.info("hello")
""")
    assert [line["step"] for line in lines] == ["x"]
