"""Which settings of a source index its target index cannot have, or must not have."""

from collections.abc import Mapping
from typing import Any

from opensearch_reindex.utils import is_below

# OpenSearch sets these itself and refuses them in a new index. A test derives the private and internal ones from the
# engines. Amazon leaves `cold` and `migration` on an index that came back to hot storage.
PRIVATE = (
    "allocation.existing_shards_allocator",
    "archived.path",
    "cold",
    "context",
    "creation_date",
    "creation_date_string",
    "frozen",
    "history",
    "lifecycle",
    "migration",
    "provided_name",
    "remote_store.enabled",
    "remote_store.segment.repository",
    "remote_store.translog.repository",
    "resize",
    "routing.allocation.initial_recovery",
    "search.throttled",
    "searchable_snapshot",
    "shrink",
    "snapshot.id",
    "tiering",
    "uuid",
    "verified_before_close",
    "version",
)
# These would stop the copy, divert it, run again on each document, or make the target something else.
HARMFUL = (
    "blocks",
    "final_pipeline",
    "ingestion_source",
    "opendistro.index_state_management.policy_id",
    "plugins.index_state_management.policy_id",
    "plugins.replication",
    "routing.allocation.exclude",
    "routing.allocation.include",
    "routing.allocation.require",
    "store.data_locality",
    "warm",
)
# A trigger file may set these: each is a real choice of the user.
CHOICES_OF_THE_USER = (
    "final_pipeline",
    "routing.allocation.exclude",
    "routing.allocation.include",
    "routing.allocation.require",
)
# Older versions had these, and some later version refuses them in a new index.
OBSOLETE = (
    "mapper.dynamic",
    "merge.policy.max_merge_at_once_explicit",
    "optimize_auto_generated_id",
    "soft_deletes.enabled",
    "store.hybrid.mmap.extensions",
    "translog.retention",
)
# OpenSearch or a plugin gives these to an index by itself.
OF_OPENSEARCH = (
    *PRIVATE,
    "knn.derived_source",
    "opendistro.index_state_management.policy_id",
    "plugins.index_state_management.policy_id",
    "remote_store",
    "replication.type",
    "routing.allocation.include._tier_preference",
)
# Without a value of the user, OpenSearch chooses one, or an index template.
LEFT_TO_OPENSEARCH = ("number_of_replicas", "number_of_shards")
# Wildcards pass by an index with this setting.
HIDDEN = "hidden"
# Which shards of an index OpenSearch assigns. With any value but `all`, shards of a new index stay unassigned.
ALLOCATION = "routing.allocation.enable"


def is_copied(name: str) -> bool:
    """Return whether the target index gets this setting of its source index.

    Args:
        name: full name without `index.`.
    """
    return not any(is_below(name, left_out) for left_out in (*PRIVATE, *HARMFUL, *OBSOLETE))


def obsolete_settings(settings: Mapping[str, Any]) -> list[str]:
    """List settings of a source index that newer versions refuse in a new index.

    Args:
        settings: flat names without `index.`.
    """
    return sorted(name for name in settings if any(is_below(name, each) for each in OBSOLETE))
