"""Vectors of survey definitions, record layouts and encodings, good ones and bad ones.

Definitions and answers are written by hand; normal forms, layouts and records are what the code
gives, and tests/protocol/test_layout.py checks such layouts by enumeration.
"""

from typing import Any

from mpcengine.protocol.encoding import encode_answers, encode_texts
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.tables import MultipleTable, OneWayTable, RankingTable, TwoWayTable
from tests.vectors.survey_cases import (
    SAMPLE,
    TEXT,
    TEXTS,
    bad_surveys,
    changed,
    with_questions,
)

JSON = Any
Table = OneWayTable | MultipleTable | RankingTable | TwoWayTable
ORIGIN = "made by tests/vectors/generate.py from definitions and answers written by hand"

FOLLOW_UPS = with_questions(
    {"id": "sector", "kind": "single", "options": ["x", "y", "z"], "required": True},
    {"id": "then", "kind": "scale", "min": 1, "max": 2},
    {"id": "last", "kind": "multiple", "options": ["a", "b", "c"], "min": 2},
    {"id": "must", "kind": "ranking", "options": ["a", "b"], "required": True},
    show_if={
        "then": {"var": "sector", "op": "!=", "value": "x"},
        "last": {"var": "then", "op": "=", "value": 2},
        "must": {"var": "sector", "op": "in", "value": ["x", "z"]},
    },
)
UNBINNED = with_questions(
    {"id": "n", "kind": "number", "min": -3, "max": 4, "required": True},
    {"id": "d", "kind": "date", "min": "2026-01-01", "max": "2026-12-31"},
    {"id": "same", "kind": "number", "min": 7, "max": 7},
    min_count=5,
    unit="organisation",
)
GOOD: dict[str, JSON] = {
    "sample": SAMPLE,
    "follow-ups": FOLLOW_UPS,
    "without bins": UNBINNED,
    "texts": TEXTS,
}

FULL: dict[str, JSON] = {
    "sector": "hospital",
    "tools": ["edr"],
    "incidents": 77,
    "trust": 2,
    "priorities": ["law", "people", "money"],
    "grid": {"mail": "low", "web": "high"},
    "when": "2026-06-30",
}
ENCODED: list[tuple[str, str, dict[str, JSON]]] = [
    ("everything answered", "sample", FULL),
    ("only what is required", "sample", {"sector": "gp"}),
    (
        "no answer in every form",
        "sample",
        {"sector": "hospital", "tools": [], "trust": None, "grid": {}, "priorities": []},
    ),
    ("one row of a matrix", "sample", {"sector": "gp", "grid": {"web": "low", "mail": None}}),
    ("the lowest number", "sample", {"sector": "gp", "incidents": 0}),
    ("the last value of a bin", "sample", {"sector": "gp", "incidents": 99}),
    ("the highest number", "sample", {"sector": "gp", "incidents": 500}),
    ("the first day of a bin", "sample", {"sector": "gp", "when": "2026-07-01"}),
    ("both ticks", "sample", {"sector": "hospital", "tools": ["edr", "siem"]}),
    ("nothing asked further", "follow-ups", {"sector": "y"}),
    (
        "a chain",
        "follow-ups",
        {"sector": "z", "then": 2, "last": ["c", "a"], "must": ["b", "a"]},
    ),
    ("below zero", "without bins", {"n": -3, "same": 7}),
    ("the other end", "without bins", {"n": 4, "d": "2026-12-31"}),
    ("two texts", "texts", {"used": "no", "why": "te duur: €5 × 12", "must": "geen"}),
    ("an empty text", "texts", {"used": "no", "why": "", "must": "-"}),
    ("a text not asked", "texts", {"used": "yes", "must": "naïf"}),
]
# What is wrong, the survey, the answers, the end of the code, and the question named.
REFUSED: list[tuple[str, str, dict[str, JSON], str, str]] = [
    ("an unknown question", "sample", {**FULL, "age": 3}, "unknown_question", "age"),
    ("an unknown option", "sample", {"sector": "dentist"}, "unknown_option", "sector"),
    ("an unknown tick", "sample", {**FULL, "tools": ["x"]}, "unknown_option", "tools"),
    ("an unknown row", "sample", {**FULL, "grid": {"ftp": "low"}}, "unknown_row", "grid"),
    ("an unknown cell", "sample", {**FULL, "grid": {"web": "x"}}, "unknown_option", "grid.web"),
    ("a list for one option", "sample", {"sector": ["gp"]}, "type", "sector"),
    ("one option for a list", "sample", {**FULL, "tools": "edr"}, "type", "tools"),
    ("numbers in a list", "sample", {**FULL, "tools": [1]}, "type", "tools"),
    ("a list for a matrix", "sample", {**FULL, "grid": ["low"]}, "type", "grid"),
    ("a number as text", "sample", {**FULL, "incidents": "77"}, "type", "incidents"),
    ("a decimal", "sample", {**FULL, "incidents": 77.0}, "type", "incidents"),
    ("a truth value", "sample", {**FULL, "trust": True}, "type", "trust"),
    ("a day that does not exist", "sample", {**FULL, "when": "2026-02-29"}, "type", "when"),
    ("a time", "sample", {**FULL, "when": "2026-02-01T00:00:00Z"}, "type", "when"),
    ("a number too low", "sample", {**FULL, "incidents": -1}, "out_of_range", "incidents"),
    ("a number too high", "sample", {**FULL, "incidents": 501}, "out_of_range", "incidents"),
    ("a point too high", "sample", {**FULL, "trust": 6}, "out_of_range", "trust"),
    ("a day too late", "sample", {**FULL, "when": "2027-01-01"}, "out_of_range", "when"),
    ("a tick twice", "sample", {**FULL, "tools": ["edr", "edr"]}, "duplicate", "tools"),
    (
        "too few ticks",
        "follow-ups",
        {"sector": "y", "then": 2, "last": ["a"]},
        "count",
        "last",
    ),
    (
        "an option ranked twice",
        "sample",
        {**FULL, "priorities": ["law", "law", "money"]},
        "duplicate",
        "priorities",
    ),
    ("half a ranking", "sample", {**FULL, "priorities": ["law"]}, "incomplete", "priorities"),
    ("a question not shown", "sample", {**FULL, "sector": "gp"}, "not_shown", "tools"),
    (
        "a chain that is broken",
        "follow-ups",
        {"sector": "y", "then": 1, "last": ["a", "b"]},
        "not_shown",
        "last",
    ),
    ("a required one left out", "sample", {"trust": 2}, "required", "sector"),
    ("a required one of null", "sample", {"sector": None}, "required", "sector"),
    ("a text too long", "texts", {"used": "yes", "must": "naïef"}, "too_long", "must"),
    ("a list for a text", "texts", {"used": "yes", "must": ["a"]}, "type", "must"),
    ("a required text of nothing", "texts", {"used": "yes", "must": ""}, "required", "must"),
    (
        "a text not shown",
        "texts",
        {"used": "yes", "why": "so", "must": "a"},
        "not_shown",
        "why",
    ),
    ("a required follow-up left out", "follow-ups", {"sector": "x"}, "required", "must"),
]


