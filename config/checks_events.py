"""Refuse a service whose security events would go nowhere, or be read by others.

drempel.E040  no file for security events, or a folder in which none can be written
drempel.E041  an events file, or the key of its pseudonyms, that others can read
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from security_events.people import key_file

Found = list[CheckMessage]
Apps = Sequence[AppConfig] | None

UNIT_TESTS = "test"


@register()
def check_events_file(app_configs: Apps, **_: Any) -> Found:
    """Require a place for security events; a file that is there must be private."""
    del app_configs
    if not settings.EVENTS_FILE:
        is_missing = settings.ROLE != UNIT_TESTS
        return [Error("Security events go nowhere.", id="drempel.E040")] if is_missing else []
    path = Path(settings.EVENTS_FILE)
    if not os.access(path.parent, os.W_OK | os.X_OK) or not _is_plain(path):
        return [Error("Security events cannot be written.", id="drempel.E040")]
    return [
        Error(f"{one.name} can be read by others; give it mode 0600.", id="drempel.E041")
        for one in (path, key_file(path))
        if one.exists() and stat.S_IMODE(one.stat().st_mode) & (stat.S_IWGRP | stat.S_IRWXO)
    ]


def _is_plain(path: Path) -> bool:
    return not path.is_symlink() and (path.is_file() or not path.exists())
