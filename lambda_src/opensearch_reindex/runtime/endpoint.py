"""Parse OpenSearch endpoints and decide which ones this deployment may call."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/endpoint-options.html
_AWS_ENDPOINT = re.compile(
    r"(?:search|vpc)-(?P<domain>[a-z][a-z0-9-]{2,27})-[a-z0-9]{10,}\."
    r"(?:(?P<region>[a-z0-9-]+)\.es\.amazonaws\.com(?:\.cn)?|aos\.(?P<dualstack_region>[a-z0-9-]+)\.on\.aws)"
)
# No URL parser reads an endpoint. A URL parser drops line ends and tabs, turns similar letters into ASCII, and accepts
# forms that another parser reads differently. The checked endpoint would not be the called one.
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?/?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Endpoint:
    """Hold the address of a domain.

    Attributes:
        scheme: `https`, or `http` for loopback addresses only.
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
        """Return scheme, host and port in the form that requests are signed for."""
        return f"{self.scheme}://{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Parse `https://host[:port]`.

    Raises:
        ValueError: the text has another form, or names an OpenSearch Serverless collection.
    """
    parts = _URL.fullmatch(text)
    port = int(parts["port"] or _DEFAULT_PORTS[parts["scheme"]]) if parts else 0
    if not parts or port > 65535:
        raise ValueError("is malformed; expected https://host[:port] without user, path, query or fragment")
    host = parts["host"].lower()
    if ".aoss." in host:
        raise ValueError(
            "is an OpenSearch Serverless collection, which has no _reindex; expected an OpenSearch Service domain"
        )
    match = _AWS_ENDPOINT.fullmatch(host)
    region = (match["region"] or match["dualstack_region"]) if match else None
    return Endpoint(parts["scheme"], host, port, region)


def allowed_endpoint(text: str, allowed_endpoints: Sequence[str], domain_arns: Sequence[str]) -> Endpoint:
    """Parse an endpoint and refuse one that this deployment may not call.

    Args:
        text: `opensearch_endpoint` of the trigger file.
        allowed_endpoints: `host` (port 443) or `host:port`; if empty, the endpoints that AWS gives the domains.
        domain_arns: OpenSearch Service domains of this deployment.

    Raises:
        ValueError: the text is no endpoint, or the endpoint is not allowed; the message says why.
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
            return "is not allowed; expected an entry of the module's allowed_endpoints"
        if endpoint.scheme == "http" and not _is_loopback(endpoint.host):
            return "uses plain http; expected https, because plain http is for loopback addresses only"
        return None
    match = _AWS_ENDPOINT.fullmatch(endpoint.host)
    domains = {tuple(arn.split(":")[3:6:2]) for arn in domain_arns}  # (region, domain/name)
    if not match or (endpoint.region, f"domain/{match['domain']}") not in domains:
        return (
            "is not allowed; expected an endpoint of the module's domain_arns, or a custom endpoint that is listed in "
            "allowed_endpoints"
        )
    if (endpoint.scheme, endpoint.port) != ("https", 443):
        return f"uses {endpoint.scheme} on port {endpoint.port}; expected https on port 443"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
