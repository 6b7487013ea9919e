"""A checkout of the module on a runner of its own, applied to the local AWS."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.ministack import MiniStack
from support.paths import ROOT
from support.terraform import TerraformRoot

MODULE = "module.opensearch_reindex"
SAVED_PLAN = "saved.tfplan"
_PROJECT = "packaging"
_ROOTS = "tests/stack/roots"
_VARIABLES = "local_aws.auto.tfvars.json"


class Checkout(TerraformRoot):
    """A copy of `roots/packaging` with module and sources, and the state beside it."""

    @classmethod
    def make(cls, work_dir: Path, ministack: MiniStack, bucket: str) -> "Checkout":
        """Copy all of it into a folder, and run `terraform init`.

        Args:
            work_dir: the folder.
            ministack: the account it is applied to.
            bucket: name of a bucket that exists.
        """
        variables = {"bucket_name": bucket, "environment": "dev"}
        checkout = cls.copy_of_example(_PROJECT, work_dir, ministack, variables, _ROOTS)
        checkout.init()
        return checkout

    def moved_to(self, work_dir: Path) -> "Checkout":
        """Move the checkout to another folder, with the plan that was saved in it."""
        shutil.move(self.work_dir, work_dir)
        return Checkout(work_dir / _ROOTS / _PROJECT, work_dir, self._environment)

    def second_root(self, environment: str) -> "Checkout":
        """Add a root with a state of its own that uses the same copy of the module.

        Args:
            environment: of its names.
        """
        path = self.path.with_name(environment)
        shutil.copytree(self.path, path, symlinks=True, ignore=shutil.ignore_patterns("*.tfstate*"))
        second = Checkout(path, self.work_dir, self._environment)
        second.set(environment=environment)
        return second

    @property
    def variables(self) -> dict[str, Any]:
        """Values of the root's input variables."""
        values: dict[str, Any] = json.loads((self.path / _VARIABLES).read_text())
        return values

    def set(self, **variables: Any) -> None:
        """Give input variables other values."""
        (self.path / _VARIABLES).write_text(json.dumps({**self.variables, **variables}))

    @property
    def environment(self) -> str:
        """Second part of every name."""
        return str(self.variables["environment"])

    @property
    def builds(self) -> list[Path]:
        """What the runner built, and has not lost."""
        return sorted((self.work_dir / "modules/opensearch-reindex/.build").glob("*"))

    def lose_builds(self) -> None:
        """Become a clean runner."""
        shutil.rmtree(self.work_dir / "modules/opensearch-reindex/.build", ignore_errors=True)

    def change_source(self, comment: str) -> None:
        """Change a source file of the functions.

        Args:
            comment: what is added to it.
        """
        with (self.work_dir / "lambda_src" / "handlers.py").open("a") as source:
            source.write(f"\n# {comment}\n")

    def plan(self, warns: bool = False) -> str:
        """Save a plan, and return what Terraform printed. Raises TerraformError.

        Args:
            warns: whether Terraform may print warnings.
        """
        return self._run("plan", f"-out={SAVED_PLAN}", warns=warns).stdout

    def apply_plan(self, warns: bool = False) -> str:
        """Apply the saved plan, and return Terraform's output. Raises TerraformError.

        Args:
            warns: whether Terraform may print warnings.
        """
        return self._run("apply", SAVED_PLAN, warns=warns).stdout

    def apply_now(self, *options: str, warns: bool = False) -> str:
        """Plan and apply, and return what Terraform printed. Raises TerraformError.

        Args:
            options: further options of `terraform apply`.
            warns: whether Terraform may print warnings.
        """
        return self._run("apply", "-auto-approve", *options, warns=warns).stdout

    def forget(self, address: str) -> None:
        """Remove a resource of the module from the state. Raises TerraformError.

        Args:
            address: address in the module.
        """
        self._run("state", "rm", f"{MODULE}.{address}")

    @contextmanager
    def without_python(self, folder: Path) -> Iterator[None]:
        """Let Terraform find a shell on the PATH and nothing else, for the block.

        Args:
            folder: an empty one.
        """
        (folder / "sh").symlink_to("/bin/sh")
        before = self._environment["PATH"]
        self._environment["PATH"] = str(folder)
        try:
            yield
        finally:
            self._environment["PATH"] = before


def changes(printed: str) -> dict[str, str]:
    """Return the planned actions, such as `updated`, by the address in the module.

    Args:
        printed: output of `terraform plan`, or of `terraform apply` without a saved plan.
    """
    found = re.findall(rf"^  # {re.escape(MODULE)}\.(\S+) .*?\b(?:will|must) be (\w+)", printed, re.MULTILINE)
    return dict(found)


class Account:
    """What a checkout has deployed, as AWS tells it."""

    def __init__(self, ministack: MiniStack, bucket: str) -> None:
        """Create an empty bucket and observe it.

        Args:
            ministack: the account.
            bucket: name of the new bucket.
        """
        self.functions_client = ministack.client("lambda")
        self._s3 = ministack.client("s3")
        self.bucket = bucket
        self._s3.create_bucket(Bucket=bucket)

    def functions(self, environment: str) -> dict[str, Mapping[str, Any]]:
        """Return the configuration of every function by step.

        Args:
            environment: of the checkout.
        """
        prefix = f"{_PROJECT}-{environment}-"
        pages = self.functions_client.get_paginator("list_functions").paginate()
        found = [function for page in pages for function in page["Functions"]]
        return {
            function["FunctionName"].removeprefix(prefix): function
            for function in found
            if function["FunctionName"].startswith(prefix)
        }

    def code(self, environment: str) -> set[str]:
        """Return all SHA-256 sums of the functions' code, in Base64.

        Args:
            environment: environment of the checkout.
        """
        return {function["CodeSha256"] for function in self.functions(environment).values()}

    def packages(self) -> dict[str, bytes]:
        """Return every package in the buckets that the module created, by bucket and key."""
        buckets = [item["Name"] for item in self._s3.list_buckets()["Buckets"] if "-packages-" in item["Name"]]
        found = [
            (bucket, item["Key"])
            for bucket in buckets
            for item in self._s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        ]
        return {
            f"{bucket}/{key}": self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for bucket, key in found
            if bucket.startswith(_PROJECT)
        }

    def put_package(self, name: str, content: bytes) -> None:
        """Overwrite a package.

        Args:
            name: bucket and key.
            content: new content.
        """
        bucket, _, key = name.partition("/")
        self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    def remove_package(self, name: str) -> None:
        """Delete a package.

        Args:
            name: bucket and key.
        """
        bucket, _, key = name.partition("/")
        self._s3.delete_object(Bucket=bucket, Key=key)

    def make_bucket(self, name: str, versioning: bool) -> None:
        """Create a bucket.

        Args:
            name: name of the bucket.
            versioning: whether the bucket has versioning.
        """
        self._s3.create_bucket(Bucket=name)
        if versioning:
            self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def make_package(package: Path) -> str:
    """Run `make package`, and return what it printed.

    Args:
        package: where to.
    """
    command = ["make", "--no-print-directory", "package", f"PACKAGE={package}", f"PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def sha256(package: bytes) -> str:
    """Return the SHA-256 of a zip in Base64, as Lambda tells it."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode()
