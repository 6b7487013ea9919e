"""Inject faults into rebuilds while applications write, and count lost documents."""

import argparse
import itertools
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from chaos import passing, scenarios
from chaos.faults import CONNECTION_FAULTS, FAULTS, SHORT_CONNECTION_FAULTS, SHORT_FAULTS
from chaos.scene import STRATEGIES, Scene
from chaos.tally import Outcome, Tally
from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.endpoint import parse_endpoint
from support.domain import Domain
from support.opensearch_cluster import OpenSearchCluster
from support.opensearch_node import ExternalNode, OpenSearchNode, running_node
from support.paths import CACHE, ROOT
from support.rebuild import Rebuild
from support.refusals import refuse_all
from support.signed_front import FUNCTION_KEY, SignedFront
from workflow.definitions import STEPS
from workflow.functions import Functions
from workflow.interpreter import interpreted
from workflow.machines import StateMachines

_LOG = CACHE / "chaos.log"
_KEYS = {FUNCTION_KEY.access_key_id: FUNCTION_KEY}


def main() -> int:
    """Run all scenarios and return the exit status: 1 if any of them found a problem."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often to kill the node")
    parser.add_argument("--clusters", action="store_true", help="disturb copies on clusters, and nothing else")
    parser.add_argument(
        "--short", action="store_true", help="inject a selection of faults once, and kill the node twice"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="seed of the random moments")
    options = parser.parse_args()
    _log_to_file()
    print(f"chaos: seed {options.seed}", flush=True)
    started = time.monotonic()
    tally = Tally()
    if not options.clusters:
        _run_on_node(tally, options)
    _run_on_clusters(tally, options.seed, max(1, options.rounds // 5), short=options.short)
    print(
        f"\n{tally.table()}\n\n{time.monotonic() - started:.0f} s; the logs of the handlers are in .cache/{_LOG.name}"
    )
    print(tally.summary())
    return 0 if tally.is_good else 1


def _run_on_node(tally: Tally, options: argparse.Namespace) -> None:
    with running_node() as node, SignedFront(node.url, _KEYS.get) as front, _machines(front, node) as machines:
        chaos = Chaos(node, front, machines, tally, options.seed)
        chaos.run(2 if options.short else options.rounds, short=options.short)
        if not options.short:
            chaos.generated(options.rounds)


def _run_on_clusters(tally: Tally, seed: int, rounds: int, *, short: bool) -> None:
    """Disturb copies on two clusters; nodes of the second can be killed."""
    with (
        OpenSearchNode(nodes=passing.NODES, settings=passing.SETTINGS) as crowded,
        SignedFront(crowded.url, _KEYS.get) as front,
        _machines(front, crowded) as machines,
    ):
        Chaos(crowded, front, machines, tally, seed, replicas=1).disturb(rounds, short=short)
    with (
        OpenSearchCluster(passing.NODES) as cluster,
        SignedFront(cluster.url, _KEYS.get) as front,
        _machines(front, cluster.nodes[0]) as machines,
    ):
        Chaos(cluster.nodes[0], front, machines, tally, seed, replicas=1).lose_nodes(cluster.nodes, rounds, short=short)


class Chaos:
    """All scenarios on one node or cluster."""

    def __init__(
        self,
        node: OpenSearchNode,
        front: SignedFront,
        machines: StateMachines,
        tally: Tally,
        seed: int,
        *,
        replicas: int = 0,
    ) -> None:
        """Name the parts.

        Args:
            node: the OpenSearch node.
            front: the handlers' endpoint of the node.
            machines: both state machines.
            tally: collects every outcome.
            seed: seed of the random numbers.
            replicas: number of replicas of each index.
        """
        self._replicas = replicas
        self._node, self._front, self._machines, self._tally, self._seed = node, front, machines, tally, seed
        self._domain = Domain(node.url)

    def run(self, rounds: int, *, short: bool) -> None:
        """Run all scenarios.

        Args:
            rounds: how often to kill the node.
            short: whether to run a selection of the other scenarios.
        """
        for strategy in STRATEGIES:
            expected, outcome = scenarios.undisturbed(self._make_scene, strategy)
            self._tally.add(f"no fault, {strategy}", outcome)
            self._steps(strategy, expected, short=short)
            self._connections(strategy, expected, short=short)
            for _ in range(1 if short else max(1, rounds // 5)):
                self._try("20 executions at once", strategy, scenarios.race)
                self._try("20 executions at once after an aborted owner", strategy, scenarios.race_for_a_dead_owner)
        if isinstance(self._node, ExternalNode):
            print("chaos: skipping the kills of the node, because OPENSEARCH_URL is set", flush=True)
            return
        for number, moment in enumerate(scenarios.random_moments(rounds, self._seed)):
            self._try(
                "node killed during the copy",
                STRATEGIES[number % len(STRATEGIES)],
                scenarios.killed_node,
                self._node,
                moment,
            )

    def disturb(self, rounds: int, *, short: bool) -> None:
        """Let the domain have passing faults during copies.

        Args:
            rounds: how often each of them happens under each strategy.
            short: whether each of them happens under one of the strategies.
        """
        faults = (passing.scrolls_cleared, passing.bulks_refused, passing.primaries_moved)
        pairs = list(itertools.product(faults, STRATEGIES * rounds))
        for fault, strategy in zip(faults, itertools.cycle(STRATEGIES), strict=False) if short else pairs:
            self._try(fault.__name__.replace("_", " "), strategy, passing.disturbed, fault)

    def lose_nodes(self, nodes: Sequence[OpenSearchNode], rounds: int, *, short: bool) -> None:
        """Kill a data node during copies.

        Args:
            nodes: processes of the cluster.
            rounds: how often under each strategy.
            short: whether to do so under one of the strategies.
        """
        for strategy in STRATEGIES[:1] if short else STRATEGIES * rounds:
            self._try("data node killed during the copy", strategy, passing.node_lost, nodes)

    def generated(self, rounds: int) -> None:
        """Give new random examples to the checks of trigger files and to the properties.

        Args:
            rounds: number of bad trigger files in thousands.
        """
        credentials = Credentials(
            FUNCTION_KEY.access_key_id, FUNCTION_KEY.secret_access_key, FUNCTION_KEY.session_token
        )
        endpoint = parse_endpoint(self._front.url)
        client = OpenSearchClient(endpoint, credentials, self._front.region, self._front.ca_certificates)
        print("random bad trigger files", flush=True)
        rebuild = Rebuild(client, self._front.url)
        print(refuse_all(self._domain, rebuild, max(5000, 1000 * rounds), self._seed).table(), flush=True)
        print("properties with random examples", flush=True)
        properties = [str(path) for path in sorted((ROOT / "tests" / "unit").rglob("test_properties_*.py"))]
        profile = ["--hypothesis-profile=random", f"--hypothesis-seed={self._seed}"]
        subprocess.run([sys.executable, "-m", "pytest", "-q", *profile, *properties], cwd=ROOT, check=True)

    def _steps(self, strategy: str, expected: Mapping[str, Any], *, short: bool) -> None:
        for name in SHORT_FAULTS if short else FAULTS:
            for step in STEPS:
                self._try(f"{step}: {name}", strategy, scenarios.faulty_step, step, FAULTS[name], expected)
        if not short:
            for step in STEPS[1:]:
                self._try(f"{step}: execution stopped", strategy, scenarios.stopped_execution, step, expected)

    def _connections(self, strategy: str, expected: Mapping[str, Any], *, short: bool) -> None:
        for name in SHORT_CONNECTION_FAULTS if short else CONNECTION_FAULTS:
            fault = CONNECTION_FAULTS[name]
            self._try(f"each request: {name}", strategy, scenarios.faulty_connection, self._front, fault, expected)

    def _try(self, what: str, strategy: str, scenario: Callable[..., Outcome], *arguments: Any) -> None:
        print(f"{what}, {strategy}", flush=True)
        self._tally.add(f"{what}, {strategy}", scenario(self._make_scene, strategy, *arguments))

    def _make_scene(self, strategy: str, documents: int, **reindex: Any) -> Scene:
        return Scene(
            self._machines, self._domain, self._front.url, strategy, documents, replicas=self._replicas, **reindex
        )


@contextmanager
def _machines(front: SignedFront, node: OpenSearchNode) -> Iterator[StateMachines]:
    """Give both state machines, with handlers in the environment of a Lambda function."""
    os.environ |= {
        "ALLOWED_ENDPOINTS": urlsplit(front.url).netloc,
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY.access_key_id,
        "AWS_DEFAULT_REGION": front.region,
        "AWS_REGION": front.region,
        "AWS_SECRET_ACCESS_KEY": FUNCTION_KEY.secret_access_key,
        "AWS_SESSION_TOKEN": str(FUNCTION_KEY.session_token),
        "CA_CERTIFICATES": front.ca_certificates,
        "DOMAIN_ARNS": f"arn:aws:es:{front.region}:123456789012:domain/search",
        "POLL_INTERVAL_SECONDS": "1",
        "STALL_TIMEOUT_SECONDS": "600",
    }
    functions = Functions()
    with interpreted(functions.invoke, passthrough_urls=[front.url, node.url]):
        yield StateMachines(functions)


def _log_to_file() -> None:
    """Send the logs of the handlers and of the interpreter to a file."""
    _LOG.unlink(missing_ok=True)
    root = logging.getLogger()
    formatters = [handler.formatter for handler in root.handlers]
    for handler in list(root.handlers):
        root.removeHandler(handler)
    file = logging.FileHandler(_LOG)
    file.setFormatter(formatters[0] if formatters else None)
    root.addHandler(file)


if __name__ == "__main__":
    sys.exit(main())
