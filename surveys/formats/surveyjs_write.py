"""Write a survey as a SurveyJS definition that other programs show, and that comes back whole.

What SurveyJS has no property for stands under ``drempel``, which SurveyJS skips.
"""

import json

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Value, one_hot_values
from mpcengine.protocol.survey import Survey, parse_survey
from surveys.formats.surveyjs_read import OWN

_TYPES = {
    "single": "radiogroup", "multiple": "checkbox", "number": "text", "scale": "rating",
    "ranking": "ranking", "matrix": "matrix", "date": "text", "text": "comment",
}  # fmt: skip


def write_surveyjs(definition: JSON) -> bytes:
    """Return a definition as SurveyJS JSON; raise MalformedInput unless it is valid."""
    survey = parse_survey(definition)
    introduction: dict[str, JSON] = (
        {"description": dict(survey.introduction)} if survey.introduction else {}
    )
    document = {
        "locale": survey.languages[0],
        "title": dict(survey.title),
        **introduction,
        "pages": [
            {
                "name": "page1",
                "elements": [_element(one, survey) for one in survey.to_json()["questions"]],
            }
        ],
        OWN: {
            "min_count": survey.min_count,
            "unit": survey.unit,
            "languages": list(survey.languages),
            "tables": [list(pair) for pair in survey.tables],
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _element(question: JSON, survey: Survey) -> dict[str, JSON]:
    condition = survey.condition(question["id"])
    found: dict[str, JSON] = {
        "type": _TYPES[question["kind"]],
        "name": question["id"],
        "title": question["title"],
    }
    if "hint" in question:
        found["description"] = question["hint"]
    if question["required"]:
        found["isRequired"] = True
    if condition:
        values = condition.values
        found["visibleIf"] = visible_if(condition.var, condition.operator, values, survey)
    own: dict[str, JSON] = {key: question[key] for key in ("extremes", "nonresponse")}
    if question["kind"] in {"number", "date"}:
        own["bins"] = question.get("bins")
    if question["kind"] == "text":
        own["max_bytes"] = question["max_bytes"]
    return {**found, **_details(question), OWN: own}


def _details(question: JSON) -> dict[str, JSON]:
    kind = question["kind"]
    if kind in {"single", "ranking"}:
        return {"choices": _items(question["options"])}
    if kind == "multiple":
        return {
            "choices": _items(question["options"]),
            "minSelectedChoices": question["min"],
            "maxSelectedChoices": question["max"],
        }
    if kind == "matrix":
        return {
            "columns": _items(question["options"]),
            "rows": _items(question["rows"]),
            "isAllRowRequired": question["required"],
        }
    if kind == "scale":
        return {"rateMin": question["min"], "rateMax": question["max"], "rateStep": 1}
    if kind == "text":
        return {"maxLength": question["max_bytes"]}
    inputs = {"number": "number", "date": "date"}
    return {"inputType": inputs[kind], "min": question["min"], "max": question["max"]}


def _items(choices: JSON) -> list[JSON]:
    return [{"value": one["id"], "text": one["title"]} for one in choices]


def visible_if(var: str, operator: str, values: tuple[Value, ...], survey: Survey) -> str:
    """Return a condition in SurveyJS's words; a band becomes two comparisons."""
    owner = survey.question(var.split(".", maxsplit=1)[0])
    cells = one_hot_values(owner)[var]
    end = owner.to_json().get("max") if owner.kind in {"number", "date"} else None
    met = [cell for cell in cells if (cell in values) == (operator != "!=")]
    if end is None and operator == "!=":
        return f"{{{var}}} notempty and {{{var}}} <> {_constant(values[0])}"
    return " or ".join(_cell(var, cell, cells, end) for cell in met)


def _cell(var: str, cell: Value, cells: tuple[Value, ...], end: JSON) -> str:
    if end is None:
        return f"{{{var}}} = {_constant(cell)}"
    place = cells.index(cell)
    later = place + 1 < len(cells)
    upper = f"< {_constant(cells[place + 1])}" if later else f"<= {_constant(end)}"
    return f"({{{var}}} >= {_constant(cell)} and {{{var}}} {upper})"


def _constant(value: Value) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"
