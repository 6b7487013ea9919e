"""The Terraform examples of the READMEs, as somebody copies them into a stack."""

import re
import shutil
from pathlib import Path

import pytest

from support.paths import ROOT, unused_run_dir
from support.terraform import TerraformError, TerraformRoot
from support.terraform_cli import terraform_environment

MODULE = ROOT / "modules" / "opensearch-reindex"
READMES = [ROOT / "README.md", MODULE / "README.md"]
PUBLISHED = re.compile(r'source( *)= "<registry>/[^"]+//modules/opensearch-reindex"')

# What a stack that needs the module has already.
REST_OF_THE_STACK = """
resource "aws_opensearch_domain" "search" {
  domain_name = "search"
}

resource "aws_opensearch_domain" "archive" {
  domain_name = "archive"
}

resource "aws_s3_bucket" "config" {
  bucket = "my-config-bucket"
}

resource "aws_sns_topic" "alerts" {
  name = "alerts"
}

resource "aws_kms_key" "search" {}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  count  = 2
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "domain" {
  vpc_id = aws_vpc.main.id
}
"""


def examples() -> list[object]:
    """Every block of Terraform in a README, with its place."""
    found: list[object] = []
    for readme in READMES:
        text = readme.read_text("utf-8")
        for block in re.finditer(r"^```hcl\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, block.start()) + 1
            found.append(pytest.param(block[1], id=f"{readme.relative_to(ROOT)}:{line}"))
    return found


@pytest.mark.parametrize("example", examples())
def test_an_example_is_valid_as_it_stands(example: str) -> None:
    folder = unused_run_dir("readme")
    folder.mkdir(parents=True)
    try:
        validate(folder, example)
    except TerraformError as error:
        pytest.fail(str(error), pytrace=False)
    finally:
        shutil.rmtree(folder)


def validate(folder: Path, example: str) -> None:
    """Validate an example beside the rest of a stack, with the module from this checkout."""
    text, modules = PUBLISHED.subn(lambda match: f'source{match[1]}= "{MODULE}"', example)
    assert modules == len(re.findall(r"^module ", example, re.MULTILINE))
    (folder / "main.tf").write_text(text)
    (folder / "stack.tf").write_text(REST_OF_THE_STACK)
    root = TerraformRoot(folder, folder, terraform_environment())
    root.init()
    root.validate()
