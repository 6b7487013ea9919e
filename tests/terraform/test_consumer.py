"""The stack of a consumer, with the `source` and the tests that a consumer writes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import ROOT, unused_run_dir
from support.terraform import TerraformError, TerraformRoot
from support.terraform_cli import terraform_environment

CONSUMER = "tests/terraform/consumer"
RELATIVE = "../../../modules/opensearch-reindex"


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A copy of the module with the consumer's stack in it."""
    folder = unused_run_dir("consumer")
    ignored = shutil.ignore_patterns(".build", ".terraform*", "__pycache__")
    for name in ("modules", "lambda_src", CONSUMER):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    yield folder
    shutil.rmtree(folder)


def consumer(checkout: Path, source: str = RELATIVE) -> TerraformRoot:
    """Initialize the stack with another `source`."""
    stack = checkout / CONSUMER
    text = (stack / "main.tf").read_text()
    assert RELATIVE in text
    (stack / "main.tf").write_text(text.replace(RELATIVE, source))
    root = TerraformRoot(stack, checkout, terraform_environment())
    root.init()
    return root


def test_an_absolute_source_without_two_slashes_says_so_in_the_plan(checkout: Path) -> None:
    root = consumer(checkout, f"{checkout}/modules/opensearch-reindex")
    with pytest.raises(TerraformError) as caught:
        root.test()
    printed = " ".join(str(caught.value).replace("│", " ").split())
    assert "The sources of the Lambda functions are missing" in printed
    assert "Write `<checkout>//modules/opensearch-reindex` instead of" in printed
    assert not list(checkout.glob("**/.build"))


def test_a_bare_mock_can_plan_the_stack_with_a_relative_source(checkout: Path) -> None:
    assert "Success! 1 passed, 0 failed." in consumer(checkout).test()


def test_an_absolute_source_with_two_slashes_can_be_planned(checkout: Path) -> None:
    assert "Success! 1 passed, 0 failed." in consumer(checkout, f"{checkout}//modules/opensearch-reindex").test()
