"""Read a trigger file and check all of it, on paper and against the domain, before anything is changed."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from opensearch_reindex.runtime.errors import TriggerFileError

MAX_PROBLEM_CHARACTERS = 300
# OpenSearch allows 20 levels of objects in a mapping, unless told otherwise, and each takes two here. What follows goes
# down into the file step by step, and would end in a RecursionError at some depth that Python's version decides.
MAX_DEPTH = 200
_TOO_DEEP = f"the file is nested too deeply: {MAX_DEPTH} levels are the most"


def parse_json(content: bytes) -> Any:
    """Read JSON strictly: UTF-8, no key twice, no NaN, no number out of range, not too deep.

    Raises:
        TriggerFileError: the content is anything else.
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
        raise TriggerFileError("the file holds half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise TriggerFileError(_TOO_DEEP) from None
    except ValueError as error:
        raise TriggerFileError(f"the file is not JSON: {error}") from None
    if _depth(value) > MAX_DEPTH:
        raise TriggerFileError(_TOO_DEEP)
    refuse([f"key {key!r} is there twice in one object" for key in duplicates])
    return value


def schema_problems(file: Any) -> list[str]:
    """Everything in which the file differs from trigger_file.schema.json, with its path."""
    errors = sorted(
        Draft202012Validator(_schema()).iter_errors(file),
        key=lambda error: list(map(str, error.absolute_path)),
    )
    problems = []
    for error in errors:
        message = error.message
        # What is expected, in the schema's own words; an unknown or missing key needs none.
        if error.validator not in ("additionalProperties", "required") and "description" in error.schema:
            message = f"{message}. Expected: {error.schema['description']}"
        if len(message) > MAX_PROBLEM_CHARACTERS:  # it begins with the value itself
            message = f"{message[: MAX_PROBLEM_CHARACTERS // 2]} ... {message[-MAX_PROBLEM_CHARACTERS // 2 :]}"
        path = error.json_path.removeprefix("$").removeprefix(".")
        problems.append(f"{path}: {message}" if path else message)
    return problems


def part_with_names(content: Any) -> dict[str, Any] | None:
    """The part that names the indices, if it fits the schema, whatever is wrong with the rest."""
    if not isinstance(content, dict):
        return None
    part = {key: content[key] for key in (*_schema()["required"], "settings") if key in content}
    return None if schema_problems(part) else part


def script_of(content: Any) -> str:
    """Return the source of `reindex.script`, whatever is wrong with the rest; empty without one."""
    try:
        return str(content["reindex"]["script"]["source"])
    except (KeyError, TypeError):
        return ""


def refuse(problems: list[str], *, next_step: str | None = None) -> None:
    """Refuse the file if it has problems.

    Raises:
        TriggerFileError: with all of them.
    """
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TriggerFileError(f"the trigger file has {count}", problems=problems, next_step=next_step)


def with_defaults(file: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the schema's own defaults, so that they are written down once."""
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
    return int(number) if number.is_integer() else number  # for JSON Schema, 4.0 is an integer
