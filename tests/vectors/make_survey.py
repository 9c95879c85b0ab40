"""Vectors of survey definitions, record layouts and encodings, good ones and bad ones.

Definitions and answers are written by hand here; normal forms, layouts and records are what
the code gives, and are checked by enumeration in tests/protocol/test_layout.py.
"""

from copy import deepcopy
from typing import Any

from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.survey import parse_survey

JSON = Any
ORIGIN = "made by tests/vectors/generate.py from definitions written by hand"

# The example of FORMATS.md section 2, without its text question.
SAMPLE: dict[str, JSON] = {
    "format": "drempel-survey/1",
    "title": {"nl": "…", "en": "…"},
    "introduction": {"en": "…"},
    "min_count": 10,
    "unit": "person",
    "questions": [
        {
            "id": "sector",
            "kind": "single",
            "title": {"en": "Sector"},
            "required": True,
            "options": [
                {"id": "hospital", "title": {"en": "Hospital"}},
                {"id": "gp", "title": {"en": "General practice"}},
            ],
        },
        {
            "id": "tools",
            "kind": "multiple",
            "title": {"en": "…"},
            "options": ["siem", "edr"],
            "min": 0,
            "max": 2,
        },
        {
            "id": "incidents",
            "kind": "number",
            "title": {"en": "…"},
            "min": 0,
            "max": 500,
            "bins": [0, 1, 5, 20, 100],
        },
        {"id": "trust", "kind": "scale", "min": 1, "max": 5, "title": {"en": "…"}},
        {
            "id": "priorities",
            "kind": "ranking",
            "options": ["people", "money", "law"],
            "title": {"en": "…"},
        },
        {
            "id": "grid",
            "kind": "matrix",
            "rows": ["mail", "web"],
            "options": ["low", "high"],
            "title": {"en": "…"},
        },
        {
            "id": "when",
            "kind": "date",
            "min": "2026-01-01",
            "max": "2026-12-31",
            "bins": ["2026-01-01", "2026-07-01"],
            "title": {"en": "…"},
        },
    ],
    "show_if": {"tools": {"var": "sector", "op": "=", "value": "hospital"}},
    "tables": [{"questions": ["sector", "trust"]}],
}
TEXT = {"id": "remarks", "kind": "text", "max_bytes": 280, "title": {"en": "…"}}
ABSENT = object()


def changed(path: str, value: object, base: JSON = None) -> JSON:
    """Return the sample with the value at a path such as ``questions.2.bins`` replaced.

    ``ABSENT`` removes the key; ``append`` as last part adds to a list.
    """
    document = deepcopy(SAMPLE if base is None else base)
    *parents, last = path.split(".")
    target = document
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if last == "append":
        target.append(value)
    elif value is ABSENT:
        del target[last]
    else:
        target[int(last) if isinstance(target, list) else last] = value
    return document


def with_questions(*questions: JSON, **more: JSON) -> JSON:
    """Return a short survey of these questions."""
    return {
        "format": "drempel-survey/1",
        "title": {"en": "Short"},
        "questions": list(questions),
        **more,
    }


def _single(question: str, size: int = 2, **more: JSON) -> JSON:
    options = [f"o{place}" for place in range(size)]
    return {"id": question, "kind": "single", "options": options, **more}


def _tables(*pairs: str) -> JSON:
    return [{"questions": pair.split()} for pair in pairs]


