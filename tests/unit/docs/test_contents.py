"""The pages describe every input, output, error, key, state and file."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opensearch_reindex.runtime import errors
from opensearch_reindex.trigger import trigger_file
from support.pages import page
from support.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MODULE = ROOT / "modules" / "opensearch-reindex"
MODULE_README = (MODULE / "README.md").read_text("utf-8")
MOST_LINES_OF_README = 200


def docs(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(kind: str, file: str) -> list[str]:
    """Names of the `variable` or `output` blocks of a Terraform file."""
    return re.findall(rf'^{kind} "(\w+)"', (MODULE / file).read_text("utf-8"), re.MULTILINE)


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES_OF_README


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_readme_shows_how_to_try_it(command: str) -> None:
    assert command in README.splitlines()


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_readme_links_to_every_page(name: str) -> None:
    assert f"docs/{name}" in page("README.md").links


@pytest.mark.parametrize("name", blocks("variable", "variables.tf") + blocks("output", "outputs.tf"))
def test_every_input_and_output_is_described(name: str) -> None:
    assert f"`{name}`" in docs("configuration.md")
    assert f"| `{name}` |" in MODULE_README


def test_comparison_counts_the_inputs() -> None:
    number = len(blocks("variable", "variables.tf"))
    assert f"| inputs to know | {number}, " in docs("comparison.md")


@pytest.mark.parametrize("error_class", [errors.ReindexError, *errors.ReindexError.__subclasses__()])
def test_every_error_is_in_the_table(error_class: type[errors.ReindexError]) -> None:
    assert f"| `{error_class.__name__}` |" in docs("troubleshooting.md")


@pytest.mark.parametrize("key", trigger_file._schema()["properties"])
def test_every_key_of_the_trigger_file_is_described(key: str) -> None:
    assert f"`{key}`" in README
    assert f"`{key}`" in docs("trigger-file.md")


@pytest.mark.parametrize("key", trigger_file._schema()["properties"]["reindex"]["properties"])
def test_every_option_of_the_copy_is_described(key: str) -> None:
    assert f"`{key}`" in README
    assert f"| `{key}` |" in docs("trigger-file.md")


@pytest.mark.parametrize(
    "path",
    sorted(path for path in (ROOT / "lambda_src" / "opensearch_reindex").rglob("*.py") if path.name != "__init__.py"),
    ids=lambda path: path.name,
)
def test_every_file_of_the_functions_is_on_the_page_of_the_architecture(path: Path) -> None:
    assert {path.name, f"{path.parent.name}/{path.name}", f"{path.relative_to(ROOT)}"} & {
        span.removeprefix("lambda_src/opensearch_reindex/") for span in page("docs/architecture.md").code_spans
    }


def states_of(definition: Any) -> Iterator[str]:
    """Names of all states that do, wait for or decide something, also in a Map."""
    for name, state in definition["States"].items():
        if state["Type"] in ("Task", "Map", "Wait", "Choice"):
            yield name
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


@pytest.mark.parametrize("name", ["reindex", "reindex_index"])
def test_every_state_is_on_the_page_of_the_architecture(name: str) -> None:
    definition = json.loads((MODULE / "state_machines" / f"{name}.asl.json").read_text("utf-8"))
    assert {*states_of(definition)} - {*page("docs/architecture.md").code_spans} == set()


def texts_of_programs() -> Iterator[str]:
    """Give every string that a function, a state machine or Terraform can show."""
    for path in (ROOT / "lambda_src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for pattern in ("*.tf", "state_machines/*.json"):
        for path in MODULE.glob(pattern):
            yield path.read_text("utf-8")


def named_pages() -> set[str]:
    return {name for text in texts_of_programs() for name in re.findall(r"\bdocs/[\w-]+\.md(?:#[\w-]+)?", text)}


def test_every_page_that_a_program_names_exists() -> None:
    for name in named_pages():
        path, _, anchor = name.partition("#")
        assert Path(ROOT, path).is_file(), name
        assert not anchor or anchor in page(path).anchors, name


@pytest.mark.parametrize("name", ["docs/roll-back.md", "docs/permissions.md", "docs/troubleshooting.md"])
def test_readme_leads_to_the_pages_that_errors_need(name: str) -> None:
    assert name in page("README.md").links
