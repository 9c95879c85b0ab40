"""Security events of signing in and of people: each where it happens, none with an address."""

import json
import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import ApiToken, Organisation, Role, User
from accounts.selectors import who
from accounts.services import token_issue, token_revoke
from security_events import emitting
from tests.accounts.cast import (
    PASSWORD,
    SIGN_IN,
    app_of,
    code_of,
    is_signed_in,
    person,
    sign_in,
)
from tests.accounts.test_second_factor import set_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    cache.clear()
    emitting._begin_anew()  # what another test could not write is not this one's
    settings.EVENTS_FILE = str(tmp_path / "events.jsonl")
    return tmp_path / "events.jsonl"


def told(file: Path) -> list[tuple[str, str | None, str | None]]:
    """Return code, method or reason, and pseudonym of every event; empty the file."""
    lines = file.read_text("utf-8") if file.exists() else ""
    assert "@" not in lines.replace("@timestamp", "")
    assert "127.0.0.1" not in lines
    file.write_text("", "utf-8")
    events = [json.loads(line) for line in lines.splitlines()]
    return [
        (
            one["event.code"],
            one.get("drempel.method") or one.get("event.reason"),
            one.get("user.hash"),
        )
        for one in events
    ]


def test_it_tells_of_sign_ins_and_sign_outs(file: Path) -> None:
    carol = person()
    codes = [code for code, _, _ in told(file)]
    assert codes == ["account.created", "account.password_set"]
    browser = sign_in(carol)
    browser.post("/account/sign-out")
    sign_in(carol, password="wrong")
    Client().post(SIGN_IN, {"login": "nobody@drempel.example", "password": "wrong"})
    assert told(file) == [
        ("auth.login.ok", "password", who(carol)),
        ("auth.session.ended", None, who(carol)),
        ("auth.login.fail", "password", who(carol)),
        ("auth.login.fail", "password", None),
    ]


def test_it_tells_when_an_account_is_locked(file: Path) -> None:
    carol = person()
    for _ in range(11):
        sign_in(carol, password="wrong")
    assert told(file)[-1] == ("auth.login.locked", "rate", who(carol))


def test_it_tells_of_second_factors(
    file: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    carol = person()
    browser = sign_in(carol)
    told(file)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(browser)
    dana = person("dana@drempel.example")
    browser = sign_in(dana)
    app_of(dana)
    browser.post("/account/again", {"password": PASSWORD})
    browser.post("/account/second-factor/app/remove")
    told_codes = [(code, how) for code, how, _ in told(file)]
    assert ("auth.mfa.enrolled", "totp") in told_codes
    assert ("auth.mfa.removed", "totp") in told_codes
    secret = app_of(dana)
    again = sign_in(dana)
    code = code_of(secret)
    again.post("/account/second-factor/code", {"code": "000000" if code != "000000" else "1"})
    again.post("/account/second-factor/code", {"code": code})
    assert [one[:2] for one in told(file)] == [
        ("auth.login.fail", "totp"),
        ("auth.login.ok", "totp"),
    ]


def test_it_tells_of_what_operators_do(file: Path) -> None:
    olga = person("olga@drempel.example", role=Role.OPERATOR)
    carol = person()
    app_of(carol)
    browser = sign_in(olga)
    browser.post("/account/again", {"password": PASSWORD})
    told(file)
    listed = "/admin/accounts/user/"
    for action in ("sign_out", "reset_second_factor"):
        browser.post(listed, {"action": action, "_selected_action": [str(carol.pk)]})
    form = {"name": "", "organisation": str(carol.organisation_id), "role": "operator"}
    browser.post(f"{listed}{carol.pk}/change/", form)
    assert [(code, person) for code, _, person in told(file)] == [
        ("auth.session.killed", who(olga)),
        ("auth.mfa.reset", who(olga)),
        ("account.disabled", who(olga)),
        ("account.role_changed", who(olga)),
    ]


def test_it_tells_of_passwords_and_of_who_may_what_again(file: Path) -> None:
    olga = person("olga@drempel.example", role=Role.OPERATOR)
    carol = person()
    browser, hers = sign_in(olga), sign_in(carol)
    browser.post("/account/again", {"password": PASSWORD})
    told(file)
    listed = "/admin/accounts/user/"
    browser.post(listed, {"action": "invite", "_selected_action": [str(carol.pk)]})
    form = {"oldpassword": PASSWORD, "password1": "a new doorstep", "password2": ""}
    hers.post("/account/password", form | {"password2": form["password1"]})
    elsewhere = Organisation.objects.create(name="Hospital")
    moved = {"name": "", "organisation": str(elsewhere.pk), "role": "coordinator"}
    browser.post(f"{listed}{carol.pk}/change/", moved)
    browser.post(f"{listed}{carol.pk}/change/", moved | {"is_active": "on"})
    assert [(code, person) for code, _, person in told(file)] == [
        ("account.invited", who(olga)),
        ("account.password_set", None),
        ("account.disabled", who(olga)),
        ("account.moved", who(olga)),
        ("account.enabled", who(olga)),
    ]
    assert not is_signed_in(hers)


def test_it_tells_of_tokens_and_of_what_is_forbidden(file: Path) -> None:
    carol = person()
    told(file)
    token_issue(user=carol, name="laptop")
    token_revoke(user=carol, token_id=ApiToken.objects.get().pk)
    assert [code for code, _, _ in told(file)] == [
        "account.token_created",
        "account.token_revoked",
    ]
    browser = sign_in(person("olga@drempel.example", role=Role.OPERATOR))
    told(file)
    browser.get("/api/v1/surveys")
    sign_in(carol).get("/admin/", follow=True)
    assert [one[:2] for one in told(file) if one[0] == "authz.denied"] == [
        ("authz.denied", "role"),
        ("authz.denied", "role"),
    ]


def test_nobody_signs_in_while_it_cannot_be_written(file: Path) -> None:
    carol = person()
    file.unlink()
    file.mkdir()
    browser = Client()
    refused = browser.post(SIGN_IN, {"login": carol.email, "password": PASSWORD})
    assert refused.status_code == 503
    assert browser.get("/").status_code == 302
    file.rmdir()


@pytest.mark.django_db(transaction=True)
def test_no_second_factor_changes_while_it_cannot_be_written(file: Path) -> None:
    carol = person()
    browser, other = sign_in(carol), sign_in(carol)
    browser.post("/account/again", {"password": PASSWORD})
    shown = browser.get("/account/second-factor/app").content.decode()
    secret = re.findall(r'secret mono">([A-Z2-7]{32})<', shown)[0]
    file.unlink()
    file.mkdir()
    answer = browser.post("/account/second-factor/app", {"code": code_of(secret)})
    assert answer.status_code == 503
    assert not Authenticator.objects.exists()
    file.rmdir()
    app_of(carol)
    file.unlink(missing_ok=True)
    file.mkdir()
    assert browser.post("/account/second-factor/app/remove").status_code == 503
    assert Authenticator.objects.count() == 1
    file.rmdir()
    browser.post("/account/second-factor/app/remove")
    assert not Authenticator.objects.exists()
    assert not is_signed_in(other)


def test_a_created_person_is_told_once(file: Path) -> None:
    call_command("coordinator_create", "rosa@drempel.example", "--organisation=Council")
    call_command("coordinator_create", "rosa@drempel.example", "--organisation=Council")
    codes = [code for code, _, _ in told(file)]
    assert codes.count("account.created") == 1
    assert User.objects.count() == 1
