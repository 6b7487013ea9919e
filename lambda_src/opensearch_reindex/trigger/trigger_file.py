"""Parse a trigger file, check it against the schema, and fill in the defaults."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from opensearch_reindex.runtime.errors import TriggerFileError

MAX_PROBLEM_CHARACTERS = 300
# OpenSearch allows 20 levels of objects in a mapping by default, and each takes two levels of JSON. Later code recurses
# into the file, and Python's version decides at which depth that ends in a RecursionError.
MAX_DEPTH = 200
_TOO_DEEP = f"the file is nested too deeply; expected at most {MAX_DEPTH} levels"


def parse_json(content: bytes) -> Any:
    """Parse JSON strictly.

    Raises:
        TriggerFileError: the content is not UTF-8 or not JSON, has a duplicate key, NaN or a number out of range, or is
            nested too deeply.
    """
    duplicates: list[str] = []

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs):
            duplicates.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return read

    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=read_object,
            parse_constant=_refuse_number,
            parse_float=_read_float,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise TriggerFileError(f"the file is not UTF-8: byte {error.start} is {content[error.start]:#04x}") from None
    except UnicodeEncodeError:
        raise TriggerFileError("the file has half of a surrogate pair; expected whole characters") from None
    except RecursionError:
        raise TriggerFileError(_TOO_DEEP) from None
    except ValueError as error:
        raise TriggerFileError(f"the file is not JSON: {error}") from None
    if _depth(value) > MAX_DEPTH:
        raise TriggerFileError(_TOO_DEEP)
    refuse_if_any([f"duplicate key {key!r}" for key in duplicates])
    return value


def schema_problems(file: Any) -> list[str]:
    """Find every violation of trigger_file.schema.json, with its place in the file."""
    errors = sorted(
        Draft202012Validator(_schema()).iter_errors(file),
        key=lambda error: list(map(str, error.absolute_path)),
    )
    problems = []
    for error in errors:
        message = error.message
        # For an unknown or a missing key, the description of the object would not help.
        if error.validator not in ("additionalProperties", "required") and "description" in error.schema:
            message = f"{message}. Expected: {error.schema['description']}"
        if len(message) > MAX_PROBLEM_CHARACTERS:  # the message starts with the value
            message = f"{message[: MAX_PROBLEM_CHARACTERS // 2]} ... {message[-MAX_PROBLEM_CHARACTERS // 2 :]}"
        path = error.json_path.removeprefix("$").removeprefix(".")
        problems.append(f"{path}: {message}" if path else message)
    return problems


def part_with_names(content: Any) -> dict[str, Any] | None:
    """Return the keys that `plan` needs, or None if these do not fit the schema.

    With them, the names are checked even if the rest of the file does not fit the schema.
    """
    if not isinstance(content, dict):
        return None
    part = {key: content[key] for key in (*_schema()["required"], "alias_name", "settings") if key in content}
    return None if schema_problems(part) else part


def script_of(content: Any) -> str:
    """Return the source of `reindex.script`, or "", even from an invalid file."""
    try:
        return str(content["reindex"]["script"]["source"])
    except (KeyError, TypeError):
        return ""


def refuse_if_any(problems: Sequence[str], *, next_step: str | None = None) -> None:
    """Refuse the file if it has problems.

    Args:
        problems: every problem, with its place in the file.
        next_step: what the user does next; by default, correct every problem.

    Raises:
        TriggerFileError: the file has problems; the error lists all.
    """
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TriggerFileError(f"the trigger file has {count}", problems=problems, next_step=next_step)


def with_defaults(file: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the defaults of the schema, which has the only list of them."""
    return _filled(file, _schema())


def _filled(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(value)
    for key, part in schema.get("properties", {}).items():
        if "default" in part:
            filled.setdefault(key, part["default"])
        elif nested := _filled(filled.get(key, {}), part) if "properties" in part else None:
            filled[key] = nested
    return filled


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("trigger_file.schema.json").read_text("utf-8"))
    return schema


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = [node.values() if isinstance(node, dict) else node for node in level if isinstance(node, (dict, list))]
        level = [child for children in inner for child in children]
    return depth


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        return _refuse_number(text)
    return int(number) if number.is_integer() else number  # 4.0 is an integer in JSON Schema
