"""A store that is full or gone: callers are told to come back, and nothing is half there."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from rest_framework.test import APIClient

from problems import RETRY_SECONDS
from surveys.models import Survey
from tests.mpcengine.cast import DEFINITION

MOST = 200


def store_break() -> None:
    """Leave SQLite no page to grow by; end PostgreSQL's session from outside."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count={cursor.fetchone()[0]}")
        return
    found = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with psycopg.connect(
        host=found["HOST"], port=found["PORT"], user=found["USER"], dbname=found["NAME"]
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))


def store_mend() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count=1073741823")
    else:
        connection.close()


def create(carol: APIClient) -> Any:
    return carol.post("/api/v1/surveys", {"definition": DEFINITION}, format="json")


@pytest.mark.django_db(transaction=True)
def test_it_tells_when_to_come_back_and_keeps_nothing_half(carol: APIClient) -> None:
    store_break()
    answer, taken = create(carol), 0
    while answer.status_code == 201 and taken < MOST:
        answer, taken = create(carol), taken + 1
    store_mend()
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_SECONDS))
    assert answer.json()["code"] == "unavailable"
    assert Survey.objects.count() == taken
    assert create(carol).status_code == 201
