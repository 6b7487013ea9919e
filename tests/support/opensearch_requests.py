"""Parser of the documentation's OpenSearch requests, so that tests can send them."""

import json
import re
from dataclasses import dataclass
from typing import Any

_METHOD = r"^(GET|POST|PUT|DELETE|HEAD) +"
_REQUEST = re.compile(rf"{_METHOD}(/\S+)(.*?)(?={_METHOD.replace('(', '(?:')}|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        method: HTTP method.
        path: path with the query, without the leading slash.
        body: JSON body, or None.
    """

    method: str
    path: str
    body: Any = None


def requests_in(text: str) -> list[Request]:
    """Read a block of requests with method, path and body on one or more lines.

    Raises:
        ValueError: a line belongs to no request, or a body is not JSON.
    """
    if rest := _REQUEST.sub("", text).strip():
        raise ValueError(f"not a request: {rest}")
    return [
        Request(method, path.removeprefix("/"), json.loads(body) if body.strip() else None)
        for method, path, body in _REQUEST.findall(text)
    ]
