"""A node that dies in the midst of a match goes on; what was opened once stays as it was."""

from pathlib import Path

import pytest

from tests.nodes.asked import Asked, ask, count
from tests.nodes.harness import Nodes
from tests.nodes.test_matching import LISTS


@pytest.fixture
def asked(nodes: Nodes) -> Asked:
    made = ask(nodes)
    made.consent(LISTS)
    return made


def check_outcome(asked: Asked) -> None:
    document = asked.result()
    assert document["accepted"] == 4
    assert count(document, "match", "organisations") == 3
    assert count(document, "match", "indicators") == 20
    assert asked.counts() == dict.fromkeys(range(10), 3)


@pytest.mark.parametrize("stage", ["ordered", "outcome"])
def test_it_opens_after_a_kill_what_it_had_stored(
    nodes: Nodes, asked: Asked, tmp_path: Path, stage: str
) -> None:
    point = f"nodes.say_{stage}.after_commit"
    nodes.arm("b", point)
    asked.contribute(LISTS, tmp_path)
    nodes.wait_death("b", point)
    said = asked.said("b", stage, "b")
    assert said is not None
    nodes.start("b", "worker")
    check_outcome(asked)
    for node in ("a", "b", "c"):
        assert asked.said(node, stage, "b") == said


def test_it_repeats_a_bucket_whose_party_died(
    nodes: Nodes, asked: Asked, tmp_path: Path
) -> None:
    nodes.arm("b", "nodes.fixed.before_write")
    asked.contribute(LISTS, tmp_path)
    nodes.wait_death("b", "nodes.fixed.before_write")
    nodes.start("b", "worker")
    check_outcome(asked)


def test_it_repeats_a_round_whose_party_died(
    nodes: Nodes, asked: Asked, tmp_path: Path
) -> None:
    nodes.arm("c", "party.rows_read")
    asked.contribute(LISTS, tmp_path)
    check_outcome(asked)
    assert not nodes.is_armed("c", "party.rows_read")
    assert asked.said("a", "done/4/1", "c") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "nodes.say_agreed.after_commit",
        "nodes.say_draw.after_commit",
        "nodes.say_reveal.after_commit",
        "nodes.say_complete.after_commit",
        "nodes.say_unusable.after_write",
        "nodes.frozen.after_commit",
        "nodes.computing.after_commit",
        "nodes.fixed.after_commit",
        "nodes.released.before_write",
        "nodes.released.after_write",
        "nodes.erased.before_write",
    ],
)
def test_it_goes_on_wherever_a_worker_dies(nodes: Nodes, tmp_path: Path, point: str) -> None:
    asked = ask(nodes)
    nodes.arm("b", point)
    asked.consent(LISTS)
    is_early = point.startswith(("nodes.say_agreed", "nodes.say_draw", "nodes.say_reveal"))
    if not is_early:
        asked.contribute(LISTS, tmp_path)
    nodes.wait_death("b", point)
    nodes.start("b", "worker")
    if is_early:
        asked.contribute(LISTS, tmp_path)
    check_outcome(asked)
