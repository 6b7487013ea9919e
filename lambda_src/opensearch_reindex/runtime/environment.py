"""Read the environment variables of the functions; no other module reads any."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """Hold what the Terraform module sets for every function.

    Attributes:
        allowed_endpoints: `host` or `host:port`; if empty, the endpoints that AWS gives the domains.
        ca_certificates: PEM of private authorities to trust in addition to the public ones; may be empty.
        domain_arns: OpenSearch Service domains of this deployment.
        poll_interval_seconds: longest pause between two polls of a reindex task.
        region: AWS region of the functions.
        stall_timeout_seconds: how long a copy, or the building of its shards, may make no progress.
        allow_untested_engines: whether to run on major versions that this version was not tested with.
    """

    allowed_endpoints: tuple[str, ...]
    ca_certificates: str
    domain_arns: tuple[str, ...]
    poll_interval_seconds: int
    region: str
    stall_timeout_seconds: int
    allow_untested_engines: bool = False

    @classmethod
    def read(cls) -> "Environment":
        """Read the environment of the process.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(
            allowed_endpoints=_entries("ALLOWED_ENDPOINTS"),
            ca_certificates=os.environ["CA_CERTIFICATES"],
            domain_arns=_entries("DOMAIN_ARNS"),
            poll_interval_seconds=int(os.environ["POLL_INTERVAL_SECONDS"]),
            region=os.environ["AWS_REGION"],
            stall_timeout_seconds=int(os.environ["STALL_TIMEOUT_SECONDS"]),
            allow_untested_engines=os.environ.get("ALLOW_UNTESTED_ENGINES") == "true",
        )


def log_level() -> str:
    """Return `LOG_LEVEL`; the handlers need it before the first event."""
    return os.environ.get("LOG_LEVEL", "INFO")


def _entries(name: str) -> tuple[str, ...]:
    return tuple(entry for entry in os.environ[name].split(",") if entry)
