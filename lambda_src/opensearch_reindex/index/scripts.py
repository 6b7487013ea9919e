"""Refuse scripts that could move or delete documents.

The proof would not find such documents. The text of a script does not always show what the script does, so only forms
that leave no doubt are accepted.
"""

import re
from collections.abc import Iterator

MISPLACES = "must not set _id, _index or _routing; the module could not prove that every document arrived"
_DELETES = 'must not set ctx.op to anything but the literal "noop"; "delete" would delete by id what a writer stored'
_UNCLEAR = 'must use ctx only as in ctx._source.a, ctx.op = "noop" or a = ctx._id; the module cannot check other uses'

_CTX = re.compile(r"(?<!\.)\bctx\b")
# ctx.name, ctx['name'], and calls that can only name a field of the document.
_MEMBER = re.compile(
    r"""\??\.(?:(?:containsKey|get|remove)\(\s*(?:'([^\W_][^'\\]*)'|"([^\W_][^"\\]*)")\s*\)|(\w+)\b(?!\s*(?:\(|/[/*])))"""
    r"""|\[\s*(?:'([^'\\]+)'|"([^"\\]+)")\s*\]"""
)
# What follows a member that is assigned, also in parentheses. A comment counts: it could hide the assignment after it.
_WRITTEN = re.compile(r"[\s)]*(?:=(?!=)|[-+*/%&|^]=|<<=|>>>?=|\+\+|--|/[/*])")
_COUNTED = re.compile(r"(?:\+\+|--)[\s(]*\Z")
_KEPT = re.compile(r"""\s*=\s*(?:'(?:noop|index)'|"(?:noop|index)")\s*(?:[;}]|$)""")


def script_problems(source: str) -> list[str]:
    """Find what a script of the trigger file or of a pipeline must not do.

    Args:
        source: text of the script.
    """
    return list(dict.fromkeys(_ctx_problems(source)))


def _ctx_problems(source: str) -> Iterator[str]:
    """Check every use of `ctx` in a script."""
    for use in _CTX.finditer(source):
        member = _MEMBER.match(source, use.end())
        if not member:
            yield _UNCLEAR
            continue
        name = next(filter(None, member.groups()))
        is_written = _WRITTEN.match(source, member.end()) or _COUNTED.search(source[: use.start()])
        if name == "op":
            if is_written and not _KEPT.match(source, member.end()):
                yield _DELETES
        elif name.startswith("_") and name != "_source" and is_written:
            yield MISPLACES
