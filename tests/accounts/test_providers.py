"""OpenID Connect: a file names the providers; each signs in the invited of its organisation."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from accounts.adapters import ProviderAdapter
from accounts.models import User
from accounts.selectors import who
from config.env import BadConfiguration
from config.oidc import oidc_apps
from security_events import emitting
from tests.accounts.cast import person

GOOD = {
    "id": "council",
    "name": "Council",
    "organisation": "Council",
    "server_url": "https://sign-in.council.example",
    "client_id": "drempel",
}


def written(folder: Path, **changed: object) -> Path:
    secret = folder / "client-secret"
    secret.write_text("s" * 32, "utf-8")
    secret.chmod(0o600)
    one = GOOD | {"client_secret_file": str(secret)} | changed
    file = folder / "oidc.json"
    file.write_text(json.dumps({"providers": [one]}), "utf-8")
    return file


def test_it_reads_a_provider_and_its_secret(tmp_path: Path) -> None:
    (app,) = oidc_apps(written(tmp_path))
    assert (app["provider_id"], app["secret"]) == ("council", "s" * 32)
    assert app["settings"]["organisation"] == "Council"
    assert oidc_apps(None) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"server_url": "http://sign-in.council.example"},
        {"id": "../x"},
        {"client_secret_file": "relative"},
        {"client_id": ""},
        {"more": "x"},
    ],
)
def test_it_refuses_a_poor_file(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(BadConfiguration):
        oidc_apps(written(tmp_path, **changed))
    (tmp_path / "bad.json").write_text("[]", "utf-8")
    with pytest.raises(BadConfiguration):
        oidc_apps(tmp_path / "bad.json")


def test_it_refuses_a_secret_that_others_read(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "client-secret").chmod(0o644)
    with pytest.raises(BadConfiguration):
        oidc_apps(file)


def arrives(
    user: User | None, *, existing: bool = True, process: str = "login", of: str = "Council"
) -> None:
    """Let a provider's person arrive."""
    request: HttpRequest = RequestFactory().get("/account/provider/council/back")
    request.session = SessionStore()
    request.user = AnonymousUser()
    vars(request)["_messages"] = SessionStorage(request)
    request.resolver_match = None
    login = SimpleNamespace(
        user=user,
        is_existing=existing,
        state={"process": process},
        provider=SimpleNamespace(app=SimpleNamespace(settings={"organisation": of})),
    )
    ProviderAdapter().pre_social_login(request, login)


@pytest.mark.django_db
def test_it_signs_in_the_invited_of_its_own_organisation_only() -> None:
    carol = person()
    arrives(carol)
    disabled = person("dana@drempel.example")
    disabled.is_active = False
    cases: list[Callable[[], None]] = [
        lambda: arrives(carol, of="Hospital"),
        lambda: arrives(User(email="new@drempel.example"), existing=False),
        lambda: arrives(carol, process="connect"),
        lambda: arrives(disabled),
    ]
    for refused in cases:
        with pytest.raises(ImmediateHttpResponse) as error:
            refused()
        assert error.value.response.status_code == 403
        assert b"could not sign you in here" in error.value.response.content
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_it_tells_of_whom_it_refuses(settings: Settings, tmp_path: Path) -> None:
    carol = person()
    emitting._begin_anew()  # what another test could not write is not this one's
    settings.EVENTS_FILE = str(tmp_path / "events.jsonl")
    for user in (carol, User(email="new@drempel.example")):
        with pytest.raises(ImmediateHttpResponse):
            arrives(user, existing=user is carol, of="Hospital")
    told = [json.loads(line) for line in Path(settings.EVENTS_FILE).read_text().splitlines()]
    assert [(one["event.code"], one.get("user.hash")) for one in told] == [
        ("auth.login.fail", who(carol)),
        ("auth.login.fail", None),
    ]
    assert {one["drempel.method"] for one in told} == {"openid_connect"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "is_believed"), [(True, True), (False, False), ("false", False), ("true", False)]
)
def test_only_true_verifies_an_address(said: object, *, is_believed: bool) -> None:
    carol = person()
    login = SimpleNamespace(
        email_addresses=[SimpleNamespace(email=carol.email, verified=said)],
        provider=SimpleNamespace(id="openid_connect", app=SimpleNamespace(settings={})),
        account=SimpleNamespace(provider="council"),
    )
    found = ProviderAdapter().authenticate_by_email(login)
    assert found == ((carol, carol.email) if is_believed else None)
