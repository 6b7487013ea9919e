"""Terraform roots that are applied to the local AWS."""

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
from support.terraform_warnings import warnings_in

# Files that a user of the example, or a suite, left in the folders.
_NOT_COPIED = shutil.ignore_patterns(
    ".terraform", ".terraform.lock.hcl", "*.tfstate*", "*.tfvars*", ".build", "__pycache__"
)
_SERVICES = (
    *("cloudwatch", "ec2", "events", "iam", "kms", "lambda", "logs", "opensearch", "s3", "sfn", "sns", "sqs", "sts"),
)
# Arguments that MiniStack accepts and does not return, so that every plan would change them: resources by folder.
_NOT_RETURNED = {
    "modules/opensearch-reindex": {
        "aws_sfn_state_machine.index": ["tracing_configuration"],
        "aws_sfn_state_machine.notification": ["tracing_configuration"],
        "aws_sfn_state_machine.reindex": ["tracing_configuration"],
        "aws_vpc_security_group_egress_rule.lambda": ["description", "prefix_list_id"],
    },
    "examples/vpc": {"aws_vpc_endpoint.states": ["private_dns_enabled", "security_group_ids"]},
}


class TerraformError(RuntimeError):
    """Error of a Terraform command; the message has its output."""


class TerraformRoot:
    """A root configuration in a folder of its own."""

    def __init__(self, path: Path, work_dir: Path, environment: Mapping[str, str]) -> None:
        """Name the folders.

        Args:
            path: folder of the .tf files.
            work_dir: folder with copies of everything that the root refers to.
            environment: environment of Terraform.
        """
        self.path = path
        self.work_dir = work_dir
        self._environment = dict(environment)

    @classmethod
    def copy_of_example(
        cls, name: str, work_dir: Path, ministack: MiniStack, variables: Mapping[str, Any], parent: str = "examples"
    ) -> Self:
        """Copy an example, and point its AWS provider to the local AWS.

        Args:
            name: folder below examples/.
            work_dir: folder for the copies of modules/, lambda_src/ and examples/<name>.
            ministack: the running local AWS.
            variables: values of the example's input variables.
            parent: parent folder of another configuration than an example.
        """
        for part in ("modules", "lambda_src", f"{parent}/{name}"):
            shutil.copytree(ROOT / part, work_dir / part, ignore=_NOT_COPIED)
        path = work_dir / parent / name
        # Terraform merges *_override.tf into blocks of the same name, so the example itself stays unchanged.
        (path / "local_aws_override.tf").write_text(_provider_override(ministack.endpoint))
        for folder, resources in _NOT_RETURNED.items():
            if (work_dir / folder).is_dir():
                text = "".join(_ignore_changes(*item) for item in resources.items())
                (work_dir / folder / "not_returned_override.tf").write_text(text)
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

    def validate(self) -> str:
        """Run `terraform validate`, and return its output. Raises TerraformError."""
        return self._run("validate").stdout

    def test(self) -> str:
        """Run `terraform test`, and return its output. Raises TerraformError."""
        return self._run("test").stdout

    def apply(self, *targets: str) -> None:
        """Run `terraform apply`.

        Args:
            targets: addresses of resources; none for all resources.

        Raises:
            TerraformError: Terraform failed; the message is its output.
        """
        self._run("apply", "-auto-approve", *(f"-target={target}" for target in targets))

    def plan_is_empty(self) -> bool:
        """Return whether `terraform plan` finds no change. Raises TerraformError."""
        return self._run("plan", "-detailed-exitcode", accepted=(0, 2)).returncode == 0

    def destroy(self, *targets: str) -> None:
        """Run `terraform destroy`.

        Args:
            targets: addresses of resources; none for all resources.

        Raises:
            TerraformError: Terraform failed; the message is its output.
        """
        self._run("destroy", "-auto-approve", *(f"-target={target}" for target in targets))

    def outputs(self) -> dict[str, Any]:
        """Return the root's output values by name. Raises TerraformError."""
        printed = self._run("output", "-json").stdout
        return {name: output["value"] for name, output in json.loads(printed).items()}

    def _run(
        self, command: str, *options: str, accepted: tuple[int, ...] = (0,), warns: bool = False
    ) -> subprocess.CompletedProcess[str]:
        argv = [terraform_path(), command]
        if command != "state":  # has subcommands before their options
            argv.append("-no-color")
        if command in ("init", "plan", "apply", "destroy"):
            argv.append("-input=false")
        argv += options  # the last one can be a file
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
        warns = warns or command == "init"  # about a mirror of providers
        if warnings_in(result.stdout + result.stderr) and not warns:
            raise TerraformError(f"terraform {command} warns in {self.path}:\n{result.stdout}{result.stderr}")
        return result


@contextmanager
def example(ministack: MiniStack, name: str, **variables: Any) -> Iterator[TerraformRoot]:
    """Give a copy of an example after `terraform init`; the block's end removes it.

    Args:
        ministack: the running local AWS.
        name: folder below examples/.
        variables: input variables of the example.

    Raises:
        TerraformError: Terraform failed; the message is its output.
    """
    work_dir = unused_run_dir("terraform")
    try:
        root = TerraformRoot.copy_of_example(name, work_dir, ministack, variables)
        root.init()
        yield root
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


@contextmanager
def applied_example(
    ministack: MiniStack, front: SignedFront, name: str = "basic", **variables: Any
) -> Iterator[TerraformRoot]:
    """Apply a copy of an example for the node behind the front.

    Args:
        ministack: the running local AWS.
        front: the Lambda functions' endpoint of the node.
        name: folder below examples/ with the variables `allowed_endpoints` and `ca_certificates`.
        variables: additional or different input variables of the example.

    Raises:
        TerraformError: Terraform failed; the message is its output.
    """
    defaults = {
        "domain_arns": [domain_arn(ministack)],
        "allowed_endpoints": [front.url.removeprefix("https://")],
        "ca_certificates": front.ca_certificates,
    }
    with example(ministack, name, **(defaults | variables)) as root:
        root.apply()
        yield root


def domain_arn(ministack: MiniStack, name: str = "local") -> str:
    """Return the ARN of a domain in the local AWS, which need not exist.

    Args:
        ministack: the account.
        name: name of the domain.
    """
    return f"arn:aws:es:{ministack.region}:{ministack.account_id}:domain/{name}"


def _provider_override(endpoint: str) -> str:
    """Return a provider block that sends every request to one endpoint."""
    endpoints = "\n".join(f'    {service:<10} = "{endpoint}"' for service in _SERVICES)
    return f"""provider "aws" {{
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true

  endpoints {{
{endpoints}
  }}
}}
"""


def _ignore_changes(address: str, arguments: list[str]) -> str:
    """Return a block that ignores later changes of a resource's arguments."""
    kind, _, name = address.partition(".")
    return f"""resource "{kind}" "{name}" {{
  lifecycle {{
    ignore_changes = [{", ".join(arguments)}]
  }}
}}
"""
