"""Install a lock file into the environment of the running Python.

`python -m support.install_lock LOCK [PIP_OPTION...]`. The Makefile and tests/install call it. It runs before
anything is installed, so it imports only the standard library.
"""

import subprocess
import sys

# A lock names every package, so pip has nothing to resolve. Resolving differs between versions of pip: 23.2 takes
# `coverage[toml]` for a requirement beside the locked one, and stops as soon as there is a newer release. Only wheels,
# because the build of a source archive installs the newest setuptools.
OPTIONS = ("--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile")


def main(arguments: list[str]) -> int:
    """Run pip. Returns its exit status.

    Args:
        arguments: the lock file, then further options of `pip install`.
    """
    lock, *further = arguments
    command = [sys.executable, "-m", "pip", "install", *OPTIONS, *further, "--requirement", lock]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
