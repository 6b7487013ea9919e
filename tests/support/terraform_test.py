"""`terraform test` at the root, mocked and on a local AWS; fails on a warning.

`python -m support.terraform_test [OPTIONS...]`; options such as `-filter=tests/x.tftest.hcl` go to Terraform.
"""

import subprocess
import sys

from support.ministack import MiniStack
from support.paths import CACHE, ROOT
from support.terraform_cli import terraform_environment, terraform_path
from support.terraform_warnings import run_without_warnings


def run_terraform_tests(options: list[str]) -> int:
    """Run the tests and return Terraform's exit status.

    Args:
        options: additional options of `terraform test`.
    """
    environment = terraform_environment() | {"TF_DATA_DIR": str(CACHE / "terraform" / "root")}
    init = subprocess.run(
        [terraform_path(), "init", "-input=false", "-no-color"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if init.returncode != 0:
        print(init.stdout, init.stderr, sep="\n")
        return init.returncode
    with MiniStack() as ministack:
        variables = {
            "local_aws_endpoint": ministack.endpoint,
            "local_access_key": ministack.access_key_id,
            "local_secret_key": ministack.secret_access_key,
        }
        return run_without_warnings(
            ["test", *(f"-var={name}={value}" for name, value in variables.items()), *options],
            environment | {"AWS_CA_BUNDLE": str(ministack.ca_bundle)},
            ROOT,
        )


if __name__ == "__main__":
    sys.exit(run_terraform_tests(sys.argv[1:]))
