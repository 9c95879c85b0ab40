"""Write the questions: native controls, each with its hint and a place for its error.

Question ``n`` (from 1) has the id ``qn``; its error is ``qne``, its hint ``qnh``, the asker's
own explanation ``qnx``. The script finds its way by these ids and by the ids of options, which
are the values of the controls.
"""

from collections.abc import Callable

from booth import moments
from booth.catalogue import number
from booth.drawings import WARNING, icon
from booth.markup import Attribute, Markup, element, markup
from booth.said import Reader
from mpcengine.protocol.canonical import JSON

SCALE_POINTS = 7
MATRIX_COLUMNS = 6
PART_WEIGHT = 5
_HEAVY = {"ranking": 2, "text": 2}
_ENDS = (("low", "min"), ("high", "max"))


def parts_of(survey: JSON) -> list[list[int]]:
    """Return the places of the questions on each page of the form, in order.

    A page has about PART_WEIGHT answers' work; a question that ``show_if`` may hide starts a
    later page than the question that decides, so nothing appears or vanishes under the reader.
    """
    parts: list[list[int]] = []
    weight = PART_WEIGHT
    for place, question in enumerate(survey["questions"]):
        own = len(question["rows"]) if "rows" in question else _HEAVY.get(question["kind"], 1)
        decides = (
            survey.get("show_if", {}).get(question["id"], {"var": ""})["var"].split(".")[0]
        )
        here = {survey["questions"][earlier]["id"] for earlier in parts[-1]} if parts else set()
        if weight + own > PART_WEIGHT or decides in here:
            parts.append([])
            weight = 0
        parts[-1].append(place)
        weight += own
    return parts


def wrongs(reader: Reader) -> list[str]:
    """Return for every question what to do where its answer is missing or not right."""
    return [_wrong(reader, question) for question in reader.survey["questions"]]


def error(reader: Reader, name: str, text: str) -> Markup:
    """Return what is said at a field that is not right, hidden until it is not."""
    sentence = reader.words("error", text=text)
    return element("p", icon(WARNING), " ", sentence, class_="err", id=f"{name}e", hidden=True)


def question_write(reader: Reader, place: int) -> Markup:
    """Return one question of the survey as a fieldset or a labelled field."""
    question = reader.survey["questions"][place]
    return _WRITERS[question["kind"]](reader, question, place)


def _single(reader: Reader, question: JSON, place: int) -> Markup:
    return _group(reader, question, place, "", _options(reader, question, place, "radio"))


def _multiple(reader: Reader, question: JSON, place: int) -> Markup:
    low, high, all_of_them = question["min"], question["max"], len(question["options"])
    words = reader.words
    if low > 1 and low == high:
        hint = words("hint_multiple_exactly", n=low)
    elif low > 1:
        hint = words("hint_multiple_between", low=low, high=high)
    elif high < all_of_them:
        hint = words("hint_multiple_most", n=high)
    else:
        hint = words("hint_multiple")
    options = _options(reader, question, place, "checkbox")
    return _group(reader, question, place, hint, options)


def _scale(reader: Reader, question: JSON, place: int) -> Markup:
    low, high = question["min"], question["max"]
    words = reader.words
    if not _is_row(question):
        return _number(reader, question, place)
    points = [
        element(
            "label",
            element("input", type="radio", name=f"q{place + 1}", value=point),
            str(point),
        )
        for point in range(low, high + 1)
    ]
    hint = words("hint_scale", low=str(low), high=str(high))
    scale = element("div", points, class_="scale")
    none = None if question["required"] else _none(reader, f"q{place + 1}")
    return _group(reader, question, place, hint, markup(scale, none))


