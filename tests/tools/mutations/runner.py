"""Run the tests on copies of lambda_src that each lack one safety check."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue

import pytest

from mutations.mutation import Mutation, copy_of_sources
from support.domain import Domain
from support.paths import ROOT

# Tests compare everything on a node, so each process needs a node of its own.
PROCESSES = 2
# Much longer than any test takes, because a mutation must not make a test wait forever.
_END_SECONDS = 300
# Every run is a process, forked from a server that has these packages: the import takes longer than the tests.
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["boto3", "moto", "opensearchpy", "pytest"])


@dataclass(frozen=True)
class Trial:
    """Result of one mutation in one suite.

    Attributes:
        mutation: the mutation.
        suite: file or test.
        noticed_by: the first test that failed, or None.
        output: output of pytest.
    """

    mutation: Mutation
    suite: str
    noticed_by: str | None
    output: str


def run(mutations: Sequence[Mutation], node_urls: Sequence[str]) -> Iterator[Trial]:
    """Try each mutation on each of its suites, in order, two at a time.

    Args:
        mutations: the mutations to try.
        node_urls: URLs of empty OpenSearch nodes, which are empty again at the end.

    Raises:
        ValueError: a mutation no longer fits lambda_src.
        RuntimeError: tests fail without a mutation.
    """
    for mutation in mutations:
        mutation.apply()
    trials = [(mutation, suite) for mutation in mutations for suite in mutation.suites]
    nodes: SimpleQueue[str] = SimpleQueue()
    for url in node_urls:
        nodes.put(url)

    def attempt(mutation: Mutation, suite: str) -> Trial:
        with _node_for([suite], nodes) as url:
            status, output = _run_pytest(mutation, [suite], url)
        # Only a failed test counts, not a failed fixture, a failed import or a time-out.
        failed = re.search(r"^FAILED ([^\s\[]+)", output, re.MULTILINE)
        return Trial(mutation, suite, failed[1] if failed and status == pytest.ExitCode.TESTS_FAILED else None, output)

    with ThreadPoolExecutor(PROCESSES) as pool:
        suites = {suite for _, suite in trials}
        # Each file of unit tests alone, like below: a file that fails alone would notice every mutation. The suites
        # `test-opensearch` and `test-cases` run the tests on a node without a mutation.
        list(pool.map(_refuse_failures, sorted(suite for suite in suites if not _needs_node(suite))))
        yield from pool.map(lambda trial: attempt(*trial), trials)


def _needs_node(suite: str) -> bool:
    return suite.startswith(("tests/opensearch/", "tests/cases/"))


@contextmanager
def _node_for(suites: Sequence[str], nodes: SimpleQueue[str]) -> Iterator[str]:
    """Lend the URL of an unused node, or empty text if the suites need no node."""
    if not any(_needs_node(suite) for suite in suites):
        yield ""
        return
    url = nodes.get()
    try:
        yield url
        _clear(url)
    finally:
        nodes.put(url)


def _refuse_failures(suite: str) -> None:
    """Raise an error if unit tests fail without a mutation."""
    status, output = _run_pytest(None, [suite], "")
    if status != pytest.ExitCode.OK:
        raise RuntimeError(f"tests fail without a mutation:\n{output}")


def _run_pytest(mutation: Mutation | None, suites: list[str], node_url: str) -> tuple[int | None, str]:
    """Return exit status and output of pytest; the status is None after a time-out."""
    with copy_of_sources(mutation) as sources:
        log, status = sources.parent / "log", sources.parent / "status"
        process = _FORKS.Process(target=_pytest, args=(sources, suites, node_url, log, status))
        process.start()
        process.join(_END_SECONDS)
        process.kill()
        process.join()
        # Not `exitcode`: each start of a process collects the exit codes of all processes. If two threads do so at
        # once, one of them gets 255.
        return int(status.read_text("utf-8")) if status.exists() else None, log.read_text("utf-8")


def _pytest(sources: Path, suites: list[str], node_url: str, log: Path, status: Path) -> None:
    os.chdir(ROOT)
    os.environ["OPENSEARCH_URL"] = node_url
    sys.dont_write_bytecode = True
    options = [
        *("-x", "-q", "-p", "no:hypothesispytest"),  # its import takes a second
        *("-o", f"cache_dir={sources.parent}", "-o", f"pythonpath={sources} tests modules/opensearch-reindex"),
    ]
    with log.open("w", encoding="utf-8") as output, redirect_stdout(output), redirect_stderr(output):
        end = pytest.main([*options, *suites])
    status.write_text(str(int(end)), "utf-8")


def _clear(node_url: str) -> None:
    """Empty the node for the next mutation; a running copy could write again."""
    domain = Domain(node_url)
    domain("POST", "_tasks/_cancel?actions=*reindex&wait_for_completion=true")
    for path in domain.holdings():
        domain("DELETE", path)
