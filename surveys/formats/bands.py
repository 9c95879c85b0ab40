"""Propose bands for numbers and days, and read bounds from a constraint."""

from collections.abc import Iterable
from datetime import date

from surveys.formats.logic import HERE, Compare, Node, conjuncts, whole

MOST_SINGLE = 11
MOST_BANDS = 7
_STEPS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10_000, 100_000, 1_000_000)
_QUARTERS = (1, 4, 7, 10)


def number_bins(low: int, high: int) -> list[int]:
    """Return lower bounds of at most 11 bands from ``low`` to ``high``."""
    if high - low < MOST_SINGLE:
        return list(range(low, high + 1))
    steps = [step for step in _STEPS if low < step <= high] if low >= 0 else []
    if len(steps) < 2:
        width = (high - low) // 4
        return [low, low + width, low + 2 * width, low + 3 * width]
    while len(steps) >= MOST_BANDS:
        steps = steps[1::2] if len(steps) % 2 else steps[::2]
    return [low, *steps]


def day_bins(low: str, high: str) -> list[str]:
    """Return lower bounds of bands between two days: quarters, or years for a long time."""
    first, last = date.fromisoformat(low), date.fromisoformat(high)
    months = _QUARTERS if last.year - first.year < 2 else (1,)
    starts = (
        date(year, month, 1) for year in range(first.year, last.year + 1) for month in months
    )
    found = [day.isoformat() for day in starts if first < day <= last]
    return [low, *found[:MOST_SINGLE]]


def bounds_of(node: Node, var: str = HERE) -> tuple[int | None, int | None] | None:
    """Return the lowest and highest whole number a constraint allows; None if it says more."""
    low: int | None = None
    high: int | None = None
    for part in conjuncts(node):
        value = whole(part.value) if isinstance(part, Compare) and part.var == var else None
        if value is None or not isinstance(part, Compare):
            return None
        if part.op in {">", ">=", "="}:
            low = _most(low, value + (part.op == ">"))
        if part.op in {"<", "<=", "="}:
            high = _least(high, value - (part.op == "<"))
        if part.op == "!=":
            return None
    return low, high


def day_bounds_of(node: Node) -> tuple[str | None, str | None] | None:
    """Return the first and last day a constraint allows; None if it says more."""
    low: str | None = None
    high: str | None = None
    for part in conjuncts(node):
        if not isinstance(part, Compare) or part.var != HERE or not is_day(part.value):
            return None
        if part.op == ">=":
            low = part.value
        elif part.op == "<=":
            high = part.value
        else:
            return None
    return low, high


def whole_numbers(values: Iterable[str]) -> list[int] | None:
    """Return texts as whole numbers, or None if one is none."""
    found = [whole(value) for value in values]
    return None if None in found else [one for one in found if one is not None]


def is_day(text: str) -> bool:
    """Tell whether a text is a day that exists, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _most(known: int | None, value: int) -> int:
    return value if known is None else max(known, value)


def _least(known: int | None, value: int) -> int:
    return value if known is None else min(known, value)
