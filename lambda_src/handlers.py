"""The seven Lambda handlers: parse the event, call the step, return its state."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import boto3

from opensearch_reindex.opensearch_client import OpenSearchClient, connect
from opensearch_reindex.rebuild.check_reindex_status import check_reindex_status
from opensearch_reindex.rebuild.create_index import create_index
from opensearch_reindex.rebuild.delete_index import delete_index
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.rebuild.release_source import release_abandoned, release_source
from opensearch_reindex.rebuild.remove_alias import remove_alias
from opensearch_reindex.rebuild.start_reindex import start_reindex
from opensearch_reindex.rebuild.update_aliases import update_aliases
from opensearch_reindex.runtime import logs
from opensearch_reindex.runtime.blocks import block_hint
from opensearch_reindex.runtime.environment import Environment, log_level
from opensearch_reindex.runtime.errors import (
    PERMISSION_HINT,
    AliasRemovalError,
    AliasUpdateError,
    IndexCreationError,
    IndexDeletionError,
    OpenSearchRequestError,
    ReindexError,
    ReindexFailedError,
    ReindexStartError,
    TransientOpenSearchError,
    TriggerFileError,
)
from opensearch_reindex.runtime.executions import is_running
from opensearch_reindex.runtime.logs import log

Event = Mapping[str, Any]
State = dict[str, Any]
# Key of the payload of ReleaseSource. Its value is the JSON of the execution, with the error of the failed step.
RELEASE_SOURCE = "release_source"

logs.configure(log_level())


def step(
    name: str, error_class: type[ReindexError]
) -> Callable[[Callable[[Event], State]], Callable[[Event, Any], State]]:
    """Make a Lambda handler of a function.

    Every log line carries the context of the event, and every failure becomes a `ReindexError` with that context. No
    other error is chained to it: whatever prints the chain would print texts that may hold credentials and documents.

    Args:
        name: name of the step, as in the state machine.
        error_class: error of this step for a request that OpenSearch refused.
    """

    def decorate(function: Callable[[Event], State]) -> Callable[[Event, Any], State]:
        @wraps(function)
        def handler(event: Event, context: Any) -> State:
            state = event.get(RELEASE_SOURCE, event)
            logs.start_context(
                execution_id=state.get("execution_id"),
                step="ReleaseSource" if RELEASE_SOURCE in event else name,
                source_index=state.get("source_index") or state.get("index", {}).get("source_index"),
                target_index=state.get("target_index"),
            )
            log.debug("step started")
            try:
                result = function(event)
            except Exception as error:  # noqa: BLE001 - each becomes the failure that is raised below
                failure = _reported(_failure(error, error_class), error)
                if RELEASE_SOURCE in event:
                    failure.add_failed_step(state)
            else:
                log.info("step done")
                return result
            # Outside of the except clause, which would chain the error that it handles. The log has the frames, and
            # Lambda would add them to the cause.
            raise failure.with_traceback(None)

        return handler

    return decorate


def _failure(error: Exception, error_class: type[ReindexError]) -> ReindexError:
    """Return the failure of a step, without the texts of other packages."""
    hint = None
    if isinstance(error, ReindexError | OpenSearchRequestError) and error.error_type == "cluster_block_exception":
        hint = block_hint(error.reason)
    if isinstance(error, ReindexError):
        error.next_step = hint or error.next_step
        return error
    if isinstance(error, OpenSearchRequestError):
        hint = PERMISSION_HINT if error.is_denied else hint
        return error_class(error.reason, next_step=hint, status=error.status, error_type=error.error_type)
    return ReindexError(f"unexpected {type(error).__name__} at {logs.origin_of(error)}")


def _reported(error: ReindexError, raised: Exception) -> ReindexError:
    """Log a failure with the stack of the error that was raised, and unchain it."""
    error.context = logs.context()
    # The state machine retries after a transient fault.
    level = logging.WARNING if isinstance(error, TransientOpenSearchError) else logging.ERROR
    extra = {"error": {"name": type(error).__name__, **error.to_dict()}, "stack": logs.stack_of(raised)}
    log.log(level, "step failed", extra=extra)
    error.__cause__ = error.__context__ = None
    return error


@step("GetTriggerFile", TriggerFileError)
def get_trigger_file_handler(event: Event) -> State:
    """Read the trigger file from S3 and check all of it before anything changes."""
    # Measured: this import takes a quarter of a function's cold start, and the other six functions do not need it.
    from opensearch_reindex.trigger.get_trigger_file import get_trigger_file

    def release(client: OpenSearchClient, source_indices: Sequence[str]) -> list[str]:
        return release_abandoned(client, event.get("execution_id", ""), source_indices, is_running)

    return get_trigger_file(event, boto3.client("s3"), connect, Environment.read(), release)


@step("CreateIndex", IndexCreationError)
def create_index_handler(event: Event) -> State:
    """Create the target index."""
    return create_index(connect(event["trigger_file"]["opensearch_endpoint"]), event, is_running).to_event()


@step("UpdateAliases", AliasUpdateError)
def update_aliases_handler(event: Event) -> State:
    """Freeze the source index, or lift the write block for the state ReleaseSource."""
    # ReleaseSource undoes what UpdateAliases did, so it calls the same function. Executions that started before this
    # version send the state itself, with the error in it.
    is_release = RELEASE_SOURCE in event or "error" in event
    if is_release:
        return _release_source(event.get(RELEASE_SOURCE, event))
    job = Job.from_event(event)
    return update_aliases(connect(job.opensearch_endpoint), job).to_event()


def _release_source(state: Mapping[str, Any]) -> State:
    """Release the source index after a failed step.

    Before CreateIndex ends, there is no job.
    """
    is_job = "source_uuid" in state
    release_source(
        connect((state if is_job else state["trigger_file"])["opensearch_endpoint"]),
        state["execution_id"],
        (state if is_job else state["index"])["source_index"],
        is_running,
        state.get("source_uuid"),
    )
    return {}


@step("StartReindex", ReindexStartError)
def start_reindex_handler(event: Event) -> State:
    """Start the reindex task."""
    job = Job.from_event(event)
    return start_reindex(connect(job.opensearch_endpoint), job, Environment.read()).to_event()


@step("CheckReindexStatus", ReindexFailedError)
def check_reindex_status_handler(event: Event) -> State:
    """Poll the reindex task."""
    job = Job.from_event(event)
    return check_reindex_status(connect(job.opensearch_endpoint), job, Environment.read()).to_event()


@step("RemoveAlias", AliasRemovalError)
def remove_alias_handler(event: Event) -> State:
    """Prove the copy, and move the aliases."""
    job = Job.from_event(event)
    return remove_alias(connect(job.opensearch_endpoint), job).to_event()


@step("DeleteIndex", IndexDeletionError)
def delete_index_handler(event: Event) -> State:
    """Prove the copy once more, and delete the source index."""
    job = Job.from_event(event)
    return delete_index(connect(job.opensearch_endpoint), job).to_result()
