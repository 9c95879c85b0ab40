"""Pages may call what respondents and owners of lists need of a node, and nothing else."""

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
OF_OWNERS = [
    f"requests/{DIGEST}",
    *(
        f"requests/{DIGEST}/{name}"
        for name in ("consents", "nonce", "overflow", "contributions", "contributions/1")
    ),
    f"requests/{DIGEST}/contributions/1/0/0",
    f"requests/{DIGEST}/private/1/0",
]
OF_NOBODY = [
    "requests",
    f"requests/{'0' * 32}/keys",
    f"requests/{DIGEST}/signatures",
    "keys",
    "manifests",
    "orders",
    f"jobs/{DIGEST}",
    "peer/exchange",
    "surveys/x/keys",
]
PAGE = {"Origin": "http://relay.example"}


@pytest.fixture
def browser(settings: Settings) -> Client:
    # As config.settings.node has it; tests run without a role's own middleware.
    settings.MIDDLEWARE = ["nodes.cross_origin.CrossOrigin", *settings.MIDDLEWARE]
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", OF_RESPONDENTS + OF_OWNERS)
def test_a_page_may_ask_and_read_what_comes(browser: Client, path: str) -> None:
    question = {**PAGE, "Access-Control-Request-Method": "POST"}
    asked = browser.options(f"/api/v1/{path}", headers=question)
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type, Drempel-Signature"
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"]
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
