"""Where things are in this clone."""

import os
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"


def unused_run_dir(name: str) -> Path:
    """Name a folder below .cache/runs that nobody uses. It is not there yet: who makes it also removes it.

    Args:
        name: what the folder is for; the process id and a random part make it unique.
    """
    return CACHE / "runs" / f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
