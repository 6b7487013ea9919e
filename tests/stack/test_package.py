import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from stack.deployment import Deployment
from stack.packaging import make_package, sha256
from support.paths import ROOT

BUILDER = ROOT / "modules" / "opensearch-reindex" / "build_package.py"
MAX_BYTES = 2 * 1024 * 1024


def build(deployment: Deployment, folder: Path) -> Path:
    """Build the package from a copy of the sources with other paths and times."""
    sources = folder / "lambda_src"
    shutil.copytree(deployment.root.work_dir / "lambda_src", sources, copy_function=shutil.copyfile)
    patterns = ("handlers.py", "requirements.txt", "opensearch_reindex/**/*.json", "opensearch_reindex/**/*.py")
    names = sorted(str(path.relative_to(sources)) for pattern in patterns for path in sources.glob(pattern))
    package = folder / "package.zip"
    arguments = ["--runtime", "python3.11", "--source-dir", str(sources), "--output", str(package), *names]
    subprocess.run([sys.executable, str(BUILDER), *arguments], check=True)
    return package


def test_every_build_gives_the_same_bytes(deployment: Deployment, tmp_path: Path) -> None:
    packages = [deployment.package, build(deployment, tmp_path / "here"), build(deployment, tmp_path / "there")]
    assert len({hashlib.sha256(package.read_bytes()).hexdigest() for package in packages}) == 1


def test_make_builds_the_package_that_terraform_builds_and_tells_its_hash(
    deployment: Deployment, tmp_path: Path
) -> None:
    package = tmp_path / "package.zip"
    printed = make_package(package)
    assert package.read_bytes() == deployment.package.read_bytes()
    assert printed.split()[0] == str(package)
    assert printed.split()[-1] == sha256(package.read_bytes())


def test_the_package_is_below_2_mb(deployment: Deployment) -> None:
    assert deployment.package.stat().st_size < MAX_BYTES


def test_the_package_is_pure_python(deployment: Deployment) -> None:
    with zipfile.ZipFile(deployment.package) as package:
        names = package.namelist()
    suffixes = {Path(name).suffix for name in names}
    assert "handlers.py" in names
    assert not suffixes & {".so", ".pyd", ".dylib", ".dll", ".pyc"}


def test_the_package_brings_nothing_that_the_lambda_runtime_has(deployment: Deployment) -> None:
    with zipfile.ZipFile(deployment.package) as package:
        top_level = {name.partition("/")[0] for name in package.namelist()}
    assert not top_level & {"boto3", "botocore", "s3transfer", "jmespath"}
