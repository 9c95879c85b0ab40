"""Every numbered check of signing in: silent on a sound portal, loud on its one danger."""

from datetime import timedelta

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks_sign_in as checks
from config.settings import sign_in


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [one.id for one in found]


@pytest.fixture(autouse=True)
def open_portal(settings: Settings) -> None:
    """Set what a portal outside the embedded layer has."""
    for name in dir(sign_in):
        if name.isupper() and name not in {"INSTALLED_APPS", "ROOT"}:
            setattr(settings, name, getattr(sign_in, name))
    settings.ROLE = "portal"
    settings.EMBEDDED = False
    settings.PUBLIC_URL = "https://portal.example"
    settings.LINKS_ARE_PRINTED = True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_COOKIE_NAME", "session"),
        ("SESSION_COOKIE_SECURE", False),
        ("SESSION_COOKIE_HTTPONLY", False),
        ("SESSION_COOKIE_SAMESITE", "None"),
        ("SESSION_COOKIE_DOMAIN", "example.org"),
        ("CSRF_COOKIE_NAME", "csrf"),
        ("CSRF_COOKIE_SECURE", False),
        ("CSRF_COOKIE_HTTPONLY", False),
    ],
)
def test_it_wants_the_cookies_flags(settings: Settings, name: str, value: object) -> None:
    assert ids(checks.check_cookie_flags(None)) == []
    setattr(settings, name, value)
    assert ids(checks.check_cookie_flags(None)) == ["drempel.E030"]
    settings.EMBEDDED = True
    assert ids(checks.check_cookie_flags(None)) == []


def test_it_wants_the_second_factor(settings: Settings) -> None:
    assert ids(checks.check_second_factor(None)) == []
    settings.SECOND_FACTOR_REQUIRED = False
    assert ids(checks.check_second_factor(None)) == ["drempel.E031"]
    settings.EMBEDDED = True
    assert ids(checks.check_second_factor(None)) == []
    settings.MIDDLEWARE = []
    assert ids(checks.check_second_factor(None)) == ["drempel.E031"]


def test_it_wants_invitations_to_arrive(settings: Settings) -> None:
    assert ids(checks.check_invitations_arrive(None)) == []
    settings.LINKS_ARE_PRINTED = False
    assert ids(checks.check_invitations_arrive(None)) == ["drempel.E032"]
    settings.MAIL_IS_SENT = True
    assert ids(checks.check_invitations_arrive(None)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_ABSOLUTE_SECONDS", 12 * 3600 + 1),
        ("SESSION_IDLE_SECONDS", 3601),
        ("SESSION_IDLE_SECONDS", 0),
        ("SESSION_ABSOLUTE_SECONDS", 60),
        ("SESSION_COOKIE_AGE", 13 * 3600),
        ("ACCOUNT_REAUTHENTICATION_TIMEOUT", 301),
        ("INVITATION_LIFETIME", timedelta(days=8)),
    ],
)
def test_it_wants_sane_lifetimes(settings: Settings, name: str, value: object) -> None:
    assert ids(checks.check_lifetimes(None)) == []
    setattr(settings, name, value)
    assert ids(checks.check_lifetimes(None)) == ["drempel.E033"]


def test_it_wants_argon2_alone(settings: Settings) -> None:
    assert ids(checks.check_password_hash(None)) == []
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    assert ids(checks.check_password_hash(None)) == ["drempel.E034"]


def test_it_wants_limits_that_processes_share(settings: Settings) -> None:
    assert ids(checks.check_shared_limits(None)) == []
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert ids(checks.check_shared_limits(None)) == ["drempel.E035"]


def test_it_wants_https_in_links(settings: Settings) -> None:
    assert ids(checks.check_public_address(None)) == []
    settings.PUBLIC_URL = "http://portal.example"
    assert ids(checks.check_public_address(None)) == ["drempel.E036"]
