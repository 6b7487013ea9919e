"""A local AWS: MiniStack, which enforces signatures and policies."""

import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import boto3
import requests
import trustme
from botocore.config import Config

from support.paths import CACHE, unused_run_dir
from support.ports import free_port, start_on_free_ports
from support.processes import ManagedProcess
from support.signatures import AccessKey

# An environment of its own: the Lambda functions run on its interpreter, which must have boto3 alone, like the Lambda
# runtime.
PYTHON = CACHE / "ministack" / "bin" / "python"
_START_SECONDS = 60.0
_CERTIFICATE, _KEY = "server.pem", "server.key"


class MiniStack:
    """An emulated account on a free port; the end of its `with` block removes it."""

    region = "us-east-1"
    account_id = "123456789012"

    def __init__(self, wait_scale: float = 1.0) -> None:
        """Prepare the account; a `with` block starts it.

        Args:
            wait_scale: factor for every Wait state and every retry interval of Step Functions.
        """
        self.run_dir = unused_run_dir("ministack")
        self.ca_bundle = self.run_dir / "authority.pem"
        self.access_key_id = "AKIALOCALSTACKROOT00"
        self.secret_access_key = secrets.token_hex(20)
        self._functions: dict[str, tuple[AccessKey, Mapping[str, str]]] = {}
        self._functions_lock = threading.Lock()
        self._wait_scale = wait_scale
        self._choose_port()

    def _choose_port(self) -> None:
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self._process = ManagedProcess(
            [str(PYTHON), "-m", "ministack"],
            self.run_dir / f"ministack-{self.port}.log",
            env=self._environment(),
            cwd=self.run_dir,
        )

    def _environment(self) -> dict[str, str]:
        # Lambda functions inherit this environment, so it has no variables of the current environment.
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.run_dir),
            "TMPDIR": str(self.run_dir),
            "LANG": "C.UTF-8",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            # TLS like on AWS, so that a bucket policy against plain HTTP has an effect.
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.run_dir / _CERTIFICATE),
            "MINISTACK_SSL_KEY": str(self.run_dir / _KEY),
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            # The key of the account's root, which may do everything; policies restrict roles and users.
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "MINISTACK_ACCOUNT_ID": self.account_id,
            "MINISTACK_REGION": self.region,
            "SFN_WAIT_SCALE": str(self._wait_scale),
            "LAMBDA_EXECUTOR": "local",
            "S3_DATA_DIR": str(self.run_dir / "s3"),
            "STATE_DIR": str(self.run_dir / "state"),
            # It would listen on a fixed port, so that two accounts could not run side by side.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of MiniStack's output."""
        return self._process.tail(lines)

    def client(self, service: str) -> Any:
        """Create a boto3 client of the account's root.

        Args:
            service: name of the service in boto3, such as `s3` or `stepfunctions`.
        """
        # The types of boto3 need a literal name of the service.
        make_client: Callable[..., Any] = boto3.client
        return make_client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            verify=str(self.ca_bundle),
            # {} rather than None: no proxy for the loopback interface.
            config=Config(proxies={}, s3={"addressing_style": "path"}),
        )

    def function_key(self, access_key_id: str) -> AccessKey | None:
        """Return the temporary credentials of a Lambda function, like a service of AWS.

        Args:
            access_key_id: access key id of a signed request.

        Returns:
            The credentials, or None for the access key id of no function.
        """
        key, _ = self._function(access_key_id)
        return key

    def function_name(self, access_key_id: str) -> str:
        """Return the name of the Lambda function with an access key id, or "".

        Args:
            access_key_id: access key id of temporary credentials.
        """
        _, function = self._function(access_key_id)
        return function.get("FunctionName", "")

    def function_role(self, access_key_id: str) -> str:
        """Return the name of the role of the function with an access key id, or "".

        Args:
            access_key_id: access key id of temporary credentials.
        """
        _, function = self._function(access_key_id)
        return function.get("Role", "").rpartition("/")[2]

    def _function(self, access_key_id: str) -> tuple[AccessKey | None, Mapping[str, str]]:
        with self._functions_lock:
            if access_key_id not in self._functions:
                pages = self.client("lambda").get_paginator("list_functions").paginate()
                functions = [function for page in pages for function in page["Functions"]]
                found = [(_key_of(function), function) for function in functions]
                self._functions = {key.access_key_id: (key, function) for key, function in found}
            return self._functions.get(access_key_id, (None, {}))

    def _start(self) -> None:
        if not PYTHON.exists():
            raise RuntimeError("MiniStack is not installed; run `make setup`")
        self.run_dir.mkdir(parents=True)
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(self.ca_bundle)
        server.cert_chain_pems[0].write_to_path(self.run_dir / _CERTIFICATE)
        (self.run_dir / _KEY).touch(mode=0o600)
        server.private_key_pem.write_to_path(self.run_dir / _KEY)
        start_on_free_ports(lambda: self._process.start(self._is_ready, _START_SECONDS), self._choose_port)

    def _is_ready(self) -> bool:
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy for the loopback interface
                return session.get(f"{self.endpoint}/_ministack/ready", timeout=5, verify=str(self.ca_bundle)).ok
        except requests.RequestException:
            return False

    def _remove(self) -> None:
        # A kill ends its Lambda workers too, because nothing of them is needed.
        self._process.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the account and wait until it answers.

        Raises:
            RuntimeError: MiniStack is not installed, or did not start; the message ends with its log.
        """
        try:
            self._start()
        except BaseException:  # also Ctrl-C, because a failed __enter__ calls no __exit__
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()


def _key_of(function: Mapping[str, str]) -> AccessKey:
    """Derive the credentials of a function like MiniStack.

    MiniStack has no API for them, like AWS. See `execution_credentials` in ministack/core/lambda_runtime.py.
    """
    digest = _sha256(f"{function['FunctionArn']}:{function['Role']}")
    return AccessKey(f"ASIA{digest[:16].upper()}", _sha256(f"secret:{digest}"), _sha256(f"token:{digest}"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
