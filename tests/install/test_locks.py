"""Install every lock with old and new pips from an index with newer releases."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from support import install_lock
from support.locks import LAMBDA_LOCK, LOCKS, pins, requirements
from support.package_index import NEWER_VERSION, PackageIndex, make_wheel
from support.paths import ROOT
from support.pips import (
    NEWEST,
    PYTHONS,
    RUNNING_PYTHON,
    fetch,
    find_python,
    index_environment,
    installed,
    make_environment,
    markers,
    reported,
)

# The newest Python that a pip works with. Python 3.11.0 brought pip 22.3, 3.11.7 and 3.12.1 brought 23.2.1, 3.13.0
# brought 24.2.
PIPS = {"22.3": "3.11", "23.2.1": "3.12", "24.2": "3.13", NEWEST: PYTHONS[-1]}
# What `make test` tries: the pip of Python 3.11.0, and the pip that takes an extra for another requirement.
SHORT = {("3.11", "22.3"), ("3.11", "23.2.1")}
# The tests install these. For the others, which are larger, pip downloads the wheels, checks the hashes and stops.
INSTALLED = {"dev", "ministack"}
SLOW = pytest.mark.slow


def python_of(minor: str) -> Path:
    """Return an interpreter, or skip the test."""
    python = find_python(minor)
    if python is None:
        pytest.skip(f"Python {minor} is neither on the PATH nor below PYENV_ROOT")
    return python


def install_with(python: Path, lock: Path, index: PackageIndex, *options: str) -> None:
    """Install a lock with the command that the Makefile uses."""
    command = [str(python), "-m", "support.install_lock", str(lock), *options]
    subprocess.run(command, env=index_environment(index.url), check=True)


def build_with(python: Path, index: PackageIndex) -> str:
    """Build the package of the functions with `make`. Return its hash."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "package.zip")
        command = ["make", "--no-print-directory", "package", f"PACKAGE={package}", f"PYTHON={python}"]
        subprocess.run(command, cwd=ROOT, env=index_environment(index.url), check=True)
        return hashlib.sha256(package.read_bytes()).hexdigest()


PAIRS = [(python, pip) for pip, last in PIPS.items() for python in PYTHONS[: PYTHONS.index(last) + 1]]
EVERY_PAIR = pytest.mark.parametrize(
    ("minor", "pip"),
    [
        pytest.param(python, pip, marks=() if (python, pip) in SHORT else SLOW, id=f"python{python}-pip-{pip}")
        for python, pip in PAIRS
    ],
)
EVERY_LOCK = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "dev" else SLOW, id=name) for name in LOCKS]
)


@EVERY_LOCK
@EVERY_PAIR
def test_lock_installs_exactly_what_it_names(
    minor: str, pip: str, name: str, index: PackageIndex, folder: Path
) -> None:
    python, lock = make_environment(folder / "venv", python_of(minor), pip), LOCKS[name]
    fetch(python, lock)
    if name in INSTALLED:
        install_with(python, lock, index)
        found = installed(python)
    else:
        report = folder / "report.json"
        install_with(python, lock, index, "--dry-run", "--report", str(report))
        found = reported(report)
    assert found == pins(lock, markers(python))


@pytest.mark.parametrize("minor", [pytest.param(one, marks=() if one == RUNNING_PYTHON else SLOW) for one in PYTHONS])
def test_make_installs_a_lock_with_the_pip_that_python_brings(minor: str, index: PackageIndex, folder: Path) -> None:
    base, lock = python_of(minor), LOCKS["ministack"]
    fetch(Path(sys.executable) if minor == RUNNING_PYTHON else make_environment(folder / "venv", base, None), lock)
    target = folder / "ministack" / ".installed"
    command = ["make", "--no-print-directory", f"PYTHON={base}", f"CACHE={folder}", str(target)]
    subprocess.run(command, cwd=ROOT, env=index_environment(index.url), check=True)
    python = target.with_name("bin") / "python"
    # Python 3.11 puts its own setuptools into an environment.
    found = {name: version for name, version in installed(python).items() if name != "setuptools"}
    assert found == pins(lock, markers(python))


@pytest.fixture(scope="session")
def package_hash(index: PackageIndex) -> str:
    """The hash of the package that this Python builds with its own pip."""
    fetch(Path(sys.executable), LAMBDA_LOCK)
    return build_with(Path(sys.executable), index)


@EVERY_PAIR
def test_lambda_package_is_the_same_under_every_pip(
    minor: str, pip: str, index: PackageIndex, folder: Path, package_hash: str
) -> None:
    python = make_environment(folder / "venv", python_of(minor), pip)
    assert build_with(python, index) == package_hash


