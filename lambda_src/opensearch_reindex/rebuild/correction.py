"""Continue a target index that writers use with a corrected trigger file."""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.index.target_index import TargetIndex
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.rebuild.ownership import close_copy, stop_copy
from opensearch_reindex.runtime.errors import RESUME_OR_ROLL_BACK, IndexCreationError, OpenSearchRequestError
from opensearch_reindex.runtime.logs import log


def correct_target(
    client: OpenSearchClient,
    target_index: str,
    target: IndexInfo,
    execution_id: str,
    requested: TargetIndex,
    provenance: Provenance,
) -> None:
    """Extend the mappings as requested, and end the copy, so that another one starts.

    Copied documents stay as they are, because nothing distinguishes them from documents that writers stored. A
    corrected script or pipeline applies to the documents that are not copied yet: those that did not fit.

    Args:
        client: the domain.
        target_index: name of the target index.
        target: the target index as it is.
        execution_id: ARN of this execution, which owns the target index.
        requested: what the corrected file requests.
        provenance: the note of the corrected file.

    Raises:
        IndexCreationError: OpenSearch cannot make these changes to an index that exists.
        ConcurrentReindexError: another execution took over.
    """
    stop_copy(client, target.markers.copy_alias)
    close_copy(client, target_index, target, execution_id)
    try:
        client.put_mappings(target_index, {**requested.mappings, "_meta": provenance.meta(requested.mappings)})
    except OpenSearchRequestError as error:
        if error.is_denied:
            raise
        raise IndexCreationError(
            f"target index {target_index!r} is in use, and cannot take the corrected mappings: {error.reason}",
            next_step=RESUME_OR_ROLL_BACK,
            status=error.status,
            error_type=error.error_type,
        ) from error
    log.warning(
        "the target index goes on with a corrected trigger file; documents that are copied already stay as they are",
        extra={"corrected": target.provenance.trigger_file},
    )
