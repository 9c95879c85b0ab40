"""A booth's page may call what a respondent needs of a node, and nothing else."""

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = [
    pytest.mark.django_db(databases=["default", "issuing"]),
    pytest.mark.urls("config.urls_node"),
]
DIGEST = "sha256:" + "00" * 32
OF_RESPONDENTS = [
    "tokens",
    "packages",
    "health",
    f"results/{DIGEST}",
    *(f"lists/{DIGEST}/{name}" for name in ("accepted", "rejected", "seen", "proof")),
]
OF_NOBODY = ["keys", "manifests", "orders", f"jobs/{DIGEST}", "peer/exchange", "surveys/x/keys"]
PAGE = {"Origin": "http://relay.example"}


@pytest.fixture
def browser(settings: Settings) -> Client:
    # As config.settings.node has it; tests run without a role's own middleware.
    settings.MIDDLEWARE = ["nodes.cross_origin.CrossOrigin", *settings.MIDDLEWARE]
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", OF_RESPONDENTS)
def test_a_page_may_ask_and_read_what_comes(browser: Client, path: str) -> None:
    question = {**PAGE, "Access-Control-Request-Method": "POST"}
    asked = browser.options(f"/api/v1/{path}", headers=question)
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type"
    for answer in (
        browser.get(f"/api/v1/{path}", headers=PAGE),
        browser.post(f"/api/v1/{path}", b"x", content_type="text/plain", headers=PAGE),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert not answer.cookies


@pytest.mark.parametrize("path", OF_NOBODY)
def test_a_page_may_call_nothing_else(browser: Client, path: str) -> None:
    question = {**PAGE, "Access-Control-Request-Method": "POST"}
    for answer in (
        browser.options(f"/api/v1/{path}", headers=question),
        browser.get(f"/api/v1/{path}", headers=PAGE),
        browser.post(f"/api/v1/{path}", b"x", content_type="text/plain", headers=PAGE),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
