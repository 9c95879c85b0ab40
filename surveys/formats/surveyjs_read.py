"""Read a SurveyJS definition: choices, ratings, rankings, matrices, numbers, days, texts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.schemas_survey import MOST_CELLS, MOST_TEXT_BYTES
from surveys.formats.assembly import Assembly, Condition, Text
from surveys.formats.bands import day_bins, is_day, number_bins, whole_numbers
from surveys.formats.guards import parse_json, refuse
from surveys.formats.logic import Unreadable, parse_condition, whole
from surveys.formats.report import CHANGED, LEFT_OUT, Place, Report
from surveys.formats.texts import language_of
from surveys.formats.xlsform_kinds import DEFAULT_DAYS, DEFAULT_NUMBER, DEFAULT_TEXT, LARGEST

OWN = "drempel"
_NUMBERS = {"number", "range"}
_LOST = (
    "defaultValue", "validators", "requiredIf", "enableIf", "choicesVisibleIf",
    "choicesEnableIf", "rowsVisibleIf", "columnsVisibleIf", "setValueExpression", "otherText",
    "imageLink", "correctAnswer", "choicesByUrl", "resetValueIf", "setValueIf",
)  # fmt: skip
_PANELS = {"panel", "flowpanel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Hold one element, the path to it, and what must hold for it to be asked."""

    given: dict[str, JSON]
    path: str
    conditions: tuple[Condition, ...]

    @property
    def name(self) -> str:
        """Return the element's name."""
        return str(self.given.get("name", ""))

    @property
    def place(self) -> Place:
        """Return where the element stands."""
        return Place(sheet=self.path)

    @property
    def own(self) -> Mapping[str, JSON]:
        """Return our own keys."""
        found = self.given.get(OWN)
        return found if isinstance(found, Mapping) else {}


def is_surveyjs(document: JSON) -> bool:
    """Tell whether a JSON document looks like a SurveyJS definition."""
    return isinstance(document, dict) and ("pages" in document or "elements" in document)


def read_surveyjs(data: bytes, *, report: Report, language: str) -> dict[str, JSON]:
    """Return a SurveyJS definition's survey in normal form; raise MalformedInput."""
    document = parse_json(data)
    if not is_surveyjs(document):
        refuse("not_surveyjs", "The file has no pages or elements, so it is no SurveyJS form.")
    main = language_of(str(document.get("locale", ""))) or language
    reader = _Reader(Assembly(report=report, language=main))
    texts = reader.texts
    own = document.get(OWN)
    kept: Mapping[str, JSON] = own if isinstance(own, Mapping) else {}
    languages = kept.get("languages")
    if isinstance(languages, list):
        texts.languages += [one for one in languages if isinstance(one, str)]
    texts.title = reader.said(document.get("title"), "", Place())
    texts.introduction = reader.said(document.get("description"), "", Place())
    for key in ("min_count", "unit"):
        if key in kept:
            texts.head[key] = kept[key]
    for element in _elements(document, "", (), report):
        reader.take(element)
    tables = kept.get("tables")
    return texts.finish(tables=_pairs(tables))


def _pairs(tables: JSON) -> list[tuple[str, str]]:
    found = tables if isinstance(tables, list) else []
    return [(str(pair[0]), str(pair[1])) for pair in found if len(pair) == 2]


def _elements(
    holder: dict[str, JSON], path: str, around: tuple[Condition, ...], report: Report
) -> Iterator[Element]:
    for key in ("pages", "elements", "questions"):
        listed = holder.get(key)
        for at, one in enumerate(listed if isinstance(listed, list) else []):
            if not isinstance(one, dict):
                continue
            here = f"{path}.{key}[{at}]".lstrip(".")
            conditions = (*around, *_conditions(one, here))
            if key == "pages" or one.get("type") in _PANELS:
                if one.get("title"):
                    report.add(CHANGED, "no_page", str(one.get("name", "")), Place(sheet=here))
                yield from _elements(one, here, conditions, report)
            else:
                yield Element(given=one, path=here, conditions=conditions)


def _conditions(one: dict[str, JSON], path: str) -> Iterator[Condition]:
    text = one.get("visibleIf")
    if text:
        try:
            node = parse_condition(str(text))
        except Unreadable:
            node = None
        yield Condition(node=node, place=Place(sheet=path, column="visibleIf"))


