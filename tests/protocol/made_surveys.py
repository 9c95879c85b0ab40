"""Surveys for tests: small ones to enumerate whole, and random ones with random answers."""

from collections.abc import Callable
from itertools import combinations, pairwise, permutations, product
from typing import Any

from hypothesis import strategies as st

JSON = Any
TITLE = {"en": "Made up"}


def definition(*questions: JSON, **more: JSON) -> dict[str, JSON]:
    """Return a survey definition of these questions."""
    return {
        "format": "drempel-survey/1",
        "title": TITLE,
        "questions": list(questions),
        **more,
    }


def when(**conditions: tuple[str, str, JSON]) -> dict[str, JSON]:
    """Return a show_if section from (var, op, value) triples."""
    return {
        question: {"var": var, "op": op, "value": value}
        for question, (var, op, value) in conditions.items()
    }


ABC = ["a", "b", "c"]
SECTOR = {"id": "sector", "kind": "single", "options": ["x", "y", "z"], "required": True}
SMALL: dict[str, JSON] = {
    "a number in bins": definition(
        {"id": "n", "kind": "number", "min": -1, "max": 5, "bins": [-1, 0, 3]}
    ),
    "a required number without bins": definition(
        {"id": "n", "kind": "number", "min": 10, "max": 15, "required": True}
    ),
    "a number of one value": definition({"id": "n", "kind": "number", "min": 7, "max": 7}),
    "bins of one value each": definition(
        {"id": "n", "kind": "number", "min": 0, "max": 2, "bins": [0, 1, 2]}
    ),
    "multiple, none to all": definition({"id": "m", "kind": "multiple", "options": ABC}),
    "multiple, two to three of four": definition(
        {"id": "m", "kind": "multiple", "options": [*ABC, "d"], "min": 2, "max": 3}
    ),
    "required multiple": definition(
        {"id": "m", "kind": "multiple", "options": ABC, "min": 0, "max": 2, "required": True}
    ),
    "multiple, exactly two": definition(
        {"id": "m", "kind": "multiple", "options": ABC, "min": 2, "max": 2}
    ),
    "a ranking": definition({"id": "r", "kind": "ranking", "options": ABC}),
    "a required ranking": definition(
        {"id": "r", "kind": "ranking", "options": ABC, "required": True}
    ),
    "dates": definition(
        {"id": "free", "kind": "date", "min": "2026-01-01", "max": "2026-01-02"},
        {
            "id": "d",
            "kind": "date",
            "min": "2026-01-01",
            "max": "2026-03-31",
            "bins": ["2026-01-01", "2026-03-01"],
        },
    ),
    "a table with no answer on both sides": definition(
        {"id": "one", "kind": "single", "options": ["x", "y"]},
        {"id": "two", "kind": "scale", "min": 0, "max": 1},
        tables=[{"questions": ["one", "two"]}],
    ),
    "a table of matrix rows": definition(
        {"id": "g", "kind": "matrix", "rows": ["mail", "web"], "options": ["x", "y"]},
        tables=[{"questions": ["g.web", "g.mail"]}],
    ),
    "a chain of follow-ups": definition(
        SECTOR,
        {"id": "then", "kind": "scale", "min": 1, "max": 2},
        {"id": "last", "kind": "multiple", "options": ABC},
        show_if=when(then=("sector", "!=", "x"), last=("then", "=", 2)),
    ),
    "a required multiple behind a condition": definition(
        {"id": "sector", "kind": "single", "options": ["x", "y"]},
        {"id": "m", "kind": "multiple", "options": ABC, "required": True, "max": 2},
        {"id": "two", "kind": "multiple", "options": ["a", "b"], "min": 2},
        show_if=when(m=("sector", "in", ["x"]), two=("sector", "!=", "x")),
    ),
    "a ranking behind a matrix row": definition(
        {"id": "g", "kind": "matrix", "rows": ["mail"], "options": ["x", "y"]},
        {"id": "r", "kind": "ranking", "options": ["a", "b"]},
        {"id": "must", "kind": "ranking", "options": ["a", "b"], "required": True},
        show_if=when(r=("g.mail", "=", "x"), must=("g.mail", "in", ["x", "y"])),
    ),
    "numbers behind bins": definition(
        {"id": "n", "kind": "number", "min": 0, "max": 3, "bins": [0, 1]},
        {"id": "then", "kind": "number", "min": 0, "max": 4, "bins": [0, 2]},
        show_if=when(then=("n", "=", 1)),
    ),
    "a matrix behind a date": definition(
        {
            "id": "d",
            "kind": "date",
            "min": "2026-01-01",
            "max": "2026-12-31",
            "bins": ["2026-01-01", "2026-07-01"],
            "required": True,
        },
        {"id": "g", "kind": "matrix", "rows": ["p", "q"], "options": ["x", "y"]},
        show_if=when(g=("d", "=", "2026-07-01")),
    ),
}


