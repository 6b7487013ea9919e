"""Rebuild three OpenSearch indices while an application writes to one of them.

The demo uses a real OpenSearch node, a local AWS and the published module. At the end it verifies every document that
OpenSearch acknowledged.
"""

import argparse
import json
import os
import signal
import sys
import time
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from opensearchpy import OpenSearchException

from demo import stack
from demo.census import census
from demo.data import CITIES, INDICES, trigger_file
from demo.load import Loader
from demo.report import Report, Row
from demo.verify import aliases_of, hits, is_of_trial, refreshed_count, wrong_documents, wrong_index
from demo.watch import ExecutionWatch, Progress
from support.opensearch_node import ExternalNode
from support.writer import Writer

# Documents that the writer adds before the upload, and again after the end of the execution.
_WRITES_AROUND = 200
# A steady application rather than a load test: on two cores the copy needs most of the time.
_PAUSE_SECONDS = 0.02
# With --kill-node the copy is throttled: a fast machine would finish it before the node is killed.
_KILL_REQUESTS_PER_SECOND = 8000
_KILL_AT = 0.3
_SEARCH = "sao tome"
# Terraform prints a lot; the error comes last.
_ERROR_CHARACTERS = 4000
_EXPECTED_ERRORS = (RuntimeError, ValueError, OpenSearchException, Boto3Error, BotoCoreError, ClientError)


class Interruption(KeyboardInterrupt):
    """Ctrl-C or SIGTERM; the argument is the number of the signal."""


