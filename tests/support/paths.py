"""Paths in this clone."""

import os
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Another folder comes from `make CACHE=...`.
CACHE = Path(os.environ.get("REINDEX_CACHE") or ROOT / ".cache")


def unused_run_dir(name: str) -> Path:
    """Return an unused path of a folder below .cache/runs.

    The caller creates the folder and removes it.

    Args:
        name: purpose of the folder; the process id and a random part make the path unique.
    """
    return CACHE / "runs" / f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
