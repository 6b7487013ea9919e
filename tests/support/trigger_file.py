"""The trigger file of the suites; the demo has its own one, as an example."""

from typing import Any


def trigger_file(url: str, *indices: Any, **changes: Any) -> dict[str, Any]:
    """Return a trigger file: indices `<base>_v<version>`, aliases `<base>_current`.

    Args:
        url: URL of the node.
        indices: names of source indices, or objects with changes.
        changes: additional keys, or other values.
    """
    return {
        "opensearch_endpoint": url,
        "index_pattern": r"^(.+)_v(\d+)$",
        "index_replacement": r"\1_v{{next_version}}",
        "alias_name": "{{index_base}}_current",
        "indices": list(indices),
        **changes,
    }
