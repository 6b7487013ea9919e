"""A real node with the security plugin, and the role that a test gives a user."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trustme
from cryptography.hazmat.primitives import serialization

from support.domain import Domain
from support.engines import DEFAULT
from support.java import find_java, launcher_classes
from support.opensearch_node import OpenSearchNode
from support.secured_engines import SECURED_ENGINES

# As the plugin's own list of users has it; the node listens on the loopback interface only.
_ADMINISTRATOR = "admin:admin"
_NODE_NAME = "node-0"
_ROLE = USER = "rebuilder"
# The plugin demands digits, both cases and a sign.
_PASSWORD = "Loopback-Only-1"  # noqa: S105 - of a node that the test starts and removes
_API = "_plugins/_security/api"
_CERTIFICATES = "plugins.security.ssl.transport"


class SecuredNode(OpenSearchNode):
    """A node that knows users; `url` has the name and password of its administrator.

    It takes requests without TLS, because the `front` stands before it. Nodes talk to each other with TLS, which the
    plugin demands.

    Attributes:
        version: key of the engine in `support.secured_engines`.
    """

    def __init__(self, heap: str = "768m", settings: Mapping[str, str] | None = None, version: str = DEFAULT) -> None:
        """Describe the node; the block starts it.

        Args:
            heap: size of the Java heap, as -Xmx takes it.
            settings: further settings of the node, as in opensearch.yml.
            version: key of the engine in `support.secured_engines`.
        """
        self._secured = SECURED_ENGINES[version]
        self.version = version
        super().__init__(heap, settings=settings)

    @property
    def role_url(self) -> str:
        """The node's URL with name and password of the user that has the role."""
        return f"http://{USER}:{_PASSWORD}@127.0.0.1:{self.port}"

    def give_role(self, role: Mapping[str, Any]) -> None:
        """Replace the only role of the user.

        Args:
            role: body of the request that creates a role.
        """
        domain = Domain(self.url)
        domain("PUT", f"{_API}/roles/{_ROLE}", role)
        domain("PUT", f"{_API}/internalusers/{USER}", {"password": _PASSWORD})
        domain("PUT", f"{_API}/rolesmapping/{_ROLE}", {"users": [USER]})

    def _choose_ports(self) -> None:
        super()._choose_ports()
        self.url = f"http://{_ADMINISTRATOR}@127.0.0.1:{self.port}"

    def _write_certificates(self, folder: Path) -> None:
        authority = trustme.CA(key_type=trustme.KeyType.RSA)
        issued = authority.issue_cert(
            "127.0.0.1",
            common_name=_NODE_NAME,
            organization_name="tests",
            organization_unit_name="tests",
            key_type=trustme.KeyType.RSA,
        )
        authority.cert_pem.write_to_path(folder / "ca.pem")
        issued.cert_chain_pems[0].write_to_path(folder / "node.pem")
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "node-key.pem").write_bytes(encoded)

    def _command(self) -> list[str]:
        engine = self._secured
        java = find_java(engine.java)
        if not engine.home.is_dir() or java is None:
            raise RuntimeError(
                f"a node of {engine.version} with the security plugin needs `java` ({engine.java} or newer) and its "
                "home: run `make secured`"
            )
        config = self.run_dir / "config"
        shutil.rmtree(config, ignore_errors=True)
        shutil.copytree(engine.home / "config", config)
        self._write_certificates(config)
        lines = [f"{name}: {value}" for name, value in self._configuration().items()]
        (config / "opensearch.yml").write_text("\n".join(lines))
        return [
            java,
            f"-Xms{self._heap}",
            f"-Xmx{self._heap}",
            "-cp",
            f"{engine.home}/lib/*:{launcher_classes()}",
            "HomeLauncher",
            str(engine.home),
            str(config),
            _NODE_NAME,
        ]

    def _configuration(self) -> dict[str, str]:
        ((http_port, transport_port),) = self._ports
        return {
            "cluster.name": self.cluster_name,
            "node.name": _NODE_NAME,
            "network.host": "127.0.0.1",
            "http.port": str(http_port),
            "transport.port": str(transport_port),
            "discovery.type": "single-node",
            "path.data": str(self.run_dir / "data"),
            "path.logs": str(self.run_dir / "logs"),
            # A laptop's disk is often more than 95 % full, at which indices would become read-only.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            f"{_CERTIFICATES}.pemcert_filepath": "node.pem",
            f"{_CERTIFICATES}.pemkey_filepath": "node-key.pem",
            f"{_CERTIFICATES}.pemtrustedcas_filepath": "ca.pem",
            f"{_CERTIFICATES}.enforce_hostname_verification": "false",
            "plugins.security.ssl.http.enabled": "false",
            "plugins.security.allow_default_init_securityindex": "true",
            "plugins.security.nodes_dn": f'["CN={_NODE_NAME},OU=tests,O=tests"]',
            "plugins.security.restapi.roles_enabled": '["all_access"]',
            "plugins.security.audit.type": "noop",
            **self.settings,
        }
