"""Sign in with address and password: neutral refusals, limits per account, own paths only."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.cast import PASSWORD, SIGN_IN, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db
REFUSED = "The email address and/or password you specified are not correct."
LOCKED = "Too many failed login attempts."
ATTEMPTS = 10


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


def said(address: str, password: str) -> str:
    return Client().post(SIGN_IN, {"login": address, "password": password}).content.decode()


def test_it_signs_in_with_a_new_session() -> None:
    user, browser = person(), Client()
    browser.get("/account/sign-in")
    browser.post("/account/language", {"language": "en"})
    before = browser.session.session_key
    browser.post(SIGN_IN, {"login": user.email.upper(), "password": PASSWORD})
    assert is_signed_in(browser)
    assert browser.session.session_key != before


def test_it_stores_argon2id() -> None:
    assert person().password.startswith("argon2$argon2id$")


def test_it_says_the_same_to_a_stranger_and_to_a_wrong_password() -> None:
    user = person()
    known, unknown = said(user.email, "wrong"), said("nobody@drempel.example", "wrong")
    assert REFUSED in known
    assert REFUSED in unknown


@pytest.mark.parametrize("address", ["carol@drempel.example", "nobody@drempel.example"])
def test_it_counts_ten_attempts_an_hour_for_every_address(address: str) -> None:
    user = person()
    for _ in range(ATTEMPTS):
        assert REFUSED in said(address, "wrong")
    assert LOCKED in said(address, "wrong")
    if address == user.email:  # not even the right password helps now
        assert LOCKED in said(address, PASSWORD)
        assert is_signed_in(sign_in(person("other@drempel.example")))


def test_it_lets_nobody_in_who_is_disabled_or_has_no_password() -> None:
    disabled, unset = person(), person("dana@drempel.example")
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    unset.set_unusable_password()
    unset.save()
    assert not is_signed_in(sign_in(disabled))
    assert not is_signed_in(sign_in(unset))


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:1",
    ],
)
def test_it_leads_to_own_paths_only(elsewhere: str) -> None:
    user = person()
    form = {"login": user.email, "password": PASSWORD}
    assert Client().post(SIGN_IN, form | {"next": elsewhere}).headers["Location"] == "/"
    there = Client().post(SIGN_IN, form | {"next": "/account/sessions"})
    assert there.headers["Location"] == "/account/sessions"
    back = Client().post("/account/language", {"language": "nl", "next": elsewhere})
    assert back.headers["Location"] == "/"


def test_it_refuses_a_form_without_its_token() -> None:
    user, browser = person(), Client(enforce_csrf_checks=True)
    refused = browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert refused.status_code == 403
    assert not is_signed_in(browser)


def test_there_is_no_sign_up() -> None:
    for path in (
        "/account/signup",
        "/account/sign-up",
        "/account/signup/",
        "/accounts/signup/",
    ):
        assert Client().post(path, {"email": "m@elsewhere.example"}).status_code == 404
    assert not User.objects.exists()


def test_it_remembers_a_persons_language() -> None:
    user = person()
    browser = sign_in(user)
    browser.post("/account/language", {"language": "nl", "next": "/"})
    assert 'lang="nl"' in sign_in(user).get("/").content.decode()
    browser.post("/account/language", {"language": "de"})
    user.refresh_from_db()
    assert user.language == "nl"
