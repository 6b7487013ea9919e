"""Parameters of mappings in spellings that OpenSearch stores in another form."""

from typing import Any

ON = ["true", True, "false", False]
# By type: a definition without further parameters, and values of each parameter.
FIELD_SPELLINGS: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "alias": ({"path": "origin"}, {}),
    "binary": ({}, {"doc_values": ON, "store": ON}),
    "boolean": (
        {},
        {"copy_to": ["origin", ["origin"]], "index": ON, "meta": [{"unit": "x"}], "null_value": ON},
    ),
    "byte": ({}, {"null_value": ["5", 5]}),
    "completion": (
        {},
        {
            "analyzer": ["standard", "simple"],
            "contexts": [{"name": "p", "type": "category"}, [{"name": "g", "type": "geo", "precision": 4}]],
            "max_input_length": ["20", 50],
            "preserve_position_increments": ON,
            "preserve_separators": ON,
            "search_analyzer": ["standard"],
        },
    ),
    "constant_keyword": ({"value": "x"}, {}),
    "date": (
        {},
        {
            "format": ["yyyy", "strict_date_optional_time||epoch_millis", "date_optional_time"],
            "ignore_malformed": ON,
            "locale": ["de", "ROOT", "en-US", "en_US", ""],
        },
    ),
    "date_nanos": ({}, {"null_value": ["2020-01-01"]}),
    "date_range": ({}, {"coerce": ON, "format": ["yyyy"], "locale": ["de"]}),
    "double": ({}, {"null_value": ["5", 5, 1e-7, 1e22]}),
    "flat_object": ({}, {}),
    "float": ({}, {"null_value": ["5.10", 5.1]}),
    "geo_point": (
        {},
        {"ignore_malformed": ON, "ignore_z_value": ON, "null_value": ["1,2", {"lat": 1, "lon": 2}, [2, 1]]},
    ),
    "geo_shape": (
        {},
        {
            "coerce": ON,
            "orientation": ["ccw", "clockwise", "right", "LEFT", "counterclockwise", "cw"],
        },
    ),
    "half_float": ({}, {"null_value": [5.1]}),
    "integer": ({}, {"coerce": ON, "null_value": ["5"]}),
    "integer_range": ({}, {"coerce": ON}),
    "ip": ({}, {"ignore_malformed": ON, "null_value": ["::1", "127.0.0.1"]}),
    "ip_range": ({}, {"coerce": ON}),
    "keyword": (
        {},
        {
            "copy_to": ["origin"],
            "eager_global_ordinals": ON,
            "fields": [{}, {"raw": {"type": "text"}}, {"n": {"type": "token_count", "analyzer": "standard"}}],
            "ignore_above": ["7", 7.0],
            "index_options": ["freqs"],
            "normalizer": ["lowercase"],
            "norms": ON,
            "null_value": [5, True, "NULL", "Infinity", "1_0"],
            "similarity": ["BM25", "boolean"],
            "split_queries_on_whitespace": ON,
        },
    ),
    "long": ({}, {"coerce": ON, "ignore_malformed": ON, "null_value": ["5", 5]}),
    "match_only_text": ({}, {"analyzer": ["english"]}),
    "nested": (
        {},
        {"dynamic": [*ON, "strict"], "include_in_parent": ON, "properties": [{}, {"x.y": {"type": "long"}}]},
    ),
    "object": (
        {},
        {"dynamic": [*ON, "strict"], "enabled": ON, "properties": [{}, {"x": {"type": "long", "store": "true"}}]},
    ),
    "percolator": ({}, {}),
    "rank_feature": ({}, {"positive_score_impact": ON}),
    "rank_features": ({}, {"positive_score_impact": ON}),
    "scaled_float": ({"scaling_factor": "100"}, {"null_value": ["1.5", 1]}),
    "search_as_you_type": ({}, {"analyzer": ["standard", "english"], "index": ON, "max_shingle_size": ["3", 4]}),
    "short": ({}, {"null_value": ["5"]}),
    "text": (
        {"analyzer": "standard"},
        {
            "copy_to": ["origin"],
            "fielddata": ON,
            "fielddata_frequency_filter": [{"max": 0.5, "min": 0.1, "min_segment_size": 3}, {"min": 1}],
            "index_options": ["offsets", "docs"],
            "index_prefixes": [{}, {"min_chars": 1}, {"max_chars": "10", "min_chars": "1"}],
            "norms": ON,
            "position_increment_gap": ["5"],
            "search_analyzer": ["english", "standard"],
            "search_quote_analyzer": ["english"],
            "term_vector": ["yes", "with_positions_offsets"],
        },
    ),
    "token_count": ({"analyzer": "standard"}, {"enable_position_increments": ON, "null_value": ["5"]}),
    "unsigned_long": ({}, {"null_value": ["18446744073709551615", 3]}),
    "wildcard": ({}, {"doc_values": ON, "ignore_above": ["7"], "normalizer": ["lowercase"], "null_value": ["x"]}),
}
# Parameters of the mappings as a whole.
MAPPING_SPELLINGS: dict[str, list[Any]] = {
    "_meta": [{}, {"owner": "search", "nested": {"a": [1, "x"]}}],
    "_routing": [{"required": "true"}, {"required": False}, {}],
    "_source": [{"enabled": True}, {}, {"enabled": True, "includes": []}],
    "date_detection": ON,
    "dynamic": [*ON, "strict", "strict_allow_templates"],
    "dynamic_date_formats": ["yyyy", ["yyyy", "MM"], []],
    "dynamic_templates": [
        [],
        [{"a": {"match_mapping_type": "*", "mapping": {"type": "keyword"}}}],
        [{"a": {"match": "x*", "match_pattern": "simple", "mapping": {"type": "keyword", "index": "false"}}}],
        [{"a": {"match": "x.*", "match_pattern": "regex", "mapping": {}}}, {"b": {"match": "y", "mapping": {}}}],
        [{"a": {"mapping": {"type": "{dynamic_type}"}, "path_match": "p.*", "path_unmatch": "p.q", "unmatch": "z"}}],
    ],
    "numeric_detection": ON,
}
SETTING_SPELLINGS: dict[str, list[Any]] = {
    "analysis.analyzer.x": [{"type": "standard", "stopwords": ["a", "b"]}, {"type": "standard", "max_token_length": 5}],
    "auto_expand_replicas": [False, "false", "0-1", "0-all"],
    "codec": ["default", "best_compression"],
    "gc_deletes": ["60s"],
    "hidden": ON,
    "mapping.total_fields.limit": [2000, "2000"],
    "max_result_window": [10000, "500"],
    "merge.policy.deletes_pct_allowed": [33.0, "25.5"],
    "query.default_field": ["a", ["a"], ["a", "b"]],
    "refresh_interval": ["5s", -1, "-1", "1m"],
    "search.slowlog.threshold.query.warn": ["1s"],
    "similarity.s": [{"type": "BM25", "b": 0.5, "k1": "1.0"}],
    "soft_deletes.retention.operations": [0, "1000"],
    "unassigned.node_left.delayed_timeout": ["5m"],
}
