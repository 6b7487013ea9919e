"""Install the jars of one engine: `python -m support.install_engine 2.19`."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.engines import ENGINES, Engine

# A registry that does not answer for a moment must not fail a run of an hour.
_PAUSES = (0, 10, 60)
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def install(engine: Engine) -> None:
    """Copy the jars of an engine, and all they need, into its folder.

    Args:
        engine: the engine.

    Raises:
        RuntimeError: Maven failed each time; it printed why.
    """
    shutil.rmtree(engine.jars, ignore_errors=True)
    engine.folder.mkdir(parents=True, exist_ok=True)
    pom = engine.folder / "pom.xml"
    pom.write_text(_pom(engine))
    for pause in _PAUSES:
        time.sleep(pause)
        if _copy(pom, engine.jars):
            return
    raise RuntimeError(f"the jars of engine {engine.version} were not installed; Maven says why above")


def _copy(pom: Path, jars: Path) -> bool:
    options = ["--batch-mode", "--quiet", "-Dstyle.color=never"]
    goal = [_PLUGIN, "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    return not subprocess.run(["mvn", *options, "-f", str(pom), *goal], check=False).returncode


def _pom(engine: Engine) -> str:
    dependencies = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
            *artifact.split(":")
        )
        for artifact in engine.artifacts
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>opensearch-reindex</groupId>"
        f"<artifactId>node</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


if __name__ == "__main__":
    install(ENGINES[sys.argv[1]])
