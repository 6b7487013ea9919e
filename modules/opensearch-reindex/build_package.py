"""Build the zip of the Lambda functions: the given sources and the locked requirements, the same bytes every time.

Terraform runs this at apply, see package.tf. It needs Python 3.11 or later with pip, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MINIMUM_PYTHON = (3, 11)
# The earliest time a zip can hold. A build's own time would make every zip another one.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
FILE_MODE = (stat.S_IFREG | 0o644) << 16
# What pip writes about the installation itself: paths and times of the machine, nothing a function reads.
DROPPED_NAMES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
DROPPED_SUFFIXES = {".pyc"}
COMPILED_SUFFIXES = {".dll", ".dylib", ".pyd", ".so"}


class BuildError(Exception):
    """The package cannot be built; the message says why and what to do."""


def install_requirements(requirements: Path, target: Path, runtime: str) -> None:
    """Install the locked requirements as pure Python wheels.

    Args:
        requirements: pip requirements file with hashes.
        target: directory the packages are installed into.
        runtime: Lambda runtime, such as `python3.11`.

    Raises:
        BuildError: pip is missing or fails.
    """
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        raise BuildError(f"{sys.executable} has no pip. Install it (`python3 -m ensurepip`) and apply again.")
    command = [
        *pip,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        # `user = true` in somebody's pip.conf cannot be combined with --target.
        "--no-user",
        "--require-hashes",
        # The lock names every package. Some versions of pip take an extra, such as `coverage[toml]`, for a requirement
        # beside the locked one, look for its newest release and stop for want of a hash.
        "--no-deps",
        # Both are about the Python that builds: what it has installed does not matter below --target.
        "--no-warn-conflicts",
        "--root-user-action=ignore",
        # No package runs code of its own here, and none brings a file that was compiled for one platform: the zip
        # does not depend on the machine that builds it.
        "--only-binary=:all:",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
        f"--python-version={runtime.removeprefix('python')}",
        "--no-compile",
        f"--target={target}",
        f"--requirement={requirements}",
    ]
    if subprocess.run(command, check=False).returncode != 0:
        raise BuildError(f"pip could not install {requirements}: see its message above. Nothing was built.")


def is_dropped(name: Path) -> bool:
    """Say whether a file of an installed package stays out of the zip.

    Args:
        name: path of the file below the installation directory.
    """
    # `bin` holds command line programs with this machine's interpreter in their first line.
    return name.parts[0] == "bin" or name.name in DROPPED_NAMES or name.suffix in DROPPED_SUFFIXES


def package_files(directory: Path) -> dict[str, Path]:
    """List what goes into the zip, by its name there.

    Args:
        directory: installed packages and sources.

    Raises:
        BuildError: a file is compiled for one platform.
    """
    files = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    kept = {name.as_posix(): path for name, path in files.items() if not is_dropped(name)}
    compiled = sorted(name for name, path in kept.items() if COMPILED_SUFFIXES & set(path.suffixes))
    if compiled:
        raise BuildError(
            f"compiled for one platform: {', '.join(compiled)}. Lock versions whose wheels are pure Python "
            "(`py3-none-any`) in requirements.txt."
        )
    return kept


def write_zip(files: dict[str, Path], output: Path) -> None:
    """Write the zip in one step, so that a second build at the same time or a crash leaves a whole file.

    Args:
        files: paths by name in the zip.
        output: path of the zip.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{output.name}.", dir=output.parent)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, TIMESTAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix: on another system the mode would be lost
                entry.external_attr = FILE_MODE
                archive.writestr(entry, files[name].read_bytes(), compresslevel=9)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(output)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def build(source_dir: Path, sources: list[str], output: Path, runtime: str) -> None:
    """Build the zip.

    Args:
        source_dir: directory of the sources.
        sources: paths of the files in it; `requirements.txt` is installed, the others are copied.
        output: path of the zip.
        runtime: Lambda runtime, such as `python3.11`.

    Raises:
        BuildError: a source is missing, or the requirements cannot be installed.
    """
    missing = [name for name in sources if not (source_dir / name).is_file()]
    if missing:
        raise BuildError(f"not in {source_dir}: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        for name in sources:
            if name == "requirements.txt":
                install_requirements(source_dir / name, directory, runtime)
        for name in sources:
            if name != "requirements.txt":
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source_dir / name, directory / name)
        write_zip(package_files(directory), output)


def main() -> int:
    """Read the command line and build. Returns the exit status."""
    if sys.version_info < MINIMUM_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(f"The Lambda package needs Python 3.11 or later to build; python3 is {found}.", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(description="Build the zip of the Lambda functions.")
    parser.add_argument("--runtime", required=True, help="Lambda runtime, such as python3.11")
    parser.add_argument("--source-dir", required=True, type=Path, help="directory of the sources")
    parser.add_argument("--output", required=True, type=Path, help="path of the zip")
    parser.add_argument("sources", nargs="+", help="files in the source directory")
    arguments = parser.parse_args()
    try:
        build(arguments.source_dir, arguments.sources, arguments.output, arguments.runtime)
    except BuildError as error:
        print(f"build_package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
