"""Survey definitions written by hand: the sample, and one for every way to break a rule."""

from copy import deepcopy
from typing import Any

JSON = Any

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
# A follow-up, a required text and a long one, for layouts, records and reports.
TEXTS: dict[str, JSON] = {
    "format": "drempel-survey/1",
    "title": {"en": "Texts"},
    "questions": [
        {"id": "used", "kind": "single", "options": ["yes", "no"], "required": True},
        {"id": "why", "kind": "text", "max_bytes": 19},
        {"id": "must", "kind": "text", "max_bytes": 5, "required": True},
    ],
    "show_if": {"why": {"var": "used", "op": "=", "value": "no"}},
}
ABSENT = object()


def changed(path: str, value: object, base: JSON = None) -> JSON:
    """Return the sample with the value at a path such as ``questions.2.bins`` replaced.

    ``ABSENT`` removes the key; ``append`` as last part adds to a list.
    """
    document = deepcopy(SAMPLE if base is None else base)
    *parents, last = path.split(".")
    target: JSON = document
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


def _condition(var: str, op: str, value: JSON) -> JSON:
    return {"var": var, "op": op, "value": value}


_FOLLOW_UP_IN_TABLE = with_questions(
    _single("a"),
    _single("b"),
    _single("c"),
    show_if={"b": _condition("a", "=", "o0")},
    tables=_tables("b c"),
)
_CONDITION_WITHOUT_BINS = with_questions(
    {"id": "n", "kind": "number", "min": 0, "max": 1},
    _single("a"),
    show_if={"a": _condition("n", "=", 0)},
)
_TOO_MANY_CELLS = with_questions(
    _single("a", 14, required=True), _single("b", 14), tables=_tables("a b")
)
_RING = _tables("sector trust", "grid.mail trust", "when grid.mail", "sector when")
_MIN_ABOVE_MAX = {**SAMPLE["questions"][1], "min": 2, "max": 1}
_NINE = [f"o{place}" for place in range(9)]

