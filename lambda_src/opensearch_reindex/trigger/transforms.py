"""Refuse scripts and ingest pipelines that could move or delete documents.

The proof would not find such documents. The text of a script does not always show what the script does, so only forms
that leave no doubt are accepted.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MISPLACES = "must not set _id, _index or _routing; the module could not prove that every document arrived"
_DELETES = 'must not set ctx.op to anything but the literal "noop"; "delete" would delete by id what a writer stored'
_UNCLEAR = 'must use ctx only as in ctx._source.a, ctx.op = "noop" or a = ctx._id; the module cannot check other uses'
_DROPS = 'must not drop documents; use a script that sets ctx.op to "noop"'

_CTX = re.compile(r"(?<!\.)\bctx\b")
# ctx.name, ctx['name'], and calls that can only name a field of the document.
_MEMBER = re.compile(
    r"""\??\.(?:(?:containsKey|get|remove)\(\s*(?:'([^\W_][^'\\]*)'|"([^\W_][^"\\]*)")\s*\)|(\w+)\b(?!\s*\())"""
    r"""|\[\s*(?:'([^'\\]+)'|"([^"\\]+)")\s*\]"""
)
# What follows a member that is assigned. A comment counts, because it could hide the assignment after it.
_WRITTEN = re.compile(r"\s*(?:=(?!=)|[-+*/%&|^]=|<<=|>>>?=|\+\+|--|/[/*])")
_KEPT = re.compile(r"""\s*=\s*(?:'(?:noop|index)'|"(?:noop|index)")\s*(?:[;}]|$)""")
_METADATA = re.compile(r"(?<!\w)_(?:id|index|routing)(?!\w)")
_TEMPLATE = re.compile(r"\{\{.*?\}\}\}?")
# Options of a processor that name the fields to write. With a template, each document names the field itself.
_FIELDS = ("field", "target_field", "target_fields")


def script_problems(source: str) -> list[str]:
    """Find what a script of the trigger file or of a pipeline must not do.

    Args:
        source: text of the script.
    """
    return list(dict.fromkeys(_ctx_problems(source)))


def pipeline_problems(definition: Mapping[str, Any] | None) -> list[str]:
    """Find what an ingest pipeline must not do.

    Args:
        definition: definition of the pipeline, or None if the pipeline does not exist.
    """
    if definition is None:
        return ["does not exist"]
    return list(
        dict.fromkeys(problem for key, value in _entries(definition) for problem in _entry_problems(key, value))
    )


def _ctx_problems(source: str) -> Iterator[str]:
    """Check every use of `ctx` in a script."""
    for use in _CTX.finditer(source):
        member = _MEMBER.match(source, use.end())
        if not member:
            yield _UNCLEAR
            continue
        name = next(filter(None, member.groups()))
        if name == "op":
            if _WRITTEN.match(source, member.end()) and not _KEPT.match(source, member.end()):
                yield _DELETES
        elif name.startswith("_") and name != "_source" and _WRITTEN.match(source, member.end()):
            yield _MISPLACES


def _entry_problems(key: str, value: Any) -> Iterator[str]:
    """Check one key of a pipeline's definition, and its value."""
    options = value if isinstance(value, Mapping) else None
    if key == "drop" and options is not None:
        yield _DROPS
    elif (key == "date_index_name" and options) or (key == "add_to_root" and value):
        yield _MISPLACES
    elif key == "pipeline" and options:
        yield "must not call another pipeline, which the module does not check; move its processors into this pipeline"
    elif key == "script" and options and "source" not in options:
        yield "must not use a stored script, which the module does not check; write its source into the pipeline"
    elif key == "source" and isinstance(value, str):
        yield from script_problems(value)
    elif key not in ("if", "description", "tag"):
        names = f"{key} {_TEMPLATE.sub('', value)}" if isinstance(value, str) else key
        if _METADATA.search(names) or (key in _FIELDS and "{{" in str(value)):
            yield _MISPLACES


def _entries(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, at any depth; list items have the list's key."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield name, value
            yield from _entries({} if name == "params" else value, name)
    elif isinstance(node, list):
        for item in node:
            yield key, item
            yield from _entries(item, key)
