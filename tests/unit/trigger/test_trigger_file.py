import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from unittest.mock import create_autospec

import boto3
import pytest
from moto import mock_aws

from opensearch_reindex.index.engine import Engine
from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TriggerFileError
from opensearch_reindex.trigger import trigger_file
from opensearch_reindex.trigger.get_trigger_file import MAX_FILE_BYTES, get_trigger_file
from opensearch_reindex.trigger.plan import plan
from opensearch_reindex.trigger.trigger_file import parse_json, schema_problems
from support.paths import ROOT
from support.room import disks, with_room

BUCKET = "triggers"
FILE: dict[str, Any] = {
    "opensearch_endpoint": "https://search.example.com",
    "index_pattern": r"^(.+)_v(\d+)$",
    "index_replacement": r"\1_v{{next_version}}",
    "alias_name": "{{index_base}}_current",
    "indices": ["products_v1"],
}
ENVIRONMENT = Environment(("search.example.com",), "", (), 30, "us-east-1", 1800)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def domain() -> Any:
    """A domain on which every source index exists."""
    client = with_room(create_autospec(OpenSearchClient, instance=True))
    client.get_indices.side_effect = lambda names, **_: {
        name: IndexInfo(f"uuid-{name}", {}, {"number_of_shards": "1"}, {}) for name in names if name.endswith("_v1")
    }
    return client


def run(s3: Any, domain: Any, content: Any, *, key: str = "a b/t.json") -> dict[str, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    version = s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]
    detail = {"bucket": {"name": BUCKET}, "object": {"key": key, "version-id": version}}
    return get_trigger_file({"execution_id": "arn:e", "detail": detail}, s3, lambda _: domain, ENVIRONMENT)


def refused(s3: Any, domain: Any, content: Any) -> TriggerFileError:
    with pytest.raises(TriggerFileError) as caught:
        run(s3, domain, content)
    return caught.value


def test_the_state_holds_the_file_with_its_defaults_and_the_indices_apart(s3: Any, domain: Any) -> None:
    own = {"name": "orders_v1", "mappings": {"dynamic": "strict"}}
    state = run(s3, domain, {**FILE, "$schema": "x", "reindex": {"slices": 3}, "indices": ["products_v1", own]})
    assert state == {
        "trigger_file": {
            **{key: FILE[key] for key in FILE if key != "indices"},
            "mappings_from": "source",
            "strategy": "redirect_writes",
            "reindex": {"slices": 3},
            "keep_source": False,
            "keep_source_name_as_alias": False,
            "attach_policy": True,
            "readers_may_fail": False,
            "s3_uri": f"s3://{BUCKET}/a b/t.json",
        },
        "indices": [{"source_index": "products_v1"}, {"source_index": "orders_v1", "mappings": {"dynamic": "strict"}}],
    }


def test_the_version_of_the_event_is_read_not_the_newest_one(s3: Any, domain: Any) -> None:
    first = s3.put_object(Bucket=BUCKET, Key="t.json", Body=json.dumps(FILE))["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="t.json", Body=b"garbage")
    detail = {"bucket": {"name": BUCKET}, "object": {"key": "t.json", "version-id": first}}
    assert get_trigger_file({"detail": detail}, s3, lambda _: domain, ENVIRONMENT)["indices"]
    del detail["object"]["version-id"]  # an event need not have one
    with pytest.raises(TriggerFileError, match="not JSON"):
        get_trigger_file({"detail": detail}, s3, lambda _: domain, ENVIRONMENT)


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": {"bucket": {"name": "b"}}}, {"detail": "x"}])
def test_execution_is_refused_when_it_was_started_by_hand(event: dict[str, Any], s3: Any, domain: Any) -> None:
    with pytest.raises(TriggerFileError, match="not started by an S3 event"):
        get_trigger_file(event, s3, lambda _: domain, ENVIRONMENT)


def test_a_file_that_cannot_be_read_is_named(s3: Any, domain: Any) -> None:
    detail = {"bucket": {"name": BUCKET}, "object": {"key": "gone.json"}}
    with pytest.raises(TriggerFileError, match=r"s3://triggers/gone.json cannot be read.*NoSuchKey"):
        get_trigger_file({"detail": detail}, s3, lambda _: domain, ENVIRONMENT)


def test_a_file_above_1_mib_is_refused_unread(s3: Any, domain: Any) -> None:
    assert "expected at most 1048576" in refused(s3, domain, b"[" + b" " * MAX_FILE_BYTES + b"]").reason


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\x00\x01", "not JSON"),
        (json.dumps(FILE).encode("utf-16"), "not UTF-8: byte 0 is 0xff"),
        ('{"a": "ü"}'.encode("latin-1"), "not UTF-8: byte 7 is 0xfc"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": 1e999}', "1e999 is not a JSON number"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 201 + b"]" * 201, "nested too deeply"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(TriggerFileError) as caught:
        parse_json(content)
    assert problem in caught.value.reason


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1.5}') == {"a": 1.5}


