"""Install the jars of one engine: `python -m support.install_engine 2.19`."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
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
    pom.write_text(project("node", engine.artifacts, modules=()))
    target = f"-DoutputDirectory={engine.jars}"
    maven(pom, _PLUGIN, "-DincludeScope=runtime", target, what=f"the jars of engine {engine.version}")


def maven(pom: Path, goal: str, *options: str, what: str) -> None:
    """Run a goal of Maven, three times if need be.

    Args:
        pom: the project.
        goal: `group:artifact:version:goal` of a plugin.
        options: its properties.
        what: is installed, for the error.

    Raises:
        RuntimeError: Maven failed each time; it printed why.
    """
    command = ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", "-f", str(pom), goal, *options]
    for pause in _PAUSES:
        time.sleep(pause)
        if not subprocess.run(command, check=False).returncode:
            return
    raise RuntimeError(f"{what} could not be installed; Maven says why above")


def project(name: str, artifacts: Iterable[str], modules: Iterable[str] | None = None) -> str:
    """Return a project of Maven.

    Args:
        name: of the project.
        artifacts: that it depends on, as `group:artifact:version`.
        modules: folders of projects that are built with it; None for a project that could have classes.
    """
    dependencies = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
            *artifact.split(":")
        )
        for artifact in artifacts
    )
    folders = "".join(f"<module>{module}</module>" for module in modules or ())
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>opensearch-reindex</groupId>"
        f"<artifactId>{name}</artifactId><version>1</version>"
        f"{'' if modules is None else '<packaging>pom</packaging>'}<modules>{folders}</modules>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


if __name__ == "__main__":
    install(ENGINES[sys.argv[1]])
