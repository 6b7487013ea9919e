"""Fixtures of every suite; each real part starts once, when a test needs it first."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from opensearch_reindex import opensearch_client
from support.domain import Domain
from support.ministack import MiniStack
from support.opensearch_node import ExternalNode, OpenSearchNode, running_node
from support.paths import CACHE
from support.signatures import AccessKey
from support.signed_front import FUNCTION_KEY, SignedFront

# Properties have the same examples in every run, so that a failure can be repeated. For other examples:
# PROPERTY_EXAMPLES=5000 pytest tests/unit/*/test_properties_*.py --hypothesis-profile=random [--hypothesis-seed=1]
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile(
    "random",
    database=None,
    deadline=None,
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "2000")),
    print_blob=True,
)
settings.load_profile("repeatable")
set_hypothesis_home_dir(CACHE / "hypothesis")


@pytest.fixture(scope="session")
def node() -> Iterator[OpenSearchNode]:
    with running_node() as running:
        held = Domain(running.url).holdings() if isinstance(running, ExternalNode) else []
        if held:
            # Tests use plain names such as `a_v1`, and an index template may change what they create.
            some = ", ".join(held[:5])
            pytest.exit(
                f"OPENSEARCH_URL names {running.url}, which is in use: it holds {some}"
                f"{', ...' if len(held) > 5 else ''}. The suites work on an empty node only.",
                returncode=pytest.ExitCode.USAGE_ERROR,
            )
        yield running
        left = [] if isinstance(running, ExternalNode) else Domain(running.url).holdings()
        assert not left, f"tests left names without their prefix: {left}"


@pytest.fixture(scope="session")
def access_keys() -> dict[str, AccessKey]:
    """Access keys that AWS knows, by id; a test may change them."""
    return {}


@pytest.fixture(scope="session")
def running_front(node: OpenSearchNode, access_keys: dict[str, AccessKey]) -> Iterator[SignedFront]:
    with SignedFront(node.url, access_keys.get) as running:
        yield running


@pytest.fixture
def front(running_front: SignedFront, access_keys: dict[str, AccessKey]) -> Iterator[SignedFront]:
    """The endpoint of the code under test, without requests and faults of other tests."""
    access_keys.clear()
    access_keys[FUNCTION_KEY.access_key_id] = FUNCTION_KEY
    running_front.forget()
    yield running_front
    assert running_front.forget() == 0, "a fault of this test never happened"


@pytest.fixture(scope="session")
def ministack() -> Iterator[MiniStack]:
    # Waits of 30 s between polls are AWS's business, not what a test should spend.
    with MiniStack(wait_scale=0.1) as running:
        yield running


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Start of every name that the test creates on the node: PREFIX of its file."""
    return str(request.module.PREFIX)


@pytest.fixture
def domain(node: OpenSearchNode, prefix: str) -> Iterator[Domain]:
    """The node; the test's end deletes what the test created below its prefix."""
    domain = Domain(node.url)
    before = domain.holdings(prefix)
    yield domain
    for path in domain.holdings(prefix):
        if path not in before:
            domain("DELETE", path)


@pytest.fixture
def past_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let documents that do not fit be others than those that the trial copies."""
    monkeypatch.setattr("opensearch_reindex.rebuild.creation.trial_problems", lambda *_: [])


@pytest.fixture
def lambda_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of a Lambda function, and what changes it for the test."""
    environment = {
        **FUNCTION_KEY.environment,
        "ALLOWED_ENDPOINTS": "search.example.com",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "CA_CERTIFICATES": "",
        "DOMAIN_ARNS": "arn:aws:es:us-east-1:123456789012:domain/search",
        "LOG_LEVEL": "INFO",
        "POLL_INTERVAL_SECONDS": "1",
        "STALL_TIMEOUT_SECONDS": "600",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    opensearch_client._connect.cache_clear()  # with credentials of the test before
    return monkeypatch
