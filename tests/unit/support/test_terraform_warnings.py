import sys
from pathlib import Path

import pytest

from support import terraform_warnings
from support.terraform_warnings import run_without_warnings, warnings_in

DEPRECATED = """\x1b[33m╷\x1b[0m\x1b[0m
\x1b[33m│\x1b[0m \x1b[0m\x1b[1m\x1b[33mWarning: \x1b[0m\x1b[0m\x1b[1mDeprecated attribute\x1b[0m
\x1b[33m│\x1b[0m \x1b[0m
\x1b[33m╵\x1b[0m\x1b[0m
"""


@pytest.mark.parametrize(
    ("printed", "titles"),
    [
        pytest.param(DEPRECATED, ["Deprecated attribute"], id="in colour"),
        pytest.param("\nWarning: Value for undeclared variable\n", ["Value for undeclared variable"], id="plain"),
        pytest.param("│ Warning: Resource targeting is in effect\n", [], id="targets"),
        pytest.param("│ Warning: one\n│ Warning: two\n", ["one", "two"], id="two"),
        pytest.param("Success! The configuration is valid.\n", [], id="none"),
        pytest.param('  run "a Warning: in a name"... pass\n', [], id="in a line"),
    ],
)
def test_warnings_are_found_in_the_output(printed: str, titles: list[str]) -> None:
    assert warnings_in(printed) == titles


@pytest.mark.parametrize(
    ("program", "status"), [("print('Warning: old')", 1), ("print('fine')", 0), ("raise SystemExit(3)", 3)]
)
def test_terraform_fails_after_a_warning(
    program: str, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(terraform_warnings, "terraform_path", lambda: sys.executable)
    assert run_without_warnings(["-c", program], {}, tmp_path) == status
