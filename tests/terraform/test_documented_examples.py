"""The Terraform examples of all pages, as a reader copies them into a stack."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pages import blocks
from support.paths import ROOT, unused_run_dir
from support.terraform import TerraformError, TerraformRoot
from support.terraform_cli import terraform_environment

MODULE = ROOT / "modules" / "opensearch-reindex"
# Only a tag can be named, so the example names the first release.
TAG = "v1.0.0"
REPOSITORY = "https://github.com/<owner>/terraform-aws-opensearch-reindex.git"
FROM_GIT = f"git::{REPOSITORY}//modules/opensearch-reindex?ref={TAG}"
FROM_REGISTRY = re.compile(
    r'source( *)= "<(?:namespace|registry)>/opensearch-reindex/aws//modules/opensearch-reindex"\n'
    r'(?: *version *= "~> \d+\.\d+"\n)?'
)

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


@pytest.fixture(scope="module")
def repository() -> Iterator[Path]:
    """A Git repository with the module from this checkout, tagged like a release."""
    folder = unused_run_dir("repository")
    for name in ("modules", "lambda_src"):
        ignored = shutil.ignore_patterns(".build", ".terraform*", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    author = ["-c", "user.name=tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init"], ["add", "."], [*author, "commit", "--message", "release"], ["tag", TAG]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("example", [pytest.param(block.text, id=block.place) for block in blocks("hcl")])
def test_example_is_valid_as_it_stands(example: str, repository: Path) -> None:
    folder = unused_run_dir("example")
    folder.mkdir(parents=True)
    try:
        validate(folder, example, repository)
    except TerraformError as error:
        pytest.fail(str(error), pytrace=False)
    finally:
        shutil.rmtree(folder)


def validate(folder: Path, example: str, repository: Path) -> None:
    """Validate an example in a stack, with the module from this checkout."""
    text, from_registry = FROM_REGISTRY.subn(lambda match: f'source{match[1]}= "{MODULE}"\n', example)
    from_git = text.count(FROM_GIT)
    assert from_registry + from_git == len(re.findall(r"^module ", example, re.MULTILINE))
    (folder / "main.tf").write_text(text.replace(REPOSITORY, f"file://{repository}"))
    (folder / "stack.tf").write_text(REST_OF_THE_STACK)
    root = TerraformRoot(folder, folder, terraform_environment())
    root.init()
    root.validate()