def surveys() -> JSON:
    """Return definitions with their normal forms, and bad ones with their refusals."""
    with_text = changed("questions.append", TEXT)
    return {
        "origin": ORIGIN,
        "good": [
            {
                "name": name,
                "definition": definition,
                "normal": parse_survey(definition).to_json(),
            }
            for name, definition in {**GOOD, "with a text": with_text}.items()
        ],
        "bad": bad_surveys(),
    }


def layouts() -> JSON:
    """Return slots and constraints of the good surveys."""
    return {
        "origin": ORIGIN,
        "good": [
            {
                "name": name,
                "normal": layout.survey.to_json(),
                "width": layout.width,
                "slots": list(layout.slots),
                "constraints": [
                    {
                        "terms": [list(term) for term in constraint.terms],
                        "equals": constraint.constant,
                    }
                    for constraint in layout.constraints
                ],
                "texts": [
                    {"question": t.question, "answered": t.answered, "words": t.words}
                    for t in layout.texts
                ],
                "tables": _tables(layout),
            }
            for name, layout in _layouts().items()
        ],
    }


def encodings() -> JSON:
    """Return records as texts of 0 and 1, refused answers, and records that must fail."""
    forms = _layouts()
    full = encode_answers(forms["sample"], FULL)
    flipped = [
        [bit ^ (slot == place) for slot, bit in enumerate(full)] for place in range(len(full))
    ]
    return {
        "origin": ORIGIN,
        "good": [
            {
                "name": name,
                "survey": survey,
                "answers": answers,
                "record": _digits(encode_answers(forms[survey], answers)),
                "texts": [str(word) for word in encode_texts(forms[survey], answers)],
            }
            for name, survey, answers in ENCODED
        ],
        "bad": [
            {
                "name": name,
                "survey": survey,
                "answers": answers,
                "code": f"answer.{code}",
                "where": where,
            }
            for name, survey, answers, code, where in REFUSED
        ],
        "bad_records": [
            {"survey": "sample", "name": f"slot {place} turned over", "record": _digits(record)}
            for place, record in enumerate(flipped)
        ],
    }


def _layouts() -> dict[str, Layout]:
    return {name: build_layout(parse_survey(definition)) for name, definition in GOOD.items()}


def _tables(layout: Layout) -> JSON:
    plan = layout.plan
    tables: tuple[Table, ...] = (*plan.one_way, *plan.multiple, *plan.ranking, *plan.two_way)
    return [
        {"id": table.id, "keys": [list(key) for key in table.keys], "slots": list(table.slots)}
        for table in tables
    ]


def _digits(record: list[int]) -> str:
    return "".join(map(str, record))
