"""Leave a sign of life that another process can read: the age of a file (``config.alive``)."""

import contextlib
from pathlib import Path

from django.conf import settings

FILE = "worker.alive"


def alive_note() -> None:
    """Say that this worker still looks for work; a disk that is full is told by others."""
    if settings.DATA_DIR:
        with contextlib.suppress(OSError):
            Path(settings.DATA_DIR, FILE).touch()
