import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.locks import ALL_LOCKS, requirements
from support.package_index import PackageIndex
from support.paths import unused_run_dir
from support.pips import PYTHONS, WHEELS, find_python


def pytest_report_header() -> list[str]:
    return [f"Python {minor}: {find_python(minor) or 'MISSING'}" for minor in PYTHONS]


@pytest.fixture(scope="session", autouse=True)
def no_compiled_files() -> Iterator[None]:
    """Keep compiled files out of .cache/pycache: each run would add more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for environments, deleted after the test: one takes 300 MB."""
    path = unused_run_dir("install")
    path.mkdir(parents=True)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def index() -> Iterator[PackageIndex]:
    """An index with the locked wheels and a newer release of every package."""
    names = {one.name for lock in ALL_LOCKS for one in requirements(lock)}
    with PackageIndex(WHEELS, newer=names) as running:
        yield running
