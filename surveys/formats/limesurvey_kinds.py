"""Turn a LimeSurvey question, with its type of one letter, into the keys of a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.schemas_survey import MOST_TEXT_BYTES
from surveys.formats.assembly import Assembly
from surveys.formats.bands import day_bins, is_day, number_bins
from surveys.formats.logic import whole
from surveys.formats.report import CHANGED, LEFT_OUT, Place
from surveys.formats.xlsform_kinds import DEFAULT_DAYS, DEFAULT_NUMBER, DEFAULT_TEXT

Texts = dict[str, str]
_YES: Texts = {"en": "Yes", "nl": "Ja", "de": "Ja", "fr": "Oui"}
_NO: Texts = {"en": "No", "nl": "Nee", "de": "Nein", "fr": "Non"}
_UNSURE: Texts = {"en": "Uncertain", "nl": "Onzeker", "de": "Unsicher", "fr": "Incertain"}
_FIXED: dict[str, tuple[tuple[str, Texts], ...]] = {
    "Y": (("Y", _YES), ("N", _NO)),
    "G": (
        ("F", {"en": "Female", "nl": "Vrouw", "de": "Weiblich", "fr": "Femme"}),
        ("M", {"en": "Male", "nl": "Man", "de": "Männlich", "fr": "Homme"}),
    ),
    "C": (("Y", _YES), ("U", _UNSURE), ("N", _NO)),
    "E": (
        ("I", {"en": "Increase", "nl": "Toename", "de": "Zunahme", "fr": "Augmentation"}),
        ("S", {"en": "Same", "nl": "Gelijk", "de": "Gleich", "fr": "Identique"}),
        ("D", {"en": "Decrease", "nl": "Afname", "de": "Abnahme", "fr": "Diminution"}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Hold a question as LimeSurvey has it: code, letter, subquestions, answers, attributes."""

    code: str
    type: str
    required: bool
    other: bool
    title: Texts
    help: Texts
    rows: tuple[tuple[str, Texts], ...]
    answers: tuple[tuple[str, Texts], ...]
    attributes: Mapping[str, str]

    @property
    def place(self) -> Place:
        """Return where the question stands: LimeSurvey knows it by its code."""
        return Place(sheet=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Hold the keys of a kind, and what answers and subquestions are called now."""

    details: dict[str, JSON]
    renamed: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)


def make_question(asked: Asked, texts: Assembly) -> Made | None:
    """Return what a question asks, or None for a type that the format has no kind for."""
    make = _KINDS.get(asked.type)
    return None if make is None else make(asked, texts)


def _single(asked: Asked, texts: Assembly) -> Made:
    given = _FIXED.get(asked.type) or asked.answers
    listed, renamed = _choices(given, asked, texts, other=asked.other)
    if asked.type == "O":
        _lost(asked, texts, "comment")
    return Made(details={"kind": "single", "options": listed}, renamed=renamed)


def _five(_asked: Asked, _texts: Assembly) -> Made:
    return Made(details={"kind": "scale", "min": 1, "max": 5})


def _multiple(asked: Asked, texts: Assembly) -> Made:
    listed, _ = _choices(asked.rows, asked, texts, other=asked.other)
    if asked.type == "P":
        _lost(asked, texts, "comment")
    fewest = min(_limit(asked, "min_answers") or 0, len(listed))
    most = max(1, fewest, min(_limit(asked, "max_answers") or len(listed), len(listed)))
    return Made(
        details={"kind": "multiple", "options": listed, "min": max(0, fewest), "max": most}
    )


def _ranking(asked: Asked, texts: Assembly) -> Made:
    listed, _ = _choices(asked.answers, asked, texts)
    return Made(details={"kind": "ranking", "options": listed})


def _matrix(asked: Asked, texts: Assembly) -> Made:
    points = {"A": 5, "B": 10}.get(asked.type)
    language = texts.language
    given = _FIXED.get(asked.type) or asked.answers
    if points:
        given = tuple((str(one), {language: str(one)}) for one in range(1, points + 1))
    listed, renamed = _choices(given, asked, texts)
    lines, rows = _choices(asked.rows, asked, texts)
    details: dict[str, JSON] = {"kind": "matrix", "rows": lines, "options": listed}
    return Made(details=details, renamed=renamed, rows=rows)


def _number(asked: Asked, texts: Assembly) -> Made:
    low, high = _limit(asked, "min_num_value_n"), _limit(asked, "max_num_value_n")
    if asked.attributes.get("num_value_int_only") != "1":
        texts.report.add(CHANGED, "decimals", asked.code, asked.place)
    if low is None or high is None or high < low:
        low = DEFAULT_NUMBER[0] if low is None else low
        high = max(DEFAULT_NUMBER[1] if high is None else high, low)
        texts.report.add(CHANGED, "bounds", asked.code, asked.place, low=low, high=high)
    bins = number_bins(low, high)
    told = ", ".join(str(one) for one in bins)
    texts.report.add(CHANGED, "bins", asked.code, asked.place, bins=told)
    return Made(details={"kind": "number", "min": low, "max": high, "bins": bins})


def _date(asked: Asked, texts: Assembly) -> Made:
    low = asked.attributes.get("date_min", "")[:10]
    high = asked.attributes.get("date_max", "")[:10]
    if not is_day(low) or not is_day(high) or high < low:
        low, high = DEFAULT_DAYS
        texts.report.add(CHANGED, "bounds", asked.code, asked.place, low=low, high=high)
    bins = day_bins(low, high)
    texts.report.add(CHANGED, "bins", asked.code, asked.place, bins=", ".join(bins))
    return Made(details={"kind": "date", "min": low, "max": high, "bins": bins})


def _text(asked: Asked, texts: Assembly) -> Made:
    size = _limit(asked, "maximum_chars") or DEFAULT_TEXT
    fitting = max(1, min(size, MOST_TEXT_BYTES))
    texts.report.add(CHANGED, "text_size", asked.code, asked.place, bytes=fitting)
    return Made(details={"kind": "text", "max_bytes": fitting})


_KINDS: dict[str, Callable[[Asked, Assembly], Made]] = {
    "L": _single, "!": _single, "O": _single, "Y": _single, "G": _single, "5": _five,
    "M": _multiple, "P": _multiple, "R": _ranking, "A": _matrix, "B": _matrix, "C": _matrix,
    "E": _matrix, "F": _matrix, "H": _matrix, "N": _number, "D": _date, "S": _text,
    "T": _text, "U": _text,
}  # fmt: skip


def _choices(
    given: tuple[tuple[str, Texts], ...], asked: Asked, texts: Assembly, *, other: bool = False
) -> tuple[list[JSON], dict[str, str]]:
    known = texts.languages or [texts.language]
    titled = []
    for name, text in given:
        said = {tag: words for tag, words in text.items() if tag in known} or text
        titled.append((name, texts.text(said, name, asked.place)))
    if other:
        titled.append(("other", {known[0]: "Anders" if known[0] == "nl" else "Other"}))
        texts.report.add(CHANGED, "other_added", asked.code, asked.place)
    return texts.choices(titled, asked.code, asked.place)


def _limit(asked: Asked, name: str) -> int | None:
    return whole(asked.attributes.get(name, ""))


def _lost(asked: Asked, texts: Assembly, column: str) -> None:
    place = Place(sheet=asked.code, column=column)
    texts.report.add(LEFT_OUT, "column", asked.code, place, column=column)
