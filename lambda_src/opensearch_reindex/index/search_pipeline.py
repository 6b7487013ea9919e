"""Find the search pipeline that would change what a copy reads.

OpenSearch applies `index.search.default_pipeline` to the first search of every slice of `_reindex`. It can hide
documents from the copy, or change them on the way, and `_reindex` has no parameter against it. Pages of a scroll are
read without it.
"""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.target_index import flat_settings

SETTING = "search.default_pipeline"


def search_pipeline_problem(name: str, source: IndexInfo) -> str | None:
    """Say which search pipeline a copy would read through, if any.

    Which processors it has does not matter: they can change later, and a missing pipeline fails every search.

    Args:
        name: name of the source index.
        source: the source index, with its setting `search.default_pipeline`.
    """
    pipeline = flat_settings(source.settings).get(SETTING)
    if pipeline in (None, "_none"):
        return None
    return f"source index {name!r} has search pipeline {pipeline!r}, which changes what a copy reads; expected none"


def removal_of_search_pipeline(name: str) -> str:
    """Say how to take its search pipeline from an index, and what readers notice.

    Args:
        name: name of the index.
    """
    return (
        f'Send PUT /{name}/_settings with {{"index.{SETTING}": null}}. From then on, searches run without the pipeline '
        f'unless they name it. To give it to the target index, set "{SETTING}" in settings of the trigger file.'
    )
