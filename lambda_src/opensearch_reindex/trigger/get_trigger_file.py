"""Step GetTriggerFile: read a trigger file and check all of it before anything changes."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import allowed_endpoint
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import PERMISSION_HINT, OpenSearchRequestError, TriggerFileError
from opensearch_reindex.runtime.logs import log
from opensearch_reindex.trigger.plan import PlannedIndex, plan
from opensearch_reindex.trigger.preflight import check_domain, permission_problems
from opensearch_reindex.trigger.transforms import script_problems
from opensearch_reindex.trigger.trigger_file import (
    parse_json,
    part_with_names,
    refuse,
    schema_problems,
    script_of,
    with_defaults,
)

MAX_FILE_BYTES = 1024 * 1024
# Step Functions ends an execution whose state is larger than 256 KiB; some of it is for what it adds itself.
MAX_STATE_BYTES = 250 * 1024


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
    if part := part_with_names(content):
        planned, on_paper = plan(part if problems else content)
        problems += [*_endpoint_problems(part, environment), *on_paper]
    problems += [f"reindex.script: {problem}" for problem in script_problems(script_of(content))]
    refuse(problems)
    file = with_defaults(content)

    client = connect(file["opensearch_endpoint"])
    forbidden: list[str] = []
    try:
        pending, problems = check_domain(client, file, planned)
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        pending, problems, forbidden = planned, [], [error.reason]
    refuse(problems)
    state = _state_of(file, pending, f"s3://{bucket}/{key}")
    forbidden += permission_problems(client, pending)
    refuse(forbidden, next_step=f"Nothing was changed. {PERMISSION_HINT}")
    done = {index.source_index for index in planned} - {index.source_index for index in pending}
    if done:
        log.info("rebuilt before, left out", extra={"indices": sorted(done)})
    return state


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
