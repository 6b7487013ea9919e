"""Runs the tests on copies of lambda_src that each lack one safety check."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Lock

import pytest

from mutations.mutation import Mutation, copy_of_sources
from support.domain import Domain
from support.paths import ROOT

_PROCESSES = 2
# Far more than any of the tests takes; a mutation must not make one wait for ever.
_END_SECONDS = 300
# Every run is a process of its own, forked from one that has these already: importing takes longer than testing.
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["boto3", "moto", "opensearchpy", "pytest"])


@dataclass(frozen=True)
class Trial:
    """What the tests of one suite made of one mutation.

    Attributes:
        mutation: what was changed.
        suite: file or test.
        noticed_by: the first test that failed, or None.
        output: of pytest.
    """

    mutation: Mutation
    suite: str
    noticed_by: str | None
    output: str


def run(mutations: Sequence[Mutation], node_url: str) -> Iterator[Trial]:
    """Try each mutation on each of its suites, in their order, two at a time.

    Args:
        mutations: what to change, each for itself.
        node_url: of an OpenSearch node that is empty, and will be again.

    Raises:
        ValueError: a mutation does not fit lambda_src any more.
        RuntimeError: tests fail without any mutation.
    """
    for mutation in mutations:
        mutation.apply()
    trials = [(mutation, suite) for mutation in mutations for suite in mutation.suites]
    node = Lock()  # tests use plain names such as `a_v1`

    def attempt(mutation: Mutation, suite: str) -> Trial:
        with node if _needs_node(suite) else nullcontext():
            status, output = _run_pytest(mutation, [suite], node_url)
            if _needs_node(suite):
                _clear(node_url)
        # Nothing but a failed test counts: no fixture, no import, no time-out.
        failed = re.search(r"^FAILED ([^\s\[]+)", output, re.MULTILINE)
        return Trial(mutation, suite, failed[1] if failed and status == pytest.ExitCode.TESTS_FAILED else None, output)

    with ThreadPoolExecutor(_PROCESSES) as pool:
        suites = {suite for _, suite in trials}
        on_node = sorted(suite for suite in suites if _needs_node(suite))
        # Every file of unit tests for itself, as it is run below: one that fails alone would notice everything.
        groups = [on_node, *([suite] for suite in sorted(suites.difference(on_node)))]
        list(pool.map(lambda group: _refuse_failures(group, node_url), groups))
        yield from pool.map(lambda trial: attempt(*trial), trials)


def _needs_node(suite: str) -> bool:
    return suite.startswith("tests/opensearch/")


def _refuse_failures(suites: list[str], node_url: str) -> None:
    """Make sure that a failure tells something."""
    status, output = _run_pytest(None, suites, node_url) if suites else (pytest.ExitCode.OK, "")
    if status != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests fail without any mutation:\n{output}")


def _run_pytest(mutation: Mutation | None, suites: list[str], node_url: str) -> tuple[int | None, str]:
    """Exit status and output; without a status, the tests came to no end."""
    with copy_of_sources(mutation) as sources:
        log, status = sources.parent / "log", sources.parent / "status"
        process = _FORKS.Process(target=_pytest, args=(sources, suites, node_url, log, status))
        process.start()
        process.join(_END_SECONDS)
        process.kill()
        process.join()
        # Not `exitcode`: whichever thread starts a process asks after all of them, and of two that ask at once one gets
        # 255.
        return int(status.read_text("utf-8")) if status.exists() else None, log.read_text("utf-8")


def _pytest(sources: Path, suites: list[str], node_url: str, log: Path, status: Path) -> None:
    os.chdir(ROOT)
    os.environ["OPENSEARCH_URL"] = node_url
    sys.dont_write_bytecode = True
    options = [
        *("-x", "-q", "-p", "no:hypothesispytest"),  # which takes a second to import
        *("-o", f"cache_dir={sources.parent}", "-o", f"pythonpath={sources} tests modules/opensearch-reindex"),
    ]
    with log.open("w", encoding="utf-8") as output, redirect_stdout(output), redirect_stderr(output):
        end = pytest.main([*options, *suites])
    status.write_text(str(int(end)), "utf-8")


def _clear(node_url: str) -> None:
    """Leave nothing to the next mutation: a copy that still runs can bring an index back."""
    domain = Domain(node_url)
    domain("POST", "_tasks/_cancel?actions=*reindex&wait_for_completion=true")
    for path in domain.holdings():
        domain("DELETE", path)
