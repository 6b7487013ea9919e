"""Read the lock files."""

from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.paths import ROOT

LAMBDA_LOCK = ROOT / "lambda_src" / "requirements.txt"
# The locks of the environments that the Makefile installs, by file name.
LOCKS = {path.stem: path for path in sorted((ROOT / "tests" / "requirements").glob("*.txt"))}

ALL_LOCKS = [LAMBDA_LOCK, *LOCKS.values()]


def requirements(lock: Path) -> list[Requirement]:
    """Read the requirements of a lock file, without their hashes.

    Args:
        lock: path of the file.
    """
    logical = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
    return [Requirement(line.split(" --hash=")[0]) for line in logical if line[:1].isalnum()]


def pins(lock: Path, markers: Mapping[str, str]) -> dict[str, str]:
    """Return the versions a lock names for one Python, by canonical name.

    Args:
        lock: path of the lock file.
        markers: the environment markers of the Python.
    """
    chosen = [one for one in requirements(lock) if one.marker is None or one.marker.evaluate(dict(markers))]
    return {canonicalize_name(one.name): exact_version(one) for one in chosen}


def exact_version(requirement: Requirement) -> str:
    """Return the version of a pin in its normal form.

    Args:
        requirement: `name==version`.
    """
    (specifier,) = requirement.specifier
    return str(Version(specifier.version))
