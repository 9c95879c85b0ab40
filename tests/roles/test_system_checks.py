"""Every numbered check stays silent on a sound configuration and speaks on its one danger."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [one.id for one in found]


def test_it_allows_kill_points_in_the_embedded_layer_only(settings: Settings) -> None:
    settings.FAULT_DIR = "somewhere"
    assert ids(checks.check_faults(None)) == []
    settings.EMBEDDED = False
    assert ids(checks.check_faults(None)) == ["drempel.E001"]
    settings.FAULT_DIR = ""
    assert ids(checks.check_faults(None)) == []


def test_it_wants_secret_files_private(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    settings.SECRET_FILES = (str(secret),)
    assert ids(checks.check_secret_files(None)) == ["drempel.E002"]
    secret.touch(mode=0o600)
    assert ids(checks.check_secret_files(None)) == []
    secret.chmod(0o644)
    assert ids(checks.check_secret_files(None)) == ["drempel.E002"]


def test_it_refuses_debug(settings: Settings) -> None:
    assert ids(checks.check_debug(None)) == []
    settings.DEBUG = True
    assert ids(checks.check_debug(None)) == ["drempel.E003"]


def test_it_wants_a_private_cache_for_compiled_code(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(checks.NUMBA_VARIABLE, raising=False)
    assert ids(checks.check_numba_cache(None)) == []
    settings.ROLE = "node"
    assert ids(checks.check_numba_cache(None)) == ["drempel.E004"]
    cache = tmp_path / "cache"
    monkeypatch.setenv(checks.NUMBA_VARIABLE, str(cache))
    assert ids(checks.check_numba_cache(None)) == ["drempel.E004"]
    cache.mkdir(mode=0o700)
    assert ids(checks.check_numba_cache(None)) == []
    cache.chmod(0o722)
    assert ids(checks.check_numba_cache(None)) == ["drempel.E004"]


def test_it_keeps_issuing_apart(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROLE = "node"
    apart = {"default": {"NAME": "packages"}, "issuing": {"NAME": "issuing"}}
    monkeypatch.setattr(django_settings, "DATABASES", apart)
    assert ids(checks.check_issuing_apart(None)) == []
    settings.DATABASE_ROUTERS = []
    assert ids(checks.check_issuing_apart(None)) == ["drempel.E005"]
    settings.DATABASE_ROUTERS = [checks.ROUTER]
    for together in ({"NAME": "packages"}, {}):
        monkeypatch.setattr(django_settings, "DATABASES", apart | {"issuing": together})
        assert ids(checks.check_issuing_apart(None)) == ["drempel.E005"]


@pytest.mark.parametrize("role", ["relay", "node"])
def test_it_refuses_sessions_but_on_the_portal(settings: Settings, role: str) -> None:
    settings.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
    settings.ROLE = "portal"
    assert ids(checks.check_no_cookies(None)) == []
    settings.ROLE = role
    assert ids(checks.check_no_cookies(None)) == ["drempel.E006"]
    settings.MIDDLEWARE = []
    assert ids(checks.check_no_cookies(None)) == []


@pytest.mark.parametrize(
    ("role", "app"), [("portal", "nodes"), ("relay", "surveys"), ("node", "accounts")]
)
def test_it_refuses_another_roles_app(settings: Settings, role: str, app: str) -> None:
    settings.INSTALLED_APPS = ["rest_framework"]
    settings.ROLE = role
    assert ids(checks.check_apps_apart(None)) == []
    settings.INSTALLED_APPS = ["rest_framework", app]
    assert ids(checks.check_apps_apart(None)) == ["drempel.E007"]


def test_it_wants_two_renewals_in_a_lease(settings: Settings) -> None:
    settings.LONGEST_CALL_SECONDS = 1
    settings.LEASE_RENEW_SECONDS = settings.LEASE_SECONDS // 2
    assert ids(checks.check_leases(None)) == []
    settings.LEASE_RENEW_SECONDS += 1
    assert ids(checks.check_leases(None)) == ["drempel.E008"]


def test_it_wants_a_lease_that_outlasts_the_longest_call(settings: Settings) -> None:
    assert ids(checks.check_leases(None)) == []
    settings.LONGEST_CALL_SECONDS = settings.LEASE_SECONDS - settings.LEASE_RENEW_SECONDS
    assert ids(checks.check_leases(None)) == ["drempel.E008"]
