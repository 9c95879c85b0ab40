"""The second factor: obligatory outside embedded, codes once, fresh sign-in to change it."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from tests.accounts.cast import PASSWORD, app_of, code_of, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db
STEP = "/account/second-factor/code"
APP = "/account/second-factor/app"


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


def fresh(browser: Client) -> None:
    browser.post("/account/again", {"password": PASSWORD})


def set_up(browser: Client) -> tuple[str, str]:
    """Set an app up by its pages; return its secret and the code that was used."""
    fresh(browser)
    page = browser.get(APP).content.decode()
    secret = re.findall(r'secret mono">([A-Z2-7]{32})<', page)[0]
    assert browser.post(APP, {"code": code_of(secret)}).status_code == 302
    return secret, code_of(secret)


def test_it_asks_for_the_code_and_takes_it_once() -> None:
    user = person()
    secret = app_of(user)
    browser = sign_in(user)
    assert not is_signed_in(browser)
    assert "data-passkey" not in browser.get(STEP).content.decode()  # there is none
    code = code_of(secret)
    browser.post(STEP, {"code": "000000" if code != "000000" else "000001"})
    assert not is_signed_in(browser)
    browser.post(STEP, {"code": code})
    assert is_signed_in(browser)
    again = sign_in(user)
    assert again.post(STEP, {"code": code}).status_code == 200
    assert not is_signed_in(again)


def test_it_remembers_a_used_code_as_long_as_it_could_be_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = person()
    code = code_of(app_of(user), steps=1)  # of an app that is half a minute ahead
    browser = sign_in(user)
    browser.post(STEP, {"code": code})
    assert is_signed_in(browser)
    now = __import__("time").time()
    for later in (35, 59):
        monkeypatch.setattr("time.time", lambda later=later: now + later)
        again = sign_in(user)
        again.post(STEP, {"code": code})
        assert not is_signed_in(again)


def test_the_code_of_setting_up_signs_nobody_in() -> None:
    user = person()
    _, code = set_up(sign_in(user))
    again = sign_in(user)
    again.post(STEP, {"code": code})
    assert not is_signed_in(again)


def test_the_session_stays_in_the_list_of_sessions() -> None:
    browser = sign_in(person())
    set_up(browser)
    assert "127.0.0.1" in browser.get("/account/sessions").content.decode()


def test_a_recovery_code_works_once_and_is_shown_once() -> None:
    user = person()
    browser = sign_in(user)
    set_up(browser)
    codes = re.findall(
        r"<li>(\w{8})</li>", browser.get(f"{APP[:-4]}/recovery").content.decode()
    )
    assert len(codes) == 10
    assert is_signed_in(browser)
    first, second = sign_in(user), sign_in(user)
    first.post(STEP, {"code": codes[0]})
    assert is_signed_in(first)
    second.post(STEP, {"code": codes[0]})
    assert not is_signed_in(second)
    assert codes[1] not in first.get("/account/second-factor/recovery").content.decode()


def test_it_seals_what_it_stores() -> None:
    user = person()
    secret, _ = set_up(sign_in(user))
    stored = [str(row.data) for row in Authenticator.objects.filter(user=user)]
    assert len(stored) == 2
    assert all(secret not in one for one in stored)


@pytest.mark.parametrize(
    "path", [APP, "/account/passkeys/new", "/account/second-factor/recovery/new"]
)
def test_it_wants_a_fresh_sign_in_for_a_change(path: str, settings: Settings) -> None:
    user = person()
    browser = sign_in(user)
    if "recovery" in path:
        app_of(user)
    assert browser.get(path).headers["Location"].startswith("/account/again")
    fresh(browser)
    assert browser.get(path).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert browser.get(path).status_code == 302


@pytest.mark.parametrize("role", Role)
def test_who_has_none_can_only_set_one_up(settings: Settings, role: Role) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    user = person(role=role)
    browser = sign_in(user)
    for path in ("/", "/account/sessions", "/account/password", "/admin/"):
        assert browser.get(path).headers["Location"] == "/account/second-factor"
    refused = browser.get("/api/v1/surveys")
    assert (refused.status_code, refused.json()["code"]) == (403, "account.second_factor")
    assert browser.get("/account/second-factor").status_code == 200
    set_up(browser)
    assert is_signed_in(browser)


def test_embedded_it_is_offered_only() -> None:
    browser = sign_in(person())
    assert is_signed_in(browser)
    assert (
        "You sign in with a password only."
        in browser.get("/account/second-factor").content.decode()
    )


def test_the_picture_is_of_this_sessions_secret() -> None:
    browser = sign_in(person())
    assert browser.get(f"{APP}/picture").status_code == 404
    fresh(browser)
    browser.get(APP)
    picture = browser.get(f"{APP}/picture")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture["Cache-Control"] == "no-store"
    assert Client().get(f"{APP}/picture").status_code == 302


def test_nobody_is_named_by_a_missing_passkey() -> None:
    person()
    asked = Client().get("/account/passkeys/sign-in", headers={"Accept": "application/json"})
    assert asked.json()["request_options"]["publicKey"].get("allowCredentials", []) == []
    assert User.objects.count() == 1