# What a person's machine may have set; each made pip install elsewhere, nothing, or refuse.
SETTINGS = [
    "PIP_ROOT",
    "PIP_DRY_RUN",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_CONSTRAINT",
]


def set_by_a_person(folder: Path) -> dict[str, str]:
    """All these settings at once."""
    constraint = folder / "constraint.txt"
    constraint.write_text("urllib3<1\nhas-no-extra<1\n")
    values = {name: str(folder / name) for name in SETTINGS[:4]}
    return {
        **values,
        "PIP_DRY_RUN": "1",
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_CONSTRAINT": str(constraint),
    }


def test_settings_of_the_machine_change_nothing_in_the_package(
    index: PackageIndex, folder: Path, package_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.pips.KEPT_SETTINGS", set_by_a_person(folder))
    assert build_with(Path(sys.executable), index) == package_hash


@pytest.mark.usefixtures("package_hash")  # it fetches the wheels
def test_no_package_is_built_when_pip_puts_its_requirements_elsewhere(
    index: PackageIndex, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configuration = folder / "pip.conf"
    configuration.write_text(f"[install]\nroot = {folder / 'elsewhere'}\n")
    monkeypatch.setattr("support.pips.KEPT_SETTINGS", {"PIP_CONFIG_FILE": str(configuration)})
    with pytest.raises(subprocess.CalledProcessError):
        build_with(Path(sys.executable), index)
    assert "build_package: pip did not install attrs" in capfd.readouterr().err


@pytest.mark.parametrize("settings", [{"PIP_CONFIG_FILE": "[global]\ntarget = {folder}\n"}])
def test_packages_that_pip_put_elsewhere_are_missed(
    settings: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    filename, wheel = make_wheel("has-no-extra", "1", [])
    lock = folder / "lock.txt"
    lock.write_text(f"has-no-extra==1 --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n")
    python = make_environment(folder / "venv", Path(sys.executable), None)
    with PackageIndex(folder, newer=["has-no-extra"]) as index:
        index.add(filename, wheel)
        monkeypatch.setattr("support.pips.KEPT_SETTINGS", set_by_a_person(folder))
        install_with(python, lock, index)
        assert installed(python)["has-no-extra"] == "1"
        configuration = folder / "pip.conf"
        configuration.write_text(settings["PIP_CONFIG_FILE"].format(folder=folder / "elsewhere"))
        monkeypatch.setattr("support.pips.KEPT_SETTINGS", {"PIP_CONFIG_FILE": str(configuration)})
        other = make_environment(folder / "other", Path(sys.executable), None)
        with pytest.raises(subprocess.CalledProcessError):
            install_with(other, lock, index)
    assert "pip did not install has-no-extra 1" in capfd.readouterr().out


@EVERY_LOCK
def test_index_offers_a_newer_release_of_every_package(name: str, index: PackageIndex, folder: Path) -> None:
    names = {one.name for one in requirements(LOCKS[name])}
    report = folder / "report.json"
    options = ["--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report", str(report)]
    command = [sys.executable, "-m", "pip", "install", *options, *sorted(names)]
    subprocess.run(command, env=index_environment(index.url), check=True)
    assert reported(report) == dict.fromkeys(names, NEWER_VERSION)


# Shows that this suite can fail, whatever packages the locks name.
def test_pip_23_2_fails_on_an_extra_when_it_resolves(folder: Path) -> None:
    wheels = [
        make_wheel("uses-extra", "1", ["Requires-Dist: has-extra[more]"]),
        make_wheel("has-extra", "1", ["Provides-Extra: more"]),
    ]
    lock = folder / "lock.txt"
    lock.write_text(
        "".join(
            f"{filename.split('-')[0]}==1 --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n"
            for filename, wheel in wheels
        )
    )
    python = make_environment(folder / "venv", find_python("3.11") or python_of("3.12"), "23.2.1")
    with PackageIndex(folder, newer=["uses-extra", "has-extra"]) as index:
        for filename, wheel in wheels:
            index.add(filename, wheel)
        resolving = [option for option in install_lock.OPTIONS if option != "--no-deps"]
        command = [str(python), "-m", "pip", "install", *resolving, "--requirement", str(lock)]
        refused = subprocess.run(command, env=index_environment(index.url), capture_output=True, text=True, check=False)
        assert "has-extra[more]" in refused.stderr
        assert installed(python) == {}
        install_with(python, lock, index)
    assert installed(python) == {"uses-extra": "1", "has-extra": "1"}
