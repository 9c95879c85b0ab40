"""Count what must never be a line of its own, and tell the count when its hour is over.

Counts live in the memory of the process that makes them; a thread of its tells them after the
full hour. What a process has counted in an unfinished hour goes with it: telling it at that
moment would be finer than the hour.
"""

import os
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from security_events.catalogue import CATALOGUE, COUNT_ONLY
from security_events.emitting import UnknownEventError, emit_anyway

HOUR_SECONDS = 3600
# After the full hour, so that a count of its last second is in it.
_MARGIN_SECONDS = 5.0


_SIZES = dict.fromkeys(
    (
        "body.length",
        "parcel.length",
        "package.length",
        "codec.truncated",
        "codec.trailing",
        "codec.limit",
    ),
    "submit.rejected.size",
)
_REPLAYS = dict.fromkeys(
    ("package.revision_taken", "token.already_issued"), "submit.rejected.replay"
)
# Too early, too late, or at the wrong door: nothing that tells of an attempt.
_NOBODYS_DOING = frozenset(
    {
        "survey.closed",
        "survey.not_open",
        "survey.unknown",
        "manifest.unknown",
        "token.closed",
        "events.unavailable",
    }
)


class _Counts:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_hour: dict[int, Counter[str]] = {}
        self.thread: threading.Thread | None = None


def count(code: str, number: int = 1) -> None:
    """Add to this hour's count of ``code``, one of the catalogue's counts."""
    entry = CATALOGUE.get(code)
    if entry is None or entry.ocsf != COUNT_ONLY or entry.is_reserved:
        raise UnknownEventError(code)
    with _counts.lock:
        hour = int(time.time()) // HOUR_SECONDS
        _counts.by_hour.setdefault(hour, Counter())[code] += number
        if _counts.thread is None:
            _counts.thread = threading.Thread(target=_run, name="security-counts", daemon=True)
            _counts.thread.start()


def refusal_count(code: str, number: int = 1) -> None:
    """Count answers refused with the problem ``code``, where that is a sender's doing."""
    if code not in _NOBODYS_DOING:
        kind = _SIZES.get(code) or _REPLAYS.get(code) or "submit.rejected.format"
        count(kind, number)


def counts_tell(*, now: float) -> None:
    """Emit what was counted in the hours before ``now`` (seconds since 1970), and forget it."""
    this_hour = int(now) // HOUR_SECONDS
    with _counts.lock:
        over = sorted(hour for hour in _counts.by_hour if hour < this_hour)
        told = [(hour, _counts.by_hour.pop(hour)) for hour in over]
    for hour, counted in told:
        begun = datetime.fromtimestamp(hour * HOUR_SECONDS, UTC)
        for code, number in sorted(counted.items()):
            emit_anyway(code, outcome="failure", count=number, hour=f"{begun:%Y-%m-%dT%HZ}")


def _run() -> None:
    while True:
        time.sleep(HOUR_SECONDS - time.time() % HOUR_SECONDS + _MARGIN_SECONDS)
        counts_tell(now=time.time())


def _begin_anew() -> None:
    global _counts  # noqa: PLW0603 - one per process
    _counts = _Counts()


_counts = _Counts()
os.register_at_fork(after_in_child=_begin_anew)
