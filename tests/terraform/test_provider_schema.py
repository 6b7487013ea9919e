"""Every attribute in use exists in AWS provider 6 and is not deprecated."""

import pytest

from support.paths import ROOT
from support.provider_schema import find_attribute
from support.terraform_attributes import Use, references, used_attributes

FILES = sorted([*ROOT.glob("modules/*/*.tf"), *ROOT.glob("examples/*/*.tf")])


def problems(uses: set[Use]) -> list[str]:
    """Return a line for each attribute that is missing or deprecated."""
    found = []
    for resource, path in sorted(uses):
        attribute = find_attribute(resource, path)
        name = f"{resource}.{'.'.join(path)}"
        if attribute is None:
            found.append(f"{name} is missing")
        elif attribute.deprecated:
            found.append(f"{name} is deprecated: {attribute.deprecated}")
    return found


def test_every_attribute_exists_and_is_not_deprecated() -> None:
    uses = {use for file in FILES for use in used_attributes(file)}
    assert len({resource for resource, _ in uses}) >= 40
    assert len(uses) >= 240
    assert problems(uses) == []


@pytest.mark.parametrize(
    ("resource", "path", "told"),
    [
        ("data.aws_region", ("id",), "data.aws_region.id is deprecated: "),
        ("data.aws_region", ("name",), "data.aws_region.name is deprecated: "),
        ("aws_lambda_function", ("colour",), "aws_lambda_function.colour is missing"),
        ("aws_lambda_function", ("vpc_config", "colour"), "aws_lambda_function.vpc_config.colour is missing"),
        ("aws_s3_bucket", ("acl",), "aws_s3_bucket.acl is deprecated: "),
    ],
)
def test_missing_and_deprecated_attributes_are_found(resource: str, path: tuple[str, ...], told: str) -> None:
    (line,) = problems({(resource, path)})
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("data.aws_region.current.id", ("data.aws_region", ("id",))),
        ('aws_s3_bucket.triggers["triggers"].arn', ("aws_s3_bucket", ("arn",))),
        ("aws_sqs_queue.dead[*].url", ("aws_sqs_queue", ("url",))),
        ("[for one in aws_lambda_function.step : one.arn]", ("aws_lambda_function", ("arn",))),
        ("{ for key, one in aws_lambda_function.step : key => one.arn }", ("aws_lambda_function", ("arn",))),
        (
            'resource "x" "y" {\n  for_each = aws_s3_bucket.b\n  bucket = each.value.id\n}\n',
            ("aws_s3_bucket", ("id",)),
        ),
    ],
)
def test_references_are_found(text: str, use: Use) -> None:
    assert use in set(references(text))
