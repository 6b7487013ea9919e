"""The engines that a run of this suite tries."""

import os

from support.engines import ENGINES

# In `make test`. The other suites run on 2.19.
OLDEST_AND_NEWEST = ("7.10", "3.8")


def chosen() -> list[str]:
    """Return the versions in ENGINES or all; else the oldest and the newest."""
    names = os.environ.get("ENGINES", "")
    if names == "all":
        return list(ENGINES)
    return names.split(",") if names else list(OLDEST_AND_NEWEST)
