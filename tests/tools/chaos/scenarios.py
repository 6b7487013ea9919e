"""Scenarios: each creates an index, disturbs its rebuild, and verifies the result."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from chaos.faults import once
from chaos.scene import Scene
from chaos.tally import Outcome
from support.faults import Fault
from support.opensearch_node import OpenSearchNode
from support.signatures import Request
from support.signed_front import SignedFront
from support.waiting import wait_until
from workflow.faults import poll_once
from workflow.functions import Event, Handler, Hook, State
from workflow.machines import Execution

RACERS = 20
# A slow copy, which still runs when the last of the racers starts.
_SLOW = {"slices": 1, "batch_size": 50, "requests_per_second": 200}

MakeScene = Callable[..., Scene]


def undisturbed(make_scene: MakeScene, strategy: str) -> tuple[Mapping[str, Any], Outcome]:
    """Rebuild an index without a fault, and return the state of its target index."""
    scene = make_scene(strategy, 300)
    with scene.writing():
        execution = scene.upload()
    assert execution.status == "SUCCEEDED", execution.cause
    state = scene.state()
    return state, scene.verify()


def faulty_step(make_scene: MakeScene, strategy: str, step: str, fault: Hook, expected: Mapping[str, Any]) -> Outcome:
    """Inject a fault into the first call of a step, and upload the file until success."""
    scene = make_scene(strategy, 300)
    hooks = scene.machines.functions.hooks
    hooks.clear()
    hooks["start_reindex"] = once(poll_once)  # so that CheckReindexStatus has to poll
    hooks[step] = once(fault, hooks.get(step))
    with scene.writing():
        scene.upload_until_done()
        scene.upload_until_done()  # and once more after the success
    hooks.clear()
    return scene.verify(expected)


def stopped_execution(make_scene: MakeScene, strategy: str, step: str, expected: Mapping[str, Any]) -> Outcome:
    """Stop the execution during a step, and upload the file until success."""
    scene = make_scene(strategy, 300)
    hooks = scene.machines.functions.hooks
    hooks.clear()

    def stop(handler: Handler, event: Event) -> State:
        state = handler(event)
        scene.machines.abort(event["execution_id"])
        return state

    hooks["start_reindex"] = once(poll_once)
    hooks[step] = once(stop, hooks.get(step))
    with scene.writing():
        scene.upload_until_done()
    hooks.clear()
    return scene.verify(expected)


def faulty_connection(
    make_scene: MakeScene, strategy: str, front: SignedFront, fault: Fault, expected: Mapping[str, Any]
) -> Outcome:
    """Inject a fault into the first occurrence of each request that changes something."""
    scene = make_scene(strategy, 300)
    scene.machines.functions.hooks.clear()
    seen: set[tuple[str, str]] = set()

    def is_first(request: Request) -> bool:
        key = (request.method, request.path)
        if request.method in ("GET", "HEAD") or key in seen:
            return False
        seen.add(key)
        return True

    front.inject(fault, is_first, times=None)
    try:
        with scene.writing():
            scene.upload_until_done()
    finally:
        front.forget()
    return scene.verify(expected)


def killed_node(make_scene: MakeScene, strategy: str, node: OpenSearchNode, moment: float) -> Outcome:
    """Kill the node during the copy, restart it, and upload the file until success.

    Args:
        make_scene: creates the index.
        strategy: strategy of the trigger file.
        node: the node to kill.
        moment: copied part of the documents at the kill, from 0 to 1.
    """
    scene = make_scene(strategy, 3000, slices=2, batch_size=100, requests_per_second=1000)
    with scene.writing(), ThreadPoolExecutor(1) as pool:
        scene.uploads += 1
        running = pool.submit(scene.machines.run, scene.file, deadline_seconds=180)
        wait_until(lambda: scene.has_copied(moment) or running.done(), deadline_seconds=30)
        node.kill()
        node.start()
        if running.result().status != "SUCCEEDED":
            scene.upload_until_done()
    return scene.verify()


def race(make_scene: MakeScene, strategy: str) -> Outcome:
    """Start twenty executions for one upload at once; all but one name the owner."""
    scene = make_scene(strategy, 600, **_SLOW)
    with scene.writing():
        executions = _at_once(scene)
    _one_worked(scene, executions)
    return scene.verify()


def race_for_a_dead_owner(make_scene: MakeScene, strategy: str) -> Outcome:
    """Abort an execution during its copy, and start twenty for its file at once."""
    scene = make_scene(strategy, 900, **_SLOW)
    with scene.writing():
        scene.uploads += 1
        dead = scene.machines.start(scene.machines.upload(scene.file))
        wait_until(lambda: scene.has_copied(0.1), deadline_seconds=30)
        scene.machines.abort(dead)
        executions = _at_once(scene)
    _one_worked(scene, executions)
    return scene.verify()


def random_moments(rounds: int, seed: int) -> list[float]:
    """Return random moments of a copy, from the start to nearly the end."""
    generator = random.Random(seed)
    return [generator.uniform(0.02, 0.95) for _ in range(rounds)]


def _at_once(scene: Scene) -> list[Execution]:
    event = scene.machines.upload(scene.file)
    barrier = Barrier(RACERS)

    def start(_: int) -> Execution:
        barrier.wait()
        return scene.machines.wait(scene.machines.start(event), deadline_seconds=180)

    scene.uploads += RACERS
    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(start, range(RACERS)))


def _one_worked(scene: Scene, executions: list[Execution]) -> None:
    winners = [execution for execution in executions if execution.status == "SUCCEEDED"]
    losers = [execution for execution in executions if execution.status != "SUCCEEDED"]
    assert len(winners) == 1, f"{scene.source}: {len(winners)} of {len(executions)} executions succeeded"
    for loser in losers:
        assert loser.error == "ConcurrentReindexError", f"{loser.error}: {loser.cause}"
