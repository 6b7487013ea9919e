"""One JSON object a line, each with the execution, the step and the indices it is about."""

import logging
import os
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

log = logging.getLogger("opensearch_reindex")

_context: ContextVar[dict[str, Any]] = ContextVar("log_context")


def context() -> dict[str, Any]:
    """The fields that are on every line now."""
    return _context.get({})


def start_context(**fields: Any) -> None:
    """Put these fields on every line from now on, in place of those of the invocation before."""
    _context.set({})
    add_context(**fields)


def add_context(**fields: Any) -> None:
    """Put these fields, too, on every line from now on."""
    _context.set({**context(), **{key: value for key, value in fields.items() if value is not None}})


class _ContextFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for key, value in context().items():
            setattr(record, key, value)
        return True


def configure() -> None:
    """Log JSON at `LOG_LEVEL` (INFO). Libraries log from WARNING on: their DEBUG lines hold request bodies."""
    root = logging.getLogger()
    if not root.handlers:  # Lambda brings a handler of its own, whose only fault is its format
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
    # It would log every refused request a second time, an expected 404 too.
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)
    log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