# What is wrong, the definition, the code, and the path that the refusal names.
BAD_SURVEYS: list[tuple[str, JSON, str, str]] = [
    ("not an object", [], "survey.value", ""),
    ("no format", changed("format", ABSENT), "survey.missing_key", "format"),
    (
        "unknown version",
        changed("format", "drempel-survey/2"),
        "survey.version",
        "format",
    ),
    ("unknown key", changed("colour", 1), "survey.unknown_key", "colour"),
    (
        "unknown key of a question",
        changed("questions.2.bin", []),
        "survey.unknown_key",
        "questions[2].bin",
    ),
    (
        "a key of another kind",
        changed("questions.3.options", ["a", "b"]),
        "survey.unknown_key",
        "questions[3].options",
    ),
    (
        "unknown key of an option",
        changed("questions.0.options.1.image", "x"),
        "survey.unknown_key",
        "questions[0].options[1].image",
    ),
    (
        "unknown key of a condition",
        changed("show_if.tools.else", "x"),
        "survey.unknown_key",
        "show_if.tools.else",
    ),
    ("no title", changed("title", ABSENT), "survey.missing_key", "title"),
    ("empty title", changed("title", {}), "survey.value", "title"),
    ("empty text", changed("title.en", ""), "survey.value", "title.en"),
    ("odd language", changed("title", {"EN": "x"}), "survey.value", "title"),
    ("no questions", changed("questions", []), "survey.value", "questions"),
    ("min_count of 0", changed("min_count", 0), "survey.value", "min_count"),
    ("min_count in words", changed("min_count", "10"), "survey.value", "min_count"),
    ("min_count true", changed("min_count", True), "survey.value", "min_count"),
    ("unknown unit", changed("unit", "household"), "survey.value", "unit"),
    ("unknown kind", changed("questions.0.kind", "open"), "survey.value", "questions[0].kind"),
    ("no kind", changed("questions.0.kind", ABSENT), "survey.missing_key", "questions[0].kind"),
    (
        "no options",
        changed("questions.0.options", ABSENT),
        "survey.missing_key",
        "questions[0].options",
    ),
    (
        "one option",
        changed("questions.1.options", ["siem"]),
        "survey.value",
        "questions[1].options",
    ),
    ("odd id", changed("questions.0.id", "1st"), "survey.value", "questions[0].id"),
    ("id with a dot", changed("questions.0.id", "a.b"), "survey.value", "questions[0].id"),
    ("id with a line break", changed("questions.0.id", "a\n"), "survey.value", "questions[0].id"),
    ("id too long", changed("questions.0.id", "a" * 64), "survey.value", "questions[0].id"),
    (
        "odd option id",
        changed("questions.1.options.0", "a|b"),
        "survey.value",
        "questions[1].options[0]",
    ),
    (
        "a question's id twice",
        changed("questions.4.id", "trust"),
        "survey.duplicate_id",
        "questions[4].id",
    ),
    (
        "an option's id twice",
        changed("questions.1.options.append", "edr"),
        "survey.duplicate_id",
        "questions[1].options[2]",
    ),
    (
        "a row's id twice",
        changed("questions.5.rows.append", "mail"),
        "survey.duplicate_id",
        "questions[5].rows[2]",
    ),
    (
        "a key of results as option",
        changed("questions.1.options.append", "not_shown"),
        "survey.reserved_id",
        "questions[1].options[2]",
    ),
    (
        "required in words",
        changed("questions.0.required", "yes"),
        "survey.value",
        "questions[0].required",
    ),
    (
        "extremes of no kind",
        changed("questions.0.extremes", "all"),
        "survey.value",
        "questions[0].extremes",
    ),
    (
        "more ticks than options",
        changed("questions.1.max", 3),
        "survey.range",
        "questions[1].max",
    ),
    (
        "min above max",
        changed("questions.1", {**SAMPLE["questions"][1], "min": 2, "max": 1}),
        "survey.range",
        "questions[1].min",
    ),
    ("max of 0 ticks", changed("questions.1.max", 0), "survey.value", "questions[1].max"),
    ("a decimal", changed("questions.2.max", 1.5), "survey.value", "questions[2].max"),
    ("a whole decimal", changed("questions.2.max", 500.0), "survey.value", "questions[2].max"),
    ("beyond 2^53", changed("questions.2.max", 2**53), "survey.value", "questions[2].max"),
    ("max below min", changed("questions.2.max", -1), "survey.range", "questions[2].max"),
    ("no max", changed("questions.2.max", ABSENT), "survey.missing_key", "questions[2].max"),
    ("bins above min", changed("questions.2.bins.0", 1), "survey.bins", "questions[2].bins[0]"),
    ("bins below min", changed("questions.2.bins.0", -1), "survey.bins", "questions[2].bins[0]"),
    ("equal bins", changed("questions.2.bins.2", 1), "survey.bins", "questions[2].bins[2]"),
    ("bins not rising", changed("questions.2.bins.3", 3), "survey.bins", "questions[2].bins[3]"),
    (
        "bins beyond max",
        changed("questions.2.bins.4", 501),
        "survey.bins",
        "questions[2].bins[4]",
    ),
    ("no bins at all", changed("questions.2.bins", []), "survey.value", "questions[2].bins"),
    ("decimal bins", changed("questions.2.bins.1", 0.5), "survey.value", "questions[2].bins[1]"),
    ("a scale of one point", changed("questions.3.max", 1), "survey.range", "questions[3].max"),
    ("a scale too long", changed("questions.3.max", 201), "survey.range", "questions[3].max"),
    (
        "nine to rank",
        changed("questions.4.options", [f"o{i}" for i in range(9)]),
        "survey.value",
        "questions[4].options",
    ),
    (
        "one to rank",
        changed("questions.4.options", ["people"]),
        "survey.value",
        "questions[4].options",
    ),
    ("no rows", changed("questions.5.rows", []), "survey.value", "questions[5].rows"),
    (
        "a day that does not exist",
        changed("questions.6.max", "2026-02-30"),
        "survey.value",
        "questions[6].max",
    ),
    ("a day in words", changed("questions.6.min", "today"), "survey.value", "questions[6].min"),
    (
        "a day in basic form",
        changed("questions.6.min", "20260101"),
        "survey.value",
        "questions[6].min",
    ),
    (
        "days in reverse",
        changed("questions.6.max", "2025-12-31"),
        "survey.range",
        "questions[6].max",
    ),
    (
        "date bins after min",
        changed("questions.6.bins.0", "2026-01-02"),
        "survey.bins",
        "questions[6].bins[0]",
    ),
    (
        "date bins beyond max",
        changed("questions.6.bins.1", "2027-01-01"),
        "survey.bins",
        "questions[6].bins[1]",
    ),
    (
        "a condition on nothing",
        changed("show_if.nothing", SAMPLE["show_if"]["tools"]),
        "survey.show_if",
        "show_if.nothing",
    ),
    (
        "a condition on a later question",
        changed("show_if.tools.var", "trust"),
        "survey.show_if",
        "show_if.tools.var",
    ),
    (
        "a condition on itself",
        changed("show_if.sector", SAMPLE["show_if"]["tools"]),
        "survey.show_if",
        "show_if.sector.var",
    ),
    (
        "a condition on multiple choice",
        changed("show_if.trust", {"var": "tools", "op": "=", "value": "siem"}),
        "survey.show_if",
        "show_if.trust.var",
    ),
    (
        "a condition on a whole matrix",
        changed("show_if.when", {"var": "grid", "op": "=", "value": "low"}),
        "survey.show_if",
        "show_if.when.var",
    ),
    (
        "a condition on a number without bins",
        with_questions(
            {"id": "n", "kind": "number", "min": 0, "max": 1},
            _single("a"),
            show_if={"a": {"var": "n", "op": "=", "value": 0}},
        ),
        "survey.show_if",
        "show_if.a.var",
    ),
    (
        "a condition on an unknown answer",
        changed("show_if.tools.value", "dentist"),
        "survey.show_if",
        "show_if.tools.value",
    ),
    (
        "a condition on a number as text",
        changed("show_if.priorities", {"var": "trust", "op": "=", "value": "1"}),
        "survey.show_if",
        "show_if.priorities.value",
    ),
    (
        "a condition on no answer",
        changed("show_if.priorities", {"var": "trust", "op": "=", "value": None}),
        "survey.value",
        "show_if.priorities.value",
    ),
    (
        "a list where one answer is meant",
        changed("show_if.tools.value", ["gp"]),
        "survey.show_if",
        "show_if.tools.value",
    ),
    (
        "one answer where a list is meant",
        changed("show_if.tools.op", "in"),
        "survey.show_if",
        "show_if.tools.value",
    ),
    (
        "an answer twice in a list",
        changed("show_if.tools", {"var": "sector", "op": "in", "value": ["gp", "gp"]}),
        "survey.show_if",
        "show_if.tools.value",
    ),
    ("unknown operator", changed("show_if.tools.op", "<"), "survey.value", "show_if.tools.op"),
    (
        "a table of one question",
        changed("tables.0.questions", ["sector"]),
        "survey.value",
        "tables[0].questions",
    ),
    (
        "a table of three questions",
        changed("tables.0.questions.append", "when"),
        "survey.value",
        "tables[0].questions",
    ),
    (
        "a table with an unknown question",
        changed("tables.0.questions.0", "country"),
        "survey.tables",
        "tables[0].questions[0]",
    ),
    (
        "a table with a ranking",
        changed("tables.0.questions.1", "priorities"),
        "survey.tables",
        "tables[0].questions[1]",
    ),
    (
        "a table with a follow-up",
        with_questions(
            _single("a"),
            _single("b"),
            _single("c"),
            show_if={"b": {"var": "a", "op": "=", "value": "o0"}},
            tables=_tables("b c"),
        ),
        "survey.tables",
        "tables[0].questions[0]",
    ),
    (
        "a table of 210 cells",
        with_questions(_single("a", 14, required=True), _single("b", 14), tables=_tables("a b")),
        "survey.tables",
        "tables[0]",
    ),
    ("a table twice", changed("tables", _tables("sector trust", "trust sector")), *(
        "survey.cycle",
        "tables[1]",
    )),
    (
        "a question with itself",
        changed("tables", _tables("sector sector")),
        "survey.cycle",
        "tables[0]",
    ),
    (
        "a triangle",
        changed("tables", _tables("sector trust", "trust when", "when sector")),
        "survey.cycle",
        "tables[2]",
    ),
    (
        "a ring of four with a matrix row",
        changed(
            "tables",
            _tables("sector trust", "grid.mail trust", "when grid.mail", "sector when"),
        ),
        "survey.cycle",
        "tables[3]",
    ),
    (
        "languages that are not used",
        changed("languages", ["nl", "en", "de"]),
        "survey.languages",
        "languages",
    ),
    ("a language twice", changed("languages", ["nl", "en", "en"]), *(
        "survey.languages",
        "languages",
    )),
    ("half a character", changed("title.en", "\ud800"), "survey.value", ""),
]
