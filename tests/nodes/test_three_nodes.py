"""Three real nodes take a survey from its keys to three signed statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from mpcengine.protocol.batch import Rejected
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.package import Package
from mpcengine.protocol.result import verify_lists, verify_result
from mpcengine.protocol.statement import parse_statement
from mpcengine.protocol.strict import parse_base64
from tests.nodes.harness import Nodes, Survey, cells
from tests.nodes.publishing import colour_survey, cross_survey


def colours(*numbers: int) -> list[dict[str, JSON]]:
    return [
        {"colour": colour}
        for colour, number in zip(("red", "green", "blue"), numbers, strict=True)
        for _ in range(number)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A survey that ran to its end: its packages, delivered twice, and three outcomes."""

    survey: Survey
    packages: Sequence[Package]
    outcomes: Mapping[str, JSON]


@pytest.fixture(scope="module")
def finished(nodes: Nodes) -> Finished:
    survey = nodes.publish(colour_survey(), 9)
    packages = nodes.answers(survey, colours(4, 3, 2))
    nodes.deliver(survey, packages)
    nodes.deliver(survey, packages)
    nodes.order(survey, "close")
    return Finished(survey=survey, packages=packages, outcomes=nodes.end(survey))


def test_it_counts_every_answer_once(nodes: Nodes, finished: Finished) -> None:
    document = nodes.result(finished.survey, finished.outcomes)
    verify_result(document, nodes.house.nodes)
    assert document["accepted"] == 9
    assert cells(document, "colour") == [4, 3, 2]


def test_it_publishes_the_lists_it_signed_for(nodes: Nodes, finished: Finished) -> None:
    statement = parse_statement(parse_base64(finished.outcomes["b"]["statement"]) or b"")
    path = f"lists/{finished.survey.manifest.digest}"
    accepted = nodes.receivers["b"].get(f"{path}/accepted")["ids"]
    rejected = nodes.receivers["b"].get(f"{path}/rejected")["rejected"]
    assert accepted == sorted(one.package_id for one in finished.packages)
    verify_lists(
        statement,
        accepted,
        [Rejected(package=one["id"], reason=one["reason"]) for one in rejected],
    )


def test_it_runs_a_second_round_for_a_cross_table(nodes: Nodes) -> None:
    survey = nodes.publish(cross_survey(), 12)
    given: Sequence[dict[str, JSON]] = [
        {
            "colour": ("red", "green", "blue")[i % 3],
            "size": ("small", "large")[i % 2],
            "age": 30 + 5 * (i % 9),
        }
        for i in range(12)
    ]
    nodes.deliver(survey, nodes.answers(survey, given))
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    verify_result(document, nodes.house.nodes)
    assert cells(document, "colour*size") == [2] * 6


def test_it_ends_without_a_number_below_min_count(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(min_count=10), 12)
    nodes.deliver(survey, nodes.answers(survey, colours(3, 3, 3)))
    nodes.order(survey, "close")
    outcomes = nodes.end(survey)
    document = nodes.result(survey, outcomes)
    assert (document["state"], document["reason"]) == ("withheld", "fewer than min_count")
    assert document["accepted"] is None
    assert "tables" not in document


def test_it_ends_a_survey_that_nobody_answered(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 3)
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "fewer than min_count")


def test_it_keeps_nothing_secret_once_the_end_is_signed(
    nodes: Nodes, finished: Finished
) -> None:
    survey = finished.survey
    nodes.wait_state(survey, "erased")
    for node in ("a", "b", "c"):
        job, seed, salt = nodes.read(
            node,
            "SELECT id, draw_seed, list_salt FROM nodes_job WHERE digest = ?",
            survey.manifest.digest,
        )[0]
        assert (seed, salt) == (b"", b"")
        for table in ("nodes_storedpackage", "nodes_joboutput"):
            assert nodes.read(node, f"SELECT id FROM {table} WHERE job_id = ?", job) == []  # noqa: S608 - a constant
        keys = nodes.read(
            node,
            "SELECT wrapped FROM nodes_surveykeys WHERE survey_id = ?",
            survey.draft.survey_id,
        )
        assert keys == [(b"",)]
