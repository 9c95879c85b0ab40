"""Compare two clocks by what a health answer says the time is there."""

from datetime import datetime

MOST_SECONDS = 5.0


def seconds_apart(told: object, asked_at: datetime, answered_at: datetime) -> float | None:
    """Return how far a peer's clock is ahead of ours (negative: behind); None if it told none.

    ``told`` is ``clock`` of its answer, made between the two aware moments of our own clock:
    within them nobody is wrong, so only what lies outside counts.
    """
    try:
        there = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    if there is None or there.tzinfo is None:
        return None
    if there < asked_at:
        return (there - asked_at).total_seconds()
    return max(0.0, (there - answered_at).total_seconds())


def is_far(apart: float | None) -> bool:
    """Tell whether clocks are further apart than timing of surveys should bear."""
    return apart is not None and abs(apart) > MOST_SECONDS
