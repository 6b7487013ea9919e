"""Settings of the source index that the target index gets."""

from support.domain import Domain
from support.rebuild import Rebuild


def test_a_setting_and_those_below_it_come_along_together(domain: Domain, rebuild: Rebuild) -> None:
    # As with index.knn and index.knn.algo_param.ef_search, for which this node lacks the plugin.
    settings = {"index.merge.policy": "log_byte_size", "index.merge.policy.max_merged_segment": "1gb"}
    domain("PUT", "a_v1", {"settings": settings, "aliases": {"a_current": {}}})
    rebuild("a_v1", settings={"index.merge.policy.segments_per_tier": 5})
    told = domain("GET", "a_v2/_settings?flat_settings=true")["a_v2"]["settings"]
    assert {**settings, "index.merge.policy.segments_per_tier": "5"}.items() <= told.items()
