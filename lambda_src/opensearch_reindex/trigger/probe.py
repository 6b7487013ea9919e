"""Try what the rebuild of each index will do, with requests that leave nothing."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.mapping_changes import reader_problems
from opensearch_reindex.index.provenance import Provenance
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import TargetIndex, flat_settings
from opensearch_reindex.index.templates import takes_mappings, template_problem
from opensearch_reindex.index.vectors import nmslib_problems
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import TransientOpenSearchError
from opensearch_reindex.runtime.logs import log
from opensearch_reindex.runtime.redaction import document_error
from opensearch_reindex.trigger.plan import PlannedIndex

NARROW = "Narrow the index_patterns of the template, or put what it adds into the trigger file"
# The complete mappings of these many indices are in memory at once.
BATCH = 20
# A request takes 10 to 40 ms, so 1000 indices fit, with all other checks, into the shortest `lambda_timeout` (120 s).
MAX_SECONDS = 40.0
# Few, because a pipeline may ask a model about each. CreateIndex tries more.
MAX_DOCUMENTS = 10
MAX_CHANGES_SHOWN = 5


def creation_problems(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex]
) -> Iterator[str]:
    """Find target indices that OpenSearch refuses, makes otherwise or cannot search.

    After `MAX_SECONDS`, only target indices that are not like an earlier one are tried. CreateIndex finds the rest.

    Args:
        client: the domain.
        file: the trigger file, with defaults filled in.
        planned: indices whose target index does not exist.
    """
    deadline, tried, left_out, may_simulate = time.monotonic() + MAX_SECONDS, set[str](), 0, True
    for index, source, requested, template in _requested(client, file, planned):
        if takes_mappings(file) and (problem := template_problem(index.target_index, template)):
            yield f"{index.path}: {problem}"
        yield from _reader_problems(file, index, source, requested)
        body = requested.body(Provenance(), {}, {})
        kind = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if kind in tried and time.monotonic() > deadline:
            left_out += 1
            continue
        tried.add(kind)
        name = f"{index.path}: target index {index.target_index!r}"
        if retired := list(nmslib_problems(requested.mappings, client.engine())):
            yield from (f"{name} would have {problem}" for problem in retired)
            continue  # the k-NN plugin refuses it for the same reason
        refusal = client.refused_creation(index.target_index, body)
        if refusal and refusal.is_denied:
            return  # `permission_problems` names what is missing
        if refusal:
            yield f"{name} cannot be created: {refusal.reason}"
            continue
        template = template or (client.simulate_template(index.target_index) if may_simulate else None)
        may_simulate = template is not None
        if added := requested.added_by_template(template or {}, {*source.aliases, index.alias_name}):
            yield f"{name} would get from an index template what was not requested: {', '.join(added)}. {NARROW}"
    if left_out:
        log.warning("target indices not tried: others like them can be created", extra={"number": left_out})
    if not may_simulate:
        log.info("index templates are compared in CreateIndex alone: the domain simulates none for this role")


def _requested(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex]
) -> Iterator[tuple[PlannedIndex, IndexInfo, TargetIndex, Mapping[str, Any] | None]]:
    """Yield each index with source and target; read few complete mappings at once.

    And with the index template whose mappings the file wants; None if it wants those of the source index.
    """
    entries = {_name(entry): entry if isinstance(entry, Mapping) else {} for entry in file["indices"]}
    for start in range(0, len(planned), BATCH):
        batch = planned[start : start + BATCH]
        sources = client.get_indices(index.source_index for index in batch)
        for index in batch:
            if source := sources.get(index.source_index):  # else deleted a moment ago; CreateIndex says so
                template = client.index_template(index.target_index) if takes_mappings(file) else None
                requested = TargetIndex.derive(file, entries[index.source_index], source, template=template)
                yield index, source, requested, template


def _reader_problems(
    file: Mapping[str, Any], index: PlannedIndex, source: IndexInfo, requested: TargetIndex
) -> Iterator[str]:
    if file["strategy"] != Strategy.REDIRECT_WRITES or file["readers_may_fail"]:
        return
    problems = list(reader_problems(source.mappings, requested.mappings))
    if problems:
        yield (
            f"{index.path}: {'; '.join(problems[:MAX_CHANGES_SHOWN])}"
            f"{f' (and {len(problems) - MAX_CHANGES_SHOWN} more)' if len(problems) > MAX_CHANGES_SHOWN else ''}. With "
            "strategy redirect_writes, searches through the alias read both indices during the copy and fail on such a "
            'field; expected strategy block_writes, with which they do not, or "readers_may_fail": true'
        )


def document_problems(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex]
) -> Iterator[str]:
    """Find scripts and pipelines that fail on the first documents of an index.

    Only pipelines that the module has checked may run. After `MAX_SECONDS`, CreateIndex finds the rest.

    Args:
        client: the domain.
        file: the trigger file, with defaults filled in.
        planned: indices with documents to copy.
    """
    deadline = time.monotonic() + MAX_SECONDS
    script = file["reindex"].get("script")
    for number, index in enumerate(planned):
        pipeline = file["reindex"].get("pipeline") or _final_pipeline(index)
        if not script and not pipeline:
            continue
        if time.monotonic() > deadline:
            log.warning("scripts and pipelines not tried on every index", extra={"number": len(planned) - number})
            return
        try:
            causes = client.failed_documents(
                index.source_index, index.target_index, MAX_DOCUMENTS, pipeline or "_none", script
            )
        except TransientOpenSearchError as error:
            if not error.took_too_long:
                raise
            log.warning("scripts and pipelines not tried: they take too long", extra={"reason": error.reason})
            client.cancel_trial(index.target_index)
            return
        used = " and ".join(
            what for what in (script and "reindex.script", pipeline and f"pipeline {pipeline!r}") if what
        )
        for reason in dict.fromkeys(map(document_error, causes)):
            yield f"{index.path}: documents of source index {index.source_index!r} do not pass {used}: {reason}"


def _final_pipeline(index: PlannedIndex) -> str | None:
    """Return the final pipeline that the trigger file sets."""
    name = None
    for patch in map(flat_settings, index.settings):
        name = patch.get("final_pipeline", name)
    return None if name == "_none" else name


def _name(entry: Any) -> str:
    return str(entry["name"] if isinstance(entry, Mapping) else entry)
