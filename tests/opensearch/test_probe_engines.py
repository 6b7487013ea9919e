"""The oldest and the newest engine create and write nothing in a trial."""

import pytest
from botocore.credentials import Credentials

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import parse_endpoint
from support.domain import Domain
from support.opensearch_node import OpenSearchNode

PREFIX = "engine"


@pytest.mark.parametrize("version", ["1.3", "3.8"])
def test_a_trial_shows_the_reason_and_leaves_nothing(version: str) -> None:
    with OpenSearchNode(version=version) as node:
        client = OpenSearchClient(parse_endpoint(node.url), Credentials("key", "hidden"), "us-east-1")
        domain = Domain(node.url)
        domain("PUT", "engine_v1")
        domain.bulk("engine_v1", {"1": {"a": "x"}})
        domain("POST", "engine_v1/_refresh")
        domain("PUT", "_ingest/pipeline/engine-p", {"processors": [{"convert": {"field": "a", "type": "integer"}}]})
        before = domain.state()

        assert client.refused_creation("engine_v2", {}) is None
        wrong = {"mappings": {"properties": {"b": {"type": "text", "analyzer": "nope"}}}}
        refusal = client.refused_creation("engine_v2", wrong)
        assert refusal is not None
        assert "analyzer [nope]" in refusal.reason
        assert client.simulate_template("engine_v2") == {}

        def failures(pipeline: str, script: str) -> list[str]:
            source = {"source": script} if script else None
            causes = client.failed_documents("engine_v1", "engine_v2", 10, pipeline, source)
            return [cause["type"] for cause in causes]

        assert failures("_none", "ctx._source.b = 1") == []
        assert failures("_none", "ctx._source.b = +") == ["script_exception"]
        assert failures("_none", "ctx._source.b = Integer.parseInt(ctx._source.a)") == ["script_exception"]
        assert failures("engine-p", "") == ["illegal_argument_exception"]
        assert domain.state() == before
