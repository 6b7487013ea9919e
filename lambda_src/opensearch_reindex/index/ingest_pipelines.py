"""Refuse ingest pipelines that could move or drop documents.

The proof would not find such documents. Every processor of OpenSearch 2.19 and 3.8, and of the plugins on Amazon's
domains, was decided here and tried on both. What a later version adds is refused until it was decided too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from opensearch_reindex.index.scripts import MISPLACES, script_problems

# What an ingest document has beside its fields.
_METADATA = (
    "_id",
    "_if_primary_term",
    "_if_seq_no",
    "_index",
    "_op_type",
    "_routing",
    "_type",
    "_version",
    "_version_type",
)
# OpenSearch takes `_source.a` for `a`, so a document can be moved through fields below these targets too.
_ROOTS = ("", "_source", "_source.")
_MENTION = re.compile(rf"(?<!\w)(?:{'|'.join(_METADATA)})(?!\w)")
# `%{*key}` and `%{&key}` of dissect: the document names the field.
_NAMED_BY_DOCUMENT = re.compile(r"%\{[^}]*[*&]")

# Processors that write to `target_field`, and without it to `field`.
_IN_PLACE = (
    *("bytes", "convert", "gsub", "html_strip", "join", "json", "lowercase", "sort", "split", "trim"),
    *("uppercase", "urldecode"),
)
# For every other allowed processor: the options that name what it writes or removes.
_WRITES: Mapping[str, tuple[str, ...]] = {
    "append": ("field",),
    "attachment": ("target_field",),
    "community_id": ("target_field",),
    "copy": ("target_field",),
    "csv": ("target_fields",),
    "date": ("target_field",),
    "dissect": (),  # see _is_named_by_documents, as for every processor with nothing here
    "dot_expander": ("field", "path"),
    "fail": (),
    "fingerprint": ("target_field",),
    "foreach": ("field",),
    "geoip": ("target_field",),
    "grok": (),
    "ip2geo": ("target_field",),
    "kv": ("target_field",),
    "ml_inference": ("output_map",),
    "remove": ("field",),
    "remove_by_pattern": (),
    "rename": ("field", "target_field"),
    "script": (),
    "set": ("field",),
    "sparse_encoding": ("field_map",),
    "split_to_fields": ("target_fields",),
    "text_chunking": ("field_map",),
    "text_embedding": ("field_map",),
    "text_image_embedding": ("embedding",),
    "user_agent": ("target_field",),
}
_REFUSED = {
    "acl_routing": MISPLACES,
    "date_index_name": MISPLACES,
    "drop": 'must not drop documents; use a script that sets ctx.op to "noop"',
    "hierarchical_routing": MISPLACES,
    "pipeline": "must not call another pipeline, which the module does not check; move its processors into this "
    "pipeline",
    "temporal_routing": MISPLACES,
}


@dataclass(frozen=True)
class NamedPipeline:
    """An ingest pipeline that a trigger file or an index names.

    Attributes:
        where: option or setting that names it.
        name: its name.
        runs_on_copies: whether copied documents pass it, beside the documents of writers.
    """

    where: str
    name: str
    runs_on_copies: bool

    def problems(self, definition: Mapping[str, Any] | None) -> list[str]:
        """Find what the pipeline lacks, or must not do.

        Args:
            definition: definition of the pipeline, or None if the pipeline does not exist.
        """
        if definition is None and not self.runs_on_copies:
            found = ['does not exist, so every write would fail; create it, or set "default_pipeline" to null']
        else:
            found = pipeline_problems(definition) if self.runs_on_copies else []
        return [f"{self.where}: {self.name!r} {problem}" for problem in found]


def named_pipelines(settings: Mapping[str, Any], reindex: Mapping[str, Any]) -> list[NamedPipeline]:
    """List the ingest pipelines of a target index.

    A copy names its own pipeline or `_none`, which keeps the default pipeline out. Nothing keeps out the final one.

    Args:
        settings: settings of the target index, flat names without `index.`.
        reindex: `reindex` of the trigger file.
    """
    named = [
        ("reindex.pipeline", reindex.get("pipeline"), True),
        ("settings.final_pipeline", settings.get("final_pipeline"), True),
        ("settings.default_pipeline", settings.get("default_pipeline"), False),
    ]
    return [NamedPipeline(where, str(name), runs) for where, name, runs in named if name not in (None, "_none")]


def pipeline_problems(definition: Mapping[str, Any] | None) -> list[str]:
    """Find what a pipeline must not do to copied documents.

    Args:
        definition: definition of the pipeline, or None if the pipeline does not exist.
    """
    if definition is None:
        return ["does not exist"]
    return list(dict.fromkeys(_problems_of_all([definition.get("processors"), definition.get("on_failure")])))


def _problems_of_all(lists: list[Any]) -> Iterator[str]:
    """Check lists of processors, each an object with types for keys."""
    for processors in lists:
        for processor in processors or []:
            for kind, options in processor.items():
                # The short form of a script is its text.
                of_processor = {"source": options} if kind == "script" and isinstance(options, str) else options
                yield from _problems(kind, of_processor)


def _problems(kind: str, options: Any) -> Iterator[str]:
    """Check one processor, and the processors in it."""
    if not isinstance(options, Mapping) or (kind not in _WRITES and kind not in _IN_PLACE and kind not in _REFUSED):
        yield f"must not use processor {kind!r}, which the module does not know: it could set _id, _index or _routing"
        return
    # OpenSearch takes null for an option that is missing.
    options = {name: value for name, value in options.items() if value is not None}
    yield from _problems_of_all([options.get("on_failure")])
    if problem := _REFUSED.get(kind):
        yield problem
    elif kind == "script":
        yield from _problems_of_script(options)
    elif any(_is_unsafe(name) for name in _written(kind, options)) or _is_named_by_documents(kind, options):
        yield f"{MISPLACES} (processor {kind!r})"
    if kind == "foreach":
        yield from _problems_of_all([[options.get("processor", {})]])


def _problems_of_script(options: Mapping[str, Any]) -> Iterator[str]:
    source = options.get("source")
    if not isinstance(source, str):
        yield "must not use a stored script, which the module does not check; write its source into the pipeline"
    elif options.get("lang", "painless") != "painless":
        yield "must not use a script in another language than painless, which the module does not check"
    else:
        yield from script_problems(source)


def _written(kind: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Give the names of all fields that a processor writes or removes."""
    if kind in _IN_PLACE:
        writes: tuple[str, ...] = ("target_field",) if "target_field" in options else ("field",)
    elif kind == "copy" and options.get("remove_source"):
        writes = ("source_field", "target_field")
    else:
        writes = _WRITES[kind]
    for option in writes:
        yield from _names(options.get(option))


