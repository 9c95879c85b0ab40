"""Refuse dangerous configurations by number, before a process serves anybody.

drempel.E001  kill points outside the embedded layer
drempel.E002  a secret file that others can read, or that is not there
drempel.E003  DEBUG is on
drempel.E004  numba's cache folder is missing, shared or not writable (nodes)
drempel.E005  issuing and packages share a database, or nothing keeps them apart (nodes)
drempel.E006  sessions, cookies or CSRF anywhere but on the portal
drempel.E007  a role has another role's app
drempel.E008  a lease can end before it is renewed, or during one call to a peer
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.env import BadConfiguration, require_private

NUMBA_VARIABLE = "NUMBA_CACHE_DIR"
ROUTER = "nodes.routers.IssuingRouter"
COOKIES = ("SessionMiddleware", "CsrfViewMiddleware", "AuthenticationMiddleware")
FOREIGN_APPS = {
    "portal": {"nodes", "relay"},
    "relay": {"nodes", "accounts", "surveys", "datarequests", "mpcengine"},
    "node": {"relay", "accounts", "surveys", "datarequests", "mpcengine"},
}

Found = list[CheckMessage]
Apps = Sequence[AppConfig] | None


@register()
def check_faults(app_configs: Apps, **_: Any) -> Found:
    """Allow kill points in the embedded layer only."""
    del app_configs
    if settings.FAULT_DIR and not settings.EMBEDDED:
        return [Error("Kill points exist in the embedded layer only.", id="drempel.E001")]
    return []


@register()
def check_secret_files(app_configs: Apps, **_: Any) -> Found:
    """Require every secret file to be a plain file of its owner's alone."""
    del app_configs
    found: Found = []
    for name in settings.SECRET_FILES:
        try:
            require_private(Path(name))
        except BadConfiguration as error:
            found.append(Error(str(error), id="drempel.E002"))
    return found


@register()
def check_debug(app_configs: Apps, **_: Any) -> Found:
    """Refuse DEBUG: its pages show values."""
    del app_configs
    return [Error("DEBUG must be off.", id="drempel.E003")] if settings.DEBUG else []


@register()
def check_numba_cache(app_configs: Apps, **_: Any) -> Found:
    """Require a private cache folder: who can write it runs code in a party."""
    del app_configs
    if settings.ROLE != "node":
        return []
    named = os.environ.get(NUMBA_VARIABLE, "")
    hint = f"Set {NUMBA_VARIABLE} to a folder of mode 0700 of this user."
    if not named or not Path(named).is_dir():
        return [Error("numba has no cache folder.", hint=hint, id="drempel.E004")]
    mode = Path(named).stat()
    is_private = not mode.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not is_private or mode.st_uid != os.getuid() or not os.access(named, os.W_OK):
        return [Error("numba's cache folder is not private.", hint=hint, id="drempel.E004")]
    return []


@register()
def check_issuing_apart(app_configs: Apps, **_: Any) -> Found:
    """Require two databases and the router between them."""
    del app_configs
    if settings.ROLE != "node":
        return []
    if not _is_apart(settings.DATABASES) or ROUTER not in settings.DATABASE_ROUTERS:
        return [
            Error("Who may answer and what was answered share a database.", id="drempel.E005")
        ]
    return []


@register()
def check_no_cookies(app_configs: Apps, **_: Any) -> Found:
    """Refuse sessions and CSRF but on the portal: elsewhere nobody signs in."""
    del app_configs
    if settings.ROLE in {"portal", "test"}:
        return []
    names = {one.rsplit(".", 1)[-1] for one in settings.MIDDLEWARE}
    if names & set(COOKIES):
        return [Error("Only the portal has sessions and cookies.", id="drempel.E006")]
    return []


@register()
def check_apps_apart(app_configs: Apps, **_: Any) -> Found:
    """Refuse another role's app, whose tables and keys do not belong here."""
    del app_configs
    foreign = FOREIGN_APPS.get(settings.ROLE, set()) & set(settings.INSTALLED_APPS)
    if foreign:
        return [
            Error(f"A {settings.ROLE} must not have the app {min(foreign)}.", id="drempel.E007")
        ]
    return []


@register()
def check_leases(app_configs: Apps, **_: Any) -> Found:
    """Require that a lease is renewed at least twice, and outlasts the longest call."""
    del app_configs
    if settings.LEASE_RENEW_SECONDS * 2 > settings.LEASE_SECONDS:
        return [Error("LEASE_RENEW_SECONDS is too long.", id="drempel.E008")]
    # A call begins at the worst just before the lease would have been renewed.
    left = settings.LEASE_SECONDS - settings.LEASE_RENEW_SECONDS
    if left <= settings.LONGEST_CALL_SECONDS:
        return [Error("LEASE_SECONDS is too short for the longest call.", id="drempel.E008")]
    return []


def _is_apart(databases: Mapping[str, Mapping[str, object]]) -> bool:
    issuing = databases.get("issuing", {}).get("NAME")
    return bool(issuing) and issuing != databases["default"]["NAME"]
