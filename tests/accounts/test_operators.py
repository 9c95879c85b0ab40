"""The admin is for operators with a second factor: invites, disables, shows no secret."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import ApiToken, Invitation, Organisation, Role, User
from accounts.services import token_issue
from tests.accounts.cast import PASSWORD, app_of, code_of, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


def stale_olga() -> Client:
    return sign_in(person("olga@drempel.example", organisation="Portal", role=Role.OPERATOR))


def olga() -> Client:
    browser = stale_olga()
    browser.post("/account/again", {"password": PASSWORD})
    return browser


def act(browser: Client, kind: str, action: str, *rows: object) -> str:
    form = {"action": action, "_selected_action": [str(row) for row in rows], "post": "yes"}
    return browser.post(f"/admin/accounts/{kind}/", form, follow=True).content.decode()


def test_it_is_for_operators_only() -> None:
    assert olga().get("/admin/").status_code == 200
    carol = sign_in(person())
    assert carol.get("/admin/", follow=True).status_code == 403
    stranger = Client().get("/admin/accounts/user/", follow=True)
    assert stranger.redirect_chain[-1][0] == "/account/sign-in?next=/admin/accounts/user/"


def test_it_wants_the_second_factor(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    browser = olga()
    assert browser.get("/admin/").headers["Location"] == "/account/second-factor"
    secret = app_of(User.objects.get())
    browser = sign_in(User.objects.get())
    assert browser.get("/admin/").status_code == 302
    browser.post("/account/second-factor/code", {"code": code_of(secret)})
    assert browser.get("/admin/").status_code == 200


def test_it_invites_a_new_person_and_shows_the_link_once(settings: Settings) -> None:
    settings.MAIL_IS_SENT = False
    browser = olga()
    home = Organisation.objects.create(name="Council")
    form = {"email": "Rosa@drempel.example", "name": "Rosa", "organisation": str(home.pk)}
    added = browser.post(
        "/admin/accounts/user/add/",
        form | {"role": "coordinator", "is_active": "on"},
        follow=True,
    )
    link = re.findall(r"http://testserver(/account/invitation/[\w-]+)", added.content.decode())[
        0
    ]
    assert link not in browser.get("/admin/accounts/user/").content.decode()
    rosa = User.objects.get(email="rosa@drempel.example")
    assert not rosa.has_usable_password()
    assert Client().get(link, follow=True).status_code == 200
    again = act(browser, "user", "invite", rosa.pk)
    assert link not in again
    assert "/account/invitation/" in again


def test_it_disables_and_signs_out() -> None:
    browser, user = olga(), person()
    carol = sign_in(user)
    act(browser, "user", "sign_out", user.pk)
    assert not is_signed_in(carol)
    carol = sign_in(user)
    form = {"name": "Carol", "organisation": str(user.organisation_id), "role": "coordinator"}
    saved = browser.post(f"/admin/accounts/user/{user.pk}/change/", form)
    assert saved.status_code == 302
    assert not is_signed_in(carol)
    assert not is_signed_in(sign_in(user))


@pytest.mark.parametrize("action", ["invite", "sign_out", "reset_second_factor"])
def test_it_acts_for_who_has_just_signed_in_again_only(action: str, settings: Settings) -> None:
    settings.MAIL_IS_SENT = False
    browser, user = stale_olga(), person()
    app_of(user)
    there = "/admin/accounts/user/"
    form = {"action": action, "_selected_action": [str(user.pk)]}

    def state() -> tuple[int, int, int]:
        user.refresh_from_db()
        factors = Authenticator.objects.filter(user=user).count()
        return factors, Invitation.objects.count(), user.session_generation

    before = state()
    asked = browser.post(there, form)
    assert asked.headers["Location"].startswith("/account/again?")
    assert state() == before
    browser.post("/account/again", {"password": "wrong", "next": there})
    assert state() == before
    done = browser.post("/account/again", {"password": PASSWORD, "next": there})
    assert done.status_code == 302
    assert state() != before
    assert browser.get(there).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert browser.post(there, form).headers["Location"].startswith("/account/again?")


@pytest.mark.parametrize("kind", ["user", "organisation"])
def test_it_saves_for_who_has_just_signed_in_again_only(kind: str) -> None:
    browser, user = stale_olga(), person()
    row = user if kind == "user" else user.organisation
    form = {"name": "Other", "organisation": user.organisation_id, "role": "operator"}
    asked = browser.post(f"/admin/accounts/{kind}/{row.pk}/change/", form)
    assert asked.headers["Location"].startswith("/account/again?")
    row.refresh_from_db()
    assert row.name != "Other"


def test_it_takes_a_lost_second_factor_away() -> None:
    browser, user = olga(), person()
    app_of(user)
    assert not is_signed_in(sign_in(user))
    act(browser, "user", "reset_second_factor", user.pk)
    assert is_signed_in(sign_in(user))


def test_it_revokes_tokens_and_shows_no_secret() -> None:
    browser, user = olga(), person()
    token = token_issue(user=user, name="laptop")
    row = ApiToken.objects.get()
    app_of(user)
    pages = "".join(
        browser.get(f"/admin/accounts/{path}").content.decode()
        for path in (
            f"apitoken/{row.pk}/change/",
            "apitoken/",
            f"user/{user.pk}/change/",
            "user/",
        )
    )
    assert "laptop" in pages
    for secret in (token, row.digest, user.password):
        assert secret not in pages
    act(browser, "apitoken", "delete_selected", row.pk)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        "user/?password__startswith=argon2",
        "user/?password__regex=.",
        "user/?session_generation__gte=0",
        "user/?tokens__digest__gte=0",
        "user/?organisation__people__password__startswith=argon2",
        "apitoken/?digest__startswith=0",
        "apitoken/?user__password__startswith=argon2",
    ],
)
def test_it_filters_by_no_column_that_it_does_not_show(asked: str) -> None:
    browser, user = olga(), person()
    token_issue(user=user, name="laptop")
    assert browser.get(f"/admin/accounts/{asked}").status_code == 400


@pytest.mark.parametrize(
    "asked", ["user/?role__exact=coordinator", "user/?q=carol", "apitoken/?pk__gte=1"]
)
def test_it_filters_by_what_it_shows(asked: str) -> None:
    browser, user = olga(), person()
    token_issue(user=user, name="laptop")
    page = browser.get(f"/admin/accounts/{asked}")
    assert page.status_code == 200
    assert user.email in page.content.decode()


@pytest.mark.parametrize("kind", ["user", "organisation"])
def test_it_deletes_nothing_that_surveys_point_at(kind: str) -> None:
    browser, user = olga(), person()
    row = user if kind == "user" else user.organisation
    assert (
        browser.post(f"/admin/accounts/{kind}/{row.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    act(browser, kind, "delete_selected", row.pk)
    assert type(row)._default_manager.filter(pk=row.pk).exists()
