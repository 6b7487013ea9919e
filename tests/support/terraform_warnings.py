"""Warnings in what Terraform prints.

`python -m support.terraform_warnings ARGUMENTS...` runs Terraform and fails if Terraform prints a warning.
"""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.terraform_cli import terraform_environment, terraform_path

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(r"^[│|\s]*Warning: (.+)$", re.MULTILINE)
# Terraform always prints these with the option `-target`.
_OF_TARGETS = {"Applied changes may be incomplete", "Resource targeting is in effect"}


def warnings_in(printed: str) -> list[str]:
    """Return the title of each warning, without warnings about the option `-target`.

    Args:
        printed: output of Terraform, with or without colours.
    """
    titles = [title.strip() for title in _WARNING.findall(_COLOURS.sub("", printed))]
    return [title for title in titles if title not in _OF_TARGETS]


def run_without_warnings(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run Terraform, print its output and return its status, 1 after a warning.

    Args:
        arguments: arguments of Terraform.
        environment: environment of Terraform.
        cwd: working directory; None means the current one.
    """
    with subprocess.Popen(
        [terraform_path(), *arguments],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        printed = []
        for line in process.stdout:
            print(line, end="", flush=True)
            printed.append(line)
    warnings = warnings_in("".join(printed))
    if warnings:
        print(f"Terraform printed {len(warnings)} warnings; expected none: {'; '.join(warnings)}")
    return process.returncode or bool(warnings)


if __name__ == "__main__":
    sys.exit(run_without_warnings(sys.argv[1:], terraform_environment()))
