"""Kill points: named places where a test may have a process die, and nothing else.

Only the embedded layer knows the setting FAULT_DIR; without it a point does nothing. A test
puts an empty file called like the point into that folder; the first process that passes the
point takes the file away and dies by SIGKILL, so that each file kills once.
"""

import os
import signal
from pathlib import Path

from django.conf import settings


def point(name: str) -> None:
    """Die here and now if the file ``name`` lies in FAULT_DIR; otherwise do nothing."""
    folder = getattr(settings, "FAULT_DIR", None)
    if not folder:
        return
    try:
        Path(folder, name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
