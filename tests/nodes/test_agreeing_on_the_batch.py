"""Which packages count when nodes hold different ones (docs/protocol.md §10)."""

import pytest

from mpcengine.protocol.batch import SUPERSEDED
from tests.nodes.harness import Nodes, cells
from tests.nodes.publishing import colour_survey, package, ticket
from tests.nodes.test_three_nodes import colours


def test_it_counts_a_package_that_reached_one_node_only(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 7)
    first, second, third, *rest = nodes.answers(survey, colours(3, 2, 2))
    nodes.deliver(survey, rest)
    nodes.deliver(survey, [first], to="a")
    nodes.deliver(survey, [second], to="b")
    nodes.deliver(survey, [third], to="ac")
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert cells(document, "colour") == [3, 2, 2]
    assert document["accepted"] == 7


@pytest.mark.slow
def test_it_strikes_a_package_that_its_claimant_cannot_deliver(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(3, 2, 2))
    nodes.deliver(survey, packages)
    claimed = "ab" * 32
    changed = nodes.write(
        "b",
        "INSERT INTO nodes_storedpackage"
        " (id, package_id, one_time_key, revision, sealed, is_own, job_id)"
        " SELECT 7, ?, one_time_key, 7, sealed, 1, job_id FROM nodes_storedpackage"
        " WHERE package_id = ?",
        claimed,
        packages[0].package_id,
    )
    assert changed == 1
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert document["accepted"] == 7
    assert cells(document, "colour") == [3, 2, 2]
    struck = nodes.read("a", "SELECT detail FROM nodes_incident WHERE code = 'package struck'")
    assert any(claimed in str(row[0]) for row in struck)


def test_it_counts_the_highest_revision_and_of_two_the_smallest_id(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 7)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 2, 2)))
    owned = ticket(survey.draft, survey.manifest, survey.draft.codes[6], nodes.token(survey))
    first = package(survey.manifest, owned, {"colour": "blue"}, revision=0)
    second = package(survey.manifest, owned, {"colour": "red"}, revision=3)
    third = package(survey.manifest, owned, {"colour": "green"}, revision=3)
    nodes.deliver(survey, [first], to="abc")
    nodes.deliver(survey, [third], to="c")
    nodes.deliver(survey, [second], to="b")
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    is_red = second.package_id < third.package_id
    assert cells(document, "colour") == ([3, 2, 2] if is_red else [2, 3, 2])
    assert document["accepted"] == 7
    assert document["rejected"] == [{"reason": SUPERSEDED, "count": 2}]


def test_it_leaves_out_what_does_not_open_within_the_limit(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 8, max_inconsistent=1)
    packages = nodes.answers(survey, colours(3, 2, 3))
    nodes.deliver(survey, [*packages[:-1], nodes.broken(survey, packages[-1], "b")])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert document["accepted"] == 7
    assert document["rejected"] == [{"reason": "cannot be unsealed", "count": 1}]
    assert cells(document, "colour") == [3, 2, 2]


def test_it_withholds_when_too_many_do_not_open(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 6, max_inconsistent=0)
    packages = nodes.answers(survey, colours(3, 2, 1))
    nodes.deliver(survey, [*packages[:-1], nodes.broken(survey, packages[-1], "b")])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "too many inconsistent")
    # Whichever way the third verdict came: nothing of the answers was evaluated.
    for node in "abc":
        assert nodes.said(node, survey, "toss/1", node) is None
