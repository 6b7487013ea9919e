"""A Terraform root that is applied to the local AWS."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from support.ministack import MiniStack
from support.paths import ROOT, unused_run_dir
from support.signed_front import SignedFront
from support.terraform_cli import terraform_environment, terraform_path

# What somebody who used the example, or ran the suites, left in the folders.
_NOT_COPIED = shutil.ignore_patterns(
    ".terraform", ".terraform.lock.hcl", "*.tfstate*", "*.tfvars*", ".build", "__pycache__"
)
_SERVICES = ("events", "iam", "lambda", "logs", "s3", "sfn", "sts")


class TerraformError(RuntimeError):
    """A command of Terraform failed; the message holds what it printed."""


class TerraformRoot:
    """A root configuration in a folder of its own."""

    def __init__(self, path: Path, work_dir: Path, environment: Mapping[str, str]) -> None:
        """Describe the root.

        Args:
            path: folder with the .tf files.
            work_dir: folder that holds this one and all it refers to.
            environment: environment Terraform is run in.
        """
        self.path = path
        self.work_dir = work_dir
        self._environment = dict(environment)

    @classmethod
    def copy_of_example(cls, name: str, work_dir: Path, ministack: MiniStack, variables: Mapping[str, Any]) -> Self:
        """Copy an example and all it refers to, and point its AWS provider at the local AWS.

        Args:
            name: folder below examples/.
            work_dir: where modules/, lambda_src/ and examples/<name> are copied to.
            ministack: the running local AWS.
            variables: values of the example's input variables.
        """
        for part in ("modules", "lambda_src", f"examples/{name}"):
            shutil.copytree(ROOT / part, work_dir / part, ignore=_NOT_COPIED)
        path = work_dir / "examples" / name
        # Terraform merges *_override.tf into the blocks of the same name: the example itself stays as it is.
        (path / "local_aws_override.tf").write_text(_provider_override(ministack.endpoint))
        (path / "local_aws.auto.tfvars.json").write_text(json.dumps(dict(variables), indent=2))
        environment = terraform_environment() | {
            "AWS_ACCESS_KEY_ID": ministack.access_key_id,
            "AWS_SECRET_ACCESS_KEY": ministack.secret_access_key,
            "AWS_CA_BUNDLE": str(ministack.ca_bundle),
        }
        environment.pop("TF_DATA_DIR", None)  # of another folder
        return cls(path, work_dir, environment)

    def init(self) -> None:
        """Run `terraform init`. Raises TerraformError."""
        self._run("init")

    def apply(self) -> None:
        """Run `terraform apply`. Raises TerraformError."""
        self._run("apply", "-auto-approve")

    def plan_is_empty(self) -> bool:
        """Say whether `terraform plan` finds nothing to change. Raises TerraformError if it fails."""
        return self._run("plan", "-detailed-exitcode", accepted=(0, 2)).returncode == 0

    def destroy(self) -> None:
        """Run `terraform destroy`. Raises TerraformError."""
        self._run("destroy", "-auto-approve")

    def outputs(self) -> dict[str, Any]:
        """Return the root's output values by name. Raises TerraformError."""
        printed = self._run("output", "-json").stdout
        return {name: output["value"] for name, output in json.loads(printed).items()}

    def _run(self, command: str, *options: str, accepted: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        argv = [terraform_path(), command, "-no-color", *options]
        if command in ("init", "plan", "apply", "destroy"):
            argv.append("-input=false")
        result = subprocess.run(
            argv,
            cwd=self.path,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode not in accepted:
            printed = result.stdout + result.stderr
            raise TerraformError(f"terraform {command} failed in {self.path}:\n{printed}")
        return result


@contextmanager
def applied_example(ministack: MiniStack, front: SignedFront, **variables: Any) -> Iterator[TerraformRoot]:
    """Apply a copy of examples/basic; the copy goes with the block, what was deployed with the account.

    Args:
        ministack: the running local AWS.
        front: what the Lambda functions may talk to.
        variables: further input variables of the example, or other values.

    Raises:
        TerraformError: with all that Terraform printed.
    """
    work_dir = unused_run_dir("terraform")
    defaults = {
        "domain_arns": [f"arn:aws:es:{ministack.region}:{ministack.account_id}:domain/local"],
        "allowed_endpoints": [front.url.removeprefix("https://")],
        "ca_certificates": front.ca_certificates,
    }
    try:
        root = TerraformRoot.copy_of_example("basic", work_dir, ministack, {**defaults, **variables})
        root.init()
        root.apply()
        yield root
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


def _provider_override(endpoint: str) -> str:
    """Return a provider block that sends every request to one endpoint."""
    endpoints = "\n".join(f'    {service:<6} = "{endpoint}"' for service in _SERVICES)
    return f"""provider "aws" {{
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true

  endpoints {{
{endpoints}
  }}
}}
"""
