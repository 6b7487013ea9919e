"""Run GetTriggerFile on bad files and a real node, and check its refusals."""

import io
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode, urlsplit

from handlers import step
from opensearch_reindex.opensearch_client import (
    IMPOSSIBLE_ALIAS,
    IMPOSSIBLE_NAME,
    IMPOSSIBLE_SETTINGS,
    IMPOSSIBLE_SUFFIX,
    NEVER,
    OpenSearchClient,
)
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.errors import TriggerFileError
from opensearch_reindex.trigger.get_trigger_file import get_trigger_file
from support.bad_trigger_files import bad_files
from support.bad_trigger_files.domain_broken import prepared
from support.bad_trigger_files.faults import BadFile
from support.domain import Domain
from support.rebuild import ENVIRONMENT, EXECUTION, Rebuild

MAX_SECONDS = 10.0
# Shorter than in production, so that endless patterns do not take minutes.
_PATTERN_SECONDS = 1.0


def is_reading(method: str, path: str, _: Any = None) -> bool:
    """Return whether a request only reads.

    Args:
        method: HTTP method.
        path: path with its query.
    """
    return method in ("GET", "HEAD") or (method == "POST" and path.partition("?")[0].endswith("/_search"))


def is_change(method: str, path: str, body: Any) -> bool:
    """Return whether a request could change anything on the domain.

    GetTriggerFile checks its permissions with requests that change nothing despite their method. Only this function
    knows them.

    Args:
        method: HTTP method.
        path: path with its query.
        body: JSON of the request.
    """
    bare_path, _, query = path.partition("?")
    impossible = bare_path.endswith(quote(IMPOSSIBLE_NAME))
    return not (
        is_reading(method, path)
        or (method == "POST" and bare_path.startswith("/_index_template/_simulate_index/"))
        or (method == "PUT" and body in ({"settings": {"number_of_shards": 0}}, IMPOSSIBLE_SETTINGS))
        or (method == "PUT" and body.get("aliases") == {IMPOSSIBLE_ALIAS: {"filter": {IMPOSSIBLE_ALIAS: {}}}})
        or (method in ("PUT", "POST") and impossible and urlencode(NEVER) in query)
        or (bare_path == "/_reindex" and body["source"].get("query") == {"match_none": {}})
        or (bare_path == "/_reindex" and body["dest"]["index"].endswith(IMPOSSIBLE_SUFFIX))
        or (bare_path == "/_aliases" and all(_is_impossible(action) for action in body["actions"]))
    )


def _is_impossible(action: dict[str, Any]) -> bool:
    details = action.get("remove", {})
    return details.get("alias") == IMPOSSIBLE_NAME and details.get("must_exist") is True


class Bucket:
    """Stand in for S3 with one object."""

    def __init__(self) -> None:
        self.content = b""

    def get_object(self, **_: str) -> dict[str, Any]:
        """Answer as boto3's client does."""
        return {"ContentLength": len(self.content), "Body": io.BytesIO(self.content)}


class FirstStep:
    """Run GetTriggerFile as Lambda does, except for S3 and the environment.

    Attributes:
        requests: method, path and body of every request that the last file sent to the node.
    """

    def __init__(self, client: OpenSearchClient, url: str) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self._client = client
        self.url = url
        self._bucket = Bucket()
        (connection,) = self._client._transport._client.transport.connection_pool.connections
        self._send = connection.perform_request
        connection.perform_request = self._record
        self._handler = step("GetTriggerFile", TriggerFileError)(self._get_trigger_file)

    def __call__(self, content: bytes) -> dict[str, Any]:
        """Read and check a trigger file.

        Args:
            content: content of the file.

        Raises:
            ReindexError: GetTriggerFile refused the file.
        """
        self.requests.clear()
        self._bucket.content = content
        detail = {"bucket": {"name": "triggers"}, "object": {"key": "t.json"}}
        return self._handler({"execution_id": EXECUTION, "detail": detail}, None)

    def _get_trigger_file(self, event: Any) -> dict[str, Any]:
        environment = replace(ENVIRONMENT, allowed_endpoints=(urlsplit(self.url).netloc,))
        return get_trigger_file(event, self._bucket, self._connect, environment)

    def _connect(self, endpoint: str) -> OpenSearchClient:
        assert parse_endpoint(endpoint).url == self.url, "a request was about to go elsewhere"
        return self._client

    def _record(self, method: str, path: str, params: Any = None, body: Any = None, **others: Any) -> Any:
        self.requests.append((method, path, json.loads(body) if body else None))
        return self._send(method, path, params, body, **others)


