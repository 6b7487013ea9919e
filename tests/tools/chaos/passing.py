"""Scenarios of passing faults inside of a copy, on a cluster with short queues."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from chaos.scenarios import MakeScene
from chaos.scene import Scene
from chaos.tally import Outcome
from support.domain import Domain
from support.opensearch_node import OpenSearchNode
from support.waiting import wait_until

# One thread and a queue of two: a few bulks at once are refused.
SETTINGS = {"thread_pool.write.size": "1", "thread_pool.write.queue_size": "2"}
NODES = 3
_DOCUMENTS = 3000
_SLOW = {"slices": 2, "batch_size": 100, "requests_per_second": 800}
_CROWD = 6
_BULK = 200
_PAUSE_SECONDS = 0.3

# Disturbs until the event is set, and returns how often the fault happened.
Disturb = Callable[[Scene, threading.Event], int]


def disturbed(make_scene: MakeScene, strategy: str, disturb: Disturb) -> Outcome:
    """Disturb the domain from the start of the copy to its end; one upload must do.

    Args:
        make_scene: creates the index.
        strategy: strategy of the trigger file.
        disturb: what disturbs.
    """
    scene = make_scene(strategy, _DOCUMENTS, **_SLOW)
    with scene.writing(), _copying(scene) as ended:
        happened = disturb(scene, ended)
    assert happened, f"{scene.source}: the copy ended before anything disturbed it"
    return scene.verify()


def scrolls_cleared(scene: Scene, ended: threading.Event) -> int:
    """Clear all scroll contexts, three times in a copy."""
    cleared = 0
    for part in (0.1, 0.4, 0.7):
        wait_until(lambda part=part: ended.is_set() or scene.has_copied(part), 120)  # type: ignore[misc]
        cleared += scene.domain("DELETE", "_search/scroll/_all")["num_freed"]
    return cleared


def primaries_moved(scene: Scene, ended: threading.Event) -> int:
    """Move one primary shard of source or target after the other to another node."""
    moved = 0
    while not ended.wait(_PAUSE_SECONDS):
        for command in _moves(scene):
            answer = scene.domain("POST", "_cluster/reroute", {"commands": [command]}, ok=False)
            moved += answer.get("acknowledged", False)
    return moved


def bulks_refused(scene: Scene, ended: threading.Event) -> int:
    """Fill the write queues, so that bulks of the copy are refused."""
    crowd = f"{scene.source.removesuffix('_v1')}-crowd"
    scene.domain("PUT", crowd, {"settings": {"number_of_shards": NODES, "number_of_replicas": 0}})
    with ThreadPoolExecutor(_CROWD) as threads:
        refused = sum(threads.map(lambda number: _crowd(scene.domain.url, crowd, number, ended), range(_CROWD)))
    scene.domain("DELETE", crowd)
    return refused


def _crowd(url: str, index: str, number: int, ended: threading.Event) -> int:
    """Send bulks until the event is set, and return how many were refused."""
    domain = Domain(url)
    refused = 0
    for turn in itertools.count():
        if ended.is_set():
            break
        try:
            domain.bulk(index, {f"{number}-{turn}-{each}": {"text": "words " * 50} for each in range(_BULK)})
        except AssertionError:
            refused += 1
            ended.wait(0.01)
    return refused


def _moves(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give commands that move primary shards to nodes without a copy of them."""
    for index in (scene.source, scene.target):
        shards = scene.domain("GET", f"_cat/shards/{index}?format=json&h=shard,prirep,state,node", ok=False)
        if not isinstance(shards, list):
            continue
        nodes = [node["name"] for node in scene.domain("GET", "_cat/nodes?format=json&h=name")]
        for shard in shards:
            if shard["prirep"] == "p" and shard["state"] == "STARTED":
                holders = {each["node"] for each in shards if each["shard"] == shard["shard"]}
                free = next((node for node in nodes if node not in holders), None)
                if free:
                    move = {"index": index, "shard": int(shard["shard"]), "from_node": shard["node"], "to_node": free}
                    yield {"move": move}


def node_lost(make_scene: MakeScene, strategy: str, nodes: Sequence[OpenSearchNode]) -> Outcome:
    """Kill a data node that runs no task of the copy, and start it again.

    Args:
        make_scene: creates the index.
        strategy: strategy of the trigger file.
        nodes: processes of the cluster; the first one gets the requests.
    """
    scene = make_scene(strategy, _DOCUMENTS, **_SLOW)
    with scene.writing(), _copying(scene):
        wait_until(lambda: scene.has_copied(0.1), 120)
        tasks = scene.domain("GET", "_tasks?actions=*reindex")["nodes"].values()
        busy = {node["name"] for node in tasks if node["tasks"]}
        victim = next(node for node in nodes[1:] if node.settings["node.name"] not in busy)
        victim.kill()
        victim.start()
    return scene.verify()


@contextmanager
def _copying(scene: Scene) -> Iterator[threading.Event]:
    """Run the file during a block; the event is set at its end. One upload must do."""
    ended = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(scene.upload, 300)
        running.add_done_callback(lambda _: ended.set())
        wait_until(lambda: ended.is_set() or scene.domain.exists(scene.target))
        yield ended
        execution = running.result()
    if execution.status != "SUCCEEDED":
        scene.interruptions.append(f"{execution.error}: {execution.cause}")
        scene.upload_until_done()
