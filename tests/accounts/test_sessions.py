"""A session ends by time, by sign-out anywhere, and by every change to who the person is."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.middleware import SEEN_AT, SIGNED_IN_AT
from accounts.models import User
from accounts.people import sessions_purge
from tests.accounts.cast import PASSWORD, app_of, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


@pytest.mark.parametrize(
    ("mark", "setting"),
    [(SEEN_AT, "SESSION_IDLE_SECONDS"), (SIGNED_IN_AT, "SESSION_ABSOLUTE_SECONDS")],
)
def test_it_ends_when_its_time_is_over(settings: Settings, mark: str, setting: str) -> None:
    browser = sign_in(person())
    assert is_signed_in(browser)
    session = browser.session
    session[mark] -= getattr(settings, setting) - 5
    session.save()
    assert is_signed_in(browser)
    session = browser.session
    session[mark] -= 10 if mark == SIGNED_IN_AT else getattr(settings, setting)
    session.save()
    assert not is_signed_in(browser)
    assert SIGNED_IN_AT not in browser.session


def test_sign_out_ends_all_sessions_and_only_by_a_form() -> None:
    user = person()
    here, there, other = sign_in(user), sign_in(user), sign_in(person("dana@drempel.example"))
    assert here.get("/account/sign-out").status_code == 200
    assert is_signed_in(there)
    here.post("/account/sign-out")
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert is_signed_in(other)


def change(**fields: object) -> Callable[[User], object]:
    return lambda user: User.objects.filter(pk=user.pk).update(**fields)


@pytest.mark.parametrize(
    "changed",
    [change(is_active=False), change(role="operator"), change(session_generation=7)],
    ids=["disabled", "role", "generation"],
)
def test_a_change_of_the_person_ends_them_at_the_next_request(
    changed: Callable[[User], object],
) -> None:
    user = person()
    browser = sign_in(user)
    assert is_signed_in(browser)
    changed(user)
    assert not is_signed_in(browser)
    assert browser.get("/api/v1/surveys").status_code == 401


def test_a_new_password_ends_the_others() -> None:
    user = person()
    here, there = sign_in(user), sign_in(user)
    new = "another doorstep of sandstone"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password", form).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert is_signed_in(sign_in(user, password=new))


def test_a_factor_taken_away_ends_the_others() -> None:
    user = person()
    here, there = sign_in(user), sign_in(user)
    app_of(user)
    here.post("/account/again", {"password": PASSWORD})
    assert here.post("/account/second-factor/app/remove").status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_it_lists_sessions_and_ends_the_others() -> None:
    user = person()
    here, there = sign_in(user), sign_in(user)
    assert here.get("/account/sessions").content.decode().count("<tr><th") == 3  # and a head
    here.post("/account/sessions")
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_it_forgets_ended_sessions() -> None:
    browser = sign_in(person())
    sessions_purge()
    assert is_signed_in(browser)
    browser.session.flush()
    sessions_purge()
    assert not is_signed_in(browser)
