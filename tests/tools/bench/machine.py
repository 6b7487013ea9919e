"""Describe the machine and the versions of a measurement."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.engines import DEFAULT, ENGINES
from support.ministack import PYTHON as MINISTACK_PYTHON
from support.paths import ROOT
from support.terraform_cli import terraform_environment, terraform_path


def machine() -> dict[str, str]:
    """Return the machine and the versions of all programs."""
    memory = int(re.findall(r"^MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)[0])
    terraform = json.loads(_printed([terraform_path(), "version", "-json"], env=terraform_environment()))
    java = re.findall(r'version "([^"]+)"', _printed(["java", "-version"], stderr=subprocess.STDOUT))
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory / 1024**2:.1f} GiB",
        "system": f"{_system()}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "Python of the functions": _printed([str(MINISTACK_PYTHON), "--version"]).removeprefix("Python ").strip(),
        "Java": java[0],
        "OpenSearch": _opensearch(),
        "MiniStack": _of_functions("ministack"),
        "Terraform": terraform["terraform_version"],
        "boto3": importlib.metadata.version("boto3"),
        "boto3 of the functions": _of_functions("boto3"),
        "opensearch-py": importlib.metadata.version("opensearch-py"),
    }


def moment() -> dict[str, Any]:
    """Return the date and the commit of a measurement."""
    written = (":!docs/benchmarks.*", ":!docs/cost.md", ":!README.md")
    changed = _printed(["git", "status", "--porcelain", "--", ".", *written], cwd=ROOT)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _printed(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT).strip(),
        "is_dirty": bool(changed.strip()),
    }


def provider_version(root: Path) -> str:
    """Return the version of the AWS provider of a Terraform root.

    Args:
        root: folder of the Terraform root, after `terraform init`.
    """
    found = re.findall(
        r'provider "[^"]+/hashicorp/aws" \{\s+version\s+= "([^"]+)"', (root / ".terraform.lock.hcl").read_text()
    )
    return str(found[0])


def _processor() -> str:
    found = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[0].strip() if found else platform.machine()


def _system() -> str:
    found = re.findall(r'^PRETTY_NAME="?([^"\n]+)', Path("/etc/os-release").read_text(), re.MULTILINE)
    return found[0] if found else platform.system()


def _opensearch() -> str:
    (jar,) = (path for path in ENGINES[DEFAULT].jars.glob("opensearch-[0-9]*.jar"))
    return jar.stem.removeprefix("opensearch-")


def _of_functions(package: str) -> str:
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return _printed([str(MINISTACK_PYTHON), "-c", code]).strip()


def _printed(argv: list[str], **options: Any) -> str:
    printed: str = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True, **options).stdout
    return printed
