"""Write a survey as an XLSForm workbook that other programs read, and that comes back whole.

What XLSForm has no column for stands in columns ``drempel::…``, which other readers skip.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO

import xlsxwriter

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Value, one_hot_values
from mpcengine.protocol.survey import Survey, parse_survey
from surveys.formats.texts import language_named
from surveys.formats.xlsform_row import OWN
from surveys.formats.xlsform_rows import GRID

_OWN_COLUMNS = ("bins", "max_bytes", "extremes", "nonresponse")
Sheet = list[dict[str, str]]


def write_xlsform(definition: JSON) -> bytes:
    """Return a definition as an .xlsx workbook; raise MalformedInput unless it is valid."""
    survey = parse_survey(definition)
    rows: Sheet = []
    choices: Sheet = []
    if survey.introduction:
        rows.append(
            {"type": "note", "name": _free_name(survey), **_labels(survey.introduction)}
        )
    for question in survey.to_json()["questions"]:
        rows += _question(question, survey, choices)
    own = [f"{OWN}::{name}" for name in _OWN_COLUMNS]
    said = [
        f"{column}::{language_named(language)}"
        for column in ("label", "hint")
        for language in survey.languages
    ]
    head = ["type", "name", *said, "required", "relevant", "constraint", "appearance"]
    sheets = {
        "survey": ([*head, "parameters", *own], rows),
        "choices": (["list_name", "name", *said[: len(survey.languages)]], choices),
        "settings": (list(_settings(survey)), [_settings(survey)]),
    }
    return _workbook(sheets)


def _settings(survey: Survey) -> dict[str, str]:
    pairs = " ".join("*".join(pair) for pair in survey.tables)
    title = dict(survey.title)
    first = next(one for one in survey.languages if one in title)
    return {
        "form_title": title[first],
        "form_id": "drempel",
        "default_language": language_named(survey.languages[0]),
        f"{OWN}::min_count": str(survey.min_count),
        f"{OWN}::unit": survey.unit,
        f"{OWN}::tables": pairs,
        **{
            f"{OWN}::title::{language_named(language)}": text for language, text in survey.title
        },
    }


def _question(question: JSON, survey: Survey, choices: Sheet) -> Iterator[dict[str, str]]:
    condition = survey.condition(question["id"])
    row = {
        "name": question["id"],
        **_labels(question["title"].items()),
        **_labels(question.get("hint", {}).items(), "hint"),
        "required": "yes" if question["required"] else "",
        "relevant": relevant(condition.var, condition.operator, condition.values, survey)
        if condition
        else "",
        **_own(question),
    }
    if "options" in question:
        choices += _choices(f"{question['id']}_list", question["options"])
    if question["kind"] == "matrix":
        yield from _matrix(question, row)
        return
    yield {**row, **_kind(question)}


def _matrix(question: JSON, row: dict[str, str]) -> Iterator[dict[str, str]]:
    yield {**row, "type": "begin_group", "appearance": GRID, "required": ""}
    for line in question["rows"]:
        yield {
            "type": f"select_one {question['id']}_list",
            "name": f"{question['id']}.{line['id']}",
            **_labels(line["title"].items()),
            "required": row["required"],
        }
    yield {"type": "end_group", "name": question["id"]}


def _kind(question: JSON) -> dict[str, str]:
    kind, listed = question["kind"], f"{question['id']}_list"
    if kind == "single":
        return {"type": f"select_one {listed}"}
    if kind == "ranking":
        return {"type": f"rank {listed}"}
    if kind == "multiple":
        return {"type": f"select_multiple {listed}", "constraint": _ticks(question)}
    if kind == "scale":
        ends = f"start={question['min']} end={question['max']} step=1"
        return {"type": "range", "parameters": ends}
    if kind == "number":
        limits = f". >= {question['min']} and . <= {question['max']}"
        return {"type": "integer", "constraint": limits}
    if kind == "date":
        limits = f". >= date('{question['min']}') and . <= date('{question['max']}')"
        return {"type": "date", "constraint": limits}
    return {"type": "text", "constraint": f"string-length(.) <= {question['max_bytes']}"}


def _ticks(question: JSON) -> str:
    parts = []
    if question["min"] > 0:
        parts.append(f"count-selected(.) >= {question['min']}")
    if question["max"] < len(question["options"]):
        parts.append(f"count-selected(.) <= {question['max']}")
    return " and ".join(parts)


def relevant(var: str, operator: str, values: tuple[Value, ...], survey: Survey) -> str:
    """Return a condition in XLSForm's words; a band of numbers becomes two comparisons."""
    owner = survey.question(var.split(".", maxsplit=1)[0])
    ends = owner.to_json().get("max") if owner.kind in {"number", "date"} else None
    cells = one_hot_values(owner)[var]
    if operator == "!=":
        values = tuple(cell for cell in cells if cell not in values)
        if ends is None:
            hidden = [cell for cell in cells if cell not in values]
            parts = [f"${{{var}}} != {_constant(cell)}" for cell in hidden]
            return " and ".join([*parts, f"${{{var}}} != ''"])
    parts = [_cell(var, cell, cells, ends) for cell in cells if cell in values]
    return " or ".join(parts)


def _cell(var: str, cell: Value, cells: tuple[Value, ...], end: JSON) -> str:
    if end is None:
        return f"${{{var}}} = {_constant(cell)}"
    place = cells.index(cell)
    if place + 1 < len(cells):
        upper = f"${{{var}}} < {_constant(cells[place + 1])}"
    else:
        upper = f"${{{var}}} <= {_constant(end)}"
    return f"(${{{var}}} >= {_constant(cell)} and {upper})"


def _constant(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    is_day = len(value) == 10 and value[4] == "-" and value[:4].isdigit()
    return f"date('{value}')" if is_day else f"'{value}'"


def _own(question: JSON) -> dict[str, str]:
    found = {
        f"{OWN}::extremes": question["extremes"],
        f"{OWN}::nonresponse": question["nonresponse"],
    }
    if question["kind"] in {"number", "date"}:
        bins = " ".join(str(low) for low in question.get("bins", ())) or "none"
        found[f"{OWN}::bins"] = bins
    if question["kind"] == "text":
        found[f"{OWN}::max_bytes"] = str(question["max_bytes"])
    return found


def _choices(name: str, options: JSON) -> Iterator[dict[str, str]]:
    for option in options:
        yield {"list_name": name, "name": option["id"], **_labels(option["title"].items())}


def _labels(text: object, column: str = "label") -> dict[str, str]:
    pairs: dict[str, str] = dict(text)  # type: ignore[call-overload]  # pairs of tag and text
    return {f"{column}::{language_named(tag)}": said for tag, said in pairs.items()}


def _free_name(survey: Survey) -> str:
    ids = {question.id for question in survey.questions}
    name = "introduction"
    while name in ids:
        name += "_"
    return name


def _workbook(sheets: Mapping[str, tuple[list[str], Sheet]]) -> bytes:
    made = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for place, column in enumerate(columns):
                sheet.write_string(0, place, column)
            for at, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    if row.get(column):
                        sheet.write_string(at, place, row[column])
    return made.getvalue()
