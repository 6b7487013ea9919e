"""One node for each engine, and the outcome of every scenario on it."""

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from engines.operations import is_supported
from engines.versions import chosen
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import parse_endpoint
from opensearch_reindex.runtime.transport import Transport
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.paths import CACHE
from support.rebuild import Rebuild

# The matrix of `make test-engines`, see `engines.matrix`.
OUTCOMES = CACHE / "engines"
_HEAP = "512m"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each scenario on each engine, one engine after the other."""
    if "engine_node" in metafunc.fixturenames:
        # One process for each engine: a test deletes everything on its node.
        engines = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in chosen()]
        metafunc.parametrize("engine_node", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine_node(request: pytest.FixtureRequest) -> Iterator[OpenSearchNode]:
    with OpenSearchNode(_HEAP, version=request.param) as node:
        yield node


@pytest.fixture
def domain(engine_node: OpenSearchNode) -> Iterator[Domain]:
    """The node, which holds nothing before and after a test, not even a token."""
    domain = Domain(engine_node.url)
    yield domain
    left = [name for name in domain.holdings() if not name.startswith("engine_v2")]
    domain("DELETE", "_all?expand_wildcards=open,closed,hidden", ok=False)
    assert not left


@pytest.fixture(autouse=True)
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every path that the code asks for in a test; the service supports them all."""
    sent: list[str] = []
    send = Transport.send

    def recorded(transport: Transport, method: str, url: str, **options: Any) -> Any:
        sent.append(url)
        return send(transport, method, url, **options)

    monkeypatch.setattr(Transport, "send", recorded)
    yield sent
    assert not [path for path in sent if not is_supported(path)]


@pytest.fixture
def client(engine_node: OpenSearchNode) -> OpenSearchClient:
    return OpenSearchClient(parse_endpoint(engine_node.url), Credentials("key", "hidden"), "us-east-1")


@pytest.fixture
def rebuild(client: OpenSearchClient, engine_node: OpenSearchNode) -> Rebuild:
    return Rebuild(client, engine_node.url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the outcome of each scenario, also while processes share the suite."""
    report = yield
    if call.when == "call" and isinstance(item, pytest.Function):
        parameters = item.callspec.params
        outcome = {
            "engine": parameters["engine_node"],
            "scenario": item.function.__doc__,
            "strategy": parameters.get("strategy", "both"),
            "outcome": report.outcome,
        }
        OUTCOMES.mkdir(parents=True, exist_ok=True)
        name = "".join(character if character.isalnum() else "-" for character in item.nodeid)
        Path(OUTCOMES / f"{name}.json").write_text(json.dumps(outcome), "utf-8")
    return report