@dataclass(slots=True)
class _Reader:
    """Read elements into an assembly."""

    texts: Assembly

    def said(self, given: JSON, subject: str, place: Place) -> Text:
        """Return a text, given as one or by language; ``default`` is the form's language."""
        if given is None or given == "":
            return {}
        if not isinstance(given, Mapping):
            return self.texts.text({self.texts.language: given}, subject, place)
        found: dict[str, object] = {}
        for name, value in given.items():
            tag = self.texts.language if name == "default" else language_of(str(name))
            if tag is None:
                self.texts.report.add(LEFT_OUT, "language", subject, place, language=name)
            else:
                found.setdefault(tag, value)
        return self.texts.text(found, subject, place)

    def take(self, element: Element) -> None:
        """Add one element, or note that it has no kind here."""
        given = element.given
        kind = str(given.get("type", ""))
        if kind in {"html", "expression"} and kind == "html":
            self.texts.before_next(self.said(given.get("html"), element.name, element.place))
            self.texts.report.add(CHANGED, "hint", element.name, element.place)
            return
        make = _KINDS.get(kind)
        details = make(self, element) if make else None
        if details is None:
            self.texts.report.add(
                LEFT_OUT, "kind", element.name, element.place, kind=kind or "–"
            )
            return
        for name in _LOST:
            if given.get(name) not in (None, "", [], False):
                place = Place(sheet=element.path, column=name)
                self.texts.report.add(LEFT_OUT, "column", element.name, place, column=name)
        names: dict[str, str] = details.pop("_names", {})
        rows: dict[str, str] = details.pop("_rows", {})
        question = {
            "id": self.texts.new_id(element.name, element.place),
            "required": bool(given.get("isRequired")),
            **_shown(element),
            **details,
        }
        self.texts.add(
            question,
            name=element.name,
            place=element.place,
            title=self.said(given.get("title"), element.name, element.place),
            hint=self.said(given.get("description"), element.name, element.place),
            renamed_values=names,
            rows={f"{element.name}.{name}": made for name, made in rows.items()},
            conditions=element.conditions,
        )

    def items(self, element: Element, key: str) -> tuple[list[JSON], dict[str, str]]:
        """Return choices, rows or columns with ids, and the names they had."""
        given = element.given.get(key)
        titled = []
        for at, one in enumerate(given if isinstance(given, list) else []):
            place = Place(sheet=f"{element.path}.{key}[{at}]")
            name = one.get("value", one.get("name", at)) if isinstance(one, Mapping) else one
            text = one.get("text", one.get("title")) if isinstance(one, Mapping) else None
            titled.append((str(name), self.said(text, str(name), place)))
        for flag, name, label in _EXTRA:
            if key == "choices" and element.given.get(flag):
                words = self.said(element.given.get(label), name, element.place)
                titled.append((name, words))
                self.texts.report.add(CHANGED, "other_added", element.name, element.place)
        return self.texts.choices(titled, element.name, element.place)

    def single(self, element: Element) -> dict[str, JSON]:
        """Return the keys of a choice of one."""
        options, names = self.items(element, "choices")
        return {"kind": "single", "options": options, "_names": names}

    def multiple(self, element: Element) -> dict[str, JSON]:
        """Return the keys of a choice of several."""
        options, _ = self.items(element, "choices")
        low = _count(element.given.get("minSelectedChoices"), 0)
        high = _count(element.given.get("maxSelectedChoices"), 0) or len(options)
        fewest = min(low, len(options))
        most = max(1, fewest, min(high, len(options)))
        return {"kind": "multiple", "options": options, "min": fewest, "max": most}

    def boolean(self, element: Element) -> dict[str, JSON]:
        """Return yes and no."""
        given = element.given
        words = [
            self.said(given.get(key), element.name, element.place) or self._named(word)
            for key, word in (("labelTrue", "yes"), ("labelFalse", "no"))
        ]
        options = [{"id": "yes", "title": words[0]}, {"id": "no", "title": words[1]}]
        names = {"true": "yes", "false": "no"}
        return {"kind": "single", "options": options, "_names": names}

    def rating(self, element: Element) -> dict[str, JSON] | None:
        """Return a scale, or a choice where the rating names its values."""
        given = element.given
        if isinstance(given.get("rateValues"), list) and given["rateValues"]:
            options, names = self.items(element, "rateValues")
            return {"kind": "single", "options": options, "_names": names}
        low, high = _whole(given.get("rateMin"), 1), _whole(given.get("rateMax"), 5)
        if _whole(given.get("rateStep"), 1) != 1 or not 1 <= high - low < MOST_CELLS:
            return None
        return {"kind": "scale", "min": low, "max": high}

    def ranking(self, element: Element) -> dict[str, JSON]:
        """Return the keys of a ranking."""
        return {"kind": "ranking", "options": self.items(element, "choices")[0]}

    def matrix(self, element: Element) -> dict[str, JSON]:
        """Return the keys of a matrix of single choices."""
        options, names = self.items(element, "columns")
        rows, made = self.items(element, "rows")
        if element.given.get("isAllRowRequired"):
            element.given["isRequired"] = True
        elif element.given.get("isRequired"):
            element.given["isRequired"] = False
            self.texts.report.add(CHANGED, "required_in_part", element.name, element.place)
        found: dict[str, JSON] = {"kind": "matrix", "rows": rows, "options": options}
        return {**found, "_names": names, "_rows": made}

    def line(self, element: Element) -> dict[str, JSON] | None:
        """Return a number, a day or a text, as the input says."""
        given = element.given
        kind = str(given.get("inputType", "text"))
        if kind in _NUMBERS:
            return self._number(element)
        if kind == "date":
            return self._day(element)
        return self.comment(element) if kind == "text" else None

    def comment(self, element: Element) -> dict[str, JSON]:
        """Return a free text."""
        own = _count(element.own.get("max_bytes"), 0)
        size = own or _count(element.given.get("maxLength"), 0) or DEFAULT_TEXT
        fitting = max(1, min(size, MOST_TEXT_BYTES))
        if not own:
            self.texts.report.add(
                CHANGED, "text_size", element.name, element.place, bytes=fitting
            )
        return {"kind": "text", "max_bytes": fitting}

    def _number(self, element: Element) -> dict[str, JSON]:
        given, report = element.given, self.texts.report
        low, high = whole(str(given.get("min", ""))), whole(str(given.get("max", "")))
        if low is None or high is None or high < low:
            low = DEFAULT_NUMBER[0] if low is None else low
            high = max(DEFAULT_NUMBER[1] if high is None else high, low)
            report.add(CHANGED, "bounds", element.name, element.place, low=low, high=high)
        low, high = max(low, -LARGEST), min(high, LARGEST)
        bounds: dict[str, JSON] = {"kind": "number", "min": low, "max": high}
        bins = element.own.get("bins", [])
        if bins is None:
            return bounds
        known = whole_numbers(str(one) for one in bins) if isinstance(bins, list) else None
        if not known or known[0] != low or known != sorted(set(known)) or known[-1] > high:
            known = number_bins(low, high)
            told = ", ".join(str(one) for one in known)
            report.add(CHANGED, "bins", element.name, element.place, bins=told)
        return {**bounds, "bins": known}

    def _day(self, element: Element) -> dict[str, JSON]:
        given, report = element.given, self.texts.report
        low, high = str(given.get("min", "")), str(given.get("max", ""))
        if not is_day(low) or not is_day(high) or high < low:
            low, high = DEFAULT_DAYS
            report.add(CHANGED, "bounds", element.name, element.place, low=low, high=high)
        bounds: dict[str, JSON] = {"kind": "date", "min": low, "max": high}
        bins = element.own.get("bins", [])
        if bins is None:
            return bounds
        known = [str(one) for one in bins] if isinstance(bins, list) else []
        if not known or not all(is_day(one) for one in known) or known[0] != low:
            known = day_bins(low, high)
            told = ", ".join(known)
            report.add(CHANGED, "bins", element.name, element.place, bins=told)
        return {**bounds, "bins": known}

    def _named(self, word: str) -> Text:
        dutch = {"yes": "Ja", "no": "Nee"}
        language = self.texts.language
        if language not in self.texts.languages:
            self.texts.languages.append(language)
        return {language: dutch[word] if language == "nl" else word.capitalize()}


_EXTRA = (
    ("hasOther", "other", "otherText"), ("showOtherItem", "other", "otherText"),
    ("hasNone", "none", "noneText"), ("showNoneItem", "none", "noneText"),
)  # fmt: skip
_KINDS: dict[str, Callable[[_Reader, Element], dict[str, JSON] | None]] = {
    "radiogroup": _Reader.single, "dropdown": _Reader.single, "checkbox": _Reader.multiple,
    "tagbox": _Reader.multiple, "boolean": _Reader.boolean, "rating": _Reader.rating,
    "ranking": _Reader.ranking, "matrix": _Reader.matrix, "text": _Reader.line,
    "comment": _Reader.comment,
}  # fmt: skip


def _shown(element: Element) -> dict[str, JSON]:
    return {
        key: element.own[key]
        for key in ("extremes", "nonresponse")
        if element.own.get(key) in ("show", "hide")
    }


def _count(given: JSON, default: int) -> int:
    return max(0, _whole(given, default))


def _whole(given: JSON, default: int) -> int:
    found = whole(str(given)) if given is not None else None
    return default if found is None else found
