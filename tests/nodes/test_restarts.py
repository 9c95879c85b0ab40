"""A node that dies goes on where it was; every other kill point is in tests/end_to_end."""

import pytest

from tests.nodes.harness import Nodes, Survey, cells
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours


def check_counts(nodes: Nodes, survey: Survey) -> None:
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    assert cells(document, "colour") == [3, 2, 2]
    assert document["accepted"] == 7


@pytest.fixture
def survey(nodes: Nodes) -> Survey:
    made = nodes.publish(colour_survey(), 7)
    nodes.deliver(made, nodes.answers(made, colours(3, 2, 2)))
    return made


def test_it_sends_the_stored_opening_after_a_kill(nodes: Nodes, survey: Survey) -> None:
    nodes.arm("b", "nodes.say_opening.after_commit")
    nodes.order(survey, "close")
    nodes.wait_death("b", "nodes.say_opening.after_commit")
    stored = nodes.said("b", survey, "opening", "b")
    assert stored is not None
    # The worker sent nothing, but a peer that asks is given what is stored: these bytes.
    assert nodes.said("a", survey, "opening", "b") in {None, stored}
    nodes.start("b", "worker")
    check_counts(nodes, survey)
    assert nodes.said("b", survey, "opening", "b") == stored
    assert nodes.said("a", survey, "opening", "b") == stored
    assert nodes.said("c", survey, "opening", "b") == stored


def test_it_repeats_an_attempt_whose_party_died(nodes: Nodes, survey: Survey) -> None:
    nodes.arm("c", "party.rows_read")
    nodes.order(survey, "close")
    check_counts(nodes, survey)
    assert not nodes.is_armed("c", "party.rows_read")
    assert nodes.said("a", survey, "done/1/1", "c") is None


@pytest.mark.slow
def test_it_repeats_an_attempt_whose_worker_died(nodes: Nodes, survey: Survey) -> None:
    nodes.arm("a", "nodes.say_done.after_write")
    nodes.order(survey, "close")
    nodes.wait_death("a", "nodes.say_done.after_write")
    assert nodes.said("a", survey, "done/1/1", "a") is None
    nodes.start("a", "worker")
    check_counts(nodes, survey)


@pytest.mark.slow
def test_it_keeps_a_finished_attempt_over_a_restart(nodes: Nodes, survey: Survey) -> None:
    nodes.arm("a", "nodes.say_done.after_commit")
    nodes.order(survey, "close")
    nodes.wait_death("a", "nodes.say_done.after_commit")
    nodes.start("a", "worker")
    check_counts(nodes, survey)
    assert nodes.said("b", survey, "done/1/1", "a") is not None


@pytest.mark.slow
def test_it_freezes_once_with_one_draw_seed(nodes: Nodes, survey: Survey) -> None:
    nodes.arm("b", "nodes.frozen.after_commit")
    nodes.order(survey, "close")
    nodes.wait_death("b", "nodes.frozen.after_commit")
    query = "SELECT state, draw_seed FROM nodes_job WHERE digest = ?"
    state, seed = nodes.read("b", query, survey.manifest.digest)[0]
    assert (state, len(seed)) == ("frozen", 32)
    nodes.arm("b", "nodes.released.before_write")
    nodes.start("b", "worker")
    nodes.wait_death("b", "nodes.released.before_write")
    assert nodes.read("b", query, survey.manifest.digest)[0] == ("fixed", seed)
    nodes.start("b", "worker")
    check_counts(nodes, survey)