# What is wrong; the changed place of the sample and its new value, or a whole definition; the
# end of the code; the path that the refusal names where that is not the changed place.
_BAD: list[tuple[str, str | JSON, object, str, str | None]] = [
    ("no format", "format", ABSENT, "missing_key", None),
    ("another version", "format", "drempel-survey/2", "version", None),
    ("an unknown key", "colour", 1, "unknown_key", None),
    ("an unknown key of a question", "questions.2.bin", [], "unknown_key", None),
    ("a key of another kind", "questions.3.options", ["a", "b"], "unknown_key", None),
    ("an unknown key of an option", "questions.0.options.1.image", "x", "unknown_key", None),
    ("an unknown key of a condition", "show_if.tools.else", "x", "unknown_key", None),
    ("an unknown key of a table", "tables.0.title", "x", "unknown_key", None),
    ("no title", "title", ABSENT, "missing_key", None),
    ("an empty title", "title", {}, "value", None),
    ("an empty text", "title.en", "", "value", None),
    ("a title without language", "title", "Survey", "value", None),
    ("an odd language", "title", {"EN": "x"}, "value", None),
    ("half a character", "title.en", "\ud800", "value", ""),
    ("languages not used", "languages", ["nl", "en", "de"], "languages", None),
    ("a language twice", "languages", ["nl", "en", "en"], "languages", None),
    ("no questions", "questions", [], "value", None),
    ("questions that are no list", "questions", {}, "value", None),
    ("min_count of 0", "min_count", 0, "value", None),
    ("min_count in words", "min_count", "10", "value", None),
    ("min_count true", "min_count", True, "value", None),
    ("an unknown unit", "unit", "household", "value", None),
    ("an unknown kind", "questions.0.kind", "open", "value", None),
    ("no kind", "questions.0.kind", ABSENT, "missing_key", None),
    ("a question that is no object", "questions.0", "sector", "value", None),
    ("no options", "questions.0.options", ABSENT, "missing_key", None),
    ("one option", "questions.1.options", ["siem"], "value", None),
    ("an id that begins with a digit", "questions.0.id", "1st", "value", None),
    ("an id with a dot", "questions.0.id", "a.b", "value", None),
    ("an id with a line break", "questions.0.id", "a\n", "value", None),
    ("an id of 64 letters", "questions.0.id", "a" * 64, "value", None),
    ("an odd option id", "questions.1.options.0", "a|b", "value", None),
    ("an option without id", "questions.0.options.0.id", ABSENT, "missing_key", None),
    ("a question's id twice", "questions.4.id", "trust", "duplicate_id", None),
    ("an option's id twice", "questions.1.options.append", "edr", "duplicate_id", None),
    ("a row's id twice", "questions.5.rows.append", "mail", "duplicate_id", None),
    ("a key of results", "questions.1.options.append", "not_shown", "reserved_id", None),
    ("required in words", "questions.0.required", "yes", "value", None),
    ("extremes neither way", "questions.0.extremes", "all", "value", None),
    ("more ticks than options", "questions.1.max", 3, "range", None),
    ("min above max", "questions.1", _MIN_ABOVE_MAX, "range", "questions[1].min"),
    ("no ticks at all", "questions.1.max", 0, "value", None),
    ("a decimal", "questions.2.max", 1.5, "value", None),
    ("a whole decimal", "questions.2.max", 500.0, "value", None),
    ("beyond 2^53", "questions.2.max", 2**53, "value", None),
    ("max below min", "questions.2.max", -1, "range", None),
    ("no max", "questions.2.max", ABSENT, "missing_key", None),
    ("bins above min", "questions.2.bins.0", 1, "bins", None),
    ("bins below min", "questions.2.bins.0", -1, "bins", None),
    ("equal bins", "questions.2.bins.2", 1, "bins", None),
    ("falling bins", "questions.2.bins.3", 3, "bins", None),
    ("bins beyond max", "questions.2.bins.4", 501, "bins", None),
    ("an empty list of bins", "questions.2.bins", [], "value", None),
    ("a decimal bin", "questions.2.bins.1", 0.5, "value", None),
    ("a scale of one point", "questions.3.max", 1, "range", None),
    ("a scale of 201 points", "questions.3.max", 201, "range", None),
    ("nine to rank", "questions.4.options", _NINE, "value", None),
    ("one to rank", "questions.4.options", ["people"], "value", None),
    ("no rows", "questions.5.rows", [], "value", None),
    ("a day that does not exist", "questions.6.max", "2026-02-30", "value", None),
    ("a day in words", "questions.6.min", "today", "value", None),
    ("a day in basic form", "questions.6.min", "20260101", "value", None),
    ("days in reverse", "questions.6.max", "2025-12-31", "range", None),
    ("date bins after min", "questions.6.bins.0", "2026-01-02", "bins", None),
    ("date bins beyond max", "questions.6.bins.1", "2027-01-01", "bins", None),
    ("a condition for no question", "show_if.x", SAMPLE["show_if"]["tools"], "show_if", None),
    ("a condition on a later question", "show_if.tools.var", "trust", "show_if", None),
    (
        "a condition on itself",
        "show_if.sector",
        SAMPLE["show_if"]["tools"],
        "show_if",
        "show_if.sector.var",
    ),
    (
        "a condition on multiple choice",
        "show_if.trust",
        _condition("tools", "=", "siem"),
        "show_if",
        "show_if.trust.var",
    ),
    (
        "a condition on a whole matrix",
        "show_if.when",
        _condition("grid", "=", "low"),
        "show_if",
        "show_if.when.var",
    ),
    (
        "a condition on a number without bins",
        _CONDITION_WITHOUT_BINS,
        None,
        "show_if",
        "show_if.a.var",
    ),
    ("a condition on an unknown answer", "show_if.tools.value", "dentist", "show_if", None),
    (
        "a condition on a number as text",
        "show_if.priorities",
        _condition("trust", "=", "1"),
        "show_if",
        "show_if.priorities.value",
    ),
    ("a condition on no answer", "show_if.tools.value", None, "value", None),
    ("a list where one answer is meant", "show_if.tools.value", ["gp"], "show_if", None),
    (
        "one answer where a list is meant",
        "show_if.tools.op",
        "in",
        "show_if",
        "show_if.tools.value",
    ),
    (
        "an answer twice",
        "show_if.tools",
        _condition("sector", "in", ["gp", "gp"]),
        "show_if",
        "show_if.tools.value",
    ),
    ("an unknown operator", "show_if.tools.op", "<", "value", None),
    ("a table of one question", "tables.0.questions", ["sector"], "value", None),
    (
        "a table of three questions",
        "tables.0.questions.append",
        "when",
        "value",
        "tables[0].questions",
    ),
    ("a table with no question", "tables.0.questions.0", "country", "tables", None),
    ("a table with a ranking", "tables.0.questions.1", "priorities", "tables", None),
    (
        "a table with a follow-up",
        _FOLLOW_UP_IN_TABLE,
        None,
        "tables",
        "tables[0].questions[0]",
    ),
    ("a table of 210 cells", _TOO_MANY_CELLS, None, "tables", "tables[0]"),
    ("a table twice", "tables", _tables("sector trust", "trust sector"), "cycle", "tables[1]"),
    ("a question with itself", "tables", _tables("trust trust"), "cycle", "tables[0]"),
    (
        "a triangle",
        "tables",
        _tables("sector trust", "trust when", "when sector"),
        "cycle",
        "tables[2]",
    ),
    ("a ring of four", "tables", _RING, "cycle", "tables[3]"),
    ("a list", [], None, "value", ""),
]


def bad_surveys() -> list[dict[str, JSON]]:
    """Return every bad definition with the code and the path of its refusal."""
    found = []
    for name, place, value, rule, where in _BAD:
        is_path = isinstance(place, str)
        found.append(
            {
                "name": name,
                "code": f"survey.{rule}",
                "where": _path_of(place) if where is None else where,
                "definition": changed(place, value) if is_path else place,
            }
        )
    return found


def _path_of(place: str) -> str:
    """Return ``questions[2].bins`` for ``questions.2.bins``, an appended entry counted."""
    path = ""
    target: JSON = SAMPLE
    for part in place.split("."):
        if isinstance(target, list):
            index = len(target) if part == "append" else int(part)
            path, target = f"{path}[{index}]", None if part == "append" else target[index]
        else:
            path = f"{path}.{part}" if path else part
            target = target.get(part) if isinstance(target, dict) else None
    return path
