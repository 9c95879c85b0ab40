"""The JSON Schemas of ``drempel-survey/1`` and ``drempel-answers/1``.

Source: docs/protocol.md §5. A description completes the sentence "… must be".
"""

from mpcengine.protocol.questions import HIDE, OPERATORS, SHOW
from mpcengine.protocol.schemas_parts import (
    LARGEST_INTEGER,
    Schema,
    boolean,
    constant,
    document,
    fields,
    items,
    one_of,
    pattern,
    ref,
    string,
    whole,
)

SURVEY_FORMAT = "drempel-survey/1"
ANSWERS_FORMAT = "drempel-answers/1"
MOST_QUESTIONS = 200
MOST_CELLS = 200
MOST_RANKED = 8
MOST_ROWS = 100
MOST_LANGUAGES = 40
MOST_TEXT_BYTES = 2000

_ID = r"^[A-Za-z][A-Za-z0-9_-]{0,62}$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ID_RULE = "an id: a letter, then up to 62 letters, digits, '_' or '-'"
_TABLE_ID = r"^[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z][A-Za-z0-9_-]{0,62})?$"


def _question(required: Schema, **optional: Schema) -> Schema:
    return fields(
        {
            "id": ref("id"),
            "kind": {"type": "string", "description": "the name of a kind of question"},
            **required,
        },
        "a question",
        title=ref("text"),
        hint=ref("text"),
        required=boolean(),
        extremes=one_of(SHOW, HIDE),
        nonresponse=one_of(SHOW, HIDE),
        **optional,
    )


def _options(highest: int = MOST_CELLS) -> Schema:
    return items(ref("choice"), 2, highest, "options")


_NUMBER = whole(-LARGEST_INTEGER, LARGEST_INTEGER)
_QUESTIONS: Schema = {
    "single": _question({"options": _options()}),
    "multiple": _question(
        {"options": _options()}, min=whole(0, MOST_CELLS), max=whole(1, MOST_CELLS)
    ),
    "number": _question(
        {"min": _NUMBER, "max": _NUMBER}, bins=items(_NUMBER, 1, MOST_CELLS, "whole numbers")
    ),
    "scale": _question({"min": _NUMBER, "max": _NUMBER}),
    "ranking": _question({"options": _options(MOST_RANKED)}),
    "matrix": _question(
        {"rows": items(ref("choice"), 1, MOST_ROWS, "rows"), "options": _options()}
    ),
    "date": _question(
        {"min": ref("day"), "max": ref("day")}, bins=items(ref("day"), 1, MOST_CELLS, "days")
    ),
    "text": _question({"max_bytes": whole(1, MOST_TEXT_BYTES)}),
}

TEXT_SCHEMA: Schema = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": MOST_LANGUAGES,
    "propertyNames": {
        "pattern": _LANGUAGE,
        "description": "a text by language, with language tags such as 'en' as keys",
    },
    "additionalProperties": string(10_000),
    "description": 'a text by language, such as {"en": "Sector"}',
}
_CHOICE: Schema = {
    "type": ["string", "object"],
    "pattern": _ID,
    "required": ["id"],
    "properties": {"id": ref("id"), "title": ref("text")},
    "additionalProperties": False,
    "description": f"{_ID_RULE}; or an object of id and title",
}
_QUESTION: Schema = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {"kind": one_of(*_QUESTIONS)},
    "allOf": [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
            "then": ref(f"question_{kind}"),
        }
        for kind in _QUESTIONS
    ],
    "description": "a question: a JSON object",
}
_SHOW_IF = fields(
    {
        "var": ref("table_id"),
        "op": one_of(*OPERATORS),
        "value": {
            "type": ["string", "integer", "array"],
            "items": {
                "type": ["string", "integer"],
                "description": "an option's id, a scale point or the lower bound of a bin",
            },
            "minItems": 1,
            "maxItems": MOST_CELLS,
            "description": "an answer, or for 'in' a list of answers",
        },
    },
    "a condition of var, op and value",
)
_TABLE = fields(
    {"questions": items(ref("table_id"), 2, 2, "question ids")},
    'a table, such as {"questions": ["sector", "trust"]}',
)

SURVEY_DEFINITIONS: Schema = {
    "id": pattern(_ID, _ID_RULE),
    "table_id": pattern(_TABLE_ID, "the id of a question, or of a matrix row as 'grid.row'"),
    "day": pattern(_DAY, "a day as YYYY-MM-DD"),
    "text": TEXT_SCHEMA,
    "choice": _CHOICE,
    "question": _QUESTION,
    **{f"question_{kind}": schema for kind, schema in _QUESTIONS.items()},
}
SURVEY_BODY = fields(
    {
        "format": constant(SURVEY_FORMAT),
        "title": ref("text"),
        "questions": items(ref("question"), 1, MOST_QUESTIONS, "questions"),
    },
    "a survey: a JSON object",
    introduction=ref("text"),
    languages=items(
        pattern(_LANGUAGE, "a language tag such as 'en'"), 1, MOST_LANGUAGES, "language tags"
    ),
    min_count=whole(1, 1_000_000),
    unit=one_of("person", "organisation"),
    show_if={
        "type": "object",
        "propertyNames": ref("id"),
        "additionalProperties": _SHOW_IF,
        "description": "an object from question ids to conditions",
    },
    tables=items(_TABLE, 0, MOST_QUESTIONS, "tables"),
)
SURVEY_SCHEMA = document(SURVEY_FORMAT, SURVEY_BODY, SURVEY_DEFINITIONS)

_ANSWER: Schema = {
    "type": ["string", "integer", "array", "object", "null"],
    "items": {"type": "string", "description": "an option's id"},
    "additionalProperties": {
        "type": ["string", "null"],
        "description": "an option's id, or null for no answer",
    },
    "description": "an answer: text, whole number, list of ids, rows with ids, or null",
}
ANSWERS_SCHEMA = document(
    ANSWERS_FORMAT,
    fields(
        {
            "format": constant(ANSWERS_FORMAT),
            "answers": {
                "type": "object",
                "propertyNames": {"pattern": _ID, "description": "keyed by question ids"},
                "additionalProperties": _ANSWER,
                "description": "an object from question ids to answers",
            },
        },
        "the answers of one respondent: a JSON object",
    ),
)
