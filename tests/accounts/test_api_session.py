"""The API takes a token or a session; a session's writes need the page's CSRF token too."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import ApiToken
from accounts.services import token_issue
from tests.accounts.cast import PASSWORD, SIGN_IN, person, sign_in

pytestmark = pytest.mark.django_db
SURVEY = Path(__file__).resolve().parents[2] / "examples" / "ict-resilience.survey.json"
BODY = {"definition": json.loads(SURVEY.read_text("utf-8"))}


def create(browser: Client, **headers: str) -> tuple[int, str]:
    answer = browser.post(
        "/api/v1/surveys", BODY, content_type="application/json", headers=headers
    )
    return answer.status_code, str(answer.json().get("code", ""))


def test_a_session_reads_and_writes_with_its_csrf_token() -> None:
    user, browser = person(), Client(enforce_csrf_checks=True)
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page(browser, "/account/sign-in"))
    form = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token[0]}
    browser.post(SIGN_IN, form)
    assert browser.get("/api/v1/surveys").status_code == 200
    assert create(browser) == (403, "csrf")
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page(browser, "/"))
    assert create(browser, **{"X-CSRFToken": token[0]})[0] == 201
    assert "ICT resilience in health care" in page(browser, "/")


def page(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


def test_a_token_needs_no_csrf_and_no_session() -> None:
    caller = APIClient(enforce_csrf_checks=True)
    caller.credentials(HTTP_AUTHORIZATION=f"Token {token_issue(user=person(), name='a')}")
    answer = caller.post("/api/v1/surveys", BODY, format="json")
    assert answer.status_code == 201
    assert not answer.cookies


def test_a_wrong_token_is_refused_beside_a_good_session() -> None:
    browser = sign_in(person())
    refused = browser.get("/api/v1/surveys", headers={"Authorization": "Token drempel_x"})
    assert refused.status_code == 401


def test_it_makes_a_token_after_a_fresh_sign_in_and_shows_it_once() -> None:
    user = person()
    browser = sign_in(user)
    asked = browser.post("/account/tokens", {"name": "laptop"})
    assert asked.headers["Location"].startswith("/account/again?next=")
    assert not ApiToken.objects.exists()
    shown = browser.post(asked.headers["Location"], {"password": PASSWORD})
    token = re.findall(r"drempel_[\w-]{43}", shown.content.decode())[0]
    row = ApiToken.objects.get()
    assert (row.user, row.name) == (user, "laptop")
    assert shown["Cache-Control"] == "no-store"
    home = page(browser, "/")
    assert "laptop" in home
    assert token not in home
    assert row.digest not in home
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert caller.get("/api/v1/surveys").status_code == 200
    browser.post(f"/account/tokens/{row.pk}/revoke")
    assert caller.get("/api/v1/surveys").status_code == 401


def test_nobody_revokes_anothers_token() -> None:
    token_issue(user=person("dana@drempel.example"), name="hers")
    row = ApiToken.objects.get()
    browser = sign_in(person())
    assert browser.post(f"/account/tokens/{row.pk}/revoke").status_code == 404
    assert ApiToken.objects.filter(pk=row.pk).exists()
