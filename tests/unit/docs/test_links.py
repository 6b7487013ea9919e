"""Every link of every page leads somewhere, and every path in backticks exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pages import Page, pages, read
from support.paths import ROOT

# What paths on a page may begin at, beside the page's own folder.
FOLDERS = tuple(
    ROOT / name for name in (".", "lambda_src", "lambda_src/opensearch_reindex", "modules/opensearch-reindex")
)
# Names of files as they were when a version was released.
HISTORY = {"CHANGELOG.md"}
# Keys in a bucket, and what is there only after a build.
NO_FILES = ("reindex/", "opensearch-reindex-package/", ".cache/", ".build/")
_PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*(/|\.(asl\.json|hcl|json|md|py|svg|tf|toml|txt))")


def broken_links(page: Page) -> Iterator[str]:
    """Give every link to a file or heading that does not exist."""
    for target in page.links:
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = page.path.parent / path if path else page.path
        if not linked.exists() or (anchor and anchor not in read(linked).anchors):
            yield target


def missing_paths(page: Page) -> Iterator[str]:
    """Give every path in backticks, with a folder in it, that does not exist."""
    for span in page.code_spans:
        if "/" in span.rstrip("/") and _PATH.fullmatch(span) and not span.startswith(NO_FILES):
            folders = (page.path.parent, *FOLDERS)
            if not any([*folder.glob(span.rstrip("/"))] for folder in folders):
                yield span


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_page_links_to_files_and_headings_that_exist(page: Page) -> None:
    assert [*broken_links(page)] == []


@pytest.mark.parametrize("page", [each for each in pages() if each.name not in HISTORY], ids=lambda page: page.name)
def test_page_names_paths_that_exist(page: Page) -> None:
    assert [*missing_paths(page)] == []


def test_broken_link_and_missing_path_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One two\n\n[a](#one-two) [b](#two) [c](page.md#one-two) [d](gone.md) `[e](gone.md)`\n\n"
        "```text\n[f](gone.md)\n```\n\n`lambda_src/handlers.py` `index/names.py` `tests/gone.py` `GET /_cat/x.json`\n"
    )
    assert [*broken_links(read(page))] == ["#two", "gone.md"]
    assert [*missing_paths(read(page))] == ["tests/gone.py"]
