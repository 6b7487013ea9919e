"""Terraform's command line, with an environment that works on any machine.

`python -m support.terraform_cli ARGUMENTS...` is `terraform ARGUMENTS...` in that environment.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from support.paths import CACHE

# Terraform itself searches unpacked providers below the two `share` folders and in hidden folders of the home folder.
# An offline machine often has its mirror elsewhere, below /opt or in a visible folder of the home folder.
_MIRROR_PARENTS = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"), Path.home())
_MIRROR_DEPTH = 3
_USERS_OWN = ("AWS_", "TF_CLI_", "TF_VAR_", "TF_WORKSPACE")


def terraform_path() -> str:
    """Return the path of the `terraform` program. Raises RuntimeError without one."""
    path = shutil.which("terraform")
    if path is None:
        raise RuntimeError("`terraform` is not on the PATH; install Terraform 1.9 or newer")
    return path


def terraform_environment() -> dict[str, str]:
    """Return the environment of Terraform, without the user's AWS account and inputs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_USERS_OWN)}
    environment["TF_IN_AUTOMATION"] = "1"
    environment["CHECKPOINT_DISABLE"] = "1"
    environment["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    if own := _cli_config_of_user():
        environment["TF_CLI_CONFIG_FILE"] = str(own)
        return environment
    environment["TF_CLI_CONFIG_FILE"] = str(_write_cli_config())
    # The provider has 700 MB; with a cache, folders get a link to it. Without this variable, Terraform uses the cache
    # only for providers of a lock file.
    environment["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
    return environment


def _cli_config_of_user() -> Path | None:
    """Return the user's CLI configuration, or None without an existing file."""
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    path = Path(named) if named else Path.home() / ".terraformrc"
    return path if path.is_file() else None


def _write_cli_config() -> Path:
    """Write a configuration with a mirror of this machine, or with a cache."""
    folder = CACHE / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    if mirror := _find_mirror():
        # Terraform links to the unpacked providers of a mirror, so it needs no cache.
        text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    else:
        plugins = folder / "plugins"
        plugins.mkdir(exist_ok=True)
        text = f'plugin_cache_dir = "{plugins}"\n'
    path = folder / "terraform.tfrc"
    if not path.exists() or path.read_text() != text:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(text)
        temporary.replace(path)  # so that concurrent runs never see half a file
    return path


def _find_mirror() -> Path | None:
    """Return the folder with `registry.terraform.io/hashicorp/aws`, a mirror, or None."""
    for parent in _MIRROR_PARENTS:
        for folder in _folders(parent, _MIRROR_DEPTH):
            if folder.name == "registry.terraform.io" and (folder / "hashicorp" / "aws").is_dir():
                return folder.parent
    return None


def _folders(parent: Path, depth: int) -> Iterator[Path]:
    """Yield the folders below a folder, down to a depth, without links."""
    try:
        children = sorted(entry for entry in parent.iterdir() if not entry.is_symlink() and entry.is_dir())
    except OSError:
        return
    for child in children:
        yield child
        if depth > 1 and not child.name.startswith("."):
            yield from _folders(child, depth - 1)


if __name__ == "__main__":
    try:
        program = terraform_path()
    except RuntimeError as missing:
        sys.exit(str(missing))
    os.execve(program, ["terraform", *sys.argv[1:]], terraform_environment())
