"""The picture of the demo shows its output, without lines that only wait."""

import re
import sys
from subprocess import CalledProcessError
from xml.etree import ElementTree

import pytest

from capture.picture import COLUMNS, draw, shown_lines
from capture.recording import record
from support.pages import page
from support.paths import ROOT

PICTURE = ROOT / "docs" / "demo.svg"
SVG = "http://www.w3.org/2000/svg"


def text_of(svg: str) -> str:
    """Text of a picture, with every part in its column and line."""
    lines: dict[float, str] = {}
    for element in ElementTree.fromstring(svg).iter(f"{{{SVG}}}text"):  # noqa: S314 (a picture that we drew)
        if "textLength" in element.attrib and element.text and element.text.strip():
            text, x, y = (element.text, *(float(element.attrib[name]) for name in "xy"))
            column = round(x * len(text) / float(element.attrib["textLength"]))
            lines[y] = lines.get(y, "").ljust(column) + text.replace("\N{NO-BREAK SPACE}", " ")
    return "\n".join(lines[y] for y in sorted(lines))


def test_recording_has_the_output_of_a_terminal() -> None:
    script = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns)"
    assert record([sys.executable, "-c", script], 93) == "True 93\n"


def test_recording_raises_when_the_program_fails() -> None:
    with pytest.raises(CalledProcessError):
        record([sys.executable, "-c", "raise SystemExit(3)"], 80)


def test_picture_has_every_line_but_the_ones_that_wait() -> None:
    waits = [
        "  21.0 s  a_v1             10% copied: 10 of 100",
        "  22.0 s  a_v1             IsReindexDone > WaitForReindex",
        "  23.0 s  a_v1             CheckReindexStatus",
        "  24.0 s  a_v1             Success",
    ]
    others = [
        "  20.0 s  a_v1             5% copied: 5 of 100",
        "  25.0 s  a_v1             35% copied: 35 of 100",
        "  26.0 s  b_v1             36% copied: 36 of 100",
        "  27.0 s  a_v1             CheckReindexStatus > IsReindexDone > RemoveAlias",
        "",
        "demo: done, 0 lost",
    ]
    assert [*shown_lines("\n".join(sorted([*others[:4], *waits]) + others[4:]) + "\n")] == others


def test_picture_folds_a_line_that_is_too_wide() -> None:
    first, second = shown_lines("  20.0 s  topic            " + "word " * 30)
    assert len(first) <= COLUMNS
    assert second == " " * 27 + "word " * 13 + "word"
    assert f"{first} {second.strip()}".split() == f"20.0 s topic {'word ' * 30}".split()


def test_picture_loads_nothing_from_elsewhere() -> None:
    svg = draw("make demo", "  20.0 s  a_v1             \x1b[1mSUCCEEDED\x1b[0m <&>\n")
    assert "  20.0 s  a_v1             SUCCEEDED <&>" in text_of(svg)
    assert [*re.findall(r"https?://[^\"' )<]+", svg)] == [SVG, "https://www.textualize.io"]


def test_readme_shows_a_run_of_the_demo_that_lost_nothing() -> None:
    assert "docs/demo.svg" in page("README.md").links
    text = text_of(PICTURE.read_text("utf-8"))
    assert "$ make demo" in text
    assert re.search(r"^demo: 3 indices reindexed, \d+ documents verified, 0 lost", text, re.MULTILINE)
    assert not re.search(r"/(home|root|work|Users)/", text)
