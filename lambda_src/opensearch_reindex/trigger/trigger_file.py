"""Read a trigger file and check all of it, on paper and against the domain, before anything is changed."""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from jsonschema import Draft202012Validator

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import allowed_endpoint
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import PERMISSION_HINT, OpenSearchRequestError, TriggerFileError
from opensearch_reindex.runtime.logs import log
from opensearch_reindex.trigger.plan import PlannedIndex, plan
from opensearch_reindex.trigger.preflight import check_domain, permission_problems
from opensearch_reindex.trigger.transforms import script_problems

MAX_FILE_BYTES = 1024 * 1024
# Step Functions ends an execution whose state is larger than 256 KiB; some of it is for what it adds itself.
MAX_STATE_BYTES = 250 * 1024
MAX_PROBLEM_CHARACTERS = 300
# OpenSearch allows 20 levels of objects in a mapping, unless told otherwise, and each takes two here. What follows goes
# down into the file step by step, and would end in a RecursionError at some depth that Python's version decides.
MAX_DEPTH = 200
_TOO_DEEP = f"the file is nested too deeply: {MAX_DEPTH} levels are the most"


def get_trigger_file(
    event: Mapping[str, Any], s3: Any, connect: Callable[[str], OpenSearchClient], environment: Environment
) -> dict[str, Any]:
    """Read and check the trigger file that an S3 "Object Created" event names.

    Args:
        event: `execution_id` and the event's `detail`.
        s3: boto3 S3 client.
        connect: gives the client for an endpoint.
        environment: the endpoints this deployment may use.

    Returns:
        `trigger_file` (the file without its indices, defaults filled in) and `indices` (`source_index` and the
        changes of its own): the state of the execution.

    Raises:
        TriggerFileError: every problem found, with its place in the file.
        TransientOpenSearchError: the domain cannot be asked.
    """
    bucket, key, version_id = _location(event)
    content = parse_json(_read_object(s3, bucket, key, version_id))
    problems = schema_problems(content)
    planned: list[PlannedIndex] = []
    if part := _part_with_names(content):
        planned, on_paper = plan(part if problems else content)
        problems += [*_endpoint_problems(part, environment), *on_paper]
    problems += [f"reindex.script: {problem}" for problem in script_problems(_script_of(content))]
    _refuse(problems)
    file = _with_defaults(content, _schema())

    client = connect(file["opensearch_endpoint"])
    forbidden: list[str] = []
    try:
        pending, problems = check_domain(client, file, planned)
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        pending, problems, forbidden = planned, [], [error.reason]
    _refuse(problems)
    state = _state_of(file, pending, f"s3://{bucket}/{key}")
    forbidden += permission_problems(client, pending)
    _refuse(forbidden, next_step=f"Nothing was changed. {PERMISSION_HINT}")
    done = {index.source_index for index in planned} - {index.source_index for index in pending}
    if done:
        log.info("rebuilt before, left out", extra={"indices": sorted(done)})
    return state


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
    _refuse([f"key {key!r} is there twice in one object" for key in duplicates])
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


def _location(event: Mapping[str, Any]) -> tuple[str, str, str | None]:
    try:
        detail = event["detail"]
        return detail["bucket"]["name"], detail["object"]["key"], detail["object"].get("version-id")
    except (KeyError, TypeError):
        raise TriggerFileError(
            "the execution was not started by an S3 event: detail.bucket.name and detail.object.key are missing",
            next_step="Nothing was changed. Upload the file to the trigger bucket; do not start the execution by hand.",
        ) from None


def _read_object(s3: Any, bucket: str, key: str, version_id: str | None) -> bytes:
    request = {"Bucket": bucket, "Key": key, **({"VersionId": version_id} if version_id else {})}
    try:
        answer = s3.get_object(**request)
        if answer["ContentLength"] > MAX_FILE_BYTES:
            raise TriggerFileError(f"the file has {answer['ContentLength']} bytes, more than {MAX_FILE_BYTES} (1 MiB)")
        content: bytes = answer["Body"].read()
        return content
    except (BotoCoreError, ClientError) as error:
        raise TriggerFileError(
            f"s3://{bucket}/{key} cannot be read: {error}",
            next_step="Nothing was changed. Upload the file again: S3 answers AccessDenied for a missing object too.",
        ) from error


def _endpoint_problems(file: Mapping[str, Any], environment: Environment) -> list[str]:
    try:
        allowed_endpoint(file["opensearch_endpoint"], environment.allowed_endpoints, environment.domain_arns)
    except ValueError as error:
        return [f"opensearch_endpoint: {error}"]
    return []


def _state_of(file: Mapping[str, Any], pending: Sequence[PlannedIndex], s3_uri: str) -> dict[str, Any]:
    """What the execution carries on: the file, and apart from it the indices that are not rebuilt yet."""
    sources = {index.source_index for index in pending}
    entries = [{"name": entry} if isinstance(entry, str) else entry for entry in file["indices"]]
    rest = {key: value for key, value in file.items() if key not in ("indices", "$schema")}
    state = {
        "trigger_file": {**rest, "s3_uri": s3_uri},
        "indices": [
            {"source_index": entry["name"], **{key: value for key, value in entry.items() if key != "name"}}
            for entry in entries
            if entry["name"] in sources
        ],
    }
    size = len(json.dumps(state, ensure_ascii=False).encode())
    if size > MAX_STATE_BYTES:
        raise TriggerFileError(
            f"the file makes {size} bytes of state, and Step Functions carries {MAX_STATE_BYTES}",
            next_step="Nothing was changed. Split the file: fewer indices, or fewer changes of their own, in each.",
        )
    return state


def _part_with_names(content: Any) -> dict[str, Any] | None:
    """The part that names the indices, if it fits the schema, whatever is wrong with the rest."""
    if not isinstance(content, dict):
        return None
    part = {key: content[key] for key in (*_schema()["required"], "settings") if key in content}
    return None if schema_problems(part) else part


def _script_of(content: Any) -> str:
    try:
        return str(content["reindex"]["script"]["source"])
    except (KeyError, TypeError):
        return ""


def _refuse(problems: list[str], *, next_step: str | None = None) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TriggerFileError(f"the trigger file has {count}", problems=problems, next_step=next_step)


def _with_defaults(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The file with the schema's own defaults, so that they are written down once."""
    filled = dict(value)
    for key, part in schema.get("properties", {}).items():
        if "default" in part:
            filled.setdefault(key, part["default"])
        elif nested := _with_defaults(filled.get(key, {}), part) if "properties" in part else None:
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
