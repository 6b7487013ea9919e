"""Step GetTriggerFile: read the trigger file and check it before any change."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from opensearch_reindex.index.engine import engine_problem
from opensearch_reindex.index.scripts import script_problems
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import allowed_endpoint
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import PERMISSION_HINT, OpenSearchRequestError, TriggerFileError
from opensearch_reindex.runtime.executions import aws_text
from opensearch_reindex.runtime.logs import log
from opensearch_reindex.runtime.time_limit import time_limit
from opensearch_reindex.trigger.plan import MAX_PATTERN_SECONDS, PlannedIndex, plan, source_name_problems
from opensearch_reindex.trigger.preflight import Checked, check_domain, permission_problems
from opensearch_reindex.trigger.trigger_file import (
    parse_json,
    part_with_names,
    refuse_if_any,
    schema_problems,
    script_of,
    with_defaults,
)

MAX_FILE_BYTES = 1024 * 1024
# Step Functions fails an execution whose state exceeds 256 KiB, and no Catch sees that. The rest is for an error that a
# Catch adds to the state, see `errors.MAX_MESSAGE_BYTES`, and for what Step Functions adds itself.
MAX_STATE_BYTES = 220 * 1024


@dataclass(frozen=True)
class S3Object:
    """Name the trigger file in S3.

    Attributes:
        bucket: name of the bucket.
        key: key of the object.
        version_id: version that the event names; None without versioning.
    """

    bucket: str
    key: str
    version_id: str | None

    @property
    def uri(self) -> str:
        """Return the location without the version."""
        return f"s3://{self.bucket}/{self.key}"


# Lifts the write blocks that killed runs left on some source indices, and returns which it could not lift.
Release = Callable[[OpenSearchClient, Sequence[str]], list[str]]


def get_trigger_file(
    event: Mapping[str, Any],
    s3: Any,
    connect: Callable[[str], OpenSearchClient],
    environment: Environment,
    release: Release = lambda *_: [],
) -> dict[str, Any]:
    """Read and check the trigger file that an S3 "Object Created" event names.

    Args:
        event: `execution_id` and the event's `detail`.
        s3: boto3 S3 client.
        connect: returns the client for an endpoint.
        environment: names the endpoints that this deployment may call.
        release: called for the source indices that this execution does not rebuild, or not at once.

    Returns:
        The state of the execution. `trigger_file` is the file without its indices and with defaults filled in.
        `indices` has the `source_index` and the own changes of each index that is not rebuilt yet. `skipped` has the
        other source indices, by the reason; it is left out if there are none.

    Raises:
        TriggerFileError: the file must not run; the error lists all problems with their places in the file.
        TransientOpenSearchError: the domain does not answer.
    """
    trigger_object = _object_of(event)
    content = parse_json(_read_object(s3, trigger_object))
    planned, problems = _plan_without_domain(content, environment)
    try:
        refuse_if_any(problems)
        _refuse_engine(connect(content["opensearch_endpoint"]), environment)
        checked, state = _check_with_domain(content, planned, event, connect, trigger_object.uri)
    except TriggerFileError as error:
        error.problems += _release_refused(content, planned, connect, environment, release)
        raise
    if later := [index.source_index for index in checked.pending[1:]]:
        for problem in release(connect(content["opensearch_endpoint"]), later):
            log.warning("a write block of an earlier run may be left", extra={"reason": problem})
    for how, names in checked.done.items():
        log.info("indices skipped: %s", how, extra={"indices": names})
    return state


def _release_refused(
    content: Any,
    planned: Sequence[PlannedIndex],
    connect: Callable[[str], OpenSearchClient],
    environment: Environment,
    release: Release,
) -> list[str]:
    """Release the source indices of a refused file, if its endpoint is allowed."""
    if not planned or _endpoint_problems(content, environment):
        return []
    return release(connect(content["opensearch_endpoint"]), [index.source_index for index in planned])


def _refuse_engine(client: OpenSearchClient, environment: Environment) -> None:
    """Refuse an engine that the module was not tested with.

    Raises:
        TriggerFileError: with the supported versions.
    """
    problem = engine_problem(client.engine(), allow_untested=environment.allow_untested_engines)
    refuse_if_any([f"opensearch_endpoint: {problem}"] if problem else [])


def _check_with_domain(
    content: Any,
    planned: Sequence[PlannedIndex],
    event: Mapping[str, Any],
    connect: Callable[[str], OpenSearchClient],
    s3_uri: str,
) -> tuple[Checked, dict[str, Any]]:
    """Check the file against the domain, and make the state of the execution."""
    file = with_defaults(content)
    client = connect(file["opensearch_endpoint"])
    forbidden: list[str] = []
    try:
        checked = check_domain(client, file, planned, event.get("execution_id", ""))
    except OpenSearchRequestError as error:
        if not error.is_denied:
            raise
        checked, forbidden = Checked(planned, {}, []), [error.reason]
    refuse_if_any(checked.problems)
    state = _state_of(file, checked, s3_uri)
    forbidden += permission_problems(client, checked.pending)
    refuse_if_any(forbidden, next_step=f"No changes were made. {PERMISSION_HINT}")
    return checked, state


def _plan_without_domain(content: Any, environment: Environment) -> tuple[list[PlannedIndex], list[str]]:
    """Plan the indices, and find all problems of the file alone."""
    problems = schema_problems(content)
    planned: list[PlannedIndex] = []
    if part := part_with_names(content):
        planned, plan_problems = plan(part if problems else content, time_limit(MAX_PATTERN_SECONDS))
        if not problems:
            plan_problems = [*plan_problems, *source_name_problems(content, planned)]
        problems += [*_endpoint_problems(part, environment), *plan_problems]
    problems += [f"reindex.script: {problem}" for problem in script_problems(script_of(content))]
    return planned, problems


def _object_of(event: Mapping[str, Any]) -> S3Object:
    try:
        detail = event["detail"]
        return S3Object(detail["bucket"]["name"], detail["object"]["key"], detail["object"].get("version-id"))
    except (KeyError, TypeError):
        raise TriggerFileError(
            "the execution was not started by an S3 event; expected detail.bucket.name and detail.object.key",
            next_step="No changes were made. Upload the file to the trigger bucket. Start no execution by hand.",
        ) from None


def _read_object(s3: Any, trigger_object: S3Object) -> bytes:
    version = {"VersionId": trigger_object.version_id} if trigger_object.version_id else {}
    try:
        answer = s3.get_object(Bucket=trigger_object.bucket, Key=trigger_object.key, **version)
        if answer["ContentLength"] > MAX_FILE_BYTES:
            raise TriggerFileError(
                f"the file has {answer['ContentLength']} bytes; expected at most {MAX_FILE_BYTES} (1 MiB)"
            )
        content: bytes = answer["Body"].read()
        return content
    except (BotoCoreError, ClientError) as error:
        raise TriggerFileError(
            f"{trigger_object.uri} cannot be read: {aws_text(error)}",
            next_step="No changes were made. S3 answers AccessDenied for a missing object too. Upload the file again.",
        ) from error


def _endpoint_problems(file: Mapping[str, Any], environment: Environment) -> list[str]:
    try:
        allowed_endpoint(file["opensearch_endpoint"], environment.allowed_endpoints, environment.domain_arns)
    except ValueError as error:
        return [f"opensearch_endpoint: {error}"]
    return []


def _state_of(file: Mapping[str, Any], checked: Checked, s3_uri: str) -> dict[str, Any]:
    """Make the state of the execution: the file, and beside it the indices to rebuild."""
    sources = {index.source_index for index in checked.pending}
    entries = [{"name": entry} if isinstance(entry, str) else entry for entry in file["indices"]]
    rest = {key: value for key, value in file.items() if key not in ("indices", "$schema")}
    state: dict[str, Any] = {
        "trigger_file": {**rest, "s3_uri": s3_uri},
        "indices": [
            {"source_index": entry["name"], **{key: value for key, value in entry.items() if key != "name"}}
            for entry in entries
            if entry["name"] in sources
        ],
        **({"skipped": checked.done} if checked.done else {}),
    }
    size = len(json.dumps(state, ensure_ascii=False).encode())
    if size > MAX_STATE_BYTES:
        raise TriggerFileError(
            f"the file makes {size} bytes of state; expected at most {MAX_STATE_BYTES}; Step Functions carries no more",
            next_step="No changes were made. Split the file, so that each part has fewer indices or fewer changes. Put "
            "changes that all indices share into the file's own settings and mappings, not into each index.",
        )
    return state
