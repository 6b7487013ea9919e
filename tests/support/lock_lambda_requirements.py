"""Lock the requirements of the Lambda functions: `make lock`.

`make lock UPGRADE=1` passes `--upgrade`. uv resolves the requirements, and this program keeps only the hashes of wheels
in pure Python. pip installs only files with a listed hash. So every platform and every version of Python installs the
same files, although some packages have compiled wheels too.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from support.paths import ROOT

_INPUT = ROOT / "lambda_src" / "requirements.in"
_OUTPUT = ROOT / "lambda_src" / "requirements.txt"
_HEADER = """\
# Made by `make lock` from requirements.in: do not edit. Only pure Python wheels are listed, see CONTRIBUTING.md.
"""


def compile_lock(arguments: list[str], given: str = "") -> None:
    """Run `uv pip compile` for every supported version of Python.

    Args:
        arguments: additional options and the input files; `-` stands for `given`.
        given: text of an input file.
    """
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header"]
    subprocess.run([*command, *arguments], cwd=ROOT, input=given, text=True, check=True)


def requirement_lines(package: dict[str, Any]) -> list[str]:
    """Return the lines of one package of a pylock.toml.

    Args:
        package: entry of the package under `packages`.

    Raises:
        ValueError: the package has no wheel in pure Python.
    """
    wheels = [wheel for wheel in package.get("wheels", []) if wheel["url"].endswith("-none-any.whl")]
    if not wheels:
        raise ValueError(f"{package['name']} {package['version']} has no wheel in pure Python")
    marker = f" ; {package['marker']}" if "marker" in package else ""
    hashes = sorted(wheel["hashes"]["sha256"] for wheel in wheels)
    lines = [f"{package['name']}=={package['version']}{marker}", *(f"    --hash=sha256:{h}" for h in hashes)]
    return [" \\\n".join(lines)]


def main(options: list[str]) -> None:
    """Write lambda_src/requirements.txt."""
    with tempfile.TemporaryDirectory() as folder:
        together, lock = Path(folder, "together.txt"), Path(folder, "pylock.toml")
        if "--upgrade" not in options and _OUTPUT.exists():
            # Like uv's own output: locked versions stay unless requirements.in needs other ones.
            together.write_text(_OUTPUT.read_text())
        # First with boto3, whose botocore restricts python-dateutil and urllib3, then without: the runtime has it.
        compile_lock([*options, str(_INPUT), "-", "--output-file", str(together)], given="boto3\n")
        compile_lock([str(_INPUT), "--constraints", str(together), "--output-file", str(lock)])
        packages = tomllib.loads(lock.read_text())["packages"]
    lines = [line for package in packages for line in requirement_lines(package)]
    _OUTPUT.write_text(_HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
