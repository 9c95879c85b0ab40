"""Invite a person: one link that works once, mailed or handed over."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.invitations import invitation_send
from accounts.models import Invitation, Role, User
from accounts.people import invitation_make
from tests.accounts.cast import (
    PASSWORD,
    SIGN_IN,
    app_of,
    code_of,
    is_signed_in,
    person,
    sign_in,
)

pytestmark = pytest.mark.django_db
FORM = {"password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


def invite(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("person_invite", "Dana@drempel.example", "--organisation=Council", *options)
    return capsys.readouterr().out.strip()


def path_of(link: str) -> str:
    assert link.startswith("http://testserver/account/invitation/")
    return link.removeprefix("http://testserver")


def test_no_session_holds_what_the_link_holds(capsys: pytest.CaptureFixture[str]) -> None:
    path, browser = path_of(invite(capsys)), Client()
    browser.get(path)
    assert browser.get("/account/invitation").status_code == 200
    kept = [str(one.get_decoded()) for one in Session.objects.all()]
    assert len(kept) == 1
    assert path.rpartition("/")[2] not in kept[0]


def test_it_takes_a_password_once(capsys: pytest.CaptureFixture[str]) -> None:
    path, browser = path_of(invite(capsys)), Client()
    moved = browser.get(path)
    assert moved.headers["Location"] == "/account/invitation"  # the secret leaves the address
    assert "Council" in browser.get("/account/invitation").content.decode()
    assert browser.post("/account/invitation", FORM).status_code == 302
    assert is_signed_in(browser)
    assert browser.get("/account/second-factor/app").status_code == 200  # signed in just now
    dana = User.objects.get()
    assert (dana.email, dana.role) == ("dana@drempel.example", Role.COORDINATOR)
    assert is_signed_in(sign_in(dana))
    late = Client()
    late.get(path)
    assert late.post("/account/invitation", FORM).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"password1": "short", "password2": "short"},
        {"password1": PASSWORD, "password2": "another one of these"},
        {"password1": "password1234", "password2": "password1234"},
        {"password1": "dana@drempel.example", "password2": "dana@drempel.example"},
    ],
)
def test_it_refuses_a_poor_password_and_stays(
    capsys: pytest.CaptureFixture[str], form: dict[str, str]
) -> None:
    browser = Client()
    browser.get(path_of(invite(capsys)))
    assert 'class="err"' in browser.post("/account/invitation", form).content.decode()
    assert Invitation.objects.count() == 1


def test_it_stores_a_digest_and_says_the_same_to_every_bad_link() -> None:
    user = person()
    token = invitation_make(user=user)
    assert token not in str(vars(Invitation.objects.get()))
    newer = invitation_make(user=user)
    answers = []
    for one in (token, "unknown", newer):
        browser = Client()
        if one == newer:
            Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        browser.get(f"/account/invitation/{one}")
        answer = browser.get("/account/invitation")
        answers.append((answer.status_code, re.sub("csrf.*", "", answer.content.decode())))
    assert {status for status, _ in answers} == {404}
    assert len({text for _, text in answers}) == 1


def test_a_bad_link_signs_nobody_out() -> None:
    browser = sign_in(person())
    browser.get("/account/invitation/unknown")
    assert is_signed_in(browser)
    guest = person("dana@drempel.example")
    browser.get(f"/account/invitation/{invitation_make(user=guest)}")
    assert not is_signed_in(browser)


def test_a_new_password_by_invitation_ends_sessions_and_a_disabled_person_has_none() -> None:
    user = person()
    there = sign_in(user)
    browser = Client()
    browser.get(f"/account/invitation/{invitation_make(user=user)}")
    browser.post("/account/invitation", FORM)
    assert not is_signed_in(there)
    token = invitation_make(user=user)
    User.objects.update(is_active=False)
    browser = Client()
    browser.get(f"/account/invitation/{token}")
    assert browser.post("/account/invitation", FORM).status_code == 404


def test_it_is_mailed_in_both_languages_and_handed_over_where_said(settings: Settings) -> None:
    user = person()
    link = invitation_send(user=user)
    assert link is not None
    body = mail.outbox[0].body
    assert body.count(link) == 2
    assert "U bent uitgenodigd" in body
    assert "You are invited" in body
    settings.LINKS_ARE_PRINTED = False
    assert invitation_send(user=user) is None
    settings.MAIL_IS_SENT = False
    assert invitation_send(user=user) is not None
    assert len(mail.outbox) == 2


def test_it_ends_the_session_of_somebody_else_in_the_same_browser() -> None:
    carol, dana = person(), person("dana@drempel.example")
    secret = app_of(dana)
    browser = Client()
    browser.get(f"/account/invitation/{invitation_make(user=dana)}")
    browser.post(SIGN_IN, {"login": carol.email, "password": PASSWORD})
    assert is_signed_in(browser)
    assert browser.post("/account/invitation", FORM).status_code == 302
    assert not is_signed_in(browser)  # neither as Carol, nor as Dana before her code
    browser.post("/account/second-factor/code", {"code": code_of(secret)})
    assert dana.email in browser.get("/").content.decode()


def test_the_command_changes_no_role(capsys: pytest.CaptureFixture[str]) -> None:
    invite(capsys)
    with pytest.raises(CommandError, match="another role"):
        invite(capsys, "--role=operator")
    with pytest.raises(CommandError, match="another role or organisation"):
        invite(capsys, "--organisation=Hospital")
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("person_invite", "dana", "--organisation=Council")


def test_a_forgotten_password_is_the_same_for_everybody() -> None:
    person()
    answers = [
        Client().post("/account/password/forgotten", {"email": f"{who}@drempel.example"})
        for who in ("carol", "nobody")
    ]
    assert [one.headers["Location"] for one in answers] == [
        "/account/password/forgotten/sent"
    ] * 2
    assert [message.to for message in mail.outbox] == [["carol@drempel.example"]]
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    browser = Client()
    place = browser.get(link).headers["Location"]
    new = "another doorstep of sandstone"
    assert browser.post(place, {"password1": new, "password2": new}).status_code == 302
    assert is_signed_in(sign_in(User.objects.get(), password=new))
    assert Client().get(link).status_code == 200
    assert "does not work any more" in Client().get(link).content.decode()


def test_a_mail_server_that_is_away_does_not_tell_who_is_here(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    person()
    answers = [
        Client().post("/account/password/forgotten", {"email": f"{who}@drempel.example"})
        for who in ("carol", "nobody")
    ]
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
