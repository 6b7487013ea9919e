"""Disturb the rebuilding of real indices in every way, while applications write to them, and count what is lost."""

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from chaos import scenarios
from chaos.faults import FAULTS
from chaos.scene import STRATEGIES, Scene
from chaos.tally import Outcome, Tally
from support.domain import Domain
from support.opensearch_node import ExternalNode, OpenSearchNode, running_node
from support.paths import CACHE
from workflow.definitions import STEPS
from workflow.functions import Functions
from workflow.interpreter import interpreted
from workflow.machines import StateMachines

_LOG = CACHE / "chaos.log"
# Of the faults, those of the short form: what the step has done is the same in the others.
_SHORT_FAULTS = ("killed before", "killed after", "delivered twice", "response lost")


def main() -> int:
    """Run everything and return the exit status: 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often the node is killed, and a race is run")
    parser.add_argument("--short", action="store_true", help="each step and fault once, the node killed twice")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the random moments")
    options = parser.parse_args()
    _log_to_file()
    print(f"chaos: seed {options.seed}", flush=True)
    started = time.monotonic()
    tally = Tally()
    with running_node() as node, _machines(node) as machines:
        Chaos(node, machines, tally, options.seed).run(2 if options.short else options.rounds, short=options.short)
    print(f"\n{tally.table()}\n\n{time.monotonic() - started:.0f} s; what the handlers logged is in .cache/{_LOG.name}")
    print(tally.summary())
    return 0 if tally.is_good else 1


class Chaos:
    """All scenarios over one node."""

    def __init__(self, node: OpenSearchNode, machines: StateMachines, tally: Tally, seed: int) -> None:
        """Describe the run.

        Args:
            node: the OpenSearch node.
            machines: both state machines.
            tally: gets every outcome.
            seed: of what is random.
        """
        self._node, self._machines, self._tally, self._seed = node, machines, tally, seed
        self._domain = Domain(node.url)

    def run(self, rounds: int, *, short: bool) -> None:
        """Try everything.

        Args:
            rounds: how often the node is killed.
            short: only the most important of the rest.
        """
        for strategy in STRATEGIES:
            self._steps(strategy, short=short)
            for _ in range(1 if short else max(1, rounds // 5)):
                self._try("20 uploads at once", strategy, partial(scenarios.race, self._make_scene, strategy))
                again = partial(scenarios.race_for_a_dead_owner, self._make_scene, strategy)
                self._try("20 take-overs at once", strategy, again)
        if isinstance(self._node, ExternalNode):
            print("the node of OPENSEARCH_URL is not killed", flush=True)
            return
        for number, moment in enumerate(scenarios.random_moments(rounds, self._seed)):
            strategy = STRATEGIES[number % len(STRATEGIES)]
            killed = partial(scenarios.killed_node, self._make_scene, strategy, self._node, moment)
            self._try("node killed", strategy, killed)

    def _steps(self, strategy: str, *, short: bool) -> None:
        expected, outcome = scenarios.undisturbed(self._make_scene, strategy)
        self._tally.add(f"undisturbed, {strategy}", outcome)
        for fault in _SHORT_FAULTS if short else FAULTS:
            for step in STEPS:
                faulty = partial(scenarios.faulty_step, self._make_scene, strategy, step, FAULTS[fault], expected)
                self._try(f"{step} {fault}", strategy, faulty)
        if not short:
            for step in STEPS[1:]:
                stopped = partial(scenarios.stopped_execution, self._make_scene, strategy, step, expected)
                self._try(f"execution stopped in {step}", strategy, stopped)

    def _try(self, what: str, strategy: str, scenario: Callable[[], Outcome]) -> None:
        print(f"{what}, {strategy}", flush=True)
        self._tally.add(f"{what}, {strategy}", scenario())

    def _make_scene(self, strategy: str, documents: int, **reindex: Any) -> Scene:
        return Scene(self._machines, self._domain, self._node.url, strategy, documents, **reindex)


@contextmanager
def _machines(node: OpenSearchNode) -> Iterator[StateMachines]:
    """Both state machines, over the handlers in the environment of a Lambda function."""
    os.environ |= {
        "ALLOWED_ENDPOINTS": urlsplit(node.url).netloc,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "a-secret-key",
        "DOMAIN_ARNS": "arn:aws:es:us-east-1:123456789012:domain/search",
        "POLL_INTERVAL_SECONDS": "1",
        "STALL_TIMEOUT_SECONDS": "600",
    }
    functions = Functions()
    with interpreted(functions.invoke, passthrough_url=node.url):
        yield StateMachines(functions)


def _log_to_file() -> None:
    """Keep what the handlers and the interpreter log out of the table."""
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
