"""Serve a package index, as PEP 503 describes it, to tests of installations."""

import base64
import hashlib
import html
import threading
import zipfile
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from packaging.utils import canonicalize_name, parse_wheel_filename

NEWER_VERSION = "9999"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def make_wheel(name: str, version: str, metadata: Iterable[str] = ()) -> tuple[str, bytes]:
    """Make a wheel without modules. Return its file name and its bytes.

    Args:
        name: name of the package.
        version: version of the release.
        metadata: further lines of METADATA, such as `Requires-Dist: attrs`.
    """
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
    files = {
        f"{stem}.dist-info/METADATA": "\n".join([*lines, ""]),
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_record_hash(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{stem}.dist-info/RECORD"] = "\n".join([*record, f"{stem}.dist-info/RECORD,,", ""])
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), text)
    return f"{stem}-py3-none-any.whl", stream.getvalue()


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class PackageIndex:
    """An index that runs from the start of a block to its end.

    It offers the wheels of a folder, and a newer release of every package.

    Attributes:
        url: address for pip's `--index-url`.
    """

    def __init__(self, folder: Path, newer: Iterable[str] = ()) -> None:
        """Describe the index.

        Args:
            folder: folder of wheels; the index also offers a wheel that arrives later.
            newer: names of the packages of which the index offers version 9999.
        """
        self._folder = folder
        self._made: dict[str, bytes] = {}
        for name in newer:
            self.add(*make_wheel(name, NEWER_VERSION))
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, _, name = self.path.strip("/").partition("/")
                body = index._page(name) if kind == "simple" else index._wheel(name)
                self.send_response(HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK)
                self.send_header("Content-Type", "text/html" if kind == "simple" else "application/octet-stream")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def __enter__(self) -> Self:
        """Start the server."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, filename: str, wheel: bytes) -> None:
        """Offer one more wheel.

        Args:
            filename: file name of the wheel.
            wheel: its bytes.
        """
        self._made[filename] = wheel

    def _page(self, name: str) -> bytes | None:
        filenames = [*self._made, *(path.name for path in self._folder.glob("*.whl"))]
        offered = sorted(filename for filename in filenames if parse_wheel_filename(filename)[0] == name)
        links = [f'<a href="/files/{html.escape(filename)}">{html.escape(filename)}</a><br>' for filename in offered]
        return "\n".join(["<!DOCTYPE html>", *links]).encode() if links else None

    def _wheel(self, filename: str) -> bytes | None:
        if filename in self._made:
            return self._made[filename]
        path = self._folder / Path(filename).name
        return path.read_bytes() if path.is_file() else None
