"""The kinds of indices that are no ordinary source index, and the way out of each.

An ordinary source index lies in files of the domain's own nodes, and takes the documents of clients. Each row names the
setting by which an index of another kind shows itself. docs/trigger-file.md also lists the kinds that are rebuilt.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TO_HOT = (
    "Send POST /_ultrawarm/migration/{index}/_hot, or POST /_ultrawarm/migration/_cancel/{index} while the index moves "
    "to UltraWarm. Upload the file again once it is in hot storage"
)
_TO_HOT_TIER = "Send POST /{index}/_tier/hot. Upload the file again once GET /{index}/_tier shows no migration"
_NEW_ROLLUP = (
    "Create another rollup job with a new target_index. The mappings of rolled up documents are the plugin's own"
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A setting that only an index of another kind has.

    Attributes:
        setting: full name without `index.`.
        ordinary: values of an ordinary index; every other value shows the kind.
        other: values that show the kind, where an ordinary index may have any other.
        state: what the index is, and why it is no source.
        way: what to do about it.
    """

    setting: str
    ordinary: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    state: str
    way: str

    def is_shown_by(self, value: str) -> bool:
        """Return whether an index with this value is of this kind."""
        if not value:
            return False
        return value in self.other if self.other else value not in self.ordinary


# Amazon documents the settings of UltraWarm in the developer guide of 2020, and its own snapshots still filter them.
KINDS = (
    Kind(
        setting="search.throttled",
        ordinary=("false",),
        state="is frozen, so searches skip it and a copy would be empty",
        way="Unfreeze it first",
    ),
    Kind(
        setting="store.type",
        other=("remote_snapshot", "snapshot"),
        state="is a searchable snapshot, which takes no writes",
        way="Restore it as an index of the domain: POST /_snapshot/<repository>/<snapshot>/_restore with another "
        'rename_replacement and "storage_type": "local". Name the restored index in the file',
    ),
    Kind(
        setting="migration.state",
        ordinary=("hot",),
        state="is in UltraWarm storage or moves there, and takes no writes",
        way=_TO_HOT,
    ),
    Kind(
        setting="blocks.ultrawarm_allow_delete",
        other=("true",),
        state="is in UltraWarm storage, and takes no writes",
        way=_TO_HOT,
    ),
    Kind(
        setting="routing.allocation.require.box_type",
        other=("warm",),
        state="is on UltraWarm nodes, and takes no writes",
        way=_TO_HOT,
    ),
    Kind(
        setting="tiering.state",
        ordinary=("hot",),
        state="is in warm storage or moves between tiers",
        way=_TO_HOT_TIER,
    ),
    Kind(setting="warm", other=("true",), state="is in warm storage", way=_TO_HOT_TIER),
    Kind(
        setting="store.data_locality",
        other=("partial",),
        state="is in warm storage: only a part of it lies on the nodes",
        way=_TO_HOT_TIER,
    ),
    Kind(
        setting="blocks.search_only",
        other=("true",),
        state="was scaled down to search replicas, and has no shard that takes writes",
        way='Send POST /{index}/_scale {{"search_only": false}}. Then upload the file again',
    ),
    Kind(
        setting="plugins.replication.follower.leader_index",
        state="follows an index of another domain, and takes no writes of clients",
        way="Rebuild the index that it follows, and replicate the new one. To make this index independent of it, send "
        "POST /_plugins/_replication/{index}/_stop {{}}",
    ),
    Kind(
        setting="ingestion_source.type",
        ordinary=("none",),
        state="pulls its documents from a stream, and takes none from writers",
        way="Create the new index yourself with the same ingestion_source, and let it read the stream from its "
        "beginning: pointer.init.reset earliest",
    ),
    Kind(
        setting="plugins.rollup_index",
        ordinary=("false",),
        state="holds the results of a rollup job, and the plugin rewrites or refuses searches of it",
        way=_NEW_ROLLUP,
    ),
    Kind(
        setting="opendistro.rollup_index",
        ordinary=("false",),
        state="holds the results of a rollup job, and the plugin rewrites or refuses searches of it",
        way=_NEW_ROLLUP,
    ),
)
# What `problems_of_kind` reads of an index, as parts of a `filter_path`.
KIND_PARTS = tuple(f"settings.index.{kind.setting}" for kind in KINDS)
# Blocks that belong to a kind. To lift one of them by hand would not make the index ordinary.
BLOCKS_OF_KINDS = tuple(kind.setting.removeprefix("blocks.") for kind in KINDS if kind.setting.startswith("blocks."))


def problems_of_kind(index: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Find settings that keep an index from being a source index or its target.

    Several settings may show one kind; the first one stands for all.

    Args:
        index: name of the index.
        settings: of the index, flat names without `index.`.
    """
    shown = [kind for kind in KINDS if kind.setting in settings and kind.is_shown_by(_text(settings[kind.setting]))]
    first: dict[str, Kind] = {}
    for kind in shown:
        first.setdefault(kind.way.format(index=index), kind)
    for way, kind in first.items():
        yield f"{kind.state} (index.{kind.setting} is {settings[kind.setting]}). {way}"


def _text(value: Any) -> str:
    return str("" if value is None else value).lower()
