"""The rules of a survey that its shape alone cannot tell.

Source: docs/protocol.md §5. Every refusal is MalformedInput with a path and one sentence.
"""

from typing import NoReturn

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.questions import (
    DateQuestion,
    MultipleQuestion,
    NumberQuestion,
    Question,
    ScaleQuestion,
    ShowIf,
    Value,
    one_hot_values,
    parse_day,
)
from mpcengine.protocol.schemas_survey import MOST_CELLS

Tables = tuple[tuple[str, str], ...]


def check_questions(questions: tuple[Question, ...]) -> None:
    """Return nothing if ids are distinct and each question's own bounds make sense."""
    seen: set[str] = set()
    for place, question in enumerate(questions):
        where = f"questions[{place}]"
        if question.id in seen:
            _refuse("survey.duplicate_id", f"{where}.id", "repeats the id of a question before")
        seen.add(question.id)
        _check_bounds(question, where)


def read_show_if(questions: tuple[Question, ...], obj: JSON) -> tuple[ShowIf, ...]:
    """Return the conditions in questionnaire order.

    A condition names an earlier question (or matrix row) with one answer per respondent, and
    answers that it has.
    """
    ids = [question.id for question in questions]
    for key in obj:
        if key not in ids:
            _refuse("survey.show_if", f"show_if.{key}", "names no question")
    earlier: dict[str, tuple[Value, ...]] = {}
    conditions = []
    for question in questions:
        if question.id in obj:
            conditions.append(_condition(question.id, obj[question.id], earlier))
        earlier.update(one_hot_values(question))
    return tuple(conditions)


def check_tables(
    questions: tuple[Question, ...], show_if: tuple[ShowIf, ...], tables: Tables
) -> None:
    """Return nothing if the declared tables are small, allowed, and form a forest.

    Conditions count as edges between the questions they join.
    """
    cells: dict[str, int] = {}
    owner: dict[str, str] = {}
    for question in questions:
        for table, values in one_hot_values(question).items():
            cells[table] = len(values) + (not question.required)
            owner[table] = question.id
    dependent = {condition.question for condition in show_if}
    for place, pair in enumerate(tables):
        where = f"tables[{place}]"
        for side, table in enumerate(pair):
            path = f"{where}.questions[{side}]"
            _check_side(table, path, owner, dependent)
        _check_size(pair, where, cells)
    _check_forest(owner, show_if, tables)


def _check_bounds(question: Question, where: str) -> None:
    if isinstance(question, MultipleQuestion):
        if question.maximum > len(question.options):
            _refuse("survey.range", f"{where}.max", "is more than the number of options")
        if question.minimum > question.maximum:
            _refuse("survey.range", f"{where}.min", "is more than max")
    elif isinstance(question, ScaleQuestion):
        points = question.maximum - question.minimum + 1
        if not 2 <= points <= MOST_CELLS:
            _refuse("survey.range", f"{where}.max", f"must give 2 to {MOST_CELLS} scale points")
    elif isinstance(question, NumberQuestion):
        _check_ordered(question.minimum, question.maximum, question.bins, where)
    elif isinstance(question, DateQuestion):
        _check_days(question, where)
        _check_ordered(question.minimum, question.maximum, question.bins, where)


def _check_days(question: DateQuestion, where: str) -> None:
    named = {f"{where}.min": question.minimum, f"{where}.max": question.maximum}
    named |= {f"{where}.bins[{place}]": low for place, low in enumerate(question.bins or ())}
    for path, day in named.items():
        if parse_day(day) is None:
            _refuse("survey.value", path, "must be a day that exists, as YYYY-MM-DD")


def _check_ordered(
    minimum: Value, maximum: Value, bins: tuple[Value, ...] | None, where: str
) -> None:
    # ISO dates of four-digit years are in order as texts, so one rule serves both kinds.
    if _before(maximum, minimum):
        _refuse("survey.range", f"{where}.max", "is below min")
    if bins is None:
        return
    if bins[0] != minimum:
        _refuse(
            "survey.bins", f"{where}.bins[0]", "must equal min, so that no value is left out"
        )
    for place in range(1, len(bins)):
        if not _before(bins[place - 1], bins[place]):
            path = f"{where}.bins[{place}]"
            _refuse("survey.bins", path, "must be more than the bin before it")
    if _before(maximum, bins[-1]):
        _refuse("survey.bins", f"{where}.bins[{len(bins) - 1}]", "is above max")


