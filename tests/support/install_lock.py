"""Install a lock file into the environment of the running Python.

`python -m support.install_lock LOCK [PIP_OPTION...]`. The Makefile and tests/install call it. It runs before
anything is installed, so it imports only the standard library.
"""

import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

# A lock names every package, so pip has nothing to resolve. Resolving differs between versions of pip: 23.2 takes
# `coverage[toml]` for a requirement beside the locked one, and stops as soon as there is a newer release. Only wheels,
# because the build of a source archive installs the newest setuptools. pip.conf may ask for --user, which an
# environment refuses.
OPTIONS = ("--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile", "--no-user")
# Settings with which pip would install elsewhere, or nothing, or other versions, and exit with 0 or a conflict.
IGNORED_SETTINGS = {
    f"PIP_{name}"
    for name in ("BUILD_CONSTRAINT", "CONSTRAINT", "DRY_RUN", "PREFIX", "PYTHON", "ROOT", "TARGET", "USER")
}


def main(arguments: list[str]) -> int:
    """Run pip, and make sure that the packages arrived. Returns the exit status.

    Args:
        arguments: the lock file, then further options of `pip install`.
    """
    lock, *further = arguments
    command = [sys.executable, "-m", "pip", "install", *OPTIONS, *further, "--requirement", lock]
    environment = {name: value for name, value in os.environ.items() if name not in IGNORED_SETTINGS}
    status = subprocess.run(command, env=environment, check=False).returncode
    if status == 0 and "--dry-run" not in further and (missing := missing_packages(Path(lock).read_text("utf-8"))):
        print(f"pip did not install {', '.join(missing)} here; look for target, prefix or root in pip.conf")
        return 1
    return status


def missing_packages(lock: str) -> list[str]:
    """List the packages of a lock that this environment lacks.

    Packages with a condition, such as a platform, do not count.

    Args:
        lock: text of the lock file.
    """
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)(?=\s*(?:\\|--hash|$))", lock, re.MULTILINE)
    found = {(_canonical(each.metadata["Name"]), each.version) for each in distributions()}
    return [f"{name} {version}" for name, version in pins if (_canonical(name), version) not in found]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
