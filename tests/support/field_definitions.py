"""One definition of each field type, with parameters that other types refuse."""

from typing import Any

# Of modules that every domain has. The parameters are those that OpenSearch keeps as they are.
FIELD_DEFINITIONS: dict[str, dict[str, Any]] = {
    "alias": {"type": "alias", "path": "origin"},
    "binary": {"type": "binary", "doc_values": True},
    "boolean": {"type": "boolean", "null_value": False},
    "byte": {"type": "byte", "coerce": False},
    "completion": {"type": "completion", "analyzer": "simple", "preserve_separators": True, "max_input_length": 50},
    "date": {"type": "date", "format": "yyyy-MM-dd", "ignore_malformed": True},
    "date_nanos": {"type": "date_nanos", "format": "strict_date_optional_time_nanos"},
    "double": {"type": "double", "ignore_malformed": True},
    "flat_object": {"type": "flat_object"},
    "float": {"type": "float", "null_value": 1.5},
    "geo_point": {"type": "geo_point", "ignore_z_value": False},
    "geo_shape": {"type": "geo_shape", "orientation": "left"},
    "half_float": {"type": "half_float", "store": True},
    "integer": {"type": "integer", "null_value": 7},
    "integer_range": {"type": "integer_range", "coerce": False},
    "ip": {"type": "ip", "ignore_malformed": True},
    "join": {"type": "join", "eager_global_ordinals": True, "relations": {"question": "answer"}},
    "keyword": {"type": "keyword", "ignore_above": 100, "normalizer": "lowercase", "fields": {"t": {"type": "text"}}},
    "long": {"type": "long", "coerce": False},
    "nested": {"type": "nested", "include_in_root": True, "properties": {"inner": {"type": "long", "store": True}}},
    "object": {"dynamic": "strict", "properties": {"inner": {"type": "keyword", "ignore_above": 9}}},
    "percolator": {"type": "percolator"},
    "rank_feature": {"type": "rank_feature", "positive_score_impact": False},
    "rank_features": {"type": "rank_features"},
    "scaled_float": {"type": "scaled_float", "scaling_factor": 100.0},
    "search_as_you_type": {"type": "search_as_you_type", "max_shingle_size": 4, "doc_values": False},
    "short": {"type": "short", "index": False},
    "text": {
        "type": "text",
        "analyzer": "english",
        "fielddata": True,
        "index_prefixes": {"max_chars": 9, "min_chars": 2},
    },
    "token_count": {"type": "token_count", "analyzer": "standard"},
    "unsigned_long": {"type": "unsigned_long", "null_value": 3},
    "wildcard": {"type": "wildcard", "normalizer": "lowercase"},
}
