from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from cases.case import Case
from cases.nodes import NODES, Place
from cases.run import Run
from support.engines import DEFAULT
from support.opensearch_node import OpenSearchNode
from support.signed_front import FUNCTION_KEY, SignedFront
from workflow.functions import Functions
from workflow.interpreter import interpreted
from workflow.machines import StateMachines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each case of a file to its test, under every strategy."""
    if "case" in metafunc.fixturenames:
        pairs = [
            pytest.param(case, strategy, id=f"{case.id}-{strategy}")
            for case in metafunc.module.CASES
            for strategy in case.strategies
        ]
        metafunc.parametrize(("case", "strategy"), pairs)


Stand = tuple[Place, SignedFront]


@pytest.fixture(scope="session")
def stands(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Stand]]:
    """Give node and front by the node's key; two nodes run at most."""
    with ExitStack() as stack:
        kept: dict[str, Stand] = {}

        def give(key: str) -> Stand:
            if key == DEFAULT:
                node: OpenSearchNode = request.getfixturevalue("node")
                return Place(node.url, (node,)), request.getfixturevalue("front_of_node")
            if key not in kept:
                stack.close()
                kept.clear()
                place = stack.enter_context(NODES[key]())
                kept[key] = (place, stack.enter_context(_front(place.url)))
            return kept[key]

        yield give


@pytest.fixture(scope="session")
def front_of_node(node: OpenSearchNode) -> Iterator[SignedFront]:
    with _front(node.url) as front:
        yield front


def _front(url: str) -> SignedFront:
    return SignedFront(url, {FUNCTION_KEY.access_key_id: FUNCTION_KEY}.get)


@pytest.fixture
def run(
    case: Case, strategy: str, stands: Callable[[str], Stand], lambda_environment: pytest.MonkeyPatch
) -> Iterator[Run]:
    place, front = stands(case.node)
    lambda_environment.setenv("ALLOWED_ENDPOINTS", urlsplit(front.url).netloc)
    lambda_environment.setenv("CA_CERTIFICATES", front.ca_certificates)
    functions = Functions()
    with interpreted(functions.invoke, passthrough_urls=[front.url, *(node.url for node in place.nodes)]):
        run = Run(case, strategy, place, front, StateMachines(functions))
        try:
            run.lay_out()
            yield run
        finally:
            run.clear()
