"""The state machine definitions, rendered as the Terraform module renders them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from support.paths import ROOT

FOLDER = ROOT / "modules" / "opensearch-reindex" / "state_machines"
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


def render(file_name: str, arns: Mapping[str, str], timeout_seconds: int) -> Definition:
    """Fill in the placeholders as `templatefile` does, and the time-out as `merge` does.

    Args:
        file_name: in the module's folder state_machines.
        arns: a value for each placeholder but the partition, no more and no fewer.
        timeout_seconds: the module's execution_timeout_seconds.

    Raises:
        ValueError: the placeholders of the file are not those that the module fills in.
    """
    values = {**arns, "partition": "aws"}
    template = (FOLDER / file_name).read_text("utf-8")
    placeholders = set(re.findall(r"\$\{(\w+)\}", template))
    if placeholders != values.keys():
        raise ValueError(f"{file_name} has the placeholders {sorted(placeholders)}, not {sorted(values)}")
    rendered = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], template)
    return {**json.loads(rendered), "TimeoutSeconds": timeout_seconds}


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
    """Let every retry wait a second at most; how often and on what it is done stays as designed.

    Args:
        definition: is changed, and returned.
    """
    for _, task in tasks(definition):
        for retrier in task["Retry"]:
            retrier["IntervalSeconds"] = retrier["BackoffRate"] = 1
    return definition
