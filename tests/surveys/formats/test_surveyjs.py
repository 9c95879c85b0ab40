"""A SurveyJS form comes in; what it asks that we cannot count is named with its path."""

import json

from mpcengine.protocol.canonical import JSON
from surveys.formats.registry import Imported, read_survey

NUMBER = {"type": "text", "name": "n", "inputType": "number", "min": 0, "max": 9}
RANKING = {
    "type": "ranking",
    "name": "r",
    "choices": ["a", "b"],
    "visibleIf": "{grid.web}='high'",
}
TICKS = {"type": "checkbox", "name": "m", "choices": ["a", "b"], "maxSelectedChoices": 1}
FORM: JSON = {
    "locale": "nl",
    "title": {"default": "Peiling", "en": "Poll"},
    "pages": [
        {
            "title": "Deel 1",
            "elements": [
                {
                    "type": "radiogroup",
                    "name": "sector",
                    "title": "<b>Sector</b>",
                    "isRequired": True,
                    "choices": [1, {"value": 2, "text": {"nl": "Zorg", "en": "Care"}}],
                    "showOtherItem": True,
                },
                {"type": "boolean", "name": "hit", "visibleIf": "{sector} anyof [1, 2]"},
                {
                    "type": "panel",
                    "name": "p",
                    "visibleIf": "{hit} = true",
                    "elements": [
                        {"type": "rating", "name": "bad", "rateMax": 7, "defaultValue": 3},
                        NUMBER,
                        {"type": "signaturepad", "name": "sign"},
                    ],
                },
                {
                    "type": "matrix",
                    "name": "grid",
                    "columns": ["low", "high"],
                    "rows": ["mail", "web"],
                    "isAllRowRequired": True,
                },
                RANKING,
                {"type": "comment", "name": "c", "visibleIf": "age({birth}) > 3"},
                {"type": "text", "name": "mail", "inputType": "email"},
                TICKS,
            ],
        }
    ],
}  # fmt: skip


def read(form: JSON) -> Imported:
    return read_survey(json.dumps(form).encode(), language="en")


def test_it_reads_kinds_languages_and_conditions() -> None:
    found = read(FORM).definition
    by_id = {one["id"]: one for one in found["questions"]}
    assert found["title"] == {"nl": "Peiling", "en": "Poll"}
    assert {name: one["kind"] for name, one in by_id.items()} == {
        "sector": "single", "hit": "single", "bad": "scale", "n": "number", "grid": "matrix",
        "r": "ranking", "c": "text", "m": "multiple",
    }  # fmt: skip
    assert by_id["sector"]["title"] == {"nl": "Sector"}
    assert [one["id"] for one in by_id["sector"]["options"]] == ["o1", "o2", "other"]
    assert by_id["grid"]["required"]
    assert found["show_if"] == {
        "hit": {"var": "sector", "op": "!=", "value": "other"},
        "bad": {"var": "hit", "op": "=", "value": "yes"},
        "n": {"var": "hit", "op": "=", "value": "yes"},
        "r": {"var": "grid.web", "op": "=", "value": "high"},
    }


def test_it_names_exactly_what_it_left_out() -> None:
    left = [
        (one.code, one.subject, one.place.sheet, one.place.column)
        for one in read(FORM).report.of("left_out")
    ]
    inner = "pages[0].elements[2].elements"
    assert left == [
        ("column", "bad", f"{inner}[0]", "defaultValue"),
        ("kind", "sign", f"{inner}[2]", ""),
        ("condition", "c", "pages[0].elements[5]", "visibleIf"),
        ("kind", "mail", "pages[0].elements[6]", ""),
    ]


def test_a_form_of_odd_shapes_is_refused_or_read_but_never_a_crash() -> None:
    odd: list[JSON] = [None, 7, "x", [], {}, [1], {"a": {"b": []}}, True, 1e300, -0.5]
    keys = ("title", "choices", "min", "rateMin", "visibleIf", "isRequired", "drempel", "rows")
    for key in keys:
        for value in odd:
            for kind in ("radiogroup", "rating", "matrix", "text", "checkbox"):
                element = {"type": kind, "name": "q", "inputType": "number", key: value}
                read({"elements": [{"type": "rating", "name": "ok"}, element]})
