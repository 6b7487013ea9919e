"""Measure the cold start of each handler of the package, in new interpreters."""

import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from bench import first_call
from bench.figures import BenchmarkError, Figure, Goal, Part, Table, figure
from bench.sizes import Sizes
from bench.stack import say
from opensearch_reindex.rebuild.job import CopyStatus
from stack.packaging import make_package
from support.ministack import PYTHON
from support.mocked_domain import JOB
from support.rebuild import event
from support.trigger_file import trigger_file

_STEPS = (
    *("get_trigger_file", "create_index", "update_aliases", "start_reindex", "check_reindex_status"),
    *("remove_alias", "delete_index"),
)
_BUCKET = "triggers"
_SOURCE = "products_v1"
# A step raises this error when the domain answers 503, so the step has sent its first request.
_EXPECTED = "TransientOpenSearchError"
_CALL_SECONDS = 60


def measure(sizes: Sizes) -> Part:
    """Build the package and start every handler several times.

    Raises:
        BenchmarkError: a handler ended before its first request.
    """
    say("building the package")
    with tempfile.TemporaryDirectory() as folder, _answering() as url:
        package, unpacked = Path(folder) / "package.zip", Path(folder) / "unpacked"
        make_package(package)
        with zipfile.ZipFile(package) as archive:
            archive.extractall(unpacked)
        _compile_boto3(unpacked, Path(folder) / "copy", url)
        starts: dict[str, list[dict[str, Any]]] = {step: [] for step in ("", *_STEPS)}
        for number in range(sizes.runs):
            say(f"cold start {number + 1} of {sizes.runs} of each handler")
            for step, measured in starts.items():
                measured.append(_start(unpacked, step, url))
        size = package.stat().st_size
        rows = [_packages(step, starts) for step in _STEPS]
    figures = [
        figure("zip", "MB", size / 1_000_000, Goal("below", 2)),
        figure("`import boto3` alone", "s", [start["import_seconds"] for start in starts[""]]),
    ]
    for step in _STEPS:
        figures += _figures(step, starts[step], starts[""])
    notes = [
        f"Each handler starts {sizes.runs} times in a new interpreter, in turn. As on Lambda, boto3 is part of the "
        "runtime.",
        "The call ends at the first request to the domain, which a local server answers with 503. It includes late "
        "imports, the creation of the client and the download of the trigger file.",
        "As on Lambda, boto3 has compiled files and the package has none.",
        "Excess over boto3 is import and first call, minus the median of `import boto3` alone.",
    ]
    return Part(
        figures,
        notes,
        [Table("Imports beside boto3", ["Handler", "Packages", "Modules of handlers and opensearch_reindex"], rows)],
    )


def _figures(step: str, starts: list[dict[str, Any]], boto3: list[dict[str, Any]]) -> list[Figure]:
    alone = median(start["import_seconds"] for start in boto3)
    whole = [start["import_seconds"] + start["call_seconds"] for start in starts]
    group = f"`{step}`"
    return [
        figure("import", "s", [start["import_seconds"] for start in starts], group=group),
        figure("import and first call", "s", whole, group=group),
        figure("excess over boto3", "s", [seconds - alone for seconds in whole], Goal("below", 0.5), group=group),
        figure("peak memory", "MiB", [start["peak_mib"] for start in starts], group=group),
    ]


def _packages(step: str, starts: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Return the packages that a handler imports beside Python's and boto3's."""
    names = set(starts[step][0]["packages"]) - set(starts[""][0]["packages"]) - set(first_call.OWN)
    return [f"`{step}`", ", ".join(f"`{name}`" for name in sorted(names)), str(starts[step][0]["own_modules"])]


def _start(folder: Path, step: str, url: str, *, write_bytecode: bool = False) -> dict[str, Any]:
    """Start a handler in a new interpreter; an empty step imports boto3 alone."""
    environment = _environment(url) | ({} if write_bytecode else {"PYTHONDONTWRITEBYTECODE": "1"})
    result = subprocess.run(
        [str(PYTHON), first_call.__file__, str(folder), f"{step}_handler" if step else ""],
        input=json.dumps(_event(step, url)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=_CALL_SECONDS,
        check=False,
    )
    if result.returncode:
        raise BenchmarkError(f"import of {step or 'boto3'} failed: {result.stderr}")
    measured: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    if step and measured["error"] != _EXPECTED:
        raise BenchmarkError(
            f"{step} ended with {measured['error'] or 'success'}; expected {_EXPECTED}: {result.stdout}"
        )
    return measured


def _compile_boto3(unpacked: Path, copy: Path, url: str) -> None:
    """Compile the packages of the runtime, but not the packages of the zip."""
    shutil.copytree(unpacked, copy)
    for step in ("", "get_trigger_file"):
        _start(copy, step, url, write_bytecode=True)


def _environment(url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ALLOWED_ENDPOINTS": url.removeprefix("http://"),
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": url,
        "CA_CERTIFICATES": "",
        "DOMAIN_ARNS": "arn:aws:es:us-east-1:123456789012:domain/search",
        "LOG_LEVEL": "INFO",
        "NO_PROXY": "127.0.0.1",
        "POLL_INTERVAL_SECONDS": "30",
        "STALL_TIMEOUT_SECONDS": "3600",
    }


def _event(step: str, url: str) -> Mapping[str, Any]:
    if step == "get_trigger_file":
        return {"execution_id": "arn", "detail": {"bucket": {"name": _BUCKET}, "object": {"key": "products.json"}}}
    if step == "create_index":
        return event(_SOURCE, url)
    return replace(JOB, opensearch_endpoint=url, task=replace(JOB.task, status=CopyStatus.RUNNING)).to_event()


@contextmanager
def _answering() -> Iterator[str]:
    """Serve a trigger file like S3, answer 503 like a domain, and give the one URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            is_s3 = self.path.startswith(f"/{_BUCKET}/")
            body = json.dumps(trigger_file(url, _SOURCE) if is_s3 else {"message": "busy"}).encode()
            self.send_response(200 if is_s3 else 503)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
