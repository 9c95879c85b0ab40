"""The relay's OpenAPI document says what the relay does."""

import io
import json

import pytest
from django.core.management import call_command


@pytest.mark.urls("config.urls_relay")
def test_the_document_is_valid_and_without_warnings() -> None:
    out = io.StringIO()
    call_command(
        "spectacular",
        urlconf="config.urls_relay",
        validate=True,
        fail_on_warn=True,
        format="openapi-json",
        stdout=out,
    )
    document = json.loads(out.getvalue())
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        f"/api/v1/{path}"
        for path in (
            "health",
            "health/live",
            "keys",
            "manifests",
            "manifests/{survey_id}",
            "manifests/{survey_id}/text",
            "orders",
            "packages",
            "surveys/{digest}",
        )
    }
    taken = document["paths"]["/api/v1/packages"]["post"]["requestBody"]["content"]
    assert list(taken) == ["application/octet-stream"]
