"""Refuse a portal at which signing in would be weaker than we say.

drempel.E030  a session or CSRF cookie without its flags, outside the embedded layer
drempel.E031  a second factor that is not obligatory, outside the embedded layer
drempel.E032  neither mail nor printed links: nobody could ever be invited
drempel.E033  a session, an invitation or a fresh sign-in that lasts too long
drempel.E034  a password hash other than Argon2id
drempel.E035  sign-in limits that several processes do not count together
drempel.E036  a public address that is not https, outside the embedded layer
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

Found = list[CheckMessage]
Apps = Sequence[AppConfig] | None

HOST_PREFIX = "__Host-"
MIDDLE = ("accounts.middleware.SessionLimits", "accounts.middleware.SecondFactor")
ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
SHARED_CACHE = "django.core.cache.backends.db.DatabaseCache"
# The longest that each may last, in seconds.
LONGEST = {
    "SESSION_ABSOLUTE_SECONDS": 12 * 3600,
    "SESSION_IDLE_SECONDS": 3600,
    "SESSION_COOKIE_AGE": 12 * 3600,
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
}
LONGEST_INVITATION = timedelta(days=7)


@register()
def check_cookie_flags(app_configs: Apps, **_: Any) -> Found:
    """Require ``__Host-``, Secure, HttpOnly and SameSite of both cookies."""
    del app_configs
    if not _is_open_portal():
        return []
    for kind in ("SESSION", "CSRF"):
        cookie = {
            part: getattr(settings, f"{kind}_COOKIE_{part}")
            for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")
        }
        is_sound = (
            cookie["NAME"].startswith(HOST_PREFIX)
            and cookie["SECURE"]
            and cookie["HTTPONLY"]
            and cookie["SAMESITE"] in {"Lax", "Strict"}
            and cookie["DOMAIN"] is None
            and cookie["PATH"] == "/"
        )
        if not is_sound:
            return [Error(f"The {kind.lower()} cookie lacks a flag.", id="drempel.E030")]
    return []


@register()
def check_second_factor(app_configs: Apps, **_: Any) -> Found:
    """Require the second factor, and what enforces it and ends sessions."""
    del app_configs
    if settings.ROLE != "portal":
        return []
    missing = set(MIDDLE) - set(settings.MIDDLEWARE)
    if missing or not (settings.EMBEDDED or settings.SECOND_FACTOR_REQUIRED):
        return [Error("The second factor is not enforced.", id="drempel.E031")]
    return []


@register()
def check_invitations_arrive(app_configs: Apps, **_: Any) -> Found:
    """Require mail, or the decision that operators hand links over themselves."""
    del app_configs
    if not _is_open_portal() or settings.MAIL_IS_SENT or settings.LINKS_ARE_PRINTED:
        return []
    return [Error("No invitation could arrive.", id="drempel.E032")]


@register()
def check_lifetimes(app_configs: Apps, **_: Any) -> Found:
    """Require that everything which signs somebody in ends soon enough."""
    del app_configs
    if settings.ROLE != "portal":
        return []
    for name, longest in LONGEST.items():
        if not 0 < getattr(settings, name) <= longest:
            return [Error(f"{name} must be 1 to {longest} seconds.", id="drempel.E033")]
    if settings.SESSION_IDLE_SECONDS > settings.SESSION_ABSOLUTE_SECONDS:
        return [Error("A session may idle for longer than it lasts.", id="drempel.E033")]
    if not timedelta() < settings.INVITATION_LIFETIME <= LONGEST_INVITATION:
        return [Error("INVITATION_LIFETIME must be at most a week.", id="drempel.E033")]
    return []


@register()
def check_password_hash(app_configs: Apps, **_: Any) -> Found:
    """Require Argon2id, alone: there are no old passwords to upgrade."""
    del app_configs
    if settings.ROLE != "portal" or settings.PASSWORD_HASHERS == [ARGON2]:
        return []
    return [Error("Passwords must be hashed with Argon2id only.", id="drempel.E034")]


@register()
def check_shared_limits(app_configs: Apps, **_: Any) -> Found:
    """Require a cache in the database, where all processes count attempts together."""
    del app_configs
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.ROLE != "portal" or backend == SHARED_CACHE:
        return []
    return [Error("Sign-in limits are not shared by all processes.", id="drempel.E035")]


@register()
def check_public_address(app_configs: Apps, **_: Any) -> Found:
    """Require https in the links that invitations hold."""
    del app_configs
    if not _is_open_portal() or settings.PUBLIC_URL.startswith("https://"):
        return []
    return [Error("The public address must begin with https://.", id="drempel.E036")]


def _is_open_portal() -> bool:
    return settings.ROLE == "portal" and not settings.EMBEDDED