def test_duplicate_key_is_refused() -> None:
    with pytest.raises(TriggerFileError) as caught:
        parse_json(b'{"indices": ["a"], "x": {"b": 1, "b": 2}, "indices": ["c"]}')
    assert caught.value.problems == [
        "duplicate key 'b'",
        "duplicate key 'indices'",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"surprise": 1}, "Additional properties are not allowed ('surprise' was unexpected)"),
        ({"dry_run": True}, "Additional properties are not allowed ('dry_run' was unexpected)"),
        ({"indices": []}, "indices: "),
        ({"indices": "products_v1"}, "indices: 'products_v1' is not of type 'array'"),
        ({"indices": [1]}, "indices[0]: 1 is not of type 'string', 'object'"),
        ({"indices": [{}]}, "indices[0]: 'name' is a required property"),
        ({"indices": ["a"] * 1001}, "is too long"),
        ({"indices": [{"name": "a_v1", "alias": "x"}]}, "indices[0]: Additional properties"),
        ({"settings": []}, "settings: [] is not of type 'object'"),
        ({"mappings": {"_source": {"excludes": ["v"]}}}, "mappings._source: {'excludes': ['v']} is not of type 'null'"),
        ({"indices": [{"name": "a_v1", "mappings": {"_source": {"enabled": False}}}]}, "indices[0].mappings._source: "),
        ({"strategy": "hope"}, "strategy: 'hope' is not one of"),
        ({"reindex": {"slices": 0}}, "reindex.slices: 0 is less than"),
        (
            {"reindex": {"slices": "many"}},
            "reindex.slices: 'many' does not match '^auto$'. Expected: Number",
        ),
        ({"reindex": {"requests_per_second": 0}}, "reindex.requests_per_second: 0 is less than the minimum of 1"),
        ({"reindex": {"batch_size": 10001}}, "reindex.batch_size: 10001 is greater than"),
        ({"reindex": {"script": {}}}, "reindex.script: "),
        ({"keep_source": "yes"}, "keep_source: 'yes' is not of type 'boolean'"),
        ({"opensearch_endpoint": "search.example.com"}, "opensearch_endpoint: "),
    ],
)
def test_the_schema_refuses(changes: dict[str, Any], problem: str) -> None:
    problems = schema_problems({**FILE, **changes})
    assert any(problem in text for text in problems), problems
    assert all(len(text) < 400 for text in problems)


@pytest.mark.parametrize("key", sorted(FILE.keys() - {"alias_name"}))
def test_every_required_key_is_missed(key: str) -> None:
    problems = schema_problems({name: value for name, value in FILE.items() if name != key})
    assert problems == [f"'{key}' is a required property"]


@pytest.mark.parametrize("content", [None, 1, "text", [], [FILE]])
def test_what_is_no_object_is_refused(content: object, s3: Any, domain: Any) -> None:
    assert "is not of type 'object'" in refused(s3, domain, content).problems[0]


def test_all_problems_of_the_file_alone_are_listed_without_a_request(s3: Any, domain: Any) -> None:
    changes = {"reindex": {"slices": 0}, "opensearch_endpoint": "https://evil.example", "indices": ["nope", "A_v1"]}
    error = refused(s3, domain, {**FILE, **changes})
    assert error.reason == "the trigger file has 4 problems"
    places = ["reindex.slices", "opensearch_endpoint", "indices[0]", "indices[1]"]
    assert [problem.split(":")[0] for problem in error.problems] == places
    assert domain.mock_calls == []


@pytest.mark.parametrize("reindex", [None, True, [], "auto"])
def test_other_problems_are_listed_when_reindex_is_no_object(reindex: object, s3: Any, domain: Any) -> None:
    error = refused(s3, domain, {**FILE, "reindex": reindex, "indices": ["nope"]})
    assert [problem.split(":")[0] for problem in error.problems] == ["reindex", "indices[0]"]


def test_a_script_that_puts_documents_elsewhere_is_refused(s3: Any, domain: Any) -> None:
    error = refused(s3, domain, {**FILE, "reindex": {"script": {"source": "ctx._id = null; ctx.op = 'delete'"}}})
    assert [problem.split(" ")[:3] for problem in error.problems] == [["reindex.script:", "must", "not"]] * 2
    assert domain.mock_calls == []


def test_all_problems_of_the_domain_are_listed_at_once(s3: Any, domain: Any) -> None:
    error = refused(s3, domain, {**FILE, "indices": ["a_v2", "products_v1", "b_v3"]})
    assert [problem.partition(";")[0] for problem in error.problems] == [
        "indices[0]: source index 'a_v2' does not exist",
        "indices[2]: source index 'b_v3' does not exist",
    ]
    assert not domain.refused_actions.called, "permissions are asked for only when nothing else is wrong"


