"""Install OpenSearch with its plugin: `python -m support.install_home 2.19`.

A runner has everything on one class path, where the plugin's libraries would meet other versions of themselves. So this
makes a home as a distribution has it: `lib`, a folder for each module and plugin, and `config`.
"""

import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from support.install_engine import maven, project
from support.secured_engines import PLUGIN, SECURED_ENGINES, SecuredEngine

_GROUP = "org.opensearch.plugin"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_UNPACK = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack"
_PAINLESS = "lang-painless"
# The modules that a rebuild needs, by artifact; the value is the module that one extends.
_MODULES: Mapping[str, str] = {
    "transport-netty4-client": "",
    "reindex-client": "",
    _PAINLESS: "",
    "ingest-common": _PAINLESS,
    "analysis-common": _PAINLESS,
    "mapper-extras-client": "",
}
_DESCRIPTOR = "plugin-descriptor.properties"
# The plugin gives every user the role `own_index`, with which each may copy and write. On AWS it is mapped to no user.
_OWN_INDEX = re.compile(r"^own_index:\n(?: .*\n)+", re.MULTILINE)
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


def install(engine: SecuredEngine) -> None:
    """Make the home of an engine in its folder.

    Args:
        engine: the engine.

    Raises:
        RuntimeError: Maven failed each time; it printed why.
    """
    shutil.rmtree(engine.folder, ignore_errors=True)
    build = engine.folder / "build"
    _fetch(engine, build)
    lib = engine.home / "lib"
    shutil.copytree(build / "core" / "jars", lib)
    for artifact, extended in _MODULES.items():
        inherited = [lib, *([engine.home / "modules" / extended] if extended else [])]
        _make_module(engine, build / artifact / "jars", artifact, extended, inherited)
    _make_plugin(engine, build)
    (engine.home / "config" / "log4j2.properties").write_text(_LOGGING)
    shutil.rmtree(build)


def _fetch(engine: SecuredEngine, build: Path) -> None:
    """Copy the jars of the core and of each module into folders of their own."""
    core = [
        f"org.opensearch:opensearch:{engine.release}",
        f"org.opensearch:opensearch-plugin-classloader:{engine.release}",
        f"org.apache.logging.log4j:log4j-core:{engine.log4j}",
        "org.locationtech.spatial4j:spatial4j:0.7",
        "org.locationtech.jts:jts-core:1.15.0",
    ]
    parts: dict[str, Iterable[str]] = {
        "core": core,
        "further": engine.further,
        **{artifact: [f"{_GROUP}:{artifact}:{engine.release}"] for artifact in _MODULES},
    }
    for part, artifacts in parts.items():
        folder = build / part
        folder.mkdir(parents=True)
        (folder / "pom.xml").write_text(project(part, artifacts))
    pom = build / "pom.xml"
    pom.write_text(project("home", (), modules=parts))
    what = f"OpenSearch {engine.version} with {PLUGIN}"
    maven(pom, _COPY, "-DincludeScope=runtime", "-DoutputDirectory=${project.basedir}/jars", what=what)
    plugin = f"-Dartifact={_GROUP}:{PLUGIN}:{engine.release}.0:zip"
    maven(build / "core" / "pom.xml", _UNPACK, plugin, f"-DoutputDirectory={build / PLUGIN}", what=what)


def _make_module(engine: SecuredEngine, jars: Path, artifact: str, extended: str, inherited: Iterable[Path]) -> None:
    """Copy what a module alone has, and describe it as the published jar does not."""
    there = {_name(jar) for folder in inherited for jar in folder.glob("*.jar")}
    name = artifact.removesuffix("-client")
    folder = engine.home / "modules" / name
    folder.mkdir(parents=True)
    for jar in jars.glob("*.jar"):
        if _name(jar) not in there:
            shutil.copy(jar, folder)
    with zipfile.ZipFile(folder / f"{artifact}-{engine.release}.jar") as jar_file:
        classes = [entry[:-6].replace("/", ".") for entry in jar_file.namelist() if entry.endswith("Plugin.class")]
    (main_class,) = [each for each in classes if each.endswith("ModulePlugin")] or classes
    description = {
        "name": name,
        "description": name,
        "version": engine.release,
        "opensearch.version": engine.release,
        "java.version": "1.8",
        "classname": main_class,
        "extended.plugins": extended,
        "has.native.controller": "false",
    }
    (folder / _DESCRIPTOR).write_text("".join(f"{key}={value}\n" for key, value in description.items()))


def _make_plugin(engine: SecuredEngine, build: Path) -> None:
    """Install the unpacked plugin as `opensearch-plugin install` does."""
    folder, config = engine.home / "plugins" / PLUGIN, engine.home / "config" / PLUGIN
    shutil.copytree(build / PLUGIN, folder)
    config.parent.mkdir(parents=True)
    (folder / "config").rename(config)
    if engine.further:
        shutil.copytree(build / "further" / "jars", folder, dirs_exist_ok=True)
    # It extends modules that are not published, for features that no test needs.
    descriptor = folder / _DESCRIPTOR
    descriptor.write_text(re.sub(r"(?m)^extended\.plugins=.*$", "extended.plugins=", descriptor.read_text()))
    mapping = config / "roles_mapping.yml"
    mapping.write_text(_OWN_INDEX.sub("", mapping.read_text()))


def _name(jar: Path) -> str:
    """Return the name of a jar without its release."""
    return re.sub(r"-\d[\w.-]*$", "", jar.stem)


if __name__ == "__main__":
    install(SECURED_ENGINES[sys.argv[1]])
