"""Log JSON lines that name the execution, the step and the indices."""

import logging
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

log = logging.getLogger("opensearch_reindex")

_context: ContextVar[dict[str, Any]] = ContextVar("log_context")


def context() -> dict[str, Any]:
    """Return the fields that every line has now."""
    return _context.get({})


def start_context(**fields: Any) -> None:
    """Add these fields to every line from now on and drop the previous invocation's."""
    _context.set({})
    add_context(**fields)


def add_context(**fields: Any) -> None:
    """Add more fields to every line from now on; a field of None is left out."""
    _context.set({**context(), **{key: value for key, value in fields.items() if value is not None}})


class _ContextFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for key, value in context().items():
            setattr(record, key, value)
        return True


def configure(level: str) -> None:
    """Log JSON.

    Libraries log from WARNING on, because their DEBUG lines hold request bodies.

    Args:
        level: lowest level of this package's own lines, e.g. `INFO`.
    """
    root = logging.getLogger()
    if not root.handlers:  # Lambda installs a handler of its own, which only needs another format
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(
            JsonFormatter(
                ["levelname", "name", "message"],
                timestamp=True,
                rename_fields={"levelname": "level", "name": "logger"},
            )
        )
        if not any(isinstance(present, _ContextFilter) for present in handler.filters):
            handler.addFilter(_ContextFilter())
    root.setLevel(logging.WARNING)
    # This library logs every refused request, an expected 404 too, which the step logs already.
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)
    log.setLevel(level)