def test_capacity_is_checked_when_another_index_has_problems(s3: Any, domain: Any) -> None:
    domain.data_nodes.return_value = disks((100, 0), (100, 0))
    error = refused(s3, domain, {**FILE, "indices": ["products_v1", "b_v3"]})
    assert [problem.partition(";")[0][:50] for problem in error.problems] == [
        "indices[1]: source index 'b_v3' does not exist",
        "indices[0]: target index 'products_v2' needs 2.0 K",
    ]
    domain.store_sizes.assert_called_once_with(["products_v1"])


def test_missing_permission_is_listed_with_the_permissions_to_allow(s3: Any, domain: Any) -> None:
    forbidden = OpenSearchRequestError(403, "security_exception", "PUT /products_v2: no permissions for [x]")
    domain.refused_actions.return_value = [forbidden]
    error = refused(s3, domain, FILE)
    assert error.problems == ["indices[0]: PUT /products_v2: no permissions for [x]"]
    assert error.next_step.startswith("No changes were made. Allow the Lambda role to call this domain: es:ESHttpGet")


def test_forbidden_read_is_listed_with_all_other_missing_permissions(s3: Any, domain: Any) -> None:
    forbidden = [OpenSearchRequestError(403, "security_exception", f"no permissions for [{x}]") for x in "abc"]
    domain.get_indices.side_effect = forbidden[0]
    domain.refused_actions.return_value = forbidden[1:2]
    domain.refused_alias_change.side_effect = lambda names: forbidden[2] if "b_v1" in [*names] else None
    error = refused(s3, domain, {**FILE, "indices": ["products_v1", "b_v1"]})
    assert error.problems == [
        "no permissions for [a]",
        "indices[0]: no permissions for [b]",
        "indices[1]: 'b_v1' or 'b_v2': no permissions for [c]",
    ]
    assert "es:ESHttpGet" in error.next_step


def test_failed_read_is_not_reported_as_a_missing_permission(s3: Any, domain: Any) -> None:
    domain.get_indices.side_effect = OpenSearchRequestError(400, "x", "y")
    with pytest.raises(OpenSearchRequestError):
        run(s3, domain, FILE)
    assert not domain.refused_actions.called


def test_an_engine_that_was_never_tested_is_refused_alone(s3: Any, domain: Any) -> None:
    domain.engine.return_value = Engine(True, 1, 2)
    error = refused(s3, domain, FILE)
    assert len(error.problems) == 1
    assert error.problems[0].startswith("opensearch_endpoint: the domain runs OpenSearch 1.2; expected ")
    assert "Upgrade the domain" in error.problems[0]
    assert {call[0] for call in domain.mock_calls} == {"engine"}


def test_a_file_that_is_done_needs_no_room_and_no_permission(s3: Any, domain: Any) -> None:
    planned, _ = plan({**FILE, "settings": {}}, nullcontext())
    made_from = {"source_index": "products_v1", "changes": planned[0].changes, "proven": {}}
    done = IndexInfo(
        "u2", {"products_current": {"is_write_index": True}}, {}, {"_meta": {"opensearch_reindex": made_from}}
    )
    domain.get_indices.side_effect = None
    domain.get_indices.return_value = {"products_v2": done}
    assert run(s3, domain, FILE)["indices"] == []
    assert {call[0] for call in domain.mock_calls} == {"engine", "get_indices"}


def test_a_thousand_long_names_fit_into_the_state_of_an_execution(s3: Any, domain: Any) -> None:
    names = [f"{number:04}".ljust(57, "x") + "_v1" for number in range(1000)]
    state = run(s3, domain, {**FILE, "indices": names})
    assert len(state["indices"]) == 1000
    assert len(json.dumps(state)) < 100_000


def test_more_than_an_execution_can_carry_is_to_be_split(s3: Any, domain: Any) -> None:
    names = [f"{number:04}".ljust(252, "x") + "_v1" for number in range(1000)]
    error = refused(s3, domain, {**FILE, "alias_name": "{{index_base}}", "indices": names})
    assert "bytes of state" in error.reason
    assert "Split the file" in error.next_step


def test_the_schema_beside_the_examples_is_the_one_the_handler_uses() -> None:
    published = ROOT / "examples/triggers/trigger_file.schema.json"
    assert json.loads(published.read_text()) == trigger_file._schema()


def test_every_example_fits_the_schema() -> None:
    examples = [path for path in (ROOT / "examples/triggers").glob("*.json") if not path.name.endswith("schema.json")]
    assert len(examples) >= 3
    for path in examples:
        assert schema_problems(json.loads(path.read_text())) == [], path.name
