"""Operations that Amazon OpenSearch Service supports.

Source: "Supported operations in Amazon OpenSearch Service", developer guide. Its lists for Elasticsearch 7.10 and
OpenSearch 1.3 to 2.11 have all of these; it has no list for later versions. It also allows all operations in the path
of an index, and names plugins apart. Index State Management is at `_plugins/_ism`, and for Elasticsearch at
`_opendistro/_ism`: "Index State Management in Amazon OpenSearch Service".
"""

SUPPORTED = (
    "/_aliases",
    "/_cat",  # without /_cat/nodeattrs
    "/_cluster/allocation/explain",
    "/_cluster/health",
    "/_cluster/settings",
    "/_index_template",
    "/_ingest/pipeline",
    "/_nodes",
    "/_opendistro/_ism",
    "/_plugins/_ism",
    "/_reindex",
    "/_search",
    "/_tasks",
    "/_template",
)
_UNSUPPORTED = ("/_cat/nodeattrs",)


def is_supported(path: str) -> bool:
    """Tell whether the service answers a path, which may have a query string."""
    path = path.partition("?")[0]
    if not path.startswith("/_"):
        return True  # the path of an index

    def is_below(operation: str) -> bool:
        return path == operation or path.startswith(f"{operation}/")

    return any(map(is_below, SUPPORTED)) and not any(map(is_below, _UNSUPPORTED))
