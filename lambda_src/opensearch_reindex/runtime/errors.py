"""Every error a handler raises. The class name is the error's name in Step Functions, the message is one JSON object.

ReindexError                     anything not foreseen below
├── TriggerFileError             the file is refused; nothing was changed
├── IndexCreationError           the target index could not be created as asked
├── AliasUpdateError             writes could not be switched, or the source index not frozen
├── ReindexStartError            the copy could not be started
├── ReindexFailedError           the copy ended, but not well
├── VerificationError            the copy is not proven complete; the source index stays
├── AliasRemovalError            the aliases could not be moved to the target index
├── IndexDeletionError           the source index could not be deleted
├── ConcurrentReindexError       another execution works on this index
└── TransientOpenSearchError     retried by the state machine; seen by a person only when that did not help
    └── DomainBusyError          retried for 40 minutes: a snapshot, or shards that are being built
"""

import json
from collections.abc import Sequence
from typing import Any

# Step Functions cuts a cause at 32,768 characters, and would then not find JSON in it. Counted as Lambda sends it: its
# JSON around the message escapes every quote once more, writes other letters as \u1234, and adds a stack trace.
MAX_MESSAGE_CHARACTERS = 26_000
MAX_REASON_CHARACTERS = 8_000
# For a target index that cannot go on as this trigger file asks.
ROLL_BACK = "It may hold documents already. Upload the file it was made with again, or roll back (see the README)."

PERMISSION_HINT = (
    "Allow the Lambda role to call this domain: es:ESHttpGet, es:ESHttpPost and es:ESHttpPut in the domain's access "
    "policy and, with fine-grained access control, a mapped role with the permissions that the README lists. Then "
    "upload the file again."
)


class ReindexError(Exception):
    """A failed step, for the person who reads it at night.

    Args:
        reason: what failed, with OpenSearch's own reason where there is one.
        next_step: what to do now; the class has a default.
        status: HTTP status of OpenSearch's answer.
        error_type: OpenSearch's own name for the error, e.g. `index_not_found_exception`.
        problems: every single problem, when there are several.
    """

    next_step = "Read the Lambda function's log for the stack trace, then upload the file again."

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
        if next_step:
            self.next_step = next_step

    def to_dict(self) -> dict[str, Any]:
        """The error as logged: step, indices, OpenSearch's answer, reason, what to do next."""
        message = {
            **self.context,
            "status": self.status,
            "type": self.error_type,
            "reason": self.reason,
            "problems": self.problems,
            "next": self.next_step,
        }
        return {key: value for key, value in message.items() if value not in (None, [])}

    def __str__(self) -> str:
        """The JSON that Step Functions shows, with as many problems as fit into it."""
        message = self.to_dict()
        reason, shown = self.reason[:MAX_REASON_CHARACTERS], len(self.problems)
        message["reason"] = reason
        while len(json.dumps(text := json.dumps(message, ensure_ascii=False))) > MAX_MESSAGE_CHARACTERS:
            if shown:
                shown //= 2
                hidden = len(self.problems) - shown
                message["problems"] = [*self.problems[:shown], f"... and {hidden} more; all are in the log"]
            elif reason:
                reason = message["reason"] = reason[: len(reason) // 2]
            else:
                break
        return text


class TriggerFileError(ReindexError):
    """The trigger file is refused before anything is changed."""

    next_step = "Nothing was changed. Correct every problem listed and upload the file again."


class IndexCreationError(ReindexError):
    """The target index could not be created as asked."""

    next_step = (
        "No document was moved. Remove the cause (a setting that this domain refuses is left out with "
        '`"settings": {"<name>": null}`) and upload the file again.'
    )


class AliasUpdateError(ReindexError):
    """The write index of an alias could not be switched, or the source index not be frozen."""

    next_step = "No document was moved or lost. Remove the cause, then upload the file again."


class ReindexStartError(ReindexError):
    """The copy could not be started."""

    next_step = "The source index is complete. Remove the cause, then upload the file again."


class ReindexFailedError(ReindexError):
    """The reindex task ended with an error, with failed documents, or was cancelled, or its target stays unhealthy."""

    next_step = (
        "The source index is complete and still in its aliases. Upload the file again after a cancelled or stalled "
        "copy, or when shards that were not built are. For documents that do not fit: with strategy redirect_writes "
        "roll back first (see the README), with block_writes upload a file with other mappings."
    )


class VerificationError(ReindexError):
    """The copy is not proven complete, so the source index is kept."""

    next_step = "The source index was not deleted. Compare both indices before you upload the file again."


class AliasRemovalError(ReindexError):
    """The aliases could not be moved from the source to the target index."""

    next_step = (
        "The copy is complete and the source index was not deleted. Remove the cause, then upload the file again."
    )


class IndexDeletionError(ReindexError):
    """The source index could not be deleted."""

    next_step = "The copy is complete and in use. Remove the cause, then upload the file again."


class ConcurrentReindexError(ReindexError):
    """Another execution created the target index and owns the work on this source index."""

    next_step = "Wait until the execution named here is over, or stop it; then upload the file again."


class TransientOpenSearchError(ReindexError):
    """OpenSearch did not answer, or asked to come back later (429, 502, 503, 504)."""

    next_step = (
        "The state machine tries again for some minutes. If the execution ends with this error, check that the domain "
        "is healthy and reachable from the Lambda functions, then upload the file again."
    )


class DomainBusyError(TransientOpenSearchError):
    """The domain needs more time for what it is doing: a snapshot of the index, or its shards."""

    next_step = (
        "The state machine has waited for 40 minutes. No document is lost. Look what keeps the domain busy "
        "(GET _snapshot/_status, GET _cluster/allocation/explain), then upload the file again."
    )


class OpenSearchRequestError(Exception):
    """OpenSearch refused a request; each step turns it into the error of that step.

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
        """Whether a permission is missing. A block of an index or of a full domain is 403 too, and says what blocks."""
        return self.status in (401, 403) and self.error_type != "cluster_block_exception"
