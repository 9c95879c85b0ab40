"""A service whose logs are Django's own: what the canary sweep must notice (never deployed)."""

import logging

from config import log


class _Loose(logging.Formatter):
    """Write whatever a record holds."""


log.QuietFormatter = _Loose  # type: ignore[assignment,misc]  # the defence that is switched off

from config.wsgi import application  # noqa: E402 - the settings are read here

logging.getLogger("django.request").setLevel(logging.WARNING)
__all__ = ["application"]
