"""Define every error that a handler raises, and what the operator does next.

Step Functions shows the class name as the error, and the message, one JSON object, as the cause.

ReindexError                     any failure that has no class of its own
├── TriggerFileError             the module refused the trigger file before any change
├── IndexCreationError           the target index could not be created as requested
├── AliasUpdateError             writes could not be redirected, or the source index could not be frozen
├── ReindexStartError            the copy could not be started
├── ReindexFailedError           the copy failed
├── VerificationError            the copy is not proven complete; the source index stays
├── AliasRemovalError            the aliases could not be moved to the target index
├── IndexDeletionError           the source index could not be deleted
├── ConcurrentReindexError       another execution works on this index
└── TransientOpenSearchError     the state machine retries; an execution fails only if every retry does
    └── DomainBusyError          retried for 40 minutes: a snapshot runs, or shards are being built
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from opensearch_reindex.runtime.blocks import how_to_lift

# Step Functions cuts a cause at 32,768 characters, and a cut cause is no longer JSON. A state and the error that a
# Catch adds to it may have 256 KiB together. Lambda wraps the message in JSON, and a state wraps that: both escape.
MAX_MESSAGE_BYTES = 30_000
MAX_REASON_CHARACTERS = 8_000
MAX_RELEASE_REASON_CHARACTERS = 1_000
# For a target index that another trigger file can still continue.
RESUME_OR_ROLL_BACK = (
    "The target index may already hold documents. To continue, upload the trigger file with which it was created. To "
    "start over, roll back (see docs/roll-back.md)."
)
# For a target index that no execution can continue.
ROLL_BACK = "The target index may already hold documents. Roll back (see docs/roll-back.md)."

PERMISSION_HINT = (
    "Allow the Lambda role to call this domain: es:ESHttpGet, es:ESHttpPost and es:ESHttpPut in the domain's access "
    "policy. With fine-grained access control, also map the Lambda role to a role with the permissions in "
    "docs/permissions.md. Then upload the trigger file again."
)


class ReindexError(Exception):
    """Report a failed step to the operator.

    Args:
        reason: what failed, with OpenSearch's own reason where there is one.
        next_step: what the operator does next; each class has a default.
        status: HTTP status of OpenSearch's answer.
        error_type: OpenSearch's own name for the error, e.g. `index_not_found_exception`.
        problems: every problem, if there are several.
    """

    next_step = "Read `stack` in the log of the Lambda function. Then upload the trigger file again."

    def __init__(
        self,
        reason: str,
        *,
        next_step: str | None = None,
        status: int | None = None,
        error_type: str | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.error_type = error_type
        self.problems = list(problems)
        self.context: dict[str, Any] = {}
        self.write_block: str | None = None
        if next_step:
            self.next_step = next_step

    def add_failed_step(self, state: Mapping[str, Any]) -> None:
        """Turn the failure of ReleaseSource into the error of the failed step.

        It also says that a write block may be left.

        Args:
            state: of ReleaseSource, with the `error` of the failed step.
        """
        name = state.get("source_index") or state.get("index", {}).get("source_index")
        lift = how_to_lift(name, "write")
        self.write_block = (
            f"source index {name!r} may still refuse writes (403): ReleaseSource could not lift its write block "
            f"({type(self).__name__}: {self.reason[:MAX_RELEASE_REASON_CHARACTERS]}). To lift it, send {lift}"
        )
        error = state.get("error")
        if error is None:
            return
        message = _message_of(str(error.get("Cause")))
        self.reason = str(message.get("reason", f"a step failed with {error.get('Error')}: {error.get('Cause')}"))
        self.status, self.error_type = message.get("status"), message.get("type")
        self.problems = message.get("problems", [])
        self.context |= {key: message[key] for key in ("step", "target_index") if key in message}
        self.next_step = f"Lift the write block: send {lift}. {message.get('next', ReindexError.next_step)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the complete error for the log: context, answer, reason and next step."""
        message = {
            **self.context,
            "write_block": self.write_block,
            "status": self.status,
            "type": self.error_type,
            "reason": self.reason,
            "problems": self.problems,
            "next": self.next_step,
        }
        return {key: value for key, value in message.items() if value not in (None, [])}

    def __str__(self) -> str:
        """Return the JSON that Step Functions shows, with as many problems as fit."""
        message = self.to_dict()
        reason, shown = self.reason[:MAX_REASON_CHARACTERS], len(self.problems)
        message["reason"] = reason
        while _size_in_state(text := json.dumps(message, ensure_ascii=False)) > MAX_MESSAGE_BYTES:
            if shown:
                shown //= 2
                hidden = len(self.problems) - shown
                message["problems"] = [*self.problems[:shown], f"... and {hidden} more; the log has all"]
            elif reason:
                reason = message["reason"] = reason[: len(reason) // 2]
            else:
                break
        return text


def _size_in_state(message: str) -> int:
    """Return the largest size that a message can have in a state."""
    return len(json.dumps(json.dumps({"errorMessage": message})))


def _message_of(cause: str) -> dict[str, Any]:
    """Return the message in the cause of a handler's error; empty for another cause."""
    try:
        message = json.loads(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return {}
    return message if isinstance(message, dict) else {}


class TriggerFileError(ReindexError):
    """Refuse a trigger file before any change."""

    next_step = "No changes were made. Correct every listed problem. Then upload the trigger file again."


class IndexCreationError(ReindexError):
    """Report that the target index could not be created as requested."""

    next_step = (
        "No document was moved. Remove the cause. To leave out a setting that this domain refuses, add "
        '`"settings": {"<name>": null}` to the trigger file. Then upload the trigger file again.'
    )


class AliasUpdateError(ReindexError):
    """Report that writes were not redirected, or that the source index was not frozen."""

    next_step = "No document was moved or lost. Remove the cause. Then upload the trigger file again."


class ReindexStartError(ReindexError):
    """Report that the copy could not be started."""

    next_step = "The source index is complete. Remove the cause. Then upload the trigger file again."


class ReindexFailedError(ReindexError):
    """Report a failed or cancelled reindex task, or an unhealthy target index."""

    next_step = (
        "The source index is complete and still in its aliases. If the copy was cancelled or stalled, upload the "
        "trigger file again. If shards were not built, upload the trigger file again when they are. If documents do "
        "not fit, upload a corrected trigger file: with mappings that they fit, or with a script that mends or drops "
        "them. With redirect_writes, documents that are copied already stay as they are."
    )


class VerificationError(ReindexError):
    """Report a copy that is not proven complete; the source index stays."""

    next_step = "The source index was not deleted. Compare both indices. Then upload the trigger file again."


class AliasRemovalError(ReindexError):
    """Report that the aliases could not be moved from the source to the target index."""

    next_step = (
        "The copy is complete and the source index was not deleted. Remove the cause. Then upload the trigger file "
        "again."
    )


class IndexDeletionError(ReindexError):
    """Report that the source index could not be deleted."""

    next_step = "The copy is complete and in use. Remove the cause. Then upload the trigger file again."


class ConcurrentReindexError(ReindexError):
    """Report that another execution owns the work on this source index."""

    next_step = "Wait until the named execution ends, or stop it. Then upload the trigger file again."


class TransientOpenSearchError(ReindexError):
    """Report that OpenSearch did not answer, or answered 429, 502, 503 or 504."""

    next_step = (
        "The state machine retries this step for some minutes. If the execution fails with this error, check that the "
        "domain is healthy. Check that the Lambda functions can reach the domain. Then upload the trigger file again."
    )

    @property
    def took_too_long(self) -> bool:
        """Whether the client, or a load balancer, waited in vain for an answer."""
        return self.error_type == "ConnectionTimeout" or self.status == 504


class DomainBusyError(TransientOpenSearchError):
    """Report that the domain still takes a snapshot of the index or builds its shards."""

    next_step = (
        "The state machine waited for 40 minutes. No document is lost. Find out what keeps the domain busy with "
        "GET _snapshot/_status and GET _cluster/allocation/explain. Then upload the trigger file again."
    )


class OpenSearchRequestError(Exception):
    """Report a request that OpenSearch refused; each step turns it into its own error.

    Args:
        status: HTTP status.
        error_type: OpenSearch's own name for the error.
        reason: OpenSearch's own reason.
    """

    def __init__(self, status: int, error_type: str, reason: str) -> None:
        super().__init__(f"{status} {error_type}: {reason}")
        self.status = status
        self.error_type = error_type
        self.reason = reason

    @property
    def is_denied(self) -> bool:
        """Return whether a permission is missing.

        OpenSearch also answers 403 for a blocked index and for a full domain; their reason names the block.
        """
        return self.status in (401, 403) and self.error_type != "cluster_block_exception"
