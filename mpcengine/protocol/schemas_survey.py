"""The JSON Schemas of ``drempel-survey/1`` and ``drempel-answers/1``.

Source: docs/protocol.md §5. A description completes the sentence "… must be".
"""

from typing import Any

from mpcengine.protocol.questions import HIDE, OPERATORS, SHOW

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SURVEY_FORMAT = "drempel-survey/1"
ANSWERS_FORMAT = "drempel-answers/1"
LARGEST_INTEGER = 2**53 - 1
MOST_QUESTIONS = 200
MOST_CELLS = 200
MOST_RANKED = 8

_ID = r"^[A-Za-z][A-Za-z0-9_-]{0,62}$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ID_RULE = "an id: a letter, then up to 62 letters, digits, '_' or '-'"
_TABLE_ID = r"^[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z][A-Za-z0-9_-]{0,62})?$"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _items(of: Schema, lowest: int, highest: int, what: str) -> Schema:
    return {
        "type": "array",
        "items": of,
        "minItems": lowest,
        "maxItems": highest,
        "description": f"a list of {lowest} to {highest} {what}",
    }


def _whole(lowest: int, highest: int) -> Schema:
    return {
        "type": "integer",
        "minimum": lowest,
        "maximum": highest,
        "description": f"a whole number from {lowest} to {highest}, without decimals",
    }


def _one_of(*names: str) -> Schema:
    return {"enum": list(names), "description": f"one of: {', '.join(names)}"}


def _object(required: tuple[str, ...], properties: Schema, what: str) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
        "description": what,
    }


def _question(required: tuple[str, ...], properties: Schema) -> Schema:
    common = {
        "id": _ref("id"),
        "kind": {"type": "string", "description": "the name of a kind of question"},
        "title": _ref("text"),
        "required": {"type": "boolean", "description": "true or false"},
        "extremes": _one_of(SHOW, HIDE),
        "nonresponse": _one_of(SHOW, HIDE),
    }
    return _object(("id", "kind", *required), {**common, **properties}, "a question")


def _options(highest: int = MOST_CELLS) -> Schema:
    return _items(_ref("choice"), 2, highest, "options")


_NUMBER = _whole(-LARGEST_INTEGER, LARGEST_INTEGER)
_QUESTIONS: Schema = {
    "single": _question(("options",), {"options": _options()}),
    "multiple": _question(
        ("options",),
        {"options": _options(), "min": _whole(0, MOST_CELLS), "max": _whole(1, MOST_CELLS)},
    ),
    "number": _question(
        ("min", "max"),
        {
            "min": _NUMBER,
            "max": _NUMBER,
            "bins": _items(_NUMBER, 1, MOST_CELLS, "whole numbers"),
        },
    ),
    "scale": _question(("min", "max"), {"min": _NUMBER, "max": _NUMBER}),
    "ranking": _question(("options",), {"options": _options(MOST_RANKED)}),
    "matrix": _question(
        ("rows", "options"),
        {"rows": _items(_ref("choice"), 1, 100, "rows"), "options": _options()},
    ),
    "date": _question(
        ("min", "max"),
        {
            "min": _ref("day"),
            "max": _ref("day"),
            "bins": _items(_ref("day"), 1, MOST_CELLS, "days"),
        },
    ),
    "text": _question(("max_bytes",), {"max_bytes": _whole(1, 100_000)}),
}

_DEFS: Schema = {
    "id": {"type": "string", "pattern": _ID, "description": _ID_RULE},
    "table_id": {
        "type": "string",
        "pattern": _TABLE_ID,
        "description": "the id of a question, or of a matrix row as 'grid.row'",
    },
    "day": {"type": "string", "pattern": _DAY, "description": "a day as YYYY-MM-DD"},
    "text": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 40,
        "propertyNames": {
            "pattern": _LANGUAGE,
            "description": "a text by language, with language tags such as 'en' as keys",
        },
        "additionalProperties": {
            "type": "string",
            "minLength": 1,
            "maxLength": 10_000,
            "description": "a text of 1 to 10000 characters",
        },
        "description": 'a text by language, such as {"en": "Sector"}',
    },
    "choice": {
        "type": ["string", "object"],
        "pattern": _ID,
        "required": ["id"],
        "properties": {"id": _ref("id"), "title": _ref("text")},
        "additionalProperties": False,
        "description": f"{_ID_RULE}; or an object of id and title",
    },
    "cell": {
        "type": ["string", "integer"],
        "description": "an option's id, a scale point or the lower bound of a bin",
    },
    "show_if": {
        **_object(
            ("var", "op", "value"),
            {
                "var": _ref("table_id"),
                "op": _one_of(*OPERATORS),
                "value": {
                    "type": ["string", "integer", "array"],
                    "items": _ref("cell"),
                    "minItems": 1,
                    "maxItems": MOST_CELLS,
                    "description": "an answer, or for 'in' a list of answers",
                },
            },
            "a condition of var, op and value",
        ),
    },
    **{f"question_{kind}": schema for kind, schema in _QUESTIONS.items()},
}

SURVEY_SCHEMA: Schema = {
    "$schema": DRAFT,
    "title": SURVEY_FORMAT,
    "$defs": _DEFS,
    **_object(
        ("format", "title", "questions"),
        {
            "format": {"const": SURVEY_FORMAT, "description": f"'{SURVEY_FORMAT}'"},
            "title": _ref("text"),
            "introduction": _ref("text"),
            "languages": _items(
                {
                    "type": "string",
                    "pattern": _LANGUAGE,
                    "description": "a language tag such as 'en'",
                },
                1,
                40,
                "language tags",
            ),
            "min_count": _whole(1, 1_000_000),
            "unit": _one_of("person", "organisation"),
            "questions": _items(_ref("question"), 1, MOST_QUESTIONS, "questions"),
            "show_if": {
                "type": "object",
                "propertyNames": _ref("id"),
                "additionalProperties": _ref("show_if"),
                "description": "an object from question ids to conditions",
            },
            "tables": _items(
                _object(
                    ("questions",),
                    {"questions": _items(_ref("table_id"), 2, 2, "question ids")},
                    'a table, such as {"questions": ["sector", "trust"]}',
                ),
                0,
                MOST_QUESTIONS,
                "tables",
            ),
        },
        "a survey: a JSON object",
    ),
}
_DEFS["question"] = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {"kind": _one_of(*_QUESTIONS)},
    "allOf": [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
            "then": _ref(f"question_{kind}"),
        }
        for kind in _QUESTIONS
    ],
    "description": "a question: a JSON object",
}

_ANSWER: Schema = {
    "type": ["string", "integer", "array", "object", "null"],
    "items": {"type": "string", "description": "an option's id"},
    "additionalProperties": {
        "type": ["string", "null"],
        "description": "an option's id, or null for no answer",
    },
    "description": "an answer: text, whole number, list of ids, rows with ids, or null",
}
ANSWERS_SCHEMA: Schema = {
    "$schema": DRAFT,
    "title": ANSWERS_FORMAT,
    **_object(
        ("format", "answers"),
        {
            "format": {"const": ANSWERS_FORMAT, "description": f"'{ANSWERS_FORMAT}'"},
            "answers": {
                "type": "object",
                "propertyNames": {"pattern": _ID, "description": "keyed by question ids"},
                "additionalProperties": _ANSWER,
                "description": "an object from question ids to answers",
            },
        },
        "the answers of one respondent: a JSON object",
    ),
}
