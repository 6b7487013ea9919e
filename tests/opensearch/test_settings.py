"""Settings of the source index that the target index gets."""

import subprocess

import pytest

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.settings import is_copied
from opensearch_reindex.index.target_index import TargetIndex, flat_settings
from opensearch_reindex.opensearch_client import OpenSearchClient
from support.domain import Domain
from support.engines import ENGINES, Engine
from support.java import find_java
from support.paths import ROOT
from support.rebuild import Rebuild

PREFIX = "kept"
PRINT_SETTINGS = ROOT / "tests" / "support" / "opensearch" / "PrintIndexSettings.java"


def test_a_setting_and_those_below_it_come_along_together(domain: Domain, rebuild: Rebuild) -> None:
    # As with index.knn and index.knn.algo_param.ef_search, for which this node lacks the plugin.
    settings = {"index.merge.policy": "log_byte_size", "index.merge.policy.max_merged_segment": "1gb"}
    domain("PUT", "kept_v1", {"settings": settings, "aliases": {"kept_current": {}}})
    rebuild("kept_v1", settings={"index.merge.policy.segments_per_tier": 5})
    told = domain("GET", "kept_v2/_settings?flat_settings=true")["kept_v2"]["settings"]
    assert {**settings, "index.merge.policy.segments_per_tier": "5"}.items() <= told.items()


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_no_private_or_internal_setting_of_an_engine_is_copied(engine: Engine) -> None:
    java = find_java(engine.java)
    assert java, f"a Java of at least {engine.java} is missing"
    assert engine.jars.is_dir(), "run `make engines`"
    command = [java, "-Xmx256m", "-cp", str(engine.jars / "*"), str(PRINT_SETTINGS)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.partition(" ") for line in printed.splitlines() if line.startswith("index.")]
    assert len(lines) > 100
    own = [name.removeprefix("index.") for name, _, rest in lines if "PrivateIndex" in rest or "InternalIndex" in rest]
    assert "version.created" in own
    assert [name for name in own if is_copied(name)] == []


def test_writes_that_wait_for_replicas_do_so_again_after_the_copy(
    domain: Domain, client: OpenSearchClient, rebuild: Rebuild
) -> None:
    settings = {"number_of_shards": 1, "number_of_replicas": 1, "write.wait_for_active_shards": "2"}
    domain("PUT", "kept_waits_v1?wait_for_active_shards=1", {"settings": settings})
    job = rebuild.create("kept_waits_v1", strategy="block_writes")
    client.put_settings("kept_waits_v2", job.settings_after_copy)
    found = domain("GET", "kept_waits_v2/_settings?flat_settings=true")["kept_waits_v2"]["settings"]
    assert {f"index.{name}": str(value) for name, value in settings.items()}.items() <= found.items()


def test_settings_of_an_older_version_are_left_out_and_told(domain: Domain, client: OpenSearchClient) -> None:
    settings = {"uuid": "u", "number_of_shards": "1", "number_of_replicas": "0"}
    old = {
        "soft_deletes": {"enabled": "false"},
        "translog": {"retention": {"size": "100mb", "age": "1h"}},
        "mapper": {"dynamic": "true"},
        "optimize_auto_generated_id": "true",
        "merge": {"policy": {"max_merge_at_once_explicit": "30"}},
    }
    requested = TargetIndex.derive({"strategy": "redirect_writes"}, {}, IndexInfo("u", {}, {**settings, **old}, {}))
    client.put_index("kept_old_v2", {"settings": {"index": requested.settings}})
    assert requested.settings_left_out == sorted(
        f"{name} {value}: newer versions refuse it in a new index" for name, value in flat_settings(old).items()
    )
    assert requested.unrequested(client.get_indices(["kept_old_v2"])["kept_old_v2"]) == []
