"""Create a survey from its definition, and invite to it."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.roster import node_code, roster_entry
from surveys.models import EntryList, Survey
from tests.mpcengine.cast import DEFINITION
from tests.surveys.steps import SURVEYS, create, invite


def test_it_stores_the_normal_form(carol: APIClient) -> None:
    survey = Survey.objects.get(pk=create(carol))
    options = survey.definition["questions"][0]["options"]
    assert options[0] == {"id": "hospital", "title": {"en": "hospital"}}
    assert (survey.state, len(survey.pk)) == ("draft", 32)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"min_count": "ten"}, "min_count"),
        ({"colour": "red"}, "colour"),
        ({"questions": []}, "questions"),
        ({"show_if": {"sector": {"var": "nobody", "op": "=", "value": 1}}}, "show_if"),
    ],
)
def test_it_refuses_a_definition_and_names_the_place(
    carol: APIClient, changes: dict[str, object], where: str
) -> None:
    answer = carol.post(SURVEYS, {"definition": {**DEFINITION, **changes}}, format="json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert where in answer.json()["where"]
    assert not Survey.objects.exists()


def test_it_takes_text_questions(carol: APIClient) -> None:
    text = {"id": "remarks", "kind": "text", "max_bytes": 280, "title": {"en": "Remarks"}}
    answer = carol.post(
        SURVEYS, {"definition": {**DEFINITION, "questions": [text]}}, format="json"
    )
    assert answer.status_code == 201
    assert Survey.objects.get().definition["questions"][0]["max_bytes"] == 280


def test_it_warns_of_tables_too_fine_and_of_optional_questions(carol: APIClient) -> None:
    optional = {**DEFINITION["questions"][0], "required": False}
    definition = {**DEFINITION, "questions": [optional]}
    warned = carol.post(SURVEYS, {"definition": definition, "expected": 39}, format="json")
    assert len(warned.json()["warnings"]) == 2
    fine = carol.post(SURVEYS, {"definition": DEFINITION, "expected": 30}, format="json")
    assert fine.json()["warnings"] == []
    coarse = carol.post(SURVEYS, {"definition": DEFINITION, "expected": 29}, format="json")
    assert len(coarse.json()["warnings"]) == 1


def test_it_makes_distinct_codes_and_stores_only_what_the_nodes_need(carol: APIClient) -> None:
    survey = create(carol)
    codes = invite(carol, survey, 50).json()["codes"] + invite(carol, survey, 3).json()["codes"]
    assert len(set(codes)) == 53
    for index, node in enumerate("abc", start=1):
        entries = EntryList.objects.get(node=node).entries
        assert entries == sorted(
            roster_entry(node_code(code, survey, index)).hex() for code in codes
        )
    seen = carol.get(f"{SURVEYS}/{survey}").json()
    assert seen["invited"] == 53
    assert not any(code in str(seen) for code in codes)


@pytest.mark.parametrize("count", [0, -1, 100_001, "many", None])
def test_it_refuses_an_odd_number_of_invitations(carol: APIClient, count: object) -> None:
    survey = create(carol)
    answer = carol.post(f"{SURVEYS}/{survey}/invitations", {"count": count}, format="json")
    assert answer.status_code == 400
    assert not EntryList.objects.exists()


def test_numbers_that_outgrow_the_field_are_refused_when_inviting(carol: APIClient) -> None:
    number = {
        "id": "budget",
        "kind": "number",
        "min": 0,
        "max": 2**50,
        "required": True,
        "title": {"en": "Budget"},
    }
    survey = create(carol, questions=[number])
    assert invite(carol, survey, 1000).status_code == 201
    answer = invite(carol, survey, 1000)
    assert (answer.status_code, answer.json()["code"]) == (400, "survey.range")


def test_another_organisation_sees_nothing(
    carol: APIClient, sign_in: Callable[[str], APIClient]
) -> None:
    survey = create(carol)
    mallory = sign_in("elsewhere")
    absent = mallory.get(f"{SURVEYS}/{'0' * 32}")
    for answer in (
        mallory.get(f"{SURVEYS}/{survey}"),
        mallory.get(f"{SURVEYS}/{survey}/result"),
        invite(mallory, survey, 1),
    ):
        assert (answer.status_code, answer.json()) == (404, absent.json())
    assert mallory.get(SURVEYS).json()["count"] == 0


def test_lists_are_paged(carol: APIClient) -> None:
    made = {create(carol) for _ in range(51)}
    first = carol.get(SURVEYS).json()
    second = carol.get(f"{SURVEYS}?page=2").json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (51, 50, 1)
    assert {row["id"] for row in first["results"] + second["results"]} == made
