"""Make good trigger files, which are also the basis of the bad ones."""

import json
from random import Random
from typing import Any

VERSIONED = {
    "index_pattern": r"^(.+)_v(\d+)$",
    "index_replacement": r"\1_v{{next_version}}",
    "alias_name": "{{index_base}}_current",
}
# Three equal forms.
_SHAPES = (
    VERSIONED,
    {"index_pattern": r"(?P<base>[^_]+)_v(?P<version>[0-9]+)", "index_replacement": r"\g<base>_v{{ next_version }}"},
    {"index_pattern": r"(.*)_(v)(\d{1,5})", "index_replacement": r"{{index_base}}_\2{{next_version}}"},
)
# Indices that can be rebuilt.
GOOD_INDICES = (
    *("books_v1", "songs_v007", "films_v999", "maps_v0", "ünï_v1", "a.b_v3", "x1_v10", "per%cent_v2", "it's_v1"),
)

_SETTINGS = (
    {"number_of_shards": 2},
    {"index.codec": "best_compression", "refresh_interval": None},
    {"index": {"number_of_replicas": 0, "merge": {"policy.max_merged_segment": "2gb"}}},
    {"analysis": {"analyzer": {"index": {"type": "keyword"}}}, "final_pipeline": None},
)
_MAPPINGS = (
    {"dynamic": "strict"},
    {"_meta": {"team": "search"}, "properties": {"name": {"type": "keyword"}, "gone": None}},
    {"_meta": None, "properties": None},
)
_REINDEX = (
    {"slices": 4, "batch_size": 500},
    {"slices": "auto", "requests_per_second": 1000.5},
    {"script": {"source": "ctx._source.key = ctx._id", "lang": "painless", "params": {"a": [1, {"b": None}]}}},
    {"pipeline": "mark"},
    {"pipeline": "_none"},
)


def good_file(random: Random, url: str) -> dict[str, Any]:
    """Make a good trigger file for one to four indices, with some optional keys.

    Args:
        random: decides everything.
        url: URL of the node.
    """
    names = random.sample(GOOD_INDICES, random.randint(1, 4))
    file: dict[str, Any] = {
        "opensearch_endpoint": url + random.choice(["", "/"]),
        **random.choice(_SHAPES),
        "alias_name": random.choice(["{{index_base}}_current", r"\1-current", "All-{{index_base}}"]),
        "indices": [_entry(random, name) for name in names],
    }
    optional = {
        # Distinguishes files that are otherwise equal.
        "$schema": f"./{random.getrandbits(40):x}.schema.json",
        "settings": random.choice(_SETTINGS),
        "mappings": random.choice(_MAPPINGS),
        "strategy": "redirect_writes",
        "reindex": random.choice(_REINDEX),
        "keep_source": random.choice([True, False]),
    }
    chosen = ["$schema", *(key for key in optional if key != "$schema" and random.random() < 0.3)]
    return json.loads(json.dumps({**file, **{key: optional[key] for key in chosen}}))  # type: ignore[no-any-return]


def written(random: Random, file: Any) -> bytes:
    """Write JSON in one of the forms that editors and programs write."""
    if isinstance(file, dict) and random.random() < 0.5:
        file = dict(random.sample(list(file.items()), len(file)))
    text = json.dumps(file, indent=random.choice([None, 2, 4]), ensure_ascii=random.choice([True, False]))
    return text.encode("utf-8-sig" if random.random() < 0.1 else "utf-8")


def _entry(random: Random, name: str) -> Any:
    entry: dict[str, Any] = {"name": name}
    if random.random() < 0.2:
        entry["settings"] = random.choice(_SETTINGS)
    if random.random() < 0.2:
        entry["mappings"] = random.choice(_MAPPINGS)
    return entry if len(entry) > 1 or random.random() < 0.2 else name
