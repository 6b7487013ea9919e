"""The versions of OpenSearch that tests run with the security plugin."""

from dataclasses import dataclass
from pathlib import Path

from support.engines import DEFAULT
from support.paths import CACHE

PLUGIN = "opensearch-security"


@dataclass(frozen=True)
class SecuredEngine:
    """A version of OpenSearch whose security plugin is published.

    Attributes:
        version: such as 2.19; names its folder.
        release: of OpenSearch; the plugin's has `.0` behind it.
        log4j: release of log4j-core, which OpenSearch needs and does not require.
        further: artifacts that the plugin needs and does not bring.
        java: the oldest Java that runs it.
    """

    version: str
    release: str
    log4j: str
    further: tuple[str, ...] = ()
    java: int = 17

    @property
    def folder(self) -> Path:
        """Where `make` installs it."""
        return CACHE / f"opensearch-security-{self.version}"

    @property
    def home(self) -> Path:
        """Its folders lib, modules, plugins and config."""
        return self.folder / "home"


SECURED_ENGINES = {
    engine.version: engine
    for engine in (
        SecuredEngine("2.11", "2.11.1", "2.20.0"),
        SecuredEngine(DEFAULT, "2.19.1", "2.21.0"),
        SecuredEngine("3.4", "3.4.0", "2.21.0", ("org.apache.commons:commons-collections4:4.4",), java=21),
    )
}
