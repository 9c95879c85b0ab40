"""Kill any process at any named point: the result is the same, and nothing is said twice.

The oracle: every respondent picks another option, so that a lost answer is a 0 and a doubled
one a 2. What a node has said at a stage is watched all the time: no byte of it may change.
"""

import os
import signal

import pytest

from cli.embedded.federation import Federation
from cli.progress import Progress
from mpcengine.protocol.survey import Survey, parse_survey
from tests.end_to_end.harness import QUIET, counts_of, run
from tests.end_to_end.kill_points import NODES, Kill, all_kills, drawn
from tests.end_to_end.killing import (
    Watch,
    arm,
    check_all_nodes_hold_the_same,
    incidents,
    left,
    wait_until_erased,
)

RESPONDENTS = 9
# Printed in the test's name; DREMPEL_SEED repeats a run.
SEED = os.environ.get("DREMPEL_SEED", "")
DRAWN = drawn(SEED or "drempel", 3)


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
    arm(federation, kills)
    with watch.looking():
        outcome = run(federation, witness_survey(), witness_answers(), progress)
        assert left(federation, kills) == []
        wait_until_erased(federation, outcome.verification.manifest)
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
    check_all_nodes_hold_the_same(watch.said)
    assert [incidents(federation, node) for node in NODES] == [[], [], []]


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
