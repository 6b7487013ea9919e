"""Build the `_reindex` request of a copy."""

from typing import Any

from opensearch_reindex.rebuild.job import Job


def reindex_body(job: Job, copy_alias: str) -> dict[str, Any]:
    """Return the body: a document that the target index has already stays as it is.

    Args:
        job: state so far; after a fault with a smaller batch.
        copy_alias: alias that the copy writes through.
    """
    options = job.reindex
    body: dict[str, Any] = {
        # A document that a writer stored in the target index is newer, so it stays.
        "conflicts": "proceed",
        "source": {"index": job.source_index, "size": max(1, options["batch_size"] >> job.task.gentleness)},
        # The documents went through the index's default pipeline when they were written.
        "dest": {"index": copy_alias, "op_type": "create", "pipeline": options.get("pipeline", "_none")},
    }
    if "script" in options:
        body["script"] = options["script"]
    return body


def reindex_params(job: Job) -> dict[str, str]:
    """Return slices, scroll, and a limit if requested or needed after a fault.

    Args:
        job: state so far.
    """
    params = {"slices": str(job.reindex["slices"])}
    limit = job.reindex.get("requests_per_second")
    if job.task.gentleness and job.task.throttle:
        limit = job.task.throttle.after_fault() or limit
    if "scroll" in job.reindex:
        params["scroll"] = job.reindex["scroll"]
    if limit is not None:
        params["requests_per_second"] = f"{limit:.6g}"
    return params
