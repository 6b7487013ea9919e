"""What a script or an ingest pipeline may not do: take a document where the proof does not look for it. No I/O.

Neither can be understood by reading its text, so it is accepted only in a form that leaves no doubt.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MISPLACES = "must not set _id, _index or _routing: nobody could prove that every document arrived"
_DELETES = 'must not set ctx.op to anything but "noop", written out: "delete" deletes by id what a writer has stored'
_UNCLEAR = 'must use ctx as in ctx._source.a, ctx.op = "noop" or a = ctx._id alone: what else it does cannot be seen'
_DROPS = 'must not drop documents: use a script that sets ctx.op to "noop"'

_CTX = re.compile(r"(?<!\.)\bctx\b")
# ctx.name, ctx['name'], and calls that can only be about a field of the document.
_MEMBER = re.compile(
    r"""\??\.(?:(?:containsKey|get|remove)\(\s*(?:'([^\W_][^'\\]*)'|"([^\W_][^"\\]*)")\s*\)|(\w+)\b(?!\s*\())"""
    r"""|\[\s*(?:'([^'\\]+)'|"([^"\\]+)")\s*\]"""
)
# A comment could hide the assignment after it.
_WRITTEN = re.compile(r"\s*(?:=(?!=)|[-+*/%&|^]=|<<=|>>>?=|\+\+|--|/[/*])")
_KEPT = re.compile(r"""\s*=\s*(?:'(?:noop|index)'|"(?:noop|index)")\s*(?:[;}]|$)""")
_METADATA = re.compile(r"(?<!\w)_(?:id|index|routing)(?!\w)")
_TEMPLATE = re.compile(r"\{\{.*?\}\}\}?")
# Of a processor: fields it writes to. Those that each document names itself could be any.
_FIELDS = ("field", "target_field", "target_fields")


def script_problems(source: str) -> list[str]:
    """What speaks against a script of `reindex`, or of a pipeline.

    Args:
        source: text of the script.
    """
    return list(dict.fromkeys(_problems_of_uses(source)))


def pipeline_problems(definition: Mapping[str, Any] | None) -> list[str]:
    """What speaks against an ingest pipeline.

    Args:
        definition: of the pipeline; None if there is none.
    """
    if definition is None:
        return ["does not exist"]
    return list(
        dict.fromkeys(problem for key, value in _entries(definition) for problem in _entry_problems(key, value))
    )


def _problems_of_uses(source: str) -> Iterator[str]:
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
    """What speaks against one key of a pipeline's definition and its value."""
    options = value if isinstance(value, Mapping) else None
    if key == "drop" and options is not None:
        yield _DROPS
    elif (key == "date_index_name" and options) or (key == "add_to_root" and value):
        yield _MISPLACES
    elif key == "pipeline" and options:
        yield "must not call another pipeline, which is not looked at: put its processors into this one"
    elif key == "script" and options and "source" not in options:
        yield "must not use a stored script, which is not looked at: write its source into the pipeline"
    elif key == "source" and isinstance(value, str):
        yield from script_problems(value)
    elif key not in ("if", "description", "tag"):
        names = f"{key} {_TEMPLATE.sub('', value)}" if isinstance(value, str) else key
        if _METADATA.search(names) or (key in _FIELDS and "{{" in str(value)):
            yield _MISPLACES


def _entries(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth; the items of a list under the key of the list."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield name, value
            yield from _entries({} if name == "params" else value, name)
    elif isinstance(node, list):
        for item in node:
            yield key, item
            yield from _entries(item, key)
