"""Arm kill points in a federation, and watch that no node ever says a thing otherwise."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cli.embedded.federation import Federation
from tests.end_to_end.kill_points import NODES, Kill
from tests.storage import ask

SETTLED_SECONDS = 60.0
LOOK_SECONDS = 0.1

# How an attempt may end when a process of it was killed; anything else names a deviating peer.
ENDED_BY_A_KILL = frozenset(
    {
        "check failed",
        "party internal",
        "party peer_lost",
        "party connect_timeout",
        "lease taken over",
    }
)

# (node whose database it is, manifest, stage, sender) to the message's body
Said = dict[tuple[str, str, str, str], bytes]


class Watch:
    """Look all the time at what nodes have said, and note what changes afterwards."""

    def __init__(self, federation: Federation) -> None:
        self.said: Said = {}
        self.changes: list[tuple[str, ...]] = []
        self._federation = federation
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def look(self) -> None:
        """Read every node's stage messages once and compare them with what was there."""
        for node in NODES:
            found = _stage_messages(self._federation, node)
            for place, body in found.items():
                if self.said.setdefault(place, body) != body:
                    self.changes.append(place)
            missing = {p for p in self.said if p[0] == node} - found.keys()
            self.changes += sorted(missing)

    def _look_on(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.look()

    @contextmanager
    def looking(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


def _stage_messages(federation: Federation, node: str) -> Said:
    query = (
        "SELECT job.digest, said.stage, said.sender, said.body FROM nodes_stagemessage said "
        "JOIN nodes_job job ON job.id = said.job_id"
    )
    rows, _ = ask(federation.house.service_folder(node), query)
    return {(node, digest, stage, sender): body for digest, stage, sender, body in rows}


def incidents(federation: Federation, node: str) -> list[object]:
    """Return what an operator should look at; that a killed party ended is rightly said."""
    own = federation.house.service_folder(node)
    rows, _ = ask(own, "SELECT code, detail FROM nodes_incident")
    return [row for row in rows if row[0] not in ENDED_BY_A_KILL]


def arm(federation: Federation, kills: tuple[Kill, ...]) -> None:
    for kill in kills:
        (federation.house.fault_folder(kill.service) / kill.point).touch()


def left(federation: Federation, kills: tuple[Kill, ...]) -> list[str]:
    """Return the kills that have not happened; wait for the last ones, after the result."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while True:
        left = [
            str(kill)
            for kill in kills
            if (federation.house.fault_folder(kill.service) / kill.point).exists()
        ]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def wait_until_erased(federation: Federation, digest: str) -> None:
    deadline = time.monotonic() + SETTLED_SECONDS
    for node in federation.nodes.values():
        while node.get(f"jobs/{digest}")["state"] != "erased":
            assert time.monotonic() < deadline, f"{node.name} does not come to its end"
            time.sleep(0.1)


def check_all_nodes_hold_the_same(said: Said) -> None:
    """Check that what a node says it said is what its peers heard: no second opening."""
    for (_, digest, stage, sender), body in said.items():
        assert said[f"node-{sender}", digest, stage, sender] == body
