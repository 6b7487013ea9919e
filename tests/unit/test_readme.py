"""The README names what there is, and its trigger files work."""

import json
import re
from pathlib import Path

import pytest

from opensearch_reindex.runtime import errors
from opensearch_reindex.trigger import trigger_file
from opensearch_reindex.trigger.trigger_file import schema_problems
from support.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MODULE = ROOT / "modules" / "opensearch-reindex"
MODULE_README = (MODULE / "README.md").read_text("utf-8")


def blocks(kind: str, file: str) -> list[str]:
    """Names of the `variable` or `output` blocks of a Terraform file."""
    return re.findall(rf'^{kind} "(\w+)"', (MODULE / file).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", blocks("variable", "variables.tf") + blocks("output", "outputs.tf"))
def test_every_input_and_output_is_described(name: str) -> None:
    assert f"`{name}`" in README
    assert f"| `{name}` |" in MODULE_README


@pytest.mark.parametrize("error_class", [errors.ReindexError, *errors.ReindexError.__subclasses__()])
def test_every_error_is_in_the_table(error_class: type[errors.ReindexError]) -> None:
    assert f"| `{error_class.__name__}` |" in README


@pytest.mark.parametrize("key", trigger_file._schema()["properties"])
def test_every_key_of_the_trigger_file_is_described(key: str) -> None:
    assert f"`{key}`" in README


def test_the_trigger_files_of_the_readme_fit_the_schema() -> None:
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    files = [example for example in examples if "indices" in example]
    assert files
    assert [schema_problems(file) for file in files] == [[]] * len(files)


def anchors(text: str) -> set[str]:
    """What a link to a heading of a page looks like."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("folder", [ROOT, MODULE])
def test_every_link_within_the_repository_leads_somewhere(folder: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8")):
        if not target.startswith("https://"):
            path, hash_mark, anchor = target.partition("#")
            page = folder / (path or "README.md")
            assert page.exists(), target
            assert not anchor or hash_mark + anchor in anchors(page.read_text("utf-8")), target
