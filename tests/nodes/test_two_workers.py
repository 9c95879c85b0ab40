"""Two workers of each operator share a broker: the same outcome, and no more work.

On files the broker is a folder; with ``python -m tests.services pytest …`` it is one Redis, and
PostgreSQL holds the rows. Workers are processes of their own either way.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.embedded.services import worker_program
from mpcengine.protocol.nodesfile import NODE_NAMES
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes, spawn, three_nodes

# Of four buckets two are under way at a time; lists long enough that computing is most of it.
TERMS: dict[str, Any] = {"first_size": 2**16, "other_size": 2**16, "buckets": 4}
LISTS = {
    0: words((0, 40_000)),
    1: words((0, 20_000)),
    2: words((10_000, 50_000)),
    3: words((39_000, 41_000), (90_000, 110_000)),
}
# A party is a process of its own, so a second worker adds its own waiting and looking only.
MOST_TIMES = 1.1
RUNS = 2


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Nodes]:
    """Three nodes that no other test uses: a second worker stays."""
    with three_nodes(tmp_path / "nodes") as found:
        yield found


def second_worker(nodes: Nodes, node: str) -> None:
    """Start another worker of a node, on the same broker and database, before there is work.

    An embedded worker takes every lease at its start, so it may not start later.
    """
    program = worker_program(nodes.house, f"node-{node}")
    arguments = (*program.arguments[:-1], f"second-{node}")
    nodes.processes[node, "second"] = spawn(replace(program, arguments=arguments))


class Owners:
    """Look all the time at which process of each node drives which bucket."""

    def __init__(self, nodes: Nodes) -> None:
        self.seen: dict[str, set[str]] = {node: set() for node in NODE_NAMES}
        self._nodes = nodes
        self._stop = threading.Event()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look until the block ends."""
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _look(self) -> None:
        query = "SELECT lease_owner FROM nodes_job WHERE kind = ? AND lease_owner <> ?"
        while not self._stop.wait(0.05):
            for node in NODE_NAMES:
                self.seen[node].update(
                    row[0] for row in self._nodes.read(node, query, "part", "")
                )


def matched(nodes: Nodes, folder: Path) -> Asked:
    """Run the match to its three statements, and check it."""
    folder.mkdir()
    asked = ask(nodes, owners=4, **TERMS)
    asked.consent(LISTS)
    asked.contribute(LISTS, folder)
    document = asked.result()
    assert count(document, "match", "organisations") == 3
    assert count(document, "match", "indicators") is None
    assert len(asked.hits(1)) == 20_000
    return asked


def processor_seconds(nodes: Nodes) -> float:
    """Return the processor time of all workers and of the parties that they started."""
    total = 0.0
    for (_, kind), process in nodes.processes.items():
        if kind != "web":
            times = psutil.Process(process.pid).cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def cost(nodes: Nodes, folder: Path) -> tuple[float, float]:
    """Return the least processor time and the least seconds of some matches."""
    found = []
    for number in range(RUNS):
        before, since = processor_seconds(nodes), time.monotonic()
        asked = matched(nodes, folder / str(number))
        asked.wait_state("erased", 60.0)
        found.append((processor_seconds(nodes) - before, time.monotonic() - since))
    return min(one[0] for one in found), min(one[1] for one in found)


@pytest.mark.slow
def test_both_workers_drive_buckets_and_the_outcome_is_the_same(
    own: Nodes, tmp_path: Path
) -> None:
    for node in NODE_NAMES:
        second_worker(own, node)
    owners = Owners(own)
    with owners.looking():
        for number in range(2):
            matched(own, tmp_path / str(number))
    assert {node: len(seen) for node, seen in owners.seen.items()} == dict.fromkeys(
        NODE_NAMES, 2
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_workers_cost_hardly_more_than_one(
    own: Nodes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    matched(own, tmp_path / "warm")
    one = cost(own, tmp_path / "one")
    for node in NODE_NAMES:
        second_worker(own, node)
    matched(own, tmp_path / "warm-again")
    two = cost(own, tmp_path / "two")
    with capsys.disabled():
        ratios = f"processor {two[0] / one[0]:.2f}, seconds {two[1] / one[1]:.2f}"
        print(f"\none worker {one}, two workers {two}: {ratios}")  # noqa: T201 - a measurement
    assert two[0] <= MOST_TIMES * one[0]
