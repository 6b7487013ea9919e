"""Log JSON lines that name the execution, the step and the indices."""

import logging
import traceback
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

log = logging.getLogger("opensearch_reindex")
# Where the package lies; the paths of its own frames begin here.
_ROOT = Path(__file__).parents[2]
# Of a chain that refers to itself, or is long: the first are the last that were raised.
_MAX_CHAIN = 10

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


def stack_of(error: BaseException) -> list[str]:
    """List classes and frames of an error and of those behind it, without texts.

    A text may quote anything: the client library's has the session token of a refused signature, and field values.
    """
    lines: list[str] = []
    behind: BaseException | None = error
    for number in range(_MAX_CHAIN):
        if behind is None:
            break
        lines.append(f"{'behind it: ' if number else ''}{_class_of(behind)}")
        lines += [f"  {_place(frame)}" for frame in _frames(behind)]
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
    return lines


def origin_of(error: BaseException) -> str:
    """Return the innermost place in this package that an error went through."""
    own = [_place(frame) for frame in _frames(error) if _is_own(frame.filename)]
    return own[-1] if own else "an unknown place"


def _class_of(error: BaseException) -> str:
    kind = type(error)
    is_plain = kind.__module__ == "builtins" or kind.__module__.startswith("opensearch_reindex.")
    return kind.__qualname__ if is_plain else f"{kind.__module__}.{kind.__qualname__}"


def _frames(error: BaseException) -> traceback.StackSummary:
    return traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)


def _is_own(filename: str) -> bool:
    path = Path(filename)
    return path == _ROOT / "handlers.py" or path.is_relative_to(_ROOT / "opensearch_reindex")


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    name = path.relative_to(_ROOT).as_posix() if _is_own(frame.filename) else Path(*path.parts[-2:]).as_posix()
    return f"{name}:{frame.lineno} in {frame.name}"


class _Formatter(JsonFormatter):
    """Writes JSON, and never a traceback with texts, also not for libraries."""

    def formatException(  # noqa: N802 - a name of `logging`
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return "\n".join(stack_of(ei[1])) if ei[1] else ""


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
            _Formatter(
                ["levelname", "name", "message"],
                timestamp=True,
                rename_fields={"levelname": "level", "name": "logger"},
            )
        )
        if not any(isinstance(present, _ContextFilter) for present in handler.filters):
            handler.addFilter(_ContextFilter())
    root.setLevel(logging.WARNING)
    # This library logs every refused request, an expected 404 too, which the step logs already. Its trace has answers.
    for library in ("opensearch", "opensearchpy.trace"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    log.setLevel(level)
