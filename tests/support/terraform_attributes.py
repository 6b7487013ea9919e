"""Attributes of the AWS provider in a Terraform file: arguments and references."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2

# What Terraform itself gives every resource, and what only the provider block of a nested override has.
_OF_TERRAFORM = {"count", "depends_on", "for_each", "lifecycle", "override_provider", "provider", "provisioner"}
_NAME = r"((?:data\.)?aws_[a-z0-9_]+)\.\w+"
_INDEX = r"(?:\[[^][]*(?:\[[^][]*\][^][]*)*\])?"
_REFERENCE = re.compile(rf"(?<![\w.]){_NAME}{_INDEX}\.(\w+)")
_LOOP = re.compile(rf"for (?:\w+, *)?(\w+) in {_NAME}\b(?!\.)(.{{0,600}})", re.DOTALL)
_FOR_EACH = re.compile(rf"^  for_each += {_NAME}$(.*?)^}}", re.DOTALL | re.MULTILINE)

Use = tuple[str, tuple[str, ...]]


def used_attributes(file: Path) -> set[Use]:
    """Return type and path of every attribute that a file uses.

    Args:
        file: Terraform file.
    """
    text = file.read_text("utf-8")
    with file.open(encoding="utf-8") as stream:
        parsed = hcl2.load(stream)  # type: ignore[no-untyped-call, unused-ignore]
    return set(_arguments(parsed)) | set(references(re.sub(r"(?m)^\s*#.*$", "", text)))


def references(text: str) -> Iterator[Use]:
    """Yield type and attribute of every reference.

    Args:
        text: Terraform configuration without comments.
    """
    for resource, name in _REFERENCE.findall(text):
        yield resource, (name,)
    for variable, resource, body in _LOOP.findall(text):
        for name in re.findall(rf"(?<![\w.]){variable}\.([a-z]\w*)", body.partition("\n}\n")[0]):
            yield resource, (name,)
    for resource, body in _FOR_EACH.findall(text):
        for name in re.findall(r"\beach\.value\.(\w+)", body):
            yield resource, (name,)


def _arguments(parsed: Mapping[str, Any]) -> Iterator[Use]:
    for kind, prefix in (("resource", ""), ("data", "data.")):
        for block in parsed.get(kind, []):
            for quoted, named in block.items():
                resource = quoted.strip('"')
                for body in named.values():
                    if resource.startswith("aws_"):
                        yield from ((f"{prefix}{resource}", path) for path in _paths(body, ()))


def _paths(body: Mapping[str, Any], outer: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the path of every attribute in a block and in its nested blocks."""
    for name, value in body.items():
        if name.startswith("__") or (not outer and name in _OF_TERRAFORM):
            continue
        if name == "dynamic":
            for block in value:
                for quoted, inner in block.items():
                    for content in inner["content"]:
                        yield from _paths(content, (*outer, quoted.strip('"')))
        elif (
            isinstance(value, list)
            and value
            and all(isinstance(item, dict) and "__is_block__" in item for item in value)
        ):
            yield (*outer, name)
            for item in value:
                yield from _paths(item, (*outer, name))
        else:
            yield (*outer, name)
