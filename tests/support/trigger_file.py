"""The trigger file of the suites that run on real parts. The demo writes its own, to be read as an example."""

from typing import Any


def trigger_file(url: str, *indices: Any, **changes: Any) -> dict[str, Any]:
    """Return a trigger file for indices named `<base>_v<version>` with an alias `<base>_current`.

    Args:
        url: of the node.
        indices: names, or objects with changes.
        changes: further keys, or other values.
    """
    return {
        "opensearch_endpoint": url,
        "index_pattern": r"^(.+)_v(\d+)$",
        "index_replacement": r"\1_v{{next_version}}",
        "alias_name": "{{index_base}}_current",
        "indices": list(indices),
        **changes,
    }