def _names(value: Any) -> Iterator[str]:
    """Give every text in an option, also the keys of objects."""
    if isinstance(value, Mapping):
        yield from map(str, value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif value is not None:
        yield str(value)


def _is_unsafe(name: str) -> bool:
    """Return whether a name is metadata, or a template that each document fills."""
    return "{{" in name or name in _ROOTS or name.removeprefix("_source.").partition(".")[0] in _METADATA


def _is_named_by_documents(kind: str, options: Mapping[str, Any]) -> bool:
    """Return whether a document, or a pattern, may name metadata."""
    if kind == "json":
        return bool(options.get("add_to_root"))
    if kind == "kv":
        return "target_field" not in options
    if kind == "dot_expander":
        return "*" in str(options.get("field"))
    if kind in ("remove", "remove_by_pattern"):
        # A field with the literal name `_source._routing` is taken for `_routing`.
        patterns = list(_names(options.get("field_pattern")))
        return any(option.startswith("exclude_") for option in options) or any(
            fnmatchcase(name, pattern) for name in _METADATA for pattern in patterns
        )
    if kind in ("dissect", "grok", "ml_inference"):
        parts = (options.get(part) for part in ("pattern", "patterns", "pattern_definitions", "output_map"))
        return any(_MENTION.search(text) or _NAMED_BY_DOCUMENT.search(text) for part in parts for text in _names(part))
    return False
