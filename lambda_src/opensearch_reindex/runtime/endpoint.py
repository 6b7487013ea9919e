"""Which OpenSearch endpoints this deployment may talk to. No I/O."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/endpoint-options.html
_AWS_ENDPOINT = re.compile(
    r"(?:search|vpc)-(?P<domain>[a-z][a-z0-9-]{2,27})-[a-z0-9]{10,}\."
    r"(?:(?P<region>[a-z0-9-]+)\.es\.amazonaws\.com(?:\.cn)?|aos\.(?P<dualstack_region>[a-z0-9-]+)\.on\.aws)"
)
# Read with this alone. A parser of URLs drops line ends and tabs, makes ASCII of letters that look like it, and knows
# more forms than the next parser does: what was checked would not be what is asked.
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?/?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Endpoint:
    """The address of a domain.

    Attributes:
        scheme: `https`, or `http` on loopback alone.
        host: name or address, lower case.
        port: TCP port.
        region: AWS region in the name of an AWS endpoint, else None.
    """

    scheme: str
    host: str
    port: int
    region: str | None

    @property
    def url(self) -> str:
        """Scheme, host and port, in the one form that requests are signed for."""
        return f"{self.scheme}://{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Read `https://host[:port]`.

    Raises:
        ValueError: the text is anything else, or an OpenSearch Serverless collection.
    """
    parts = _URL.fullmatch(text)
    port = int(parts["port"] or _DEFAULT_PORTS[parts["scheme"]]) if parts else 0
    if not parts or port > 65535:
        raise ValueError("must be https://host[:port], with no user, path, query or fragment")
    host = parts["host"].lower()
    if ".aoss." in host:
        raise ValueError("is OpenSearch Serverless, which has no _reindex; only OpenSearch Service domains can be used")
    match = _AWS_ENDPOINT.fullmatch(host)
    region = (match["region"] or match["dualstack_region"]) if match else None
    return Endpoint(parts["scheme"], host, port, region)


def allowed_endpoint(text: str, allowed_endpoints: Sequence[str], domain_arns: Sequence[str]) -> Endpoint:
    """Read an endpoint and make sure that this deployment may send signed requests there.

    Args:
        text: `opensearch_endpoint` of the trigger file.
        allowed_endpoints: `host` (port 443) or `host:port`; empty: the endpoints AWS gives the domains.
        domain_arns: the domains this deployment is for.

    Raises:
        ValueError: it is no endpoint, or not an allowed one; the message says why.
    """
    endpoint = parse_endpoint(text)
    problem = _problem(endpoint, allowed_endpoints, domain_arns)
    if problem:
        raise ValueError(f"{text!r} {problem}")
    return endpoint


def _problem(endpoint: Endpoint, allowed_endpoints: Sequence[str], domain_arns: Sequence[str]) -> str | None:
    if allowed_endpoints:
        listed = {entry if ":" in entry else f"{entry}:443" for entry in allowed_endpoints}
        if f"{endpoint.host}:{endpoint.port}" not in listed:
            return "is not one of the module's allowed_endpoints"
        if endpoint.scheme == "http" and not _is_loopback(endpoint.host):
            return "must use https; plain http is for loopback addresses alone"
        return None
    match = _AWS_ENDPOINT.fullmatch(endpoint.host)
    domains = {tuple(arn.split(":")[3:6:2]) for arn in domain_arns}  # (region, domain/name)
    if not match or (endpoint.region, f"domain/{match['domain']}") not in domains:
        return "is not an endpoint of the module's domain_arns (list a custom endpoint in allowed_endpoints)"
    if (endpoint.scheme, endpoint.port) != ("https", 443):
        return "must be reached with https on port 443"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
