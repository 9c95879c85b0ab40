"""Kill any process of a node at any named point of a match: the outcome is the same.

Nothing is said twice: what a node has said at a stage is watched all the time.
"""

import os
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.request_run import Listed, request_run
from connector.list_files import ListFile
from mpcengine.protocol.request import parse_request
from tests.end_to_end.harness import QUIET
from tests.end_to_end.kill_points import NODES, Kill, drawn_of_requests, request_kills
from tests.end_to_end.killing import (
    Watch,
    arm,
    check_all_nodes_hold_the_same,
    incidents,
    left,
    wait_until_erased,
)

SEED = os.environ.get("DREMPEL_SEED", "")
DRAWN = drawn_of_requests(SEED or "drempel", 2)
REQUEST = parse_request(
    {
        "format": "drempel-request/1",
        "kind": "match",
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "opaque",
        "min_count": 5,
    }
)
HELD = {"a": range(20), "b": range(15), "c": range(10), "d": range(200, 300)}
ASKED = range(40)


def listed(folder: Path, name: str, numbers: range) -> Listed:
    """Return a list as a file of its owner's."""
    path = folder / f"{name}.txt"
    path.write_text("".join(f"item {number}\n" for number in numbers), encoding="utf-8")
    return Listed(name=name, source=ListFile(path=path, identifiers=REQUEST.identifiers))


def check_survives(federation: Federation, folder: Path, kills: tuple[Kill, ...]) -> None:
    """Run the match with kill points armed; everything must be as without them."""
    lists = [listed(folder, "Requester", ASKED)]
    lists += [listed(folder, name, numbers) for name, numbers in HELD.items()]
    watch = Watch(federation)
    arm(federation, kills)
    with watch.looking():
        outcome = request_run(federation, REQUEST, lists, QUIET)
        assert left(federation, kills) == []
        wait_until_erased(federation, outcome.document["manifest"])
    watch.look()
    found = outcome.document["match"]
    assert outcome.document["accepted"] == len(HELD)
    assert (found["organisations"]["count"], found["indicators"]["count"]) == (3, 20)
    assert {row["organisations"] for row in found["per_indicator"]} == {3}
    assert len(found["per_indicator"]) == 10
    hits = {name: len(one.items or ()) for name, one in outcome.hits.items()}
    assert hits == {"a": 20, "b": 15, "c": 10, "d": 0}
    assert watch.changes == []
    check_all_nodes_hold_the_same(watch.said)
    assert [incidents(federation, node) for node in NODES] == [[], [], []]


@pytest.mark.parametrize("kills", DRAWN, ids=lambda kills: "+".join(map(str, kills)))
def test_it_survives_a_drawn_dozen(
    lenient: Federation, tmp_path: Path, kills: tuple[Kill, ...]
) -> None:
    check_survives(lenient, tmp_path, kills)


@pytest.mark.slow
@pytest.mark.parametrize("kill", request_kills(), ids=str)
def test_it_survives_every_kill(lenient: Federation, tmp_path: Path, kill: Kill) -> None:
    check_survives(lenient, tmp_path, (kill,))


@pytest.mark.slow
def test_it_says_the_same_without_any_kill(lenient: Federation, tmp_path: Path) -> None:
    check_survives(lenient, tmp_path, ())
