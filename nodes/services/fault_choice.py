"""Let a test kill the party of this node: only where the embedded layer knows a FAULT_DIR."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from mpcengine.protocol.partywire import FAULT_POINTS


def party_fault_take(points: Iterable[str] = FAULT_POINTS) -> str | None:
    """Return the first of ``points`` whose file lies in FAULT_DIR, and take the file away."""
    folder = getattr(settings, "FAULT_DIR", "")
    if not folder:
        return None
    for name in points:
        try:
            Path(folder, name).unlink()
        except FileNotFoundError:
            continue
        return name
    return None
