"""Kill any process at any named point: the result is the same, and nothing is said twice.

The oracle: every respondent picks another option, so that a lost answer is a 0 and a doubled
one a 2. What a node has said at a stage is watched all the time: no byte of it may change.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.embedded.federation import Federation
from cli.progress import Progress
from mpcengine.protocol.survey import Survey, parse_survey
from tests.end_to_end.harness import QUIET, counts_of, run
from tests.end_to_end.kill_points import NODES, Kill, all_kills, drawn
from tests.storage import ask

RESPONDENTS = 9
SETTLED_SECONDS = 60.0
LOOK_SECONDS = 0.1
# Printed in the test's name; DREMPEL_SEED repeats a run.
SEED = os.environ.get("DREMPEL_SEED", "")
DRAWN = drawn(SEED or "drempel", 3)

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


def witness_survey() -> Survey:
    """Return a survey with one option a respondent, and a table that needs a second round."""
    options = [f"o{number}" for number in range(RESPONDENTS)]
    return parse_survey(
        {
            "format": "drempel-survey/1",
            "title": {"en": "Witnesses"},
            "min_count": 1,
            "questions": [
                {
                    "id": "witness",
                    "kind": "single",
                    "title": {"en": "Witness"},
                    "required": True,
                    "options": options,
                },
                {
                    "id": "side",
                    "kind": "single",
                    "title": {"en": "Side"},
                    "required": True,
                    "options": ["left", "right"],
                },
                {
                    "id": "size",
                    "kind": "number",
                    "title": {"en": "Size"},
                    "min": 0,
                    "max": 9,
                    "bins": [0, 5],
                },
            ],
            "tables": [{"questions": ["witness", "side"]}],
        }
    )


def witness_answers() -> list[dict[str, object]]:
    return [
        {"witness": f"o{number}", "side": "left" if number % 2 else "right", "size": number}
        for number in range(RESPONDENTS)
    ]


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


def _incidents(federation: Federation, node: str) -> list[object]:
    """Return what an operator should look at; that a killed party ended is rightly said."""
    own = federation.house.service_folder(node)
    rows, _ = ask(own, "SELECT code, detail FROM nodes_incident")
    return [row for row in rows if row[0] not in ENDED_BY_A_KILL]


def _arm(federation: Federation, kills: tuple[Kill, ...]) -> None:
    for kill in kills:
        (federation.house.fault_folder(kill.service) / kill.point).touch()


def _left(federation: Federation, kills: tuple[Kill, ...]) -> list[str]:
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


def _wait_until_erased(federation: Federation, digest: str) -> None:
    deadline = time.monotonic() + SETTLED_SECONDS
    for node in federation.nodes.values():
        while node.get(f"jobs/{digest}")["state"] != "erased":
            assert time.monotonic() < deadline, f"{node.name} does not come to its end"
            time.sleep(0.1)


class Killer(Progress):
    """Kill whole services by SIGKILL when a step of the survey begins."""

    def __init__(self, federation: Federation, step: str, names: tuple[str, ...]) -> None:
        super().__init__(is_quiet=True)
        self.killed: list[int] = []
        self._federation, self._step, self._names = federation, step, names

    def step(self, sentence: str) -> None:
        if sentence.startswith(self._step):
            for name in self._names:
                pid = self._federation.supervisor.pids()[name]
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)


def check_survives(
    federation: Federation, kills: tuple[Kill, ...], progress: Progress = QUIET
) -> None:
    """Run the witness survey with kill points armed; everything must be as without them."""
    watch = Watch(federation)
    _arm(federation, kills)
    with watch.looking():
        outcome = run(federation, witness_survey(), witness_answers(), progress)
        assert _left(federation, kills) == []
        _wait_until_erased(federation, outcome.verification.manifest)
    watch.look()
    counts = counts_of(outcome.document)
    assert outcome.document["accepted"] == RESPONDENTS
    assert outcome.document["rejected"] == []
    witnesses = [counts["witness", (f"o{number}",)] for number in range(RESPONDENTS)]
    assert witnesses == [1] * RESPONDENTS
    assert {counts["side", ("left",)], counts["side", ("right",)]} == {4, 5}
    joint = {key: n for (table, key), n in counts.items() if table == "witness*side"}
    assert {n for n in joint.values() if n is not None} <= {0, 1}
    assert watch.changes == []
    _check_all_nodes_hold_the_same(watch.said)
    assert [_incidents(federation, node) for node in NODES] == [[], [], []]


def _check_all_nodes_hold_the_same(said: Said) -> None:
    """Check that what a node says it said is what its peers heard: no second opening."""
    for (_, digest, stage, sender), body in said.items():
        assert said[f"node-{sender}", digest, stage, sender] == body


@pytest.mark.parametrize("kills", DRAWN, ids=lambda kills: "+".join(map(str, kills)))
def test_it_survives_a_drawn_dozen(lenient: Federation, kills: tuple[Kill, ...]) -> None:
    check_survives(lenient, kills)


@pytest.mark.slow
@pytest.mark.parametrize("kill", all_kills(), ids=str)
def test_it_survives_every_kill(lenient: Federation, kill: Kill) -> None:
    check_survives(lenient, (kill,))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kills", drawn(f"{SEED}/many", 10), ids=lambda k: "+".join(map(str, k))
)
def test_it_survives_many_kills_at_once(lenient: Federation, kills: tuple[Kill, ...]) -> None:
    check_survives(lenient, kills)


@pytest.mark.parametrize("step", [pytest.param("Sending", marks=pytest.mark.slow), "Closing"])
def test_it_survives_the_death_of_whole_services(lenient: Federation, step: str) -> None:
    names = ("relay web", "node-a web", "node-b worker", "node-c web", "portal worker")
    killer = Killer(lenient, step, names)
    check_survives(lenient, (), killer)
    assert len(killer.killed) == len(names)
    assert not set(killer.killed) & set(lenient.supervisor.pids().values())


@pytest.mark.slow
@pytest.mark.parametrize("step", ["Publishing", "Exchanging", "Sending", "Closing"])
@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("service", ["portal", "relay", "node-a", "node-b", "node-c"])
def test_it_survives_the_death_of_one_service(
    lenient: Federation, step: str, kind: str, service: str
) -> None:
    killer = Killer(lenient, step, (f"{service} {kind}",))
    check_survives(lenient, (), killer)
    assert killer.killed


@pytest.mark.slow
def test_it_counts_every_witness_once_without_any_kill(lenient: Federation) -> None:
    check_survives(lenient, ())
