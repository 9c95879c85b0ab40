"""The portal's OpenAPI document says what the portal does."""

import io
import json

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

# tests/datarequests has these.
OF_REQUESTS = ("/api/v1/keys", "/api/v1/re", "/api/v1/webhooks")


@pytest.fixture
def document() -> dict[str, dict[str, dict[str, object]]]:
    out = io.StringIO()
    call_command(
        "spectacular",
        urlconf="config.urls_portal",
        validate=True,
        fail_on_warn=True,
        format="openapi-json",
        stdout=out,
    )
    found: dict[str, dict[str, dict[str, object]]] = json.loads(out.getvalue())
    return found


def test_the_document_is_valid_and_without_warnings(
    document: dict[str, dict[str, dict[str, object]]],
) -> None:
    surveys = "/api/v1/surveys"
    one = f"{surveys}/{{survey_id}}"
    steps = ("invitations", "partners", "prepare", "publish", "orders", "result")
    found = {path for path in document["paths"] if not path.startswith(OF_REQUESTS)}
    assert found == {
        surveys,
        one,
        *(f"{one}/{step}" for step in steps),
        "/api/v1/health",
        "/api/v1/health/live",
        "/api/v1/nodes",
    }


def test_every_write_takes_an_idempotency_key(
    document: dict[str, dict[str, dict[str, object]]],
) -> None:
    writes = [methods["post"] for methods in document["paths"].values() if "post" in methods]
    assert len(writes) >= 6
    for write in writes:
        assert "Idempotency-Key" in json.dumps(write)


@pytest.mark.django_db
def test_the_open_pages_need_no_token() -> None:
    caller = APIClient()
    assert caller.get("/api/v1/health").json()["status"] == "ok"
    assert caller.get("/api/v1/nodes").json() == []
    assert caller.get("/api/schema/").status_code == 200
