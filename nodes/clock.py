"""Notice that a peer's clock and ours differ: HTTP answers say what time it is there."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone

from security_events import emit_rarely

MOST_SECONDS = 5
# A date in HTTP has whole seconds, and an answer takes a moment.
_ROUNDING_SECONDS = 2


def clock_compare(peer: str, date: str) -> None:
    """Tell, at most once an hour, that a peer's HTTP date is over MOST_SECONDS from ours.

    A date that cannot be read is none. Nothing depends on it: the peer did not sign it.
    """
    try:
        there = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    apart = _apart(there, timezone.now())
    if apart > MOST_SECONDS + _ROUNDING_SECONDS:
        emit_rarely("clock.skew", peer=peer, seconds=apart)


def _apart(one: datetime, other: datetime) -> int:
    return int(abs((one - other).total_seconds()))
