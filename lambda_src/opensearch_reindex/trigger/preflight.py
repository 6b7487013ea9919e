"""Check a trigger file against the domain, with requests that change nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opensearch_reindex.index.allocation_filters import DataNode, allocation_filters
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.strategy import Strategy
from opensearch_reindex.index.target_index import flat_settings
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError
from opensearch_reindex.trigger.admission import (
    ADMISSION_PARTS,
    ROUTING_PARTS,
    batch_problems,
    created_aliases,
    domain_problems,
    may_merge_documents,
)
from opensearch_reindex.trigger.capacity import (
    CAPACITY_PARTS,
    disk_problems,
    growth_of,
    shard_problems,
)
from opensearch_reindex.trigger.finished import Done, done_as, is_proven, is_to_be_deleted
from opensearch_reindex.trigger.homes import HOME_PARTS, Homes, home_problem, homes_of, replica_problem
from opensearch_reindex.trigger.pipelines import PIPELINE_PARTS, pipeline_problems_of
from opensearch_reindex.trigger.plan import PlannedIndex
from opensearch_reindex.trigger.policies import policy_problems
from opensearch_reindex.trigger.probe import creation_problems, document_problems

# The complete settings and mappings of a thousand indices would be far too large.
_PARTS = ",".join(dict.fromkeys((*ADMISSION_PARTS, *ROUTING_PARTS, *CAPACITY_PARTS, *HOME_PARTS, *PIPELINE_PARTS)))
# Enough to show which pattern of the role is missing, and few enough to ask for one by one.
MAX_REFUSALS_SHOWN = 20


@dataclass(frozen=True)
class Checked:
    """What the domain says of a trigger file.

    Attributes:
        pending: the indices that are not rebuilt yet.
        done: source indices that earlier executions rebuilt, by how they did.
        problems: all problems with their places in the file.
    """

    pending: Sequence[PlannedIndex]
    done: Mapping[Done, Sequence[str]]
    problems: Sequence[str]


def check_domain(
    client: OpenSearchClient, file: Mapping[str, Any], planned: Sequence[PlannedIndex], execution_id: str
) -> Checked:
    """Check indices, pipeline, custom routing, disk space and shards.

    Args:
        client: the domain.
        file: the trigger file, with defaults filled in.
        planned: all indices of the file.
        execution_id: ARN of this execution.
    """
    names = [name for index in planned for name in (index.source_index, index.target_index, index.alias_name) if name]
    indices = client.get_indices(names, parts=_PARTS)
    keep_source = file["keep_source"]
    pending, admitted = [], []
    done: dict[Done, list[str]] = {}
    problems: list[str] = []
    for index in planned:
        state = done_as(index, indices)
        if state and not is_to_be_deleted(index, indices, keep_source=keep_source):
            done.setdefault(state, []).append(index.source_index)
            continue
        pending.append(index)
        if (
            found := _deletion_problems(client, index, indices)
            if state
            else domain_problems(index, indices, execution_id, client.engine())
        ):
            problems += found
        elif not state and not is_proven(index, indices):
            admitted.append(index)
    problems += created_aliases(pending, indices)
    problems += pipeline_problems_of(client, file, admitted, indices)
    problems += policy_problems(client, admitted)
    batch_size = file["reindex"].get("batch_size")
    problems += [
        found for index in admitted for found in batch_problems(index, indices[index.source_index], batch_size)
    ]
    if not problems:
        # A pipeline that was refused could write anywhere.
        problems += document_problems(client, file, admitted)
    if admitted:
        if file["strategy"] == Strategy.REDIRECT_WRITES:  # else the proof shows whether documents met
            problems += _routing_problems(client, admitted, indices)
        no_room = list(_capacity_problems(client, admitted, indices, keep_source=keep_source))
        problems += no_room
        if not no_room:  # otherwise OpenSearch refuses the rest for the same reason
            new = [index for index in admitted if index.target_index not in indices]
            problems += creation_problems(client, file, new)
    return Checked(pending, done, problems)


def permission_problems(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> list[str]:
    """Find what this role must be allowed and is not.

    A role lists its actions once for many patterns. So one index shows which actions are missing, and one action shows
    which patterns are missing. Hidden documents would be lost, so that check asks for every index.

    Args:
        client: the domain.
        planned: the indices to rebuild.
    """
    if not planned:
        return []
    first = planned[0]
    problems = [
        f"{first.path}: {refusal.reason}" for refusal in client.refused_actions(first.source_index, first.target_index)
    ]
    problems += islice(_refused_aliases(client, planned), MAX_REFUSALS_SHOWN)
    return [*problems, *islice(_hidden_documents(client, planned), MAX_REFUSALS_SHOWN)]


def _hidden_documents(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> Iterator[str]:
    for index in planned:
        try:
            if client.is_restricted(index.source_index):
                yield (
                    f"{index.path}: this role cannot see all of source index {index.source_index!r} (document-level "
                    "security, field-level security or masked fields); a copy would silently lack what the role cannot "
                    "see"
                )
        except OpenSearchRequestError as error:
            if not error.is_denied:
                raise
            yield f"{index.path}: {error.reason}"


def _refused_aliases(client: OpenSearchClient, planned: Sequence[PlannedIndex]) -> Iterator[str]:
    """Ask for all indices at once, and for each half only after a refusal."""
    refusal = client.refused_alias_change(
        name for index in planned for name in (index.source_index, index.target_index)
    )
    if not refusal:
        return
    if len(planned) == 1 or refusal.error_type != "security_exception":  # IAM and blocks ignore the names
        index = planned[0]
        yield f"{index.path}: {index.source_index!r} or {index.target_index!r}: {refusal.reason}"
        return
    middle = len(planned) // 2
    yield from _refused_aliases(client, planned[:middle])
    yield from _refused_aliases(client, planned[middle:])


def _deletion_problems(client: OpenSearchClient, planned: PlannedIndex, indices: Mapping[str, IndexInfo]) -> list[str]:
    """Find what prevents the deletion of a source index that was kept."""
    name, source, target = planned.source_index, indices[planned.source_index], indices[planned.target_index]
    if source.settings.get("verified_before_close") == "true":
        state = "is closed; expected open, so that the module can prove it unchanged"
    elif client.last_seq_no(name, source.shards) != target.markers.frozen_seq_no:
        state = f"was written to after its rebuild as {planned.target_index!r}, and these documents are only there"
    else:
        return []
    problem = f"{planned.path}: source index {name!r}, which an earlier execution kept, {state}"
    return [f"{problem}. Set keep_source to true, or delete the source index yourself: DELETE /{name}"]


def _routing_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo]
) -> Iterator[str]:
    """Find custom routing by a search; CreateIndex checks again after a refresh."""
    resharded = [index for index in planned if may_merge_documents(index, indices[index.source_index])]
    routed = client.indices_with_routing([index.source_index for index in resharded])
    for index in resharded:
        if index.source_index in routed:
            yield (
                f"{index.path}: source index {index.source_index!r} has documents with custom routing; with this "
                "number of shards, documents that share an id under different routings could become one document, and "
                "new documents of writers would hide it. Use strategy block_writes, with which the proof shows whether "
                "any did; or keep number_of_shards, or double it, unless the index was shrunk or split"
            )


def _capacity_problems(
    client: OpenSearchClient, planned: Sequence[PlannedIndex], indices: Mapping[str, IndexInfo], *, keep_source: bool
) -> Iterator[str]:
    names = [name for index in planned for name in (index.source_index, index.target_index) if name in indices]
    sizes = client.store_sizes(names)
    for index in planned:
        if index.source_index not in sizes:
            yield (
                f"{index.path}: size of source index {index.source_index!r} is unknown; expected assigned shards, and "
                "indices:monitor/stats among the role's permissions"
            )
    settings, nodes = client.cluster_settings(), client.data_nodes()
    homes = _homes(client, planned, indices, nodes, settings)
    yield from filter(None, (home_problem(index, homes[index.source_index]) for index in planned))
    housed = [index for index in planned if homes[index.source_index].nodes]
    found = {index.source_index: replica_problem(index, homes[index.source_index]) for index in housed}
    crowded = {name: problem for name, problem in found.items() if problem}
    green = client.green_indices(crowded) if crowded else set()
    yield from (problem for name, problem in crowded.items() if name in green)
    growths = [
        growth_of(index, indices, sizes, homes[index.source_index]) for index in housed if index.source_index in sizes
    ]
    data_nodes, open_shards = client.shards()
    yield from disk_problems(growths, nodes, settings, keep_source=keep_source)
    yield from shard_problems(growths, open_shards, data_nodes, settings, keep_source=keep_source)


def _homes(
    client: OpenSearchClient,
    planned: Sequence[PlannedIndex],
    indices: Mapping[str, IndexInfo],
    nodes: Sequence[DataNode],
    settings: Mapping[str, str],
) -> dict[str, Homes]:
    """Find the nodes that may hold each target index, by source index."""
    sources = {index.source_index: indices[index.source_index] for index in planned}
    filtered = [name for name, source in sources.items() if allocation_filters(flat_settings(source.settings))]
    holders = client.nodes_of_shards(filtered) if filtered else {}
    return {
        index.source_index: homes_of(
            index, sources[index.source_index], holders.get(index.source_index, set()), nodes, settings
        )
        for index in planned
    }