TEXTS: dict[str, JSON] = {
    "a text": definition({"id": "t", "kind": "text", "max_bytes": 5}),
    "a required text and a long one": definition(
        {"id": "must", "kind": "text", "max_bytes": 12, "required": True},
        {"id": "long", "kind": "text", "max_bytes": 60},
    ),
    "texts behind a condition": definition(
        SECTOR,
        {"id": "why", "kind": "text", "max_bytes": 30},
        {"id": "must", "kind": "text", "max_bytes": 6, "required": True},
        show_if=when(why=("sector", "!=", "x"), must=("sector", "in", ["y"])),
    ),
}


def possible_values(question: JSON) -> list[JSON]:
    """Return every answer that has a record of its own, None included (dates: bins only).

    Written from the format, not from the code under test.
    """
    kind = question["kind"]
    none: list[JSON] = [] if question.get("required") else [None]
    if kind == "single":
        return [*none, *question["options"]]
    if kind in {"scale", "number"}:
        return [*none, *range(question["min"], question["max"] + 1)]
    if kind == "date":
        return [*none, *question.get("bins", [question["min"]])]
    if kind == "text":
        # One text each: of a text the record tells only that it was answered.
        return [*none, "é" * (question["max_bytes"] // 2)]
    if kind == "ranking":
        return [*none, *(list(order) for order in permutations(question["options"]))]
    if kind == "multiple":
        options = question["options"]
        sizes = range(max(1, question.get("min", 0)), question.get("max", len(options)) + 1)
        return [
            *none,
            *(list(ticks) for size in sizes for ticks in combinations(options, size)),
        ]
    rows = product([*none, *question["options"]], repeat=len(question["rows"]))
    return [_matrix(question["rows"], row) for row in rows]


def _matrix(rows: list[str], options: tuple[JSON, ...]) -> JSON:
    answered = {row: option for row, option in zip(rows, options, strict=True) if option}
    return answered or None


def is_shown(survey: JSON, question: str, answers: dict[str, JSON]) -> bool:
    """Tell from the definition whether a question is asked, given the answers before it."""
    condition = survey.get("show_if", {}).get(question)
    if condition is None:
        return True
    var, _, row = condition["var"].partition(".")
    value = answers.get(var)
    value = value.get(row) if row and value else value
    if value is None:
        return False
    parent = next(q for q in survey["questions"] if q["id"] == var)
    if "bins" in parent:
        value = max(low for low in parent["bins"] if low <= value)
    wanted = condition["value"] if condition["op"] == "in" else [condition["value"]]
    return bool((value in wanted) != (condition["op"] == "!="))


def possible_answers(survey: JSON) -> list[dict[str, JSON]]:
    """Return every set of answers that is valid and has a record of its own."""
    found: list[dict[str, JSON]] = [{}]
    for question in survey["questions"]:
        values = possible_values(question)
        found = [
            {**answers, question["id"]: value}
            for answers in found
            for value in (values if is_shown(survey, question["id"], answers) else [None])
        ]
    return [{q: v for q, v in answers.items() if v is not None} for answers in found]


@st.composite
def questions(draw: st.DrawFn, place: int) -> dict[str, JSON]:
    """Draw one question of any kind but text."""
    kinds = ["single", "multiple", "number", "scale", "ranking", "matrix", "date"]
    kind = draw(st.sampled_from(kinds))
    options = [f"o{i}" for i in range(draw(st.integers(2, 6)))]
    question: dict[str, JSON] = {"id": f"q{place}", "kind": kind}
    question["required"] = draw(st.booleans())
    if draw(st.booleans()):
        question["hint"] = {"en": f"About {place}"}
    if kind in {"single", "multiple", "matrix", "ranking"}:
        question["options"] = options
    question |= draw(_BOUNDS[kind](options) if kind in _BOUNDS else st.just({}))
    return question


@st.composite
def _ticks(draw: st.DrawFn, options: list[str]) -> dict[str, JSON]:
    highest = draw(st.integers(1, len(options)))
    return {"min": draw(st.integers(0, highest)), "max": highest}


@st.composite
def _points(draw: st.DrawFn, _options: list[str]) -> dict[str, JSON]:
    low = draw(st.integers(-3, 3))
    return {"min": low, "max": low + draw(st.integers(1, 6))}


@st.composite
def _numbers(draw: st.DrawFn, _options: list[str]) -> dict[str, JSON]:
    low, span = draw(st.integers(-1000, 1000)), draw(st.integers(0, 5000))
    bounds: dict[str, JSON] = {"min": low, "max": low + span}
    if draw(st.booleans()):
        more = draw(st.sets(st.integers(low, low + span), max_size=5))
        bounds["bins"] = sorted({low, *more})
    return bounds


@st.composite
def _days(draw: st.DrawFn, _options: list[str]) -> dict[str, JSON]:
    bounds: dict[str, JSON] = {"min": "2026-01-01", "max": "2026-12-31"}
    bins = ["2026-01-01", "2026-02-01", "2026-10-01"]
    return {**bounds, "bins": bins} if draw(st.booleans()) else bounds


def _rows(_options: list[str]) -> st.SearchStrategy[dict[str, JSON]]:
    return st.sampled_from([["r1"], ["r1", "r2"]]).map(lambda rows: {"rows": rows})


_BOUNDS: dict[str, Callable[[list[str]], st.SearchStrategy[dict[str, JSON]]]] = {
    "multiple": _ticks,
    "scale": _points,
    "number": _numbers,
    "date": _days,
    "matrix": _rows,
}


def tables_of(question: JSON) -> dict[str, list[JSON]]:
    """Return the one-hot tables of a question with their cells but [null]."""
    kind = question["kind"]
    if kind == "single":
        return {question["id"]: question["options"]}
    if kind == "scale":
        return {question["id"]: list(range(question["min"], question["max"] + 1))}
    if kind == "matrix":
        return {f"{question['id']}.{row}": question["options"] for row in question["rows"]}
    return {question["id"]: question["bins"]} if "bins" in question else {}


@st.composite
def surveys(draw: st.DrawFn) -> dict[str, JSON]:
    """Draw a valid survey definition: up to 8 questions, follow-ups, a chain of tables."""
    asked = [draw(questions(place)) for place in range(draw(st.integers(1, 8)))]
    conditions: dict[str, JSON] = {}
    earlier: dict[str, list[JSON]] = {}
    free: list[str] = []
    for question in asked:
        follows = draw(st.booleans())
        if earlier and follows:
            conditions[question["id"]] = draw(_condition(earlier))
        else:
            free.extend(tables_of(question))
        earlier |= tables_of(question)
    chain = draw(st.lists(st.sampled_from(free), unique=True, max_size=4)) if free else []
    pairs = [{"questions": list(pair)} for pair in pairwise(chain)]
    return definition(*asked, show_if=conditions, tables=pairs)


@st.composite
def _condition(draw: st.DrawFn, earlier: dict[str, list[JSON]]) -> dict[str, JSON]:
    var = draw(st.sampled_from(sorted(earlier)))
    op = draw(st.sampled_from(["=", "!=", "in"]))
    value = draw(st.sampled_from(earlier[var]))
    if op == "in":
        value = draw(st.lists(st.sampled_from(earlier[var]), min_size=1, unique=True))
    return {"var": var, "op": op, "value": value}


@st.composite
def answers_to(draw: st.DrawFn, survey: JSON) -> dict[str, JSON]:
    """Draw valid answers to a definition made by ``surveys``."""
    answers: dict[str, JSON] = {}
    for question in survey["questions"]:
        if not is_shown(survey, question["id"], answers):
            continue
        value = draw(_value(question))
        if value is not None:
            answers[question["id"]] = value
    return answers


def _value(question: JSON) -> st.SearchStrategy[JSON]:
    kind = question["kind"]
    some: st.SearchStrategy[JSON]
    if kind in {"number", "scale"}:
        some = st.integers(question["min"], question["max"])
    elif kind == "date":
        some = st.dates().map(lambda day: day.replace(year=2026).isoformat())
    elif kind == "multiple":
        fewest = max(1, question["min"])
        some = st.lists(
            st.sampled_from(question["options"]),
            unique=True,
            min_size=fewest,
            max_size=question["max"],
        )
    elif kind == "ranking":
        some = st.permutations(question["options"])
    elif kind == "matrix":
        cell: st.SearchStrategy[JSON] = st.sampled_from(question["options"])
        cell = cell if question["required"] else st.none() | cell
        some = st.fixed_dictionaries(dict.fromkeys(question["rows"], cell))
    else:
        some = st.sampled_from(question["options"])
    return some if question["required"] else st.none() | some
