"""Attributes of the AWS provider 6.

They come from the Python classes that Pulumi generates from the schema of the provider. The registry of Terraform
cannot be reached everywhere, but PyPI can. Nothing of the package is imported or run.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.paths import CACHE

_SERVICES = {"cloudwatch", "iam", "kms", "lambda", "opensearch", "s3", "sfn", "sns", "sqs"}
_FILES = {"aws_s3_object": "s3/bucket_objectv2", "data.aws_iam_session_context": "iam/get_session_context"}
# Attributes that Pulumi names otherwise.
_RENAMED = {
    ("aws_cloudwatch_metric_alarm", "alarm_name"): "name",
    ("aws_lambda_function", "filename"): "code",
    ("aws_lambda_function", "function_name"): "name",
    ("aws_sns_topic_subscription", "topic_arn"): "topic",
}


@dataclass(frozen=True)
class Attribute:
    """An attribute or a nested block.

    Attributes:
        deprecated: what to do instead, or None.
        nested: class of the attributes of a nested block, or None.
    """

    deprecated: str | None
    nested: str | None


def find_attribute(resource: str, path: tuple[str, ...]) -> Attribute | None:
    """Return an attribute of a resource or data source, None if missing.

    Args:
        resource: type of the resource, with `data.` in front for a data source.
        path: names of nested blocks and of the attribute.
    """
    if path == ("id",) and not resource.startswith("data."):
        return Attribute(None, None)  # Pulumi gives every resource an ID
    file = _file(resource)
    attributes = _classes(file).get(_class_name(resource, file), {})
    found = None
    for name in path:
        found = next((attributes[each] for each in _spellings(resource, name) if each in attributes), None)
        if found is None or found.deprecated:
            return found
        attributes = _classes(file.with_name("outputs.py")).get(found.nested, {}) if found.nested else {}
    return found


def _file(resource: str) -> Path:
    (package,) = (CACHE / "provider-schema").glob("lib/python*/site-packages/pulumi_aws")
    name = resource.removeprefix("data.").removeprefix("aws_")
    service, _, rest = name.partition("_")
    if resource in _FILES:
        file = _FILES[resource]
    elif resource.startswith("data."):
        file = f"get_{name}"
    elif name.startswith("vpc_security_group"):
        file = f"vpc/{rest}"
    elif service in _SERVICES:
        file = f"{'lambda_' if service == 'lambda' else service}/{rest}"
    else:
        file = f"ec2/{name}"
    return package / f"{file}.py"


def _class_name(resource: str, file: Path) -> str:
    name = "".join(part.capitalize() for part in file.stem.split("_"))
    return f"{name}Result" if resource.startswith("data.") else name


def _spellings(resource: str, name: str) -> tuple[str, ...]:
    """Return the names that Pulumi may give an attribute: the plural for a list."""
    renamed = _RENAMED.get((resource, name), name)
    return renamed, f"{renamed}s", f"{renamed}es", re.sub("y$", "ies", renamed)


@cache
def _classes(file: Path) -> dict[str, dict[str, Attribute]]:
    """Return the attributes of every class in a file."""
    tree = ast.parse(file.read_text("utf-8"))
    return {
        each.name: {
            method.name: _attribute(method)
            for method in each.body
            if isinstance(method, ast.FunctionDef) and "pulumi.getter" in _decorators(method)
        }
        for each in tree.body
        if isinstance(each, ast.ClassDef)
    }


def _decorators(method: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(each) for each in method.decorator_list)


def _attribute(method: ast.FunctionDef) -> Attribute:
    deprecated = re.search(r"_utilities\.deprecated\((.*?)\)(?: |$)", _decorators(method))
    nested = re.search(r"outputs\.(\w+)", ast.unparse(method.returns) if method.returns else "")
    return Attribute(deprecated[1] if deprecated else None, nested[1] if nested else None)