def _matrix(reader: Reader, question: JSON, place: int) -> Markup:
    options, path = question["options"], f"questions.{place}"
    columns = len(options) + (not question["required"])
    heads: list[Markup] = [
        reader.said("span", f"{path}.options.{at}.title", option["title"])
        for at, option in enumerate(options)
    ]
    if not question["required"]:
        heads.append(element("span", reader.words("no_answer")))
    wide = f"matrix cols{columns}" if columns <= MATRIX_COLUMNS else "matrix"
    head = element("div", element("span"), heads, class_="mhead", aria_hidden="true")
    rows = [
        _matrix_row(reader, question, place, at, row) for at, row in enumerate(question["rows"])
    ]
    return _group(reader, question, place, "", element("div", head, rows, class_=wide))


def _matrix_row(reader: Reader, question: JSON, place: int, at: int, row: JSON) -> Markup:
    name = f"q{place + 1}r{at + 1}"
    title = reader.said(
        "div", f"questions.{place}.rows.{at}.title", row["title"], id=f"{name}t"
    )
    options = _options(reader, question, place, "radio", name)
    described = f"q{place + 1}e"
    return element(
        "div",
        title,
        options,
        class_="mrow",
        role="radiogroup",
        id=name,
        aria_labelledby=f"{name}t",
        aria_describedby=described,
    )


def _ranking(reader: Reader, question: JSON, place: int) -> Markup:
    count = len(question["options"])
    ranks = [element("option", "–", value="")]
    ranks += [element("option", str(rank), value=rank) for rank in range(1, count + 1)]
    rows = []
    for at, option in enumerate(question["options"]):
        name = f"q{place + 1}o{at + 1}"
        path = f"questions.{place}.options.{at}.title"
        label = reader.said("label", path, option["title"], for_=name)
        rows.append(
            element(
                "div",
                label,
                element("select", ranks, class_="field", id=name, name=name),
                class_="rank",
            )
        )
    hint = reader.words("hint_ranking", n=count)
    return _group(reader, question, place, hint, element("div", rows, class_="ranks"))


def _date(reader: Reader, question: JSON, place: int) -> Markup:
    words, name = reader.words, f"q{place + 1}"
    fields = [
        element(
            "label",
            words(word),
            element(
                "input",
                class_="field",
                id=f"{name}{letter}",
                name=f"{name}{letter}",
                inputmode="text" if letter == "m" else "numeric",
                autocomplete="off",
                aria_describedby=f"{name}e",
            ),
            class_=f"part-{letter}",
        )
        for letter, word in (("d", "day"), ("m", "month"), ("y", "year"))
    ]
    hint = words("hint_date", **_days(reader, question))
    names = " ".join((*moments.months("nl"), *moments.months("en"))).lower()
    row = element("div", fields, class_="in dmy", data_months=names)
    return _group(reader, question, place, hint, row)


def _number(reader: Reader, question: JSON, place: int) -> Markup:
    field = element(
        "input",
        class_="field short",
        id=f"q{place + 1}c",
        name=f"q{place + 1}",
        inputmode="numeric" if question["min"] >= 0 else "text",
        autocomplete="off",
        aria_describedby=_with_explained(
            question, f"q{place + 1}", f"q{place + 1}h q{place + 1}e"
        ),
    )
    hint = reader.words("hint_number", **_range(reader, question))
    return _labelled(reader, question, place, hint, element("div", field, class_="in"))


def _text(reader: Reader, question: JSON, place: int) -> Markup:
    name = f"q{place + 1}"
    area = element(
        "textarea",
        class_="field",
        id=f"{name}c",
        name=name,
        rows=4,
        autocomplete="off",
        aria_describedby=_with_explained(question, name, f"{name}h {name}n {name}e"),
    )
    left = reader.words("hint_text_size", n=question["max_bytes"])
    counter = element(
        "p", left, class_="hint small", id=f"{name}n", data_bytes=question["max_bytes"]
    )
    field = markup(element("div", area, class_="in"), counter)
    return _labelled(reader, question, place, reader.words("hint_text"), field)


_WRITERS: dict[str, Callable[[Reader, JSON, int], Markup]] = {
    "single": _single,
    "multiple": _multiple,
    "number": _number,
    "scale": _scale,
    "ranking": _ranking,
    "matrix": _matrix,
    "date": _date,
    "text": _text,
}