def main() -> int:
    """Run the demo and return the exit status."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument(
        "--kill-node",
        action="store_true",
        help="kill the OpenSearch node during a copy and verify that no document is lost",
    )
    kill_node: bool = parser.parse_args().kill_node
    if kill_node and os.environ.get("OPENSEARCH_URL"):
        parser.error("--kill-node needs a node that the demo starts itself; unset OPENSEARCH_URL")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as cleanup:
            return Demo(cleanup, Report()).run(kill_node)
    except Interruption as interruption:
        print("demo: everything has stopped", file=sys.stderr)
        return 128 + int(interruption.args[0])
    except _EXPECTED_ERRORS as error:
        print(f"\ndemo: failed: {str(error)[-_ERROR_CHARACTERS:]}", file=sys.stderr)
        return 1


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not interrupt the clean-up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Not `print`: the signal may have interrupted another `print`.
    os.write(2, b"\ndemo: interrupted; stopping everything that the demo started\n")
    raise Interruption(number)


class Demo:
    """One run, from an empty node to the last verified document."""

    def __init__(self, cleanup: ExitStack, report: Report) -> None:
        """Start the parts and load the data.

        Args:
            cleanup: stops every part at the end.
            report: prints the progress.
        """
        self._report = report
        self._node = stack.start_opensearch(cleanup, report)
        self._client = stack.connect(self._node)
        self._aws = stack.start_aws(cleanup, report)
        if not isinstance(self._node, ExternalNode):
            # Must end before MiniStack, which waits for Lambda functions that may wait for OpenSearch.
            cleanup.callback(self._node.kill)
        self._front = stack.start_front(cleanup, report, self._aws, self._node)
        # Loading runs beside Terraform, which mostly waits.
        with Loader(self._client, report) as loader:
            self._outputs = stack.deploy(cleanup, report, self._aws, self._front)
            self._documents = loader.result()
        cities = self._documents[CITIES.source_index]
        self._writer = cleanup.enter_context(
            Writer(self._node.url, CITIES.alias_name, census, loaded=cities, pause_seconds=_PAUSE_SECONDS)
        )
        # Every acknowledged document by source index and `_id`; the writer updates the cities.
        self._documents[CITIES.source_index] = self._writer.documents

    def run(self, kill_node: bool) -> int:
        """Upload the trigger file, follow the execution and verify the result.

        Args:
            kill_node: whether to kill the node during the copy of the cities.

        Returns:
            The exit status.

        Raises:
            RuntimeError: the copy ended before the node was killed, OpenSearch acknowledged no write, or an answer
                shows that a document was lost.
        """
        self._wait_for_writes()
        self._report.say("writer", f"keeps adding towns and updating cities through {CITIES.alias_name}")
        hits_before = hits(self._client, CITIES.alias_name, "name", _SEARCH)
        self._written_before = self._writer.written
        self._documents_before = {name: len(documents) for name, documents in self._documents.items()}

        self._upload(kill_node)
        progress, was_killed = self._follow(kill_node)
        if kill_node and not was_killed:
            raise RuntimeError("the copy ended before the node was killed")
        if was_killed:
            self._report.say("OpenSearch", "starting the node again with the same data")
            self._node.start()
        self._wait_for_writes()
        self._stop_writer()

        if progress.status != "SUCCEEDED":
            return self._verify_nothing_is_lost()
        return self._verify(progress, hits_before)

    def _wait_for_writes(self, timeout_seconds: float = 60.0) -> None:
        """Wait until OpenSearch has acknowledged more documents of the writer."""
        goal = self._writer.written.created + _WRITES_AROUND
        deadline = time.monotonic() + timeout_seconds
        while self._writer.written.created < goal:
            if time.monotonic() > deadline or self._writer.failure:
                self._stop_writer()  # raises with the reason
                raise RuntimeError(f"the writer added fewer than {_WRITES_AROUND} documents in {timeout_seconds:.0f} s")
            time.sleep(0.1)

    def _stop_writer(self) -> None:
        """End the writer after OpenSearch has acknowledged its writes in hand.

        Raises:
            RuntimeError: OpenSearch did not acknowledge them in time, or an answer shows that a document was lost.
        """
        self._writer.stop(timeout_seconds=30)
        if self._writer.failure:
            raise RuntimeError(self._writer.failure)

    def _upload(self, kill_node: bool) -> None:
        content = trigger_file(self._front.url, _KILL_REQUESTS_PER_SECOND if kill_node else None)
        bucket, key = self._outputs["bucket_name"], "demo.json"
        self._aws.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(content, indent=2).encode())
        self._report.say("upload", f"s3://{bucket}/{key}, a trigger file for {len(INDICES)} indices")

    def _follow(self, kill_node: bool) -> tuple[Progress, bool]:
        """Print the progress until the execution ends; return also if the node was killed."""
        watch = ExecutionWatch(
            self._aws.client("stepfunctions"),
            self._client,
            self._outputs["state_machine_arn"],
            self._outputs["index_state_machine_arn"],
        )
        execution_arn = watch.wait_for_start()
        self._report.say("execution", execution_arn.rpartition(":")[2])
        was_killed = False
        for progress in watch.follow(execution_arn):
            self._report.progress(progress, self._writer.written.since(self._written_before))
            copy = progress.copy
            is_middle = copy and copy.source_index == CITIES.source_index and copy.part >= _KILL_AT
            if copy and is_middle and kill_node and not was_killed:
                self._node.kill()
                was_killed = True
                self._report.say("OpenSearch", f"killed the node (SIGKILL) after {copy.copied:,} copied documents")
        if progress.status != "SUCCEEDED":
            self._report.failure(progress)
        return progress, was_killed

    def _verify(self, progress: Progress, hits_before: int) -> int:
        """Verify every target index, print the table, and return the exit status."""
        written = self._writer.written.since(self._written_before)
        seconds = {each.source_index: each.seconds or 0.0 for each in progress.indices}
        problems: list[str] = []
        rows = []
        for index in INDICES:
            documents = self._documents[index.source_index]
            self._report.say(index.target_index, f"verifying {len(documents):,} documents")
            problems += wrong_documents(self._client, [index.alias_name], documents, index.target_index)
            problems += wrong_index(self._client, index, len(documents))
            if not self._client.indices.exists(index=index.target_index):
                continue
            rows.append(
                Row(
                    source_index=index.source_index,
                    target_index=index.target_index,
                    documents_before=self._documents_before[index.source_index],
                    documents_after=refreshed_count(self._client, index.target_index),
                    writes=str(written) if index is CITIES else "-",
                    seconds=seconds.get(index.source_index, 0.0),
                    aliases=sorted(aliases_of(self._client, index.target_index)),
                )
            )
        hits_after = hits(self._client, CITIES.alias_name, "name", _SEARCH)
        if hits_after <= hits_before:
            problems.append(
                f'the new analyzer finds {hits_after} cities for "{_SEARCH}"; expected more than {hits_before}'
            )
        self._report.table(rows)
        print(f'Cities that match "{_SEARCH}": {hits_before} before, {hits_after} with the new analyzer.')
        print(f"Writes that the writer had to retry: {written.retried}.")
        print(f"Requests of the Lambda functions, all signed and over TLS: {len(self._front.requests)}.")
        if problems:
            self._report.problems(problems)
            print(f"demo: failed: {len(problems):,} problems")
            return 1
        print(f"\ndemo: {len(rows)} indices reindexed, {self._document_count()} documents verified, 0 lost")
        return 0

    def _verify_nothing_is_lost(self) -> int:
        """Verify every document after a failed execution, and return the exit status."""
        problems: list[str] = []
        for index in INDICES:
            documents = self._documents[index.source_index]
            both = (index.target_index, index.source_index)
            names = [name for name in both if self._client.indices.exists(index=name)]
            # A killed trial leaves a target index that readers do not find.
            names = [name for name in names if not is_of_trial(self._client, name)]
            lost = wrong_documents(self._client, names, documents)
            counts = [f"{refreshed_count(self._client, name):,} in {name}" for name in names]
            summary = f"{len(documents):,} documents acknowledged, {len(lost):,} lost"
            self._report.say(index.source_index, f"{summary} ({' and '.join(counts)})")
            problems += lost
        if problems:
            self._report.problems(problems)
        print(f"\ndemo: the execution failed; {self._document_count()} documents verified, {len(problems)} lost")
        return 1

    def _document_count(self) -> int:
        return sum(len(documents) for documents in self._documents.values())


if __name__ == "__main__":
    sys.exit(main())
