"""GetTriggerFile refuses what the domain cannot rebuild, and changes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import opensearchpy
import pytest

from opensearch_reindex.opensearch_client import IMPOSSIBLE_NAME, OpenSearchClient
from opensearch_reindex.runtime.errors import TriggerFileError
from support.domain import Domain
from support.rebuild import Rebuild
from support.signed_front import SignedFront
from support.upload import Upload, uploads

PREFIX = "checked"


@pytest.fixture
def upload(client: OpenSearchClient, front: SignedFront, domain: Domain) -> Iterator[Upload]:
    with uploads(client, front.url, domain.url) as upload:
        yield upload


def test_every_problem_of_the_domain_is_listed_at_once(upload: Upload, domain: Domain) -> None:
    domain("PUT", "checked-ready_v1", {"aliases": {"checked-ready_current": {"is_write_index": True}}})
    domain("PUT", "checked-behind", {"aliases": {"checked-alias_v1": {}}})
    domain("PUT", "checked-closed_v1")
    domain("POST", "checked-closed_v1/_close")
    domain("PUT", "checked-taken_v1")
    domain("PUT", "checked-taken_v2")
    domain("PUT", "checked-written_v1")
    domain("PUT", "checked-elsewhere", {"aliases": {"checked-written_current": {}}})
    domain("PUT", "checked-named_v1")
    domain("PUT", "checked-named_current")
    domain("PUT", "_ingest/pipeline/checked-final", {"processors": [{"set": {"field": "a", "value": 1}}]})
    domain("PUT", "checked-piped_v1", {"settings": {"final_pipeline": "checked-final"}})
    domain("PUT", "checked-blocked_v1", {"settings": {"blocks.read_only": True}})
    names = ("ready", "missing", "alias", "closed", "taken", "written", "named", "piped", "blocked")
    try:
        before = domain.state()
        with pytest.raises(TriggerFileError) as caught:
            upload(*(f"checked-{name}_v1" for name in names))
        assert domain.state() == before
    finally:
        domain("PUT", "checked-blocked_v1/_settings", {"index.blocks.read_only": False})
    expected = [
        "indices[1]: source index 'checked-missing_v1' does not exist",
        "indices[2]: source index 'checked-alias_v1' is an alias of checked-behind; expected the name of an index",
        "indices[3]: source index 'checked-closed_v1' is closed",
        "indices[4]: target index 'checked-taken_v2' exists, but was not created from this source index",
        "indices[5]: alias 'checked-written_current' has another write index, 'checked-elsewhere'",
        "indices[6]: alias 'checked-named_current' is the name of an index",
        "indices[7]: source index 'checked-piped_v1' has final_pipeline 'checked-final', which would run again",
        "indices[8]: source index 'checked-blocked_v1' has index.blocks.read_only set",
    ]
    assert len(caught.value.problems) == len(expected), caught.value.problems
    for problem, beginning in zip(caught.value.problems, expected, strict=True):
        assert problem.startswith(beginning)


def test_a_data_stream_is_no_source(upload: Upload, domain: Domain) -> None:
    domain("PUT", "_index_template/checked-logs", {"index_patterns": ["checked-logs_v1"], "data_stream": {}})
    domain("PUT", "_data_stream/checked-logs_v1")
    try:
        with pytest.raises(TriggerFileError) as caught:
            upload("checked-logs_v1")
    finally:
        domain("DELETE", "_data_stream/checked-logs_v1")
    assert caught.value.problems == ["indices[0]: source index 'checked-logs_v1' is a data stream; expected an index"]


def test_a_data_stream_is_neither_target_nor_alias(upload: Upload, domain: Domain) -> None:
    streams = ("checked-logs_v2", "checked-events_current")
    domain("PUT", "_index_template/checked-logs", {"index_patterns": streams, "data_stream": {}})
    for name in streams:
        domain("PUT", f"_data_stream/{name}")
    for name in ("checked-logs_v1", "checked-events_v1"):
        domain("PUT", name)
    try:
        with pytest.raises(TriggerFileError) as caught:
            upload("checked-logs_v1", "checked-events_v1")
    finally:
        for name in streams:
            domain("DELETE", f"_data_stream/{name}")
    assert caught.value.problems == [
        "indices[0]: target index 'checked-logs_v2' is the name of a data stream",
        "indices[1]: alias 'checked-events_current' is the name of a data stream",
    ]


def test_pipeline_is_checked_on_the_domain(upload: Upload, domain: Domain) -> None:
    domain("PUT", "checked-a_v1")
    domain("PUT", "_ingest/pipeline/checked-dropping", {"processors": [{"drop": {}}]})
    for pipeline, problem in (("checked-dropping", "must not drop documents"), ("missing", "does not exist")):
        with pytest.raises(TriggerFileError) as caught:
            upload("checked-a_v1", reindex={"pipeline": pipeline})
        assert caught.value.problems[0].startswith(f"reindex.pipeline: {pipeline!r} {problem}")


def test_a_file_whose_first_index_is_half_done_is_accepted_again(
    upload: Upload, rebuild: Rebuild, domain: Domain
) -> None:
    domain("PUT", "checked-a_v1", {"aliases": {"checked-a_current": {}}})
    rebuild.freeze("checked-a_v1")
    assert upload("checked-a_v1")["indices"] == [{"source_index": "checked-a_v1"}]


def test_two_hundred_indices_are_checked_together(upload: Upload, domain: Domain) -> None:
    names = [f"checked-{'long-name-' * 15}{number:03}_v1" for number in range(200)]
    for name in names[:3]:
        domain("PUT", name)
    with pytest.raises(TriggerFileError) as caught:
        upload(*names)
    assert len(caught.value.problems) == 197


@pytest.mark.parametrize(
    ("mappings", "problem"),
    [
        ({"_source": {"enabled": False}}, "has _source disabled"),
        ({"_source": {"excludes": ["secret", "big.*"]}}, "has _source.excludes ['secret', 'big.*']"),
        ({"_source": {"includes": ["n"]}}, "has _source.includes ['n']"),
    ],
)
def test_an_index_whose_documents_cannot_be_read_whole_is_no_source(
    upload: Upload, domain: Domain, mappings: dict[str, Any], problem: str
) -> None:
    domain("PUT", "checked-fine_v1", {"mappings": {"_source": {"enabled": True}}})
    domain("PUT", "checked-a_v1", {"mappings": mappings})
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-fine_v1", "checked-a_v1")
    (listed,) = caught.value.problems
    assert listed.startswith(f"indices[1]: source index 'checked-a_v1' {problem}")
    assert domain.state() == before


def test_a_hidden_index_is_a_source_like_any_other(upload: Upload, domain: Domain) -> None:
    domain("PUT", "checked-a_v1", {"settings": {"hidden": True}})
    assert upload("checked-a_v1")["indices"] == [{"source_index": "checked-a_v1"}]


def test_documents_that_would_collapse_in_the_last_index_keep_the_first_as_it_is(
    upload: Upload, domain: Domain
) -> None:
    for name in ("checked-plain_v1", "checked-routed_v1"):
        domain("PUT", name, {"settings": {"number_of_shards": 3}})
        domain.bulk(name, {"1": {}, "2": {}}, routing="elsewhere" if name == "checked-routed_v1" else None)
        domain("POST", f"{name}/_refresh")
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-plain_v1", "checked-routed_v1", settings={"number_of_shards": 2})
    (problem,) = caught.value.problems
    assert problem.startswith("indices[1]: source index 'checked-routed_v1' has documents with custom routing")
    assert domain.state() == before
    assert upload("checked-plain_v1", "checked-routed_v1", settings={"number_of_shards": 6})["indices"]
    assert upload("checked-plain_v1", settings={"number_of_shards": 2})["indices"]
    # With blocked writes, the proof decides.
    assert upload("checked-routed_v1", settings={"number_of_shards": 2}, strategy="block_writes")["indices"]


def test_an_index_of_another_kind_is_refused_beside_other_problems_with_the_way_out(
    upload: Upload, domain: Domain
) -> None:
    domain("PUT", "checked-warm_v1")
    # Its shard stays where it is, because no node would take it.
    domain("PUT", "checked-warm_v1/_settings", {"index.routing.allocation.require.box_type": "warm"})
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-warm_v1", "checked-cold_v1")
    assert domain.state() == before
    warm, cold = caught.value.problems
    assert warm.startswith("indices[0]: source index 'checked-warm_v1' is on UltraWarm nodes")
    assert "Send POST /_ultrawarm/migration/checked-warm_v1/_hot" in warm
    assert cold.startswith("indices[1]: source index 'checked-cold_v1' does not exist; expected an index, moved to hot")


Limits = Callable[..., None]


@pytest.fixture
def limits(domain: Domain) -> Iterator[Limits]:
    """Set limits of the cluster, and remove them after the test."""
    names: set[str] = set()

    def change(settings: dict[str, Any]) -> None:
        names.update(settings)
        domain("PUT", "_cluster/settings", {"transient": settings})

    yield change
    change(dict.fromkeys(names))


DISK = "cluster.routing.allocation.disk"
# The last two at one byte, so that the node itself never feels full.
ROOM_FOR_NOTHING: dict[str, Any] = {
    f"{DISK}.watermark.{level}": size for level, size in (("low", "1pb"), ("high", "1b"))
}
ROOM_FOR_NOTHING |= {f"{DISK}.watermark.flood_stage": "1b", f"{DISK}.threshold_enabled": True}


def test_an_index_for_which_the_disks_have_no_room_is_refused_with_the_figures(
    upload: Upload, domain: Domain, limits: Limits
) -> None:
    domain("PUT", "checked-a_v1", {"settings": {"number_of_replicas": 0}})
    domain.bulk("checked-a_v1", {str(number): {"n": number} for number in range(100)})
    domain("POST", "checked-a_v1/_flush")
    limits(ROOM_FOR_NOTHING)
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-a_v1", settings={"number_of_replicas": 1})
    assert domain.state() == before
    stored = domain("GET", "checked-a_v1/_stats/store")["indices"]["checked-a_v1"]["primaries"]["store"][
        "size_in_bytes"
    ]
    size = f"{stored / 1024:.1f} KiB"
    (problem,) = (each for each in caught.value.problems if "disk space" in each)
    # One node holds no replica, which is a problem of its own.
    assert problem == (
        f"indices[0]: target index 'checked-a_v2' needs {size} of disk space ({size} x 1 copy), but only 0 B will be "
        "free when its turn comes; free now below the low watermark (1pb) of 1 data node: 0 B"
    )
    limits({f"{DISK}.watermark.low": "1b"})
    assert upload("checked-a_v1")["indices"]
    limits({**ROOM_FOR_NOTHING, f"{DISK}.threshold_enabled": False})
    assert upload("checked-a_v1")["indices"]


def test_what_is_copied_already_needs_no_disk(upload: Upload, domain: Domain, rebuild: Rebuild, limits: Limits) -> None:
    domain("PUT", "checked-a_v1", {"settings": {"number_of_replicas": 0}, "aliases": {"checked-a_current": {}}})
    domain.bulk("checked-a_v1", {str(number): {"n": number} for number in range(100)})
    rebuild.copy(rebuild.freeze("checked-a_v1"))
    # Written to beside the copy, so that the target index is the larger one.
    domain.bulk("checked-a_v2", {f"new-{number}": {"n": number} for number in range(1000)})
    for name in ("checked-a_v1", "checked-a_v2"):
        domain("POST", f"{name}/_flush")
        domain("POST", f"{name}/_forcemerge?max_num_segments=1")
    limits(ROOM_FOR_NOTHING)
    assert upload("checked-a_v1")["indices"]


def test_index_is_refused_when_the_domain_has_no_shards_left(upload: Upload, domain: Domain, limits: Limits) -> None:
    shards = {"settings": {"number_of_shards": 3, "number_of_replicas": 1}}
    for name in ("checked-a_v1", "checked-b_v1"):
        domain("PUT", name, shards)
    domain("PUT", "checked-closed")
    domain("POST", "checked-closed/_close")
    health = domain("GET", "_cluster/health?expand_wildcards=open,hidden")
    present = health["active_shards"] + health["unassigned_shards"]
    limits({"cluster.max_shards_per_node": present + 5})
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-a_v1", "checked-b_v1")
    figures = (
        f"needs 6 shards (3 x 2 copies), but only 5 will be free when its turn comes; in use now: {present} of "
        f"{present + 5} (cluster.max_shards_per_node {present + 5} x 1 data node)"
    )
    assert caught.value.problems == [
        f"indices[{position}]: target index {name!r} {figures}"
        for position, name in enumerate(("checked-a_v2", "checked-b_v2"))
    ]
    assert domain.state() == before
    refused = domain("PUT", "checked-a_v2", shards, ok=False)["error"]["reason"]
    assert f"this action would add [6] total shards, but this cluster currently has [{present}]" in refused

    limits({"cluster.max_shards_per_node": present + 6})
    assert len(upload("checked-a_v1", "checked-b_v1")["indices"]) == 2  # one after the other
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-a_v1", "checked-b_v1", keep_source=True)
    (problem,) = caught.value.problems
    assert problem.startswith(
        "indices[1]: target index 'checked-b_v2' needs 6 shards (3 x 2 copies), but only 0 will be free"
    )
    domain("PUT", "checked-a_v2", shards)  # OpenSearch agrees


def everything(domain: Domain) -> Any:
    """Return indices, aliases, templates and the version of each."""
    versions = "metadata.cluster_uuid,metadata.templates,metadata.indices.*.*version,metadata.indices.*.aliases,version"
    return (
        domain.state(),
        domain("GET", f"_cluster/state?filter_path={versions}&expand_wildcards=all"),
        domain("GET", "_all/_stats?level=shards&expand_wildcards=all&filter_path=indices.*.shards.*.seq_no"),
    )


@pytest.mark.parametrize("target", ["missing", "an index", "an alias", "the write index of an alias", "a template"])
@pytest.mark.parametrize("source", ["missing", "an index", "an alias"])
def test_what_asks_for_permissions_can_change_nothing(
    domain: Domain, client: OpenSearchClient, source: str, target: str
) -> None:
    """The names may get another meaning between two requests."""
    domain("PUT", "checked-other", {"settings": {"number_of_replicas": 0}})
    domain.bulk("checked-other", {"1": {"n": 1}})
    for name, what in (("checked-a_v1", source), ("checked-a_v2", target)):
        if what == "an index":
            domain("PUT", name, {"settings": {"number_of_replicas": 0}, "aliases": {"checked-live": {}}})
            domain.bulk(name, {"1": {"n": 1}})
        elif what == "a template":
            domain(
                "PUT",
                "_index_template/checked-any",
                {"index_patterns": ["checked-a_*"], "template": {"aliases": {"checked-live": {}}}},
            )
        elif what != "missing":
            add = {"index": "checked-other", "alias": name, **({"is_write_index": True} if "write" in what else {})}
            domain("POST", "_aliases", {"actions": [{"add": add}]})
    domain("POST", "_all/_refresh")
    domain("GET", "_cluster/health?wait_for_status=green&wait_for_events=languid&timeout=10s")
    before = everything(domain)
    assert client.refused_actions("checked-a_v1", "checked-a_v2") == []
    assert client.refused_alias_change(["checked-a_v1", "checked-a_v2", "checked-other"]) is None
    assert not any(client.is_restricted(name) for name in ("checked-a_v1", "checked-a_v2", "checked-other"))
    domain("POST", "_all/_refresh")
    assert everything(domain) == before
    assert domain("GET", "checked-other/_count")["count"] == 1


def test_opensearch_refuses_the_alias_that_the_permission_check_names(domain: Domain) -> None:
    domain("PUT", "checked-a_v1")
    refused = domain(
        "POST", "_aliases", {"actions": [{"add": {"index": "checked-a_v1", "alias": IMPOSSIBLE_NAME}}]}, ok=False
    )
    assert refused["error"]["type"] == "invalid_alias_name_exception"


@pytest.mark.parametrize(("verb", "number"), [("POST", 2), ("PUT", 3)])
def test_http_method_that_iam_forbids_is_listed_before_any_change(
    upload: Upload, domain: Domain, monkeypatch: pytest.MonkeyPatch, verb: str, number: int
) -> None:
    message = f"User: arn:aws:sts::1:assumed-role/reindex is not authorized to perform: es:ESHttp{verb.title()}"
    perform_request = opensearchpy.RequestsHttpConnection.perform_request

    def forbid(self: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == verb:
            raise opensearchpy.AuthorizationException(403, message, {"Message": message})
        return perform_request(self, method, *args, **kwargs)

    monkeypatch.setattr(opensearchpy.RequestsHttpConnection, "perform_request", forbid)
    for name in ("checked-a_v1", "checked-b_v1"):
        domain("PUT", name)
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        upload("checked-a_v1", "checked-b_v1")
    assert domain.state() == before
    assert len(caught.value.problems) == number
    for problem in caught.value.problems:
        assert problem.startswith("indices[0]: ")
        assert f"is not authorized to perform: es:ESHttp{verb.title()}" in problem
    assert "es:ESHttpPut" in caught.value.next_step
