"""The Markdown pages of the repository: their code blocks, links and headings."""

import os
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.paths import ROOT

_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\S*)$")
_HEADING = re.compile(r"^#+ (?P<title>.+)$")
# A list item or its continuation may be indented as far as a code block.
_LIST_ITEM = re.compile(r"^ *([-*+]|\d+\.) ")
_CODE_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:img|source)[^>]* src(?:set)?=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        place: page and line, such as `docs/cost.md:12`.
        folder: folder of the page.
        kind: the word after the opening fence; `indented` for a block without fences, empty for none.
        text: its lines, without the indentation of a list item.
    """

    place: str
    folder: Path
    kind: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        path: where it is.
        prose: its lines, with the lines of code blocks left empty.
        blocks: its code blocks.
    """

    path: Path
    prose: str
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """Path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def links(self) -> list[str]:
        """Targets of all links and pictures."""
        text = _CODE_SPAN.sub("", self.prose)
        return [link or picture for link, picture in _LINK.findall(text)]

    @property
    def code_spans(self) -> list[str]:
        """Texts in backticks."""
        return [" ".join(span.split()) for span in _CODE_SPAN.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """Fragments of links to the headings, as GitHub writes them."""
        titles = [match["title"] for line in self.prose.splitlines() if (match := _HEADING.match(line))]
        seen: Counter[str] = Counter()
        anchors = set()
        for title in titles:
            anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
        return anchors


@cache
def pages() -> tuple[Page, ...]:
    """Read every page of the repository."""
    paths = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".github"]
        paths += [Path(folder, name) for name in files if name.endswith(".md")]
    return tuple(read(path) for path in sorted(paths))


def blocks(*kinds: str) -> Iterator[Block]:
    """Give every code block of the repository, or only the blocks of these kinds."""
    for page in pages():
        yield from (block for block in page.blocks if not kinds or block.kind in kinds)


def page(name: str) -> Page:
    """Return the page with this path in the repository."""
    return next(each for each in pages() if each.name == name)


def read(path: Path) -> Page:
    """Read a page.

    Raises:
        ValueError: a fence is not closed.
    """
    text = path.read_text("utf-8")
    return Page(path, *_parse(path, text.splitlines()))


def _parse(path: Path, lines: list[str]) -> tuple[str, tuple[Block, ...]]:
    prose: list[str] = []
    found: list[Block] = []
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    in_list = False
    position = 0
    while position < len(lines):
        line, start = lines[position], position
        if fence := _FENCE.match(line):
            end = next((each for each in range(start + 1, len(lines)) if lines[each].strip() == "```"), None)
            if end is None:
                raise ValueError(f"{name}:{start + 1}: the fence is not closed")
            kind, inner = fence["kind"], lines[start + 1 : end]
            position = end + 1
        elif line.startswith("    ") and not in_list and not (prose and prose[-1].strip()):
            end = next((each for each in range(start, len(lines)) if lines[each][:4].strip()), len(lines))
            kind, inner = "indented", lines[start:end]
            position = end
        else:
            in_list = bool(_LIST_ITEM.match(line)) or (in_list and (not line or line.startswith(" ")))
            prose.append(line)
            position += 1
            continue
        found.append(Block(f"{name}:{start + 1}", path.parent, kind, textwrap.dedent("\n".join(inner)) + "\n"))
        prose += [""] * (position - start)
    return "\n".join(prose), tuple(found)
