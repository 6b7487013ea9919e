"""Build the zip of the Lambda functions.

The zip contains the sources and the locked requirements, and every build gives the same bytes. Terraform runs this
program at apply, see package.tf. It requires only Python 3.11 or later with pip.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

MINIMUM_PYTHON = (3, 11)
# The earliest time that a zip can hold. The time of the build would make every zip different.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
FILE_MODE = (stat.S_IFREG | 0o644) << 16
# pip writes these files about the installation itself, with paths and times of the machine. No function reads them.
DROPPED_NAMES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
DROPPED_SUFFIXES = {".pyc"}
# With these settings of the machine, pip would install elsewhere, nothing or other versions, even with exit status 0.
IGNORED_SETTINGS = {
    f"PIP_{name}"
    for name in ("BUILD_CONSTRAINT", "CONSTRAINT", "DRY_RUN", "PREFIX", "PYTHON", "ROOT", "TARGET", "USER")
}
COMPILED_SUFFIXES = {".dll", ".dylib", ".pyd", ".so"}


class BuildError(Exception):
    """The package cannot be built. The message names the reason and the next step."""


def install_requirements(requirements: Path, target: Path, runtime: str) -> None:
    """Install the locked requirements as pure Python wheels.

    Args:
        requirements: pip requirements file with hashes.
        target: directory the packages are installed into.
        runtime: Lambda runtime, such as `python3.11`.

    Raises:
        BuildError: pip is missing or fails, or a package is not where it belongs.
    """
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        raise BuildError(
            f"pip not found in {sys.executable}. Install it (on Debian and Ubuntu the package python3-pip, elsewhere "
            "`python3 -m ensurepip`), or set the input `package`, and apply again."
        )
    command = [
        *pip,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        # pip rejects --target if its configuration file has `user = true`.
        "--no-user",
        "--require-hashes",
        # The lock file names every package. For an extra, such as `coverage[toml]`, some versions of pip add a
        # requirement without a version, find its newest release and stop because the release has no hash.
        "--no-deps",
        # Both concern packages that the building Python has installed, which do not affect --target.
        "--no-warn-conflicts",
        "--root-user-action=ignore",
        # Wheels run no code at installation, and pure Python wheels have no compiled files, so that the zip does not
        # depend on the machine that builds it.
        "--only-binary=:all:",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
        f"--python-version={runtime.removeprefix('python')}",
        "--no-compile",
        f"--target={target}",
        f"--requirement={requirements}",
    ]
    environment = {name: value for name, value in os.environ.items() if name not in IGNORED_SETTINGS}
    # Some people allow pip only in a virtual environment. This installation touches no environment at all.
    environment["PIP_REQUIRE_VIRTUALENV"] = "0"
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise BuildError(f"pip failed to install {requirements}; see its output above. No package was built.")
    if missing := missing_packages(requirements, target):
        raise BuildError(
            f"pip did not install {', '.join(missing)} into the package. Look for target, prefix or root in pip.conf. "
            "No package was built."
        )


def missing_packages(requirements: Path, target: Path) -> list[str]:
    """List the locked packages that the target lacks.

    Args:
        requirements: pip requirements file with hashes.
        target: directory the packages were installed into.
    """
    pins = re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text("utf-8"), re.MULTILINE)
    found = {(canonical_name(each.metadata["Name"]), each.version) for each in distributions(path=[str(target)])}
    return [f"{name} {version}" for name, version in pins if (canonical_name(name), version) not in found]


def canonical_name(name: str) -> str:
    """Return the name of a package as indexes compare it.

    Args:
        name: name in any spelling.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def is_dropped(name: Path) -> bool:
    """Return whether the zip leaves out a file of an installed package.

    Args:
        name: path of the file below the installation directory.
    """
    # The first line of the command line programs in `bin` is the path of the interpreter on this machine.
    return name.parts[0] == "bin" or name.name in DROPPED_NAMES or name.suffix in DROPPED_SUFFIXES


def package_files(directory: Path) -> dict[str, Path]:
    """Return the files for the zip, by their names in it.

    Args:
        directory: directory with the installed packages and the sources.

    Raises:
        BuildError: a file is compiled.
    """
    files = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    kept = {name.as_posix(): path for name, path in files.items() if not is_dropped(name)}
    compiled = sorted(name for name, path in kept.items() if COMPILED_SUFFIXES & set(path.suffixes))
    if compiled:
        raise BuildError(
            f"the requirements contain compiled files: {', '.join(compiled)}; expected pure Python. "
            "Lock versions with pure Python wheels (`py3-none-any`) in requirements.txt."
        )
    return kept


def write_zip(files: dict[str, Path], output: Path) -> None:
    """Write the zip atomically.

    A concurrent build or a crash leaves a complete file.

    Args:
        files: paths of the files, by their names in the zip.
        output: path of the zip.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{output.name}.", dir=output.parent)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, TIMESTAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix, which has the file mode that the next line sets
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
        sources: paths below `source_dir`. The build installs `requirements.txt` and copies the others.
        output: path of the zip.
        runtime: Lambda runtime, such as `python3.11`.

    Raises:
        BuildError: a source is missing, or the requirements cannot be installed.
    """
    missing = [name for name in sources if not (source_dir / name).is_file()]
    if missing:
        raise BuildError(f"source files not found in {source_dir}: {', '.join(missing)}")
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
    """Build the package that the command line describes, and return the exit status."""
    if sys.version_info < MINIMUM_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(
            f"python3 is version {found}; expected 3.11 or later to build the Lambda package. "
            "Put a later python3 first on the PATH, or set the input `package`.",
            file=sys.stderr,
        )
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
