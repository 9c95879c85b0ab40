"""Fill a draft with invented answers and say what would be shown of them.

The same release rules as the nodes', in plain integers: the answers are invented, so nothing
has to be kept from anybody. The same seed gives the same answers.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.disclosure import reference_pattern
from mpcengine.protocol.draws import combine_draws, node_draws
from mpcengine.protocol.encoding import encode_answers, plain_counts
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.questions import Question, ShowIf, Value, one_hot_values
from mpcengine.protocol.survey import Survey
from mpcengine.protocol.tables import (
    MultipleTable,
    OneWayTable,
    RankingTable,
    TwoWayTable,
)

Table = OneWayTable | MultipleTable | RankingTable | TwoWayTable
MOST_RESPONDENTS = 1000
SKIPPED = 12  # of a hundred, where a question may be skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Hold one cell of an invented table: its key and its count, None where it is hidden."""

    key: tuple[JSON, ...]
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """Hold one table of invented answers."""

    id: str
    cells: tuple[Cell, ...]

    @property
    def hidden(self) -> int:
        """Return how many cells are hidden."""
        return sum(cell.count is None for cell in self.cells)


def rehearse(survey: Survey, *, respondents: int, seed: bytes) -> list[Invented]:
    """Return every table of a survey after so many invented answers.

    Raises MalformedInput for a survey that cannot be laid out (protocol §6).
    """
    layout = build_layout(survey)
    dice = Dice(seed)
    answers = [invent(survey, dice) for _ in range(min(respondents, MOST_RESPONDENTS))]
    return _tables(layout, answers, seed)


class Dice:
    """Give numbers from a seed."""

    def __init__(self, seed: bytes) -> None:
        self._seed, self._count = seed, 0

    def below(self, limit: int) -> int:
        """Return a number from 0, below ``limit``."""
        self._count += 1
        hashed = hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return int.from_bytes(hashed[:8], "big") % limit

    def shuffled(self, items: Sequence[str]) -> list[str]:
        """Return the items in some order."""
        rest, found = list(items), []
        while rest:
            found.append(rest.pop(self.below(len(rest))))
        return found


def invent(survey: Survey, dice: Dice) -> dict[str, JSON]:
    """Return the answers of one invented respondent."""
    answers: dict[str, JSON] = {}
    cells: dict[str, Value] = {}
    for question in survey.questions:
        condition = survey.condition(question.id)
        if condition is not None and not _is_shown(condition, cells):
            continue
        if not question.required and dice.below(100) < SKIPPED:
            continue
        answers[question.id] = _answer(question.to_json(), dice)
        cells |= _cells(question, answers[question.id])
    return answers


def _is_shown(condition: ShowIf, cells: Mapping[str, Value]) -> bool:
    if condition.var not in cells:
        return False
    return (cells[condition.var] in condition.values) == (condition.operator != "!=")


def _answer(question: JSON, dice: Dice) -> JSON:
    kind = question["kind"]
    options = [one["id"] for one in question.get("options", ())]
    if kind in {"single", "matrix"}:
        # The first answers come more often, as they do among people.
        picks = [options[min(dice.below(len(options)), dice.below(len(options)))] for _ in "ab"]
        rows = {row["id"]: dice.shuffled(options)[0] for row in question.get("rows", ())}
        return rows or picks[0]
    if kind == "multiple":
        low = max(1, question["min"])
        return dice.shuffled(options)[: low + dice.below(question["max"] - low + 1)]
    if kind == "ranking":
        return dice.shuffled(options)
    if kind == "text":
        return "Invented."[: question["max_bytes"]]
    if kind == "date":
        first = date.fromisoformat(question["min"])
        days = (date.fromisoformat(question["max"]) - first).days
        return (first + timedelta(days=dice.below(days + 1))).isoformat()
    span = question["max"] - question["min"]
    drawn = min(dice.below(span + 1) for _ in range(1 if kind == "scale" else 3))
    return int(question["min"]) + drawn


def _cells(question: Question, answer: JSON) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for table, cells in one_hot_values(question).items():
        value = answer[table.split(".")[1]] if isinstance(answer, dict) else answer
        if value in cells and question.kind not in {"number", "date"}:
            found[table] = value
        else:
            below = [cell for cell in cells if _not_above(cell, value)]
            found[table] = below[-1]
    return found


def _not_above(cell: Value, value: JSON) -> bool:
    if isinstance(cell, int) and isinstance(value, int):
        return cell <= value
    return str(cell) <= str(value)


def _tables(
    layout: Layout, answers: Sequence[Mapping[str, JSON]], seed: bytes
) -> list[Invented]:
    counts = plain_counts(layout, (encode_answers(layout, one) for one in answers))
    plan = layout.plan
    seeds = [hashlib.sha256(seed + bytes([place])).digest() for place in range(3)]
    draws: dict[str, int] = {}
    for number in (1, 2):
        draws |= combine_draws(plan, number, [node_draws(one, plan, number) for one in seeds])
    squares = [0] * len(plan.statistics)
    least = layout.survey.min_count
    pattern = reference_pattern(plan, counts, squares, len(answers), least, draws)
    found = []
    tables: tuple[Table, ...] = (*plan.one_way, *plan.multiple, *plan.ranking, *plan.two_way)
    for table in tables:
        flags = pattern.tables.get(table.id, ())
        cells = [
            Cell(key=tuple(key), count=counts[slot] if shown else None)
            for key, slot, shown in zip(table.keys, table.slots, flags, strict=True)
        ]
        found.append(Invented(id=table.id, cells=tuple(cells)))
    return found
