"""Make environments with any version of pip, for any Python of the machine."""

import functools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.paths import CACHE, ROOT

WHEELS = CACHE / "wheels"
NEWEST = "newest"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
RUNNING_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PIP_WHEELS = CACHE / "pips"
_PROBE = "import ensurepip, sys, venv; print('{}.{}'.format(*sys.version_info))"
_INSTALLED = """
import importlib.metadata, json
print(json.dumps([[one.name, one.version] for one in importlib.metadata.distributions()]))
"""
_MARKERS = """
import json
from pip._vendor.packaging.markers import default_environment
print(json.dumps(default_environment()))
"""


@functools.cache
def find_python(minor: str) -> Path | None:
    """Find an interpreter that can make environments; None if there is none.

    The running interpreter comes first, then the PATH, then the versions of pyenv.

    Args:
        minor: version, such as `3.12`.
    """
    candidates = [sys.executable] if minor == RUNNING_PYTHON else []
    candidates += filter(None, [shutil.which(f"python{minor}")])
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates += sorted(str(path) for path in pyenv.glob(f"versions/{minor}.*/bin/python{minor}"))
    for candidate in candidates:
        probe = subprocess.run([candidate, "-c", _PROBE], capture_output=True, text=True, check=False)
        if probe.stdout.strip() == minor:
            return Path(candidate)
    return None


@functools.cache
def pip_wheel(version: str) -> Path:
    """Return the wheel of a pip version; download it if it is missing.

    Args:
        version: version of pip; NEWEST asks the index every time.
    """
    if version == NEWEST:
        _download(sys.executable, _PIP_WHEELS, "pip")
        return max(_PIP_WHEELS.glob("pip-*.whl"), key=lambda path: Version(path.name.split("-")[1]))
    path = _PIP_WHEELS / f"pip-{version}-py3-none-any.whl"
    if not path.is_file():
        _download(sys.executable, _PIP_WHEELS, f"pip=={version}")
    return path


def _download(python: str | Path, folder: Path, *arguments: str) -> None:
    """Download with the pip settings of the machine. Raises CalledProcessError."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    subprocess.run([str(python), "-m", "pip", "download", *options, *arguments], check=True)


# Settings of a machine that a test brings.
KEPT_SETTINGS: dict[str, str] = {}


def index_environment(url: str) -> dict[str, str]:
    """Return environment variables with which pip knows only one index.

    Args:
        url: address of the index.
    """
    # MAKEFLAGS would carry the variables of an outer `make` into an inner one.
    dropped = ("PIP_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "__PYVENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_INDEX_URL"] = url
    environment["PIP_NO_CACHE_DIR"] = "1"
    environment["PYTHONPATH"] = str(ROOT / "tests")
    environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1"
    return environment | KEPT_SETTINGS


def make_environment(folder: Path, base: Path, pip: str | None) -> Path:
    """Make a virtual environment that holds only pip. Return its interpreter.

    Args:
        folder: path of the environment.
        base: interpreter that makes the environment.
        pip: version of pip, or NEWEST; None for the pip that the interpreter brings.
    """
    command = [str(base), "-m", "venv", str(folder)]
    subprocess.run([*command, "--without-pip"] if pip else command, check=True)
    if pip:
        (packages,) = folder.glob("lib/python3*/site-packages")
        with zipfile.ZipFile(pip_wheel(pip)) as wheel:
            wheel.extractall(packages)
    return folder / "bin" / "python"


def fetch(python: Path, lock: Path) -> None:
    """Download the wheels of a lock for one Python, once.

    Args:
        python: interpreter of an environment with pip.
        lock: path of the lock file.
    """
    stamp = WHEELS / f".{lock.parent.name}-{lock.stem}-{markers(python)['python_version']}"
    content = sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != content:
        _download(python, WHEELS, "--require-hashes", "--requirement", str(lock))
        stamp.write_text(content)


def markers(python: Path) -> dict[str, str]:
    """Return the environment markers of a Python.

    Args:
        python: interpreter of an environment with pip.
    """
    values: dict[str, str] = json.loads(_printed(python, _MARKERS))
    return values


def installed(python: Path) -> dict[str, str]:
    """Return the installed versions by canonical name, without pip.

    Args:
        python: interpreter of the environment.
    """
    packages = json.loads(_printed(python, _INSTALLED))
    return {canonicalize_name(name): str(Version(version)) for name, version in packages if name != "pip"}


def reported(report: Path) -> dict[str, str]:
    """Return the versions in a report of `pip install --dry-run` by canonical name.

    Args:
        report: path of the report.
    """
    packages = [one["metadata"] for one in json.loads(report.read_text("utf-8"))["install"]]
    return {canonicalize_name(one["name"]): str(Version(one["version"])) for one in packages}


def _printed(python: Path, program: str) -> str:
    return subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout
