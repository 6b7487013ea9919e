"""The run of a case: what it uploads, and what was on the domain before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cases.case import Case, Documents
from cases.nodes import Place
from support.domain import Domain
from support.signed_front import SignedFront
from support.trigger_file import trigger_file
from support.writer import Writer, small_writes
from workflow.machines import Execution, StateMachines

State = dict[str, dict[str, Any]]
_DEADLINE_SECONDS = 120
# A node of little memory refuses longer ones.
_BULK_CHARACTERS = 2_000_000


class SetupError(Exception):
    """Report that a case could not be laid out, which is never the code's fault."""


class Run:
    """One case under one strategy.

    Attributes:
        case, strategy: which.
        place: the node.
        domain: a client of the node.
        front: the endpoint that the handlers use.
        machines: both state machines.
        stored: every document that was ever acknowledged, by index and id.
        before: the indices as the first upload found them.
        executions: of the uploads so far.
    """

    def __init__(self, case: Case, strategy: str, place: Place, front: SignedFront, machines: StateMachines) -> None:
        self.case, self.strategy, self.place, self.front, self.machines = case, strategy, place, front, machines
        self.domain = Domain(place.url)
        self.stored: dict[str, Documents] = {}
        self.before: State = {}
        self.executions: list[Execution] = []

    @property
    def knows_search_pipelines(self) -> bool:
        """Whether the engine is of version 2.9 or newer."""
        number = self.domain("GET", "")["version"]["number"]
        return tuple(map(int, number.split(".")[:2])) >= (2, 9)

    def lay_out(self) -> None:
        """Create what is on the domain before the run.

        Raises:
            SetupError: the node refused a request.
        """
        try:
            for request in self.case.setup:
                self.domain(*request)
            for index, documents in self.case.documents.items():
                self.store(index, documents)
            for request in self.case.after:
                self.domain(*request)
        except AssertionError as error:
            raise SetupError(str(error)) from error
        self.before = self.state()

    def store(self, index: str, documents: Documents) -> None:
        """Store documents in an index, so that a search finds them.

        Args:
            index: name of the index.
            documents: by id.
        """
        items = list(documents.items())
        longest = max(len(str(body)) for _, body in items)
        size = max(1, min(1000, _BULK_CHARACTERS // longest))
        for first in range(0, len(items), size):
            self.domain.bulk(index, dict(items[first : first + size]))
        self.domain("POST", f"{index}/_refresh")
        self.stored[index] = {**self.stored.get(index, {}), **documents}

    def file(self, *indices: Any, **changes: Any) -> dict[str, Any]:
        """Return the trigger file.

        Args:
            indices: entries instead of the case's own.
            changes: keys instead of the case's own.
        """
        keys = {"strategy": self.strategy, **self.case.file, **changes}
        return trigger_file(self.front.url, *(indices or self.case.indices), **keys)

    def upload(self, *indices: Any, **changes: Any) -> Execution:
        """Upload the trigger file and wait for the end of its execution.

        Args:
            indices: entries instead of the case's own.
            changes: keys instead of the case's own.
        """
        execution = self.machines.run(self.file(*indices, **changes), deadline_seconds=_DEADLINE_SECONDS)
        self.executions.append(execution)
        return execution

    @contextmanager
    def writing(self, alias: str = "a_current", index: str = "a_v1") -> Iterator[Writer]:
        """Write through an alias during a block; what was acknowledged counts as stored.

        Args:
            alias: what is written to.
            index: the index whose documents the writer overwrites.
        """
        loaded, nodes_may_fail = self.stored.get(index, {}), len(self.place.nodes) > 1
        with Writer(self.place.url, alias, small_writes(0), loaded=loaded, nodes_may_fail=nodes_may_fail) as writer:
            yield writer
        self.stored[index] = writer.documents

    def state(self) -> State:
        """Return aliases, settings and mappings of every index but OpenSearch's own."""
        return {name: info for name, info in self.domain.state().items() if not name.startswith(".")}

    def clear(self) -> None:
        """Delete everything, for the next case.

        Raises:
            SetupError: the node refused a request.
        """
        try:
            self._clear()
        except AssertionError as error:
            raise SetupError(str(error)) from error

    def _clear(self) -> None:
        self.machines.functions.hooks.clear()
        self.front.forget()
        self.domain("POST", "_tasks/_cancel?actions=*reindex&wait_for_completion=true")
        for request in self.case.clean:
            self.domain(*request)
        if settings := self.domain("GET", "_cluster/settings?flat_settings")["persistent"]:
            self.domain("PUT", "_cluster/settings", {"persistent": dict.fromkeys(settings)})
        for path in self.domain.holdings():
            self.domain("DELETE", path)
