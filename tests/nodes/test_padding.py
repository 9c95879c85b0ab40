"""Three nodes agree on padding seeds once, whatever happens to them meanwhile."""

import pytest

from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey
from tests.nodes.test_restarts import check_counts
from tests.nodes.test_seen_lists import wait_padding
from tests.nodes.test_three_nodes import colours


@pytest.mark.parametrize(
    "phase",
    [
        pytest.param("before_write", marks=pytest.mark.slow),
        pytest.param("after_write", marks=pytest.mark.slow),
        "after_commit",
    ],
)
def test_it_says_the_same_seed_after_a_kill(nodes: Nodes, phase: str) -> None:
    nodes.arm("b", f"nodes.say_pad.{phase}")
    survey = nodes.publish(colour_survey(), 7)
    nodes.wait_death("b", f"nodes.say_pad.{phase}")
    stored = nodes.said("b", survey, "pad", "b")
    assert (stored is not None) == (phase == "after_commit")
    nodes.start("b", "worker")
    wait_padding(nodes, survey)
    said = {nodes.said(node, survey, "pad", "b") for node in "abc"}
    assert len(said) == 1
    assert stored is None or said == {stored}
    nodes.deliver(survey, nodes.answers(survey, colours(3, 2, 2)))
    nodes.order(survey, "close")
    check_counts(nodes, survey)


@pytest.fixture
def restored(nodes: Nodes) -> Survey:
    """A survey at whose node b what it said before was lost, as by an old backup."""
    survey = nodes.publish(colour_survey(), 7)
    wait_padding(nodes, survey)
    nodes.processes["b", "worker"].kill()
    nodes.processes["b", "worker"].wait()
    nodes.write(
        "b",
        "DELETE FROM nodes_stagemessage WHERE stage = 'pad' AND sender = 'b'"
        " AND job_id = (SELECT id FROM nodes_job WHERE digest = ?)",
        survey.manifest.digest,
    )
    nodes.start("b", "worker")
    return survey


def test_a_restored_node_draws_no_second_seed(nodes: Nodes, restored: Survey) -> None:
    """Fails when ``padding_agree`` does not ask the peers first (``job_recall``)."""
    kept = nodes.said("a", restored, "pad", "b")
    outcomes = nodes.end(restored, nodes=("b",))
    assert outcomes["b"]["reason"] == "lost"
    assert nodes.said("b", restored, "pad", "b") is None
    assert nodes.said("a", restored, "pad", "b") == kept
