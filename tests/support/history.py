"""Limits that keep a long copy from filling the history of its execution."""

import re

from support.paths import ROOT

# AWS: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_EVENTS = 25_000

_VARIABLES = (ROOT / "modules" / "opensearch-reindex" / "variables.tf").read_text("utf-8")
(_limit,) = re.findall(r"execution_timeout_seconds <= (\d+) \* var\.poll_interval_seconds", _VARIABLES)
# Largest number of poll intervals in an execution.
MAX_INTERVALS = int(_limit)
