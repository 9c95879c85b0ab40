"""Three real nodes take one survey from its keys to three signed statements."""

from mpcengine.protocol.result import verify_result
from tests.nodes.harness import Nodes
from tests.nodes.publishing import colour_survey, cross_survey


def counts(document: object, table: str) -> list[int | None]:
    return next(
        [cell["count"] for cell in one["cells"]]
        for one in document["tables"]
        if one["id"] == table
    )


def test_it_counts_every_answer_once(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 9)
    given = ["red"] * 4 + ["green"] * 3 + ["blue"] * 2
    packages = nodes.answers(survey, [{"colour": colour} for colour in given])
    nodes.deliver(packages)
    nodes.deliver(packages)
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    verify_result(document, nodes.house.nodes)
    assert document["accepted"] == 9
    assert counts(document, "colour") == [4, 3, 2]


def test_it_runs_a_second_round_for_a_cross_table(nodes: Nodes) -> None:
    survey = nodes.publish(cross_survey(), 12)
    given = [
        {"colour": ("red", "green", "blue")[i % 3], "size": ("small", "large")[i % 2], "age": 30 + 5 * (i % 9)}
        for i in range(12)
    ]
    nodes.deliver(nodes.answers(survey, given))
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    verify_result(document, nodes.house.nodes)
    assert counts(document, "colour*size") == [2] * 6
