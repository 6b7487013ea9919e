"""Names of indices and aliases: expand templates, and check the results."""

import re
from collections.abc import Mapping
from typing import Any

MAX_NAME_BYTES = 255
# A rollover adds one to this number.
_ROLLED = re.compile(r"-[0-9]+$")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def expand_names(trigger_file: Mapping[str, Any], source_index: str) -> tuple[str, str | None]:
    """Return the names of the target index and the alias, if the file names one.

    Args:
        trigger_file: with `index_pattern` and `index_replacement`, with or without `alias_name`.
        source_index: name of the source index.

    Raises:
        ValueError: the name does not match, or a template cannot be expanded.
    """
    match = re.fullmatch(trigger_file["index_pattern"], source_index)
    if not match:
        raise ValueError(
            f"source index {source_index!r} does not match index_pattern {trigger_file['index_pattern']!r}"
        )
    target_index, alias_name = _expand(trigger_file["index_replacement"], match), trigger_file.get("alias_name")
    return target_index, None if alias_name is None else _expand(alias_name, match)


def _expand(template: str, match: re.Match[str]) -> str:
    r"""Expand `\1`, `\g<name>`, `{{index_base}}` and `{{next_version}}`."""
    expanded = []
    # Literal text and placeholders alternate, so that the digits of a version never join a `\1` before them.
    for position, part in enumerate(_PLACEHOLDER.split(template)):
        if position % 2:
            expanded.append(_placeholder_value(part, match))
        else:
            try:
                expanded.append(match.expand(part))
            except (re.error, IndexError) as error:
                raise ValueError(f"{template!r}: {error}") from None
    return "".join(expanded)


def _placeholder_value(name: str, match: re.Match[str]) -> str:
    groups = match.groupdict()
    if name == "index_base":
        base = groups.get("base") or (match.group(1) if match.re.groups else None)
        if not base:
            raise ValueError("{{index_base}} needs a group named base, or a first group, in index_pattern")
        return base
    if name == "next_version":
        digits = [group for group in match.groups() if group and re.fullmatch("[0-9]+", group)]
        version = groups.get("version") or (digits[-1] if digits else "")
        if not re.fullmatch("[0-9]+", version):
            raise ValueError("{{next_version}} needs a group named version, or a group of digits, in index_pattern")
        return str(int(version) + 1).zfill(len(version))
    raise ValueError(f"{{{{{name}}}}} is not a placeholder; there are {{{{index_base}}}} and {{{{next_version}}}}")


def ends_rollover(source_index: str, target_index: str) -> bool:
    """Tell whether rollover can count on from the source's name, not the target's."""
    return bool(_ROLLED.search(source_index)) and not _ROLLED.search(target_index)


def name_problem(name: str, *, alias: bool = False) -> str | None:
    """Return why a name of an index or alias is refused, or None if it is valid.

    The rules are those of OpenSearch's MetadataCreateIndexService. A leading dot marks system and hidden indices.
    """
    if not name:
        return "is empty"
    if name[0] in "-_+.":
        return f"must not start with {name[0]!r}"
    bad = sorted({character for character in name if character in '\\/*?"<>|,#: ' or not character.isprintable()})
    if bad:
        return f"must not contain {' '.join(map(repr, bad))}"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    if not alias and name != name.lower():
        return "must be lower case"
    return None