def _before(left: Value, right: Value) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        return left < right
    return str(left) < str(right)


def _condition(question: str, obj: JSON, earlier: dict[str, tuple[Value, ...]]) -> ShowIf:
    where = f"show_if.{question}"
    if obj["var"] not in earlier:
        _refuse(
            "survey.show_if",
            f"{where}.var",
            "must name an earlier question with one answer per respondent (single, scale, "
            "matrix row as 'grid.row', number or date with bins)",
        )
    value = obj["value"]
    if isinstance(value, list) != (obj["op"] == "in"):
        _refuse("survey.show_if", f"{where}.value", "must be a list for 'in', else one answer")
    values = tuple(value) if isinstance(value, list) else (value,)
    known = earlier[obj["var"]]
    if len(set(values)) != len(values):
        _refuse("survey.show_if", f"{where}.value", "names an answer twice")
    if any(not _among(item, known) for item in values):
        _refuse("survey.show_if", f"{where}.value", "is not among the answers of that question")
    return ShowIf(question=question, var=obj["var"], operator=obj["op"], values=values)


def _among(value: Value, known: tuple[Value, ...]) -> bool:
    return any(type(value) is type(item) and value == item for item in known)


def _check_side(table: str, path: str, owner: dict[str, str], dependent: set[str]) -> None:
    if table not in owner:
        _refuse(
            "survey.tables",
            path,
            "must name a question with one answer per respondent (single, scale, matrix row as "
            "'grid.row', number or date with bins)",
        )
    if owner[table] in dependent:
        _refuse(
            "survey.tables",
            path,
            "is shown under a condition, and such questions may not be in tables",
        )


def _check_size(pair: tuple[str, str], where: str, cells: dict[str, int]) -> None:
    size = cells[pair[0]] * cells[pair[1]]
    if size > MOST_CELLS:
        _refuse(
            "survey.tables",
            where,
            f"has {size} cells ('no answer' included), more than {MOST_CELLS}; "
            "use fewer options",
        )


def _check_forest(owner: dict[str, str], show_if: tuple[ShowIf, ...], tables: Tables) -> None:
    """Refuse the first table that closes a cycle; a table with itself or twice is one."""
    neighbours: dict[str, set[str]] = {}
    for condition in show_if:
        for table in (t for t, question in owner.items() if question == condition.question):
            _join(neighbours, condition.var, table)
    for place, (left, right) in enumerate(tables):
        path = _path(neighbours, left, right)
        if path is not None:
            cycle = " - ".join((*path, left))
            _refuse(
                "survey.cycle",
                f"tables[{place}]",
                f"closes the cycle {cycle}, and tables in a cycle reveal more than they show; "
                "remove one of them",
            )
        _join(neighbours, left, right)


def _join(neighbours: dict[str, set[str]], left: str, right: str) -> None:
    neighbours.setdefault(left, set()).add(right)
    neighbours.setdefault(right, set()).add(left)


def _path(neighbours: dict[str, set[str]], start: str, goal: str) -> tuple[str, ...] | None:
    """Return the one path between two nodes of a forest, or None."""
    came_from: dict[str, str | None] = {start: None}
    queue = [start]
    for node in queue:
        for nearby in sorted(neighbours.get(node, ())):
            if nearby not in came_from:
                came_from[nearby] = node
                queue.append(nearby)
    if goal not in came_from:
        return None
    path = [goal]
    while (previous := came_from[path[-1]]) is not None:
        path.append(previous)
    return tuple(reversed(path))


def _refuse(code: str, where: str, rule: str) -> NoReturn:
    raise MalformedInput(code, f"{where} {rule}.", where=where)
