"""The Terraform tests cover all inputs, outputs, resources and validations."""

import json
import re
import subprocess
from collections import defaultdict

import pytest

from support.paths import ROOT
from support.terraform_cli import terraform_environment, terraform_path

MODULE = ROOT / "modules" / "opensearch-reindex"
SOURCE = "\n".join(path.read_text("utf-8") for path in sorted(MODULE.glob("*.tf")))
VARIABLES = (MODULE / "variables.tf").read_text("utf-8")
TESTS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "tests").glob("*.tftest.hcl"))}
MISTAKES = TESTS["variables.tftest.hcl"]
EFFECTS = "\n".join(text for name, text in TESTS.items() if text is not MISTAKES)

# Resources for which AWS or the provider has no tags.
_UNTAGGED = re.compile(
    r"aws_cloudwatch_(dashboard|event_target)|aws_iam_role_policy|aws_s3_bucket_\w+|aws_s3_object|aws_sns_topic_policy"
    r"|aws_sqs_queue_policy|terraform_data"
)


def blocks(text: str, opening: str) -> list[tuple[str, str]]:
    """Return names and bodies of the blocks of a formatted file.

    Args:
        text: content of the file.
        opening: regular expression for the first line without its brace. Its group is the name.
    """
    return re.findall(rf"^ *{opening} \{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)


def validations() -> list[tuple[str, int]]:
    """Return the input and the line number of every validation."""
    found = []
    name = ""
    for number, line in enumerate(VARIABLES.splitlines(), start=1):
        if match := re.match(r'variable "(\w+)"', line):
            name = match[1]
        if line == "  validation {":
            found.append((name, number))
    return found


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[set[int]]]:
    """Return the sets of validations that reject each input.

    There is one set for each run of variables.tftest.hcl. The runs are repeated one by one with variables.tf alone,
    which is quick because it needs no provider.
    """
    folder = tmp_path_factory.mktemp("variables")
    (folder / "variables.tf").write_text(VARIABLES, "utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "mocks").symlink_to(ROOT / "tests" / "mocks")  # a run refers to a file in it
    common = re.search(r"^variables \{\n.*?^\}\n", MISTAKES, re.MULTILINE | re.DOTALL)
    assert common
    for run, body in blocks(MISTAKES, r'run "(\w+)"'):
        # Terraform does not report failures that a run expects.
        body = re.sub(r"^  (module \{|expect_failures = \[)\n.*?^  []}]\n", "", body, flags=re.MULTILINE | re.DOTALL)
        text = f'{common[0]}\nrun "{run}" {{\n{body}}}\n'
        (folder / "tests" / f"{run}.tftest.hcl").write_text(text, "utf-8")
    inputs = {number: name for name, number in validations()}
    found: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    result = subprocess.run(
        [terraform_path(), "test", "-json"],
        cwd=folder,
        env=terraform_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in result.stdout.splitlines():
        event = json.loads(line)
        detail = event.get("diagnostic", {}).get("detail", "")
        if match := re.search(r"validation\s+rule\s+at\s+variables\.tf:(\d+),", detail):
            line_number = int(match[1])
            found[inputs[line_number]][event["@testrun"]].add(line_number)
    return {name: list(runs.values()) for name, runs in found.items()}


@pytest.mark.parametrize(("name", "line"), validations())
def test_validation_is_the_only_one_to_reject_an_input(
    name: str, line: int, refusals: dict[str, list[set[int]]]
) -> None:
    assert {line} in refusals[name]


@pytest.mark.parametrize(("name", "body"), blocks(VARIABLES, r'variable "(\w+)"'))
def test_every_message_begins_with_the_name_of_its_input(name: str, body: str) -> None:
    messages = re.findall(r'^    error_message = "(.*)"$', body, re.MULTILINE)
    assert len(messages) == body.count("\n  validation {")
    assert all(re.match(rf"{name}\b", message) for message in messages)


@pytest.mark.parametrize(("name", "body"), blocks(MISTAKES, r'run "(\w+)"'))
def test_run_with_invalid_inputs_expects_failures(name: str, body: str) -> None:
    assert "\n  expect_failures = [" in body


@pytest.mark.parametrize("name", [name for name, _ in blocks(VARIABLES, r'variable "(\w+)"')])
def test_effect_of_every_input_is_tested(name: str) -> None:
    assert re.search(rf"^ +{name} += ", EFFECTS, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name, _ in blocks(SOURCE, r'output "(\w+)"')])
def test_every_output_is_tested(name: str) -> None:
    assert re.search(rf"\b(output|run\.\w+)\.{name}\b", EFFECTS)


@pytest.mark.parametrize(("address", "body"), blocks(SOURCE, r'resource "(\w+" "\w+)"'))
def test_every_resource_is_tested_and_tagged(address: str, body: str) -> None:
    kind, name = address.split('" "')
    assert re.search(rf"\b{kind}\.{name}\b", EFFECTS)
    assert bool(_UNTAGGED.fullmatch(kind)) != bool(re.search(r"^  tags +=", body, re.MULTILINE))
