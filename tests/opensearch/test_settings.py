"""Settings of the source index that the target index gets."""

from support.domain import Domain
from support.rebuild import Rebuild

PREFIX = "kept"


def test_a_setting_and_those_below_it_come_along_together(domain: Domain, rebuild: Rebuild) -> None:
    # As with index.knn and index.knn.algo_param.ef_search, for which this node lacks the plugin.
    settings = {"index.merge.policy": "log_byte_size", "index.merge.policy.max_merged_segment": "1gb"}
    domain("PUT", "kept_v1", {"settings": settings, "aliases": {"kept_current": {}}})
    rebuild("kept_v1", settings={"index.merge.policy.segments_per_tier": 5})
    told = domain("GET", "kept_v2/_settings?flat_settings=true")["kept_v2"]["settings"]
    assert {**settings, "index.merge.policy.segments_per_tier": "5"}.items() <= told.items()
