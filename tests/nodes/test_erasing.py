"""What a node erases is in none of its files any more, the write-ahead files included."""

import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from nodes.models import SurveyKeys
from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours
from tests.storage import ask


def wrapped_keys(nodes: Nodes, survey: Survey) -> list[bytes]:
    """Return node b's wrapped share key, outer key and issuer key of a survey."""
    found = []
    own = nodes.house.service_folder("node-b")
    for before, column, table in (
        ("", "wrapped", "nodes_surveykeys"),
        ("", "outer_wrapped", "nodes_surveykeys"),
        ("issuing_", "wrapped", "nodes_issuerkey"),
    ):
        query = f"SELECT {column} FROM {table} WHERE survey_id = ?"  # noqa: S608 - constants
        rows, _ = ask(own, query, survey.draft.survey_id, before=before)
        found.append(bytes(rows[0][0]))
    return found


def until_gone(nodes: Nodes, key: bytes) -> bool:
    """Wait a moment for the files to be emptied: a state is written first."""
    until = time.monotonic() + 10.0
    while is_anywhere(nodes, key) and time.monotonic() < until:
        time.sleep(0.1)
    return not is_anywhere(nodes, key)


def is_anywhere(nodes: Nodes, key: bytes) -> bool:
    folder = nodes.house.service_folder("node-b")
    return any(key in path.read_bytes() for path in folder.glob("*.sqlite3*"))


@pytest.mark.files
def test_it_leaves_no_erased_key_in_its_files(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 1, 1)))
    keys = wrapped_keys(nodes, survey)
    assert [len(key) > 40 and is_anywhere(nodes, key) for key in keys] == [True] * 3
    nodes.order(survey, "close")
    nodes.end(survey)
    nodes.wait_state(survey, "erased")
    assert all(until_gone(nodes, key) for key in keys)


@pytest.mark.files
def test_it_leaves_no_issuer_key_in_its_files_once_answering_is_open(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4, timing="strict")
    packages = nodes.answers(survey, colours(2, 1, 1))
    share, _, issuer = wrapped_keys(nodes, survey)
    assert is_anywhere(nodes, issuer)
    nodes.order(survey, "open-answering")
    assert until_gone(nodes, issuer)
    assert is_anywhere(nodes, share)
    assert {one["state"] for one in nodes.deliver(survey, packages)} == {"taken"}
    nodes.order(survey, "close")
    nodes.end(survey)


def table_files(key: bytes) -> int:
    """Count the table files of this test's PostgreSQL database in which ``key`` stands."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        folder = cursor.fetchone()[0]
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        oid = cursor.fetchone()[0]
    return sum(key in path.read_bytes() for path in Path(folder, "base", str(oid)).iterdir())


@pytest.mark.services
@pytest.mark.django_db(transaction=True, databases=["default", "issuing"])
def test_it_takes_an_erased_key_out_of_postgresqls_tables() -> None:
    key = b"a wrapped key that nobody may find later"
    SurveyKeys.objects.create(survey_id="1" * 32, coordinator=b"c", public=b"p", wrapped=key)
    assert table_files(key) == 1
    SurveyKeys.objects.update(wrapped=b"")
    assert table_files(key) == 1
    call_command("rewrite_erased")
    assert table_files(key) == 0
    assert SurveyKeys.objects.get().public == b"p"


@pytest.mark.services
@pytest.mark.django_db(transaction=True, databases=["default", "issuing"])
def test_it_says_that_only_the_owner_can() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE t_no_owner")
        cursor.execute("SET ROLE t_no_owner")
        try:
            with pytest.raises(CommandError, match=r"migrate\.json"):
                call_command("rewrite_erased")
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE t_no_owner")
