"""What a node brings in after its commitment, or alone, changes nothing that counts."""

from collections.abc import Sequence

from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.package import Package
from tests.nodes.harness import Nodes, Survey, cells
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours


def slip_in(nodes: Nodes, node: str, survey: Survey, one: Package) -> None:
    """Put a package into a node's own list behind its back."""
    assert nodes.write(
        node,
        "INSERT INTO nodes_storedpackage"
        " (id, package_id, one_time_key, revision, sealed, is_own, job_id)"
        " SELECT 77, ?, ?, ?, ?, true, id FROM nodes_job WHERE digest = ?",
        one.package_id,
        one.one_time_key,
        one.revision,
        one.encode(),
        survey.manifest.digest,
    )


def committed(nodes: Nodes, survey: Survey, packages: Sequence[Package]) -> None:
    """Close the survey, and stop node c's worker once its commitment is stored."""
    nodes.deliver(survey, packages)
    nodes.arm("c", "nodes.say_commit.after_commit")
    nodes.order(survey, "close")
    nodes.wait_death("c", "nodes.say_commit.after_commit")


def test_a_node_that_adds_a_package_after_its_commitment_is_caught(nodes: Nodes) -> None:
    """Fails when ``_checked_lists`` does not hold a list against its commitment."""
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(3, 2, 2))
    committed(nodes, survey, packages[:-1])
    slip_in(nodes, "c", survey, packages[-1])
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "peer equivocated")


def test_a_node_that_leaves_a_package_out_changes_nothing(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(3, 2, 2))
    nodes.deliver(survey, packages)
    dropped = nodes.write(
        "c", "DELETE FROM nodes_storedpackage WHERE package_id = ?", packages[0].package_id
    )
    assert dropped == 1
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["accepted"], cells(document, "colour")) == (7, [3, 2, 2])


def test_a_node_that_committed_and_came_back_late_costs_time_only(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(3, 2, 2))
    committed(nodes, survey, packages)
    for node in "ab":
        nodes.wait_said(node, survey, "commit", "c")
        assert nodes.said(node, survey, "list", "c") is None
        assert nodes.state(node, survey) == "closing"
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["accepted"], cells(document, "colour")) == (7, [3, 2, 2])
    path = f"lists/{survey.manifest.digest}/accepted"
    lists = [nodes.receivers[node].get(path)["ids"] for node in NODE_NAMES]
    assert lists == [sorted(one.package_id for one in packages)] * 3
