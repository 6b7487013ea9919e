"""The repository's English: words that it does not use, and lengths of names."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from support.paths import ROOT

LONGEST = 80
# Not used, with the better wording. A space also stands for an underscore and for a line break inside a comment.
WORDS = {
    "anew": "again",
    "meanwhile": "during <the rebuild, the copy, ...>, in the meantime",
    "nobody": "no one, or name the actor",
    "somebody": "someone, or name the actor",
    "whoever": "anyone who, or name the actor",
    "for ever": "forever, indefinitely",
    r"reckon\w*": "calculate, expect, assume",
    "by and by": "gradually",
    "all the same": "nevertheless, still",
    "(come|came|comes|coming) about": "happen, arise",
    r"(speak|spoke)\w* against": "prevent, object to",
    r"(stand|stood)\w* in line": "wait, queue",
    "(am|is|are|was|were|be|been|being|not|never) told(?! apart)": "receive, know, or name who says it",
    r"look(s|ed|ing)?(?! (up|like|as if|for)(?![a-z]))": "poll (a task), inspect, check, read",
    r'(?<!["`.])pac(e|es|ed|ing)': "throttle, rate, speed",  # in quotes it is a key that version 0.1 wrote
    "what is left": "the rest, the remaining <noun>",
}
SUFFIXES = {".py", ".tf", ".md", ".json", ".hcl", ".yml", ".yaml", ".toml"}
# Measured figures, and this list.
NOT_CHECKED = {"docs/benchmarks.json", "tests/unit/test_words.py"}


def _pattern(words: str) -> re.Pattern[str]:
    words = words.replace(" ", r"[\s_#]+")
    # Not \b: an underscore ends a word too.
    return re.compile(rf"(?<![a-z])({words})(?![a-z])", re.IGNORECASE)


_PATTERNS = {_pattern(words): better for words, better in WORDS.items()}


def unused_words(text: str) -> Iterator[tuple[int, str]]:
    """Give line and better wording of every word that the repository does not use."""
    for pattern, better in _PATTERNS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"{' '.join(match[1].split())!r} is not used; better: {better}"


def too_long(source: str) -> Iterator[tuple[int, str]]:
    """Give line and length of every long test name or first line of a docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = getattr(node, "name", "")
            first = (ast.get_docstring(node) or "").partition("\n")[0]
            if len(first) > LONGEST:
                yield node.body[0].lineno, f"the docstring's first line has {len(first)} characters; {LONGEST} at most"
            if name.startswith("test_") and len(name) > LONGEST:
                yield getattr(node, "lineno", 1), f"the test's name has {len(name)} characters; {LONGEST} at most"


@cache
def _texts() -> dict[str, str]:
    """Read every file that people write, by its path in the repository."""
    texts = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".github"]
        for path in (Path(folder, name) for name in files):
            if path.suffix in SUFFIXES or path.name == "Makefile":
                texts[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return {name: texts[name] for name in sorted(texts) if name not in NOT_CHECKED}


def test_repository_has_plain_english_everywhere() -> None:
    problems = [f"{name}:{line}: {what}" for name, text in _texts().items() for line, what in unused_words(text)]
    assert not problems, "\n".join(problems)


def test_docstrings_and_names_of_tests_are_short_everywhere() -> None:
    sources = {name: text for name, text in _texts().items() if name.endswith(".py")}
    problems = [f"{name}:{line}: {what}" for name, text in sources.items() for line, what in too_long(text)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("it is told\nAnew", [1, 2]),
        ("def test_pace_is_halved():", [1]),
        ("# goes up by\n    # and by", [1]),
        ("each look at the task\nlooks up, looks like", [1]),
        ("a space, a workspace, whitespace, retold, lookup, test_aliases_are_looked_up_once", []),
    ],
)
def test_words_are_found_in_text_names_and_wrapped_comments(text: str, lines: list[int]) -> None:
    assert sorted(line for line, _ in unused_words(text)) == lines


def test_lengths_are_found_in_docstrings_and_names_of_tests() -> None:
    source = f'"""{"a" * 81}"""\ndef test_{"a" * 80}(): """{"a" * 80}"""\n'
    assert [line for line, _ in too_long(source)] == [1, 2]
