"""Turn one row of an XLSForm into the keys of a question's kind, with bounds and bands."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.schemas_survey import MOST_CELLS, MOST_TEXT_BYTES
from surveys.formats.assembly import Assembly
from surveys.formats.bands import (
    bounds_of,
    day_bins,
    day_bounds_of,
    is_day,
    number_bins,
    whole_numbers,
)
from surveys.formats.logic import Node, Unreadable, parse_condition
from surveys.formats.report import CHANGED, LEFT_OUT, Place
from surveys.formats.xlsform_row import Row

DEFAULT_NUMBER = (0, 1_000_000)
DEFAULT_DAYS = ("2000-01-01", "2039-12-31")
DEFAULT_TEXT = 280
LARGEST = (1 << 53) - 1
Lists = Mapping[str, list[tuple[str, dict[str, object], int]]]
_PARAMETER = re.compile(r"(\w+)\s*=\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Hold the keys of a kind, and what options of the file are called now."""

    kind: str
    details: dict[str, JSON]
    renamed: dict[str, str] = field(default_factory=dict)


def make_question(row: Row, texts: Assembly, lists: Lists) -> Made | None:
    """Return what a row asks, or None for a type that the format has no kind for."""
    if row.select[0]:
        return _choice(row, texts, lists)
    words = row.type.replace("_", " ").lower().split()
    make = _KINDS.get(" ".join(words))
    return None if make is None else make(row, texts)


def _choice(row: Row, texts: Assembly, lists: Lists) -> Made | None:
    kind, list_name, rest = row.select
    if list_name not in lists or kind == "select one external":
        return None
    titled = [
        (name, texts.text(label, name, Place(sheet="choices", row=place)))
        for name, label, place in lists[list_name]
    ]
    if "or_other" in rest:
        titled.append(
            ("other", {texts.language: "Other" if texts.language != "nl" else "Anders"})
        )
        texts.report.add(CHANGED, "other_added", row.name, row.place)
    options, renamed = texts.choices(titled, row.name, row.place)
    if row.cells.get("parameters"):
        place = Place(sheet="survey", row=row.number, column="parameters")
        texts.report.add(LEFT_OUT, "column", row.name, place, column="parameters")
    if kind == "rank":
        return Made(kind="ranking", details={"options": options})
    if kind == "select one":
        _no_constraint(row, texts)
        return Made(kind="single", details={"options": options}, renamed=renamed)
    low, high = _bounds(row, texts, "count-selected:.")
    fewest = max(0, min(low or 0, len(options)))
    most = max(1, fewest, min(len(options) if high is None else high, len(options)))
    return Made(kind="multiple", details={"options": options, "min": fewest, "max": most})


def _number(row: Row, texts: Assembly) -> Made:
    low, high = _bounds(row, texts, ".")
    return Made(kind="number", details=_numbers(row, texts, low, high))


def _decimal(row: Row, texts: Assembly) -> Made:
    texts.report.add(CHANGED, "decimals", row.name, row.place)
    return _number(row, texts)


def _range(row: Row, texts: Assembly) -> Made | None:
    given = {
        name: float(value)
        for name, value in _PARAMETER.findall(str(row.cells.get("parameters", "")))
    }
    start, end, step = given.get("start", 0.0), given.get("end", 10.0), given.get("step", 1.0)
    if step != 1 or start != int(start) or end != int(end) or start >= end:
        return None
    _no_constraint(row, texts)
    low, high = int(start), int(end)
    if high - low < MOST_CELLS:
        return Made(kind="scale", details={"min": low, "max": high})
    return Made(kind="number", details=_numbers(row, texts, low, high))


def _numbers(row: Row, texts: Assembly, low: int | None, high: int | None) -> dict[str, JSON]:
    if low is None or high is None or high < low:
        low = DEFAULT_NUMBER[0] if low is None else low
        high = max(DEFAULT_NUMBER[1], low) if high is None else max(high, low)
        texts.report.add(CHANGED, "bounds", row.name, row.place, low=low, high=high)
    low, high = max(low, -LARGEST), min(high, LARGEST)
    bins = row.own.get("bins")
    if bins == "none":
        return {"min": low, "max": high}
    known = whole_numbers(bins.split()) if bins else None
    if not known or known[0] != low or known != sorted(set(known)) or known[-1] > high:
        known = number_bins(low, high)
        told = ", ".join(str(one) for one in known)
        texts.report.add(CHANGED, "bins", row.name, row.place, bins=told)
    return {"min": low, "max": high, "bins": known}


def _date(row: Row, texts: Assembly) -> Made:
    node = _constraint(row, texts)
    found = day_bounds_of(node) if node is not None else (None, None)
    if found is None:
        _constraint_lost(row, texts)
    low, high = found or (None, None)
    if low is None or high is None or high < low:
        low = low or min(DEFAULT_DAYS[0], high or DEFAULT_DAYS[0])
        high = high if high and high >= low else max(DEFAULT_DAYS[1], low)
        texts.report.add(CHANGED, "bounds", row.name, row.place, low=low, high=high)
    bounds: dict[str, JSON] = {"min": low, "max": high}
    bins = row.own.get("bins")
    if bins == "none":
        return Made(kind="date", details=bounds)
    known = bins.split() if bins else []
    if not known or not all(is_day(day) for day in known) or known[0] != low:
        known = day_bins(low, high)
        told = ", ".join(known)
        texts.report.add(CHANGED, "bins", row.name, row.place, bins=told)
    return Made(kind="date", details={**bounds, "bins": known})


def _text(row: Row, texts: Assembly) -> Made:
    own = row.own.get("max_bytes", "")
    size = int(own) if own.isdigit() else _bounds(row, texts, "string-length:.")[1]
    fitting = max(1, min(size or DEFAULT_TEXT, MOST_TEXT_BYTES))
    if not own:
        texts.report.add(CHANGED, "text_size", row.name, row.place, bytes=fitting)
    return Made(kind="text", details={"max_bytes": fitting})


def _bounds(row: Row, texts: Assembly, var: str) -> tuple[int | None, int | None]:
    node = _constraint(row, texts)
    if node is None:
        return None, None
    found = bounds_of(node, var)
    if found is None:
        _constraint_lost(row, texts)
    return found or (None, None)


def _constraint(row: Row, texts: Assembly) -> Node | None:
    text = row.bound("constraint")
    if not text:
        return None
    try:
        return parse_condition(text)
    except Unreadable:
        _constraint_lost(row, texts)
        return None


def _no_constraint(row: Row, texts: Assembly) -> None:
    if row.bound("constraint"):
        _constraint_lost(row, texts)


def _constraint_lost(row: Row, texts: Assembly) -> None:
    place = Place(sheet="survey", row=row.number, column="constraint")
    texts.report.add(LEFT_OUT, "constraint", row.name, place)


_KINDS: dict[str, Callable[[Row, Assembly], Made | None]] = {
    "integer": _number, "int": _number, "decimal": _decimal, "range": _range,
    "date": _date, "text": _text, "string": _text,
}  # fmt: skip
