"""Remove the safety checks of the Lambda code one by one; a test must fail.

`python -m mutations [WORDS...]` tries only the mutations whose names contain the words.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from mutations.catalogue import CATALOGUE
from mutations.runner import PROCESSES, Trial, run
from support.opensearch_node import ExternalNode, running_node

_GROUPS = {mutation: title for title, group in CATALOGUE.items() for mutation in group}
# Length of the printed end of pytest's output.
_OUTPUT_CHARACTERS = 2000


def main(words: str) -> int:
    """Try the mutations, print the test that notices each, and return the exit status.

    Args:
        words: part of the names; empty for all mutations.
    """
    chosen = [mutation for mutation in _GROUPS if words in mutation.name]
    if not chosen:
        print(f"mutations: no name contains {words!r}", file=sys.stderr)
        return 2
    try:
        with running_nodes() as urls:
            survivors = show(run(chosen, urls))
    except (RuntimeError, ValueError) as error:
        print(f"mutations: {error}", file=sys.stderr)
        return 1
    print(f"\nmutations: {len(chosen) - len(survivors)} of {len(chosen)} noticed")
    return 1 if survivors else 0


@contextmanager
def running_nodes() -> Iterator[list[str]]:
    """Start a node for each process, or take the node of OPENSEARCH_URL."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(running_node())]
        if not isinstance(nodes[0], ExternalNode):
            nodes += [stack.enter_context(running_node()) for _ in range(PROCESSES - 1)]
        yield [node.url for node in nodes]


def show(trials: Iterable[Trial]) -> set[str]:
    """Print each trial when it ends, and return the names of the unnoticed mutations.

    Args:
        trials: trials in the order of the catalogue.
    """
    survivors: set[str] = set()
    title = name = ""
    for trial in trials:
        if title != (title := _GROUPS[trial.mutation]):
            print(f"\n{title}")
        if name != (name := trial.mutation.name):
            print(f"  {name}")
        if trial.noticed_by:
            print(f"    {trial.noticed_by}", flush=True)
        else:
            survivors.add(name)
            print(f"    NOT NOTICED by {trial.suite}\n{trial.output[-_OUTPUT_CHARACTERS:]}", flush=True)
    return survivors


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
