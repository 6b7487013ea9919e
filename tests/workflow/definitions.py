"""Definitions of the state machines, rendered by Terraform from definitions.tf."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.paths import ROOT
from support.terraform_cli import terraform_environment, terraform_path

MODULE = ROOT / "modules" / "opensearch-reindex"
INDEX_STEPS = (
    "create_index",
    "update_aliases",
    "start_reindex",
    "check_reindex_status",
    "remove_alias",
    "delete_index",
)
STEPS = ("get_trigger_file", *INDEX_STEPS)

Definition = dict[str, Any]


@dataclass(frozen=True)
class Definitions:
    """What Terraform sends to Step Functions, one definition for each state machine."""

    reindex: Definition
    index: Definition
    notification: Definition


def render(
    function_arns: Mapping[str, str], index_state_machine_arn: str, topic_arn: str, timeout_seconds: int
) -> Definitions:
    """Evaluate definitions.tf in a root of its own, which needs no provider.

    Args:
        function_arns: one for each step.
        index_state_machine_arn: of the state machine that rebuilds one index.
        topic_arn: of the SNS topic of the notifications.
        timeout_seconds: the module's execution_timeout_seconds.
    """
    values = {
        "function_arns": dict(function_arns),
        "index_state_machine_arn": index_state_machine_arn,
        "name": "reindex",
        "notification_topic_arn": topic_arn,
        "partition": "aws",
    }
    variables = {"create_notifications": True, "execution_timeout_seconds": timeout_seconds}
    root = {"locals": values, "variable": {name: {"default": value} for name, value in variables.items()}}
    definitions = "merge(local.state_machine_definitions, { notification = jsondecode(local.notification_definition) })"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("definitions.tf", "state_machines"):
            (Path(folder) / name).symlink_to(MODULE / name)
        (Path(folder) / "root.tf.json").write_text(json.dumps(root), "utf-8")
        # Base64 because the console escapes strings in its own way.
        rendered = subprocess.run(
            [terraform_path(), "console"],
            cwd=folder,
            env=terraform_environment(),
            input=f"base64encode(jsonencode({definitions}))\n",
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return Definitions(**json.loads(base64.b64decode(rendered)))


def tasks(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every Task state with its name, those inside of Map states too.

    Args:
        definition: a state machine, or the ItemProcessor of a Map state.
    """
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        if state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


def shorten_retries(definition: Definition) -> Definition:
    """Shorten the wait before every retry to a second, and change nothing else.

    Args:
        definition: the definition, which the function changes and returns.
    """
    for _, task in tasks(definition):
        for retrier in task["Retry"]:
            retrier["IntervalSeconds"] = retrier["BackoffRate"] = 1
    return definition
