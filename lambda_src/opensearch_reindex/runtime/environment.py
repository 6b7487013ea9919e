"""The environment variables of the Lambda functions, typed."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """What the Terraform module sets for every function.

    Attributes:
        allowed_endpoints: `host` or `host:port`; empty: the endpoints AWS gives the domains.
        ca_certificates: PEM of private authorities to trust beside the public ones; may be empty.
        domain_arns: the OpenSearch Service domains this deployment is for.
        poll_interval_seconds: longest pause between two looks at a reindex task.
        region: AWS region of the functions.
        stall_timeout_seconds: how long a copy, or the building of its shards, may stay without progress.
    """

    allowed_endpoints: tuple[str, ...]
    ca_certificates: str
    domain_arns: tuple[str, ...]
    poll_interval_seconds: int
    region: str
    stall_timeout_seconds: int

    @classmethod
    def read(cls) -> "Environment":
        """Read the process's environment.

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
        )


def _entries(name: str) -> tuple[str, ...]:
    return tuple(entry for entry in os.environ[name].split(",") if entry)
