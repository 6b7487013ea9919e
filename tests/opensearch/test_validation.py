"""A trigger file that the domain has something against is refused, and nothing on the domain changes."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from environment import Environment
from errors import TriggerFileError
from opensearch_client import OpenSearchClient
from support.domain import Domain
from support.rebuild import Rebuild
from trigger_file import get_trigger_file

BUCKET = "triggers"


class Upload:
    """Put a trigger file into a bucket and let GetTriggerFile read it."""

    def __init__(self, s3: Any, client: OpenSearchClient, url: str) -> None:
        self.s3 = s3
        self.client = client
        self.url = url

    def __call__(self, *indices: Any, **changes: Any) -> dict[str, Any]:
        file = {
            "opensearch_endpoint": self.url,
            "index_pattern": r"^(.+)_v(\d+)$",
            "index_replacement": r"\1_v{{next_version}}",
            "alias_name": "{{index_base}}_current",
            "indices": list(indices),
            **changes,
        }
        self.s3.put_object(Bucket=BUCKET, Key="t.json", Body=json.dumps(file))
        detail = {"bucket": {"name": BUCKET}, "object": {"key": "t.json"}}
        environment = Environment((self.url.removeprefix("http://"),), (), 30, "us-east-1")
        return get_trigger_file({"detail": detail}, self.s3, lambda _: self.client, environment)


@pytest.fixture
def upload(client: OpenSearchClient, domain: Domain) -> Iterator[Upload]:
    with mock_aws(config={"core": {"passthrough": {"urls": [f"{domain.url}/.*"]}}}):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        yield Upload(s3, client, domain.url)


def test_every_problem_of_the_domain_is_listed_at_once(upload: Upload, domain: Domain) -> None:
    domain("PUT", "ready_v1", {"aliases": {"ready_current": {"is_write_index": True}}})
    domain("PUT", "behind", {"aliases": {"alias_v1": {}}})
    domain("PUT", "closed_v1")
    domain("POST", "closed_v1/_close")
    domain("PUT", "taken_v1")
    domain("PUT", "taken_v2")
    domain("PUT", "written_v1")
    domain("PUT", "elsewhere", {"aliases": {"written_current": {}}})
    domain("PUT", "named_v1")
    domain("PUT", "named_current")
    domain("PUT", "_ingest/pipeline/final", {"processors": [{"set": {"field": "a", "value": 1}}]})
    domain("PUT", "piped_v1", {"settings": {"final_pipeline": "final"}})
    domain("PUT", "blocked_v1", {"settings": {"blocks.read_only": True}})
    names = ("ready", "missing", "alias", "closed", "taken", "written", "named", "piped", "blocked")
    try:
        before = domain.state()
        with pytest.raises(TriggerFileError) as caught:
            upload(*(f"{name}_v1" for name in names))
        assert domain.state() == before
    finally:
        domain("PUT", "blocked_v1/_settings", {"index.blocks.read_only": False})
    expected = [
        "indices[1]: source index 'missing_v1' does not exist",
        "indices[2]: source index 'alias_v1' is an alias of behind; name the index itself",
        "indices[3]: source index 'closed_v1' is closed",
        "indices[4]: target index 'taken_v2' exists, and was not made from this source index",
        "indices[5]: alias 'written_current' has another write index, 'elsewhere'",
        "indices[6]: alias 'named_current' is the name of an index",
        "indices[7]: source index 'piped_v1' has final_pipeline 'final', which would run again",
        "indices[8]: source index 'blocked_v1' has index.blocks.read_only set",
    ]
    assert len(caught.value.problems) == len(expected), caught.value.problems
    for problem, beginning in zip(caught.value.problems, expected, strict=True):
        assert problem.startswith(beginning)


def test_a_data_stream_is_no_source(upload: Upload, domain: Domain) -> None:
    domain("PUT", "_index_template/logs", {"index_patterns": ["logs_v1"], "data_stream": {}})
    domain("PUT", "_data_stream/logs_v1")
    try:
        with pytest.raises(TriggerFileError) as caught:
            upload("logs_v1")
    finally:
        domain("DELETE", "_data_stream/logs_v1")
    assert caught.value.problems == ["indices[0]: source index 'logs_v1' is a data stream"]


def test_a_data_stream_is_neither_target_nor_alias(upload: Upload, domain: Domain) -> None:
    streams = ("logs_v2", "events_current")
    domain("PUT", "_index_template/logs", {"index_patterns": streams, "data_stream": {}})
    for name in streams:
        domain("PUT", f"_data_stream/{name}")
    for name in ("logs_v1", "events_v1"):
        domain("PUT", name)
    try:
        with pytest.raises(TriggerFileError) as caught:
            upload("logs_v1", "events_v1")
    finally:
        for name in streams:
            domain("DELETE", f"_data_stream/{name}")
    assert caught.value.problems == [
        "indices[0]: target index 'logs_v2' is the name of a data stream",
        "indices[1]: alias 'events_current' is the name of a data stream",
    ]


def test_a_file_whose_first_index_is_half_done_is_accepted_again(
    upload: Upload, rebuild: Rebuild, domain: Domain
) -> None:
    domain("PUT", "a_v1", {"aliases": {"a_current": {}}})
    rebuild.freeze("a_v1")
    assert upload("a_v1")["indices"] == [{"source_index": "a_v1"}]


def test_two_hundred_indices_are_checked_together(upload: Upload, domain: Domain) -> None:
    names = [f"{'long-name-' * 15}{number:03}_v1" for number in range(200)]
    for name in names[:3]:
        domain("PUT", name)
    with pytest.raises(TriggerFileError) as caught:
        upload(*names)
    assert len(caught.value.problems) == 197
