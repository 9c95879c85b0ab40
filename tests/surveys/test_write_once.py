"""Repeat a write safely under an Idempotency-Key."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import KeptAnswer
from accounts.services import KEEP_ANSWERS
from accounts.tasks import answers_reconcile
from surveys.models import Survey
from tests.mpcengine.cast import DEFINITION
from tests.surveys.steps import SURVEYS, create

KEY = {"Idempotency-Key": "0a1b2c"}


def test_the_same_key_and_body_get_the_same_answer(carol: APIClient) -> None:
    given = {"definition": DEFINITION}
    first = carol.post(SURVEYS, given, format="json", headers=KEY)
    second = carol.post(SURVEYS, given, format="json", headers=KEY)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Survey.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(carol: APIClient) -> None:
    carol.post(SURVEYS, {"definition": DEFINITION}, format="json", headers=KEY)
    other = {"definition": {**DEFINITION, "min_count": 11}}
    answer = carol.post(SURVEYS, other, format="json", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.other_request")
    assert Survey.objects.count() == 1


def test_the_same_key_at_another_address_is_refused(carol: APIClient) -> None:
    one, two = create(carol), create(carol)
    path = f"{SURVEYS}/{one}/invitations"
    assert carol.post(path, {"count": 1}, format="json", headers=KEY).status_code == 201
    answer = carol.post(
        f"{SURVEYS}/{two}/invitations", {"count": 1}, format="json", headers=KEY
    )
    assert answer.json()["code"] == "idempotency.other_request"


def test_two_people_may_use_the_same_key(
    carol: APIClient, sign_in: pytest.FixtureRequest
) -> None:
    other = sign_in("elsewhere")  # type: ignore[operator]  # the fixture is a function
    for caller in (carol, other):
        answer = caller.post(SURVEYS, {"definition": DEFINITION}, format="json", headers=KEY)
        assert answer.status_code == 201
    assert Survey.objects.count() == 2


def test_a_refused_write_is_not_kept(carol: APIClient) -> None:
    wrong = {"definition": {**DEFINITION, "questions": []}}
    assert carol.post(SURVEYS, wrong, format="json", headers=KEY).status_code == 400
    assert not KeptAnswer.objects.exists()
    right = carol.post(SURVEYS, {"definition": DEFINITION}, format="json", headers=KEY)
    assert right.status_code == 201


def test_without_a_key_every_write_counts(carol: APIClient) -> None:
    create(carol)
    create(carol)
    assert Survey.objects.count() == 2


def test_codes_are_shown_once_and_made_once(carol: APIClient) -> None:
    survey = create(carol)
    path = f"{SURVEYS}/{survey}/invitations"
    codes = carol.post(path, {"count": 12}, format="json", headers=KEY).json()["codes"]
    assert len(codes) == 12
    again = carol.post(path, {"count": 12}, format="json", headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency.forgotten")
    assert Survey.objects.get().invited == 12
    assert KeptAnswer.objects.get().body is None


def test_answers_are_deleted_after_seven_days_without_another_write(carol: APIClient) -> None:
    carol.post(SURVEYS, {"definition": DEFINITION}, format="json", headers=KEY)
    write_at(timezone.now() - KEEP_ANSWERS + timedelta(minutes=1))
    answers_reconcile()
    assert KeptAnswer.objects.count() == 1
    write_at(timezone.now() - KEEP_ANSWERS - timedelta(minutes=1))
    answers_reconcile()
    assert not KeptAnswer.objects.exists()


def write_at(moment: datetime) -> None:
    KeptAnswer.objects.update(created_at=moment)


@pytest.mark.parametrize("key", ["x" * 101, "tab\there"])
def test_an_odd_key_is_refused(carol: APIClient, key: str) -> None:
    answer = carol.post(
        SURVEYS, {"definition": DEFINITION}, format="json", headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key")