def _group(reader: Reader, question: JSON, place: int, hint: str, controls: Markup) -> Markup:
    name = f"q{place + 1}"
    described = f"{name}h {name}e" if hint else f"{name}e"
    return element(
        "fieldset",
        element("legend", _title(reader, question, place), class_="said"),
        _explained(reader, question, place),
        element("p", hint, class_="hint", id=f"{name}h") if hint else None,
        error(reader, name, _wrong(reader, question)),
        controls,
        **_question(name),
        aria_describedby=_with_explained(question, name, described),
    )


def _labelled(reader: Reader, question: JSON, place: int, hint: str, field: Markup) -> Markup:
    name = f"q{place + 1}"
    return element(
        "div",
        element("label", _title(reader, question, place), class_="label said", for_=f"{name}c"),
        _explained(reader, question, place),
        element("p", hint, class_="hint", id=f"{name}h"),
        error(reader, name, _wrong(reader, question)),
        field,
        **_question(name),
    )


def _explained(reader: Reader, question: JSON, place: int) -> Markup | None:
    """Return what the asker explains about a question, if anything."""
    if "hint" not in question:
        return None
    return reader.said("p", f"questions.{place}.hint", question["hint"], id=f"q{place + 1}x")


def _with_explained(question: JSON, name: str, described: str) -> str:
    return f"{name}x {described}" if "hint" in question else described


def _question(name: str) -> dict[str, Attribute]:
    return {"class_": "q", "id": name}


def _wrong(reader: Reader, question: JSON) -> str:
    """Return what to do where the answer is missing or not right: one sentence for both."""
    words, kind = reader.words, question["kind"]
    if kind == "multiple":
        return _wrong_ticks(reader, question)
    if kind == "number" or (kind == "scale" and not _is_row(question)):
        return words("wrong_number", **_range(reader, question))
    if kind == "ranking":
        return words("wrong_ranking", n=len(question["options"]))
    if kind == "date":
        return words("wrong_date", **_days(reader, question))
    if kind == "text":
        key = "wrong_text" if question["required"] else "wrong_text_long"
        return words(key, n=question["max_bytes"])
    return words("wrong_row" if kind == "matrix" else "wrong_choice")


def _wrong_ticks(reader: Reader, question: JSON) -> str:
    low, high = max(1, question["min"]), question["max"]
    if low == high:
        return reader.words("wrong_exactly", n=low)
    if high == len(question["options"]):
        return reader.words("wrong_least", n=low)
    if low == 1 and not question["required"]:
        return reader.words("wrong_most", n=high)
    return reader.words("wrong_between", low=low, high=high)


def _is_row(question: JSON) -> bool:
    return bool(question["max"] - question["min"] < SCALE_POINTS)


def _range(reader: Reader, question: JSON) -> dict[str, str]:
    return {key: number(reader.language, question[end]) for key, end in _ENDS}


def _days(reader: Reader, question: JSON) -> dict[str, str]:
    return {key: moments.day(reader.language, question[end]) for key, end in _ENDS}


def _title(reader: Reader, question: JSON, place: int) -> Markup:
    optional = None
    if not question["required"]:
        optional = markup(
            " ", element("span", reader.words("optional"), class_="soft opt-mark")
        )
    title = reader.said("span", f"questions.{place}.title", question["title"])
    return markup(f"{place + 1}. ", title, optional)


def _options(reader: Reader, question: JSON, place: int, kind: str, name: str = "") -> Markup:
    group = name or f"q{place + 1}"
    rows = [
        element(
            "label",
            element("input", type=kind, name=group, value=option["id"]),
            reader.said("span", f"questions.{place}.options.{at}.title", option["title"]),
            class_="opt",
        )
        for at, option in enumerate(question["options"])
    ]
    if kind == "radio" and not question["required"]:
        rows.append(_none(reader, group))
    return element("div", rows, class_="opts")


def _none(reader: Reader, group: str) -> Markup:
    return element(
        "label",
        element("input", type="radio", name=group, value=""),
        element("span", reader.words("no_answer")),
        class_="opt none",
    )