@dataclass
class Refusals:
    """Count the refused files.

    Attributes:
        files: number of files by kind and fault.
        requests: number of requests to the node, none of which can change anything.
        slowest_seconds: time of the slowest file.
    """

    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: int = 0
    slowest_seconds: float = 0.0

    def table(self) -> str:
        """Format the numbers by fault."""
        rows = [f"{kind:9} {fault:60} {number:6}" for (kind, fault), number in self.files.items()]
        total = f"{self.files.total()} files refused, {self.requests} requests, none of which changes anything"
        return "\n".join([*rows, f"{total}; the slowest took {self.slowest_seconds:.1f} s"])


def refuse_all(domain: Domain, rebuild: Rebuild, number: int = 5000, seed: int = 0) -> Refusals:
    """Run GetTriggerFile on bad files, and compare the domain before and after.

    Args:
        domain: a node without indices.
        rebuild: has the client, and the endpoint that the files name.
        number: number of files.
        seed: equal seeds make equal files.

    Raises:
        AssertionError: a file was accepted or badly refused, or the domain changed; the message names the file.
    """
    first_step, refusals = FirstStep(rebuild.client, rebuild.url), Refusals()
    with prepared(domain, rebuild), quiet():
        before = snapshot(domain)
        for bad in bad_files(rebuild.url, number, seed):
            started = time.monotonic()
            problem = _problem_with(bad, first_step)
            seconds = time.monotonic() - started
            if problem or seconds > MAX_SECONDS:
                what = problem or f"refused, but after {seconds:.1f} s"
                raise AssertionError(f"{bad.kind}: {bad.fault}: {what}\n{bad.content[:2000]!r}")
            refusals.files[bad.kind, bad.fault] += 1
            refusals.requests += len(first_step.requests)
            refusals.slowest_seconds = max(refusals.slowest_seconds, seconds)
        assert snapshot(domain) == before, "the domain is not what it was"
    return refusals


def snapshot(domain: Domain) -> Any:
    """Return everything that no refused file may change.

    `Domain.state` would not do: it fails as soon as one index blocks the reading of metadata.
    """
    return domain("GET", "_cluster/state/metadata")["metadata"]


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing about refused files, and do not wait long for endless patterns."""
    logging.disable(logging.CRITICAL)
    try:
        with patch("opensearch_reindex.trigger.get_trigger_file.MAX_PATTERN_SECONDS", _PATTERN_SECONDS):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _problem_with(bad: BadFile, first_step: FirstStep) -> str | None:
    """Return what is wrong with the refusal of a file, or None."""
    try:
        state = first_step(bad.content)
    except TriggerFileError as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - no other exception may leave the step
        return f"{type(error).__name__} instead of a refusal: {error}"
    else:
        return f"accepted: {state}"
    others = [request for request in first_step.requests if is_change(*request)]
    if others:
        return f"refused, but after {others}"
    cause = json.loads(message)
    reasons = [cause["reason"], *cause.get("problems", [])]
    if not all(isinstance(reason, str) and reason for reason in reasons) or not cause["next"]:
        return f"refused without a reason: {message}"
    if "Traceback" in message or "Error:" in message:
        return f"refused with an error of Python: {message}"
    missing = [says for says in bad.says if not any(says in reason for reason in reasons)]
    return f"refused, but it does not say {missing}: {message}" if missing else None
