"""Every answer, refusals and failures included, says what a browser may do with it."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.middleware import SecurityHeaders

pytestmark = pytest.mark.urls("config.urls_relay")

NOTHING = "default-src 'none'"
EXPECTED = {
    "Permissions-Policy": "geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": NOTHING,
}


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


def _answers(browser: Client) -> dict[int, HttpResponse]:
    found = [
        browser.get("/api/schema/"),
        browser.get("/nowhere"),
        browser.post("/api/v1/manifests", {}, content_type="application/json"),
        browser.get("/nowhere", CONTENT_LENGTH="many"),
        browser.post("/api/v1/orders", b"x" * 200_000, content_type="application/json"),
        # Its key file is absent in these settings: our own fault.
        browser.get("/api/v1/keys"),
    ]
    return {one.status_code: one for one in found}  # type: ignore[misc]  # the client's own type


def test_every_answer_has_them(browser: Client) -> None:
    answers = _answers(browser)
    assert {200, 400, 404, 413, 500} <= answers.keys()
    for status, answer in answers.items():
        for name, part in EXPECTED.items():
            assert part in answer.headers.get(name, ""), (status, name)
        assert "Strict-Transport-Security" not in answer.headers
        assert answer.headers["Content-Type"].split(";")[0].endswith("json"), status


def test_tls_is_asked_for_ever_after_over_tls(browser: Client, settings: Settings) -> None:
    hsts = "max-age=63072000"
    assert browser.get("/nowhere", secure=True).headers["Strict-Transport-Security"] == hsts
    settings.BEHIND_PROXY = True
    assert browser.get("/nowhere").headers["Strict-Transport-Security"] == hsts


def test_a_proxys_word_counts_for_nothing(browser: Client) -> None:
    told = {"x-forwarded-proto": "https", "x-forwarded-ssl": "on", "forwarded": "proto=https"}
    assert "Strict-Transport-Security" not in browser.get("/nowhere", headers=told).headers


@pytest.mark.parametrize(
    ("own", "expected"),
    [("", "default-src 'none'; img-src 'self'"), ("script-src 'self'", "script-src 'self'")],
)
def test_a_page_has_its_own_policy(
    own: str, expected: str, settings: Settings, rf: RequestFactory
) -> None:
    settings.PAGE_POLICY = "default-src 'none'; img-src 'self'"
    headers = {"Content-Security-Policy": own} if own else {}
    page: Callable[[HttpRequest], HttpResponse] = lambda _: HttpResponse("x", headers=headers)  # noqa: E731 - two lines shorter
    answer = SecurityHeaders(page)(rf.get("/"))
    assert answer.headers["Content-Security-Policy"] == expected
