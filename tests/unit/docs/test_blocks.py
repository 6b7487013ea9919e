"""A test checks every code block of every page, and every command exists."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from opensearch_reindex.index.scripts import script_problems
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.trigger.plan import plan
from opensearch_reindex.trigger.trigger_file import parse_json, schema_problems, script_of, with_defaults
from support.opensearch_requests import requests_in
from support.pages import Block, blocks, pages, read
from support.paths import ROOT
from support.shell_commands import Command, commands

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
README = ROOT / "README.md"
# Two commands of the AWS CLI that are no operations, with their options: awscli/customizations.
AWS_CUSTOM: dict[tuple[str, str], set[str]] = {
    ("s3", "cp"): set(),
    ("logs", "tail"): {"--follow", "--since", "--format", "--filter-pattern"},
}
AWS_GLOBAL = {"--output", "--profile", "--query", "--region"}
AWS_PAGING = {"--max-items", "--page-size", "--starting-token"}
WIDEST_PICTURE = 120


def json_problems(block: Block) -> Iterator[str]:
    """Give what is wrong with a trigger file, a state, or a role of OpenSearch."""
    content: Any = parse_json(block.text.encode())
    if "trigger_file" in content:
        yield from state_problems(content)
    elif "indices" in content:
        yield from schema_problems(content) or [*plan(content, nullcontext())[1], *script_problems(script_of(content))]
    elif "task" in content:
        if Job.from_event(content).to_event() != content:
            yield "not a state that a step returns"
    elif set(content) != {"cluster_permissions", "index_permissions"}:
        yield "neither a trigger file nor a state nor a role of OpenSearch"


def state_problems(state: dict[str, Any]) -> Iterator[str]:
    """Give what is wrong with the state that GetTriggerFile returns."""
    rest = {key: value for key, value in state["trigger_file"].items() if key != "s3_uri"}
    indices = [{"name": entry.pop("source_index"), **entry} for entry in state["indices"]]
    file = {**rest, "indices": indices}
    yield from schema_problems(file) or plan(file, nullcontext())[1]
    if with_defaults(file) != file:
        yield "defaults are missing"


def http_problems(block: Block) -> Iterator[str]:
    """Give what is wrong with requests to OpenSearch; tests/opensearch sends them."""
    try:
        if not requests_in(block.text):
            yield "no request"
    except ValueError as error:
        yield str(error)


def sh_problems(block: Block) -> Iterator[str]:
    """Give every command that does not exist, or has an argument that does not."""
    for command in commands(block.text):
        check = PROGRAMS.get(command.program)
        if check is None:
            yield f"{command.program}: no check for this program"
        else:
            yield from (f"{command.program}: {problem}" for problem in check(command, block.folder))


def hcl_problems(_: Block) -> Iterator[str]:
    """Give nothing: tests/terraform validates every block of Terraform."""
    yield from ()


def text_problems(block: Block) -> Iterator[str]:
    """Give every line of a picture that is too wide."""
    yield from (line for line in block.text.splitlines() if len(line) > WIDEST_PICTURE)


def make_problems(command: Command, _: Path) -> Iterator[str]:
    """Give targets and variables that the Makefile does not have."""
    for word in command.arguments:
        name, equals, _value = word.partition("=")
        known = rf"^{name} \?=|\$\({name}\)|\$\(if \$\({name}\)" if equals else rf"^{name}:"
        if not re.search(known, MAKEFILE, re.MULTILINE) and name != "...":
            yield f"{word} is not in the Makefile"


def aws_problems(command: Command, _: Path) -> Iterator[str]:
    """Give services, operations and options that the AWS CLI does not have."""
    service, operation = command.arguments[:2]
    options = set(command.options) - AWS_GLOBAL
    if (service, operation) in AWS_CUSTOM:
        yield from options - AWS_CUSTOM[service, operation]
        return
    try:
        operations, paginated = aws_operations(service)
    except botocore.exceptions.UnknownServiceError:
        yield f"{service} is not a service"
        return
    if operation not in operations:
        yield f"{service} has no operation {operation}"
        return
    known, required = operations[operation]
    yield from options - known - (AWS_PAGING if operation in paginated else set())
    yield from (f"{name} is missing" for name in required - options)


@cache
def aws_operations(service: str) -> tuple[dict[str, tuple[set[str], set[str]]], set[str]]:
    """Read a service's model.

    Returns:
        The options and the required options of each operation, and the operations that have pages.
    """
    session = botocore.session.get_session()
    model = session.get_service_model(service)
    operations = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        members, required = (shape.members, shape.required_members) if shape else ({}, [])
        operations[xform_name(name, "-")] = tuple(
            {f"--{xform_name(member, '-')}" for member in names} for names in (members, required)
        )
    paginators = session.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"]
    return operations, {xform_name(name, "-") for name in paginators}  # type: ignore[return-value]


def terraform_problems(command: Command, folder: Path) -> Iterator[str]:
    """Give subcommands, variables and outputs that do not exist.

    Variables and outputs are declared in the page's folder, outputs also in the README's example.
    """
    subcommand, *words = command.arguments
    if subcommand not in ("apply", "destroy", "fmt", "init", "output", "plan", "test", "validate"):
        yield f"no check for {subcommand}"
    if subcommand == "output":
        declared = declared_in(folder / "outputs.tf", "output") | {
            name for block in read(README).blocks if block.kind == "hcl" for name in declarations(block.text, "output")
        }
        yield from (f"no output {word}" for word in words if not word.startswith("-") and word not in declared)
    for option, value in pairwise(words):
        if option == "-var" and value.partition("=")[0] not in declared_in(folder / "variables.tf", "variable"):
            yield f"no variable {value}"


def declared_in(path: Path, kind: str) -> set[str]:
    return declarations(path.read_text("utf-8"), kind) if path.exists() else set()


def declarations(text: str, kind: str) -> set[str]:
    return set(re.findall(rf'^{kind} "(\w+)"', text, re.MULTILINE))


def pytest_problems(command: Command, _: Path) -> Iterator[str]:
    """Give paths of tests that do not exist."""
    yield from (word for word in command.arguments if word.startswith("tests") and not (ROOT / word).exists())


def no_problems(_: Command, __: Path) -> Iterator[str]:
    yield from ()


PROGRAMS: dict[str, Callable[[Command, Path], Iterator[str]]] = {
    ".cache/venv/bin/pytest": pytest_problems,
    "aws": aws_problems,
    "jq": no_problems,
    "make": make_problems,
    "pytest": pytest_problems,
    "terraform": terraform_problems,
}
KINDS: dict[str, Callable[[Block], Iterator[str]]] = {
    "hcl": hcl_problems,
    "http": http_problems,
    "json": json_problems,
    "sh": sh_problems,
    "text": text_problems,
}


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in blocks()])
def test_block_is_valid_and_of_a_kind_that_is_checked(block: Block) -> None:
    assert block.kind in KINDS
    assert [*KINDS[block.kind](block)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_page_names_commands_that_exist(page: Any) -> None:
    spans = [span for span in page.code_spans if span.partition(" ")[0] in PROGRAMS and " " in span]
    problems = [
        f"{span}: {problem}"
        for span in spans
        for command in commands(span)
        for problem in PROGRAMS[command.program](command, page.path.parent)
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("sh", "make nothing\n", "make: nothing is not in the Makefile"),
        ("sh", "make demo NOTHING=1\n", "make: NOTHING=1 is not in the Makefile"),
        ("sh", "aws nothing list-executions\n", "aws: nothing is not a service"),
        ("sh", "aws sqs nothing\n", "aws: sqs has no operation nothing"),
        ("sh", "aws sqs receive-message --queue-url u --nothing 1\n", "aws: --nothing"),
        ("sh", "aws sqs receive-message --max-items 1\n", "aws: --queue-url is missing"),
        ("sh", 'aws s3 cp a "s3://$(terraform output -raw nothing)/"\n', "terraform: no output nothing"),
        ("sh", "terraform apply -var 'nothing=1'\n", "terraform: no variable nothing=1"),
        ("sh", "aws s3 cp a b && rm a # gone\n", "rm: no check for this program"),
        ("http", "GOT /b\n", "not a request: GOT /b"),
        ("http", "GET /a\nGOT /b\n", "Expecting value"),
        ("json", json.dumps({"a": 1}), "neither a trigger file nor a state nor a role"),
        ("json", json.dumps({"indices": []}), "'opensearch_endpoint' is a required property"),
    ],
)
def test_invalid_block_is_found(kind: str, text: str, problem: str) -> None:
    problems = [*KINDS[kind](Block("a page:1", ROOT, kind, text))]
    assert any(each.startswith(problem) for each in problems), problems


def test_blocks_are_found_with_and_without_fences(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n    indented\n\n- item\n\n  ```sh\n  make demo\n  ```\n\n```\nno kind\n```\n")
    found = [(block.place, block.kind, block.text) for block in read(page).blocks]
    assert found == [
        ("page.md:3", "indented", "indented\n\n"),
        ("page.md:7", "sh", "make demo\n"),
        ("page.md:11", "", "no kind\n"),
    ]
    page.write_text("```sh\nmake demo\n")
    with pytest.raises(ValueError, match=r"page\.md:1: the fence is not closed"):
        read(page)
