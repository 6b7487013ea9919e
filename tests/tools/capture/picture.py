"""Turn the output of the demo into a picture of a terminal."""

import io
import re
import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 108
# The picture has the first progress of a copy, and every progress that is this much further.
_STEP_PERCENT = 30
_PROGRESS = re.compile(r" (\d+)% copied: ")
_WAITING = re.compile(
    r"  (CheckReindexStatus|IsReindexDone|Success|WaitForReindex)( > (IsReindexDone|WaitForReindex))*$"
)
# Seconds and topic of a line take as many columns.
_INDENT = 27
# A name of a group is the style of its text.
_HIGHLIGHTS = (
    r"^(?P<dim> *[\d.]+ s)  (?P<cyan>\S+)",
    r"^[$] (?P<bold>.*)",
    r"(?P<yellow>\d+% copied)",
    r"\b(?P<green>SUCCEEDED)\b",
    r"(?P<bold>^demo: .*)",
    r"^demo: .*(?P<green>\b0 lost)",
)
_REMOTE_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def shown_lines(output: str) -> Iterator[str]:
    """Give the lines of the picture, without waiting lines, and folded to its width.

    Args:
        output: output of the demo.
    """
    copied: dict[str, int] = {}
    for line in output.rstrip("\n").split("\n"):
        if _WAITING.search(line):
            continue
        if progress := _PROGRESS.search(line):
            topic, percent = line[:_INDENT].split()[-1], int(progress[1])
            if topic in copied and percent < copied[topic] + _STEP_PERCENT:
                continue
            copied[topic] = percent
        # Spaces line up columns, so that none is dropped inside a line.
        folded = textwrap.wrap(line, COLUMNS, subsequent_indent=" " * _INDENT, break_on_hyphens=False)
        yield from folded if len(line) > COLUMNS else [line]


def draw(command: str, output: str) -> str:
    """Draw a terminal in which the command was run, as SVG.

    Args:
        command: line to show after the prompt.
        output: output of the command; its colours are kept.
    """
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in (f"$ {command}", *shown_lines(output)):
        text = Text.from_ansi(line)
        for pattern in _HIGHLIGHTS:
            text.highlight_regex(pattern)
        console.print(text, no_wrap=True, overflow="ignore", highlight=False)
    svg = console.export_svg(title=command, theme=MONOKAI, unique_id="demo")
    # Some programs would leave out the spaces between two colours.
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    # Readers of a page should fetch nothing from another site.
    return "\n".join(line.rstrip() for line in _REMOTE_FONTS.sub("", svg).splitlines()) + "\n"
