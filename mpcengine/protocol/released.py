"""Open a pattern, and turn opened values into the tables and statistics of a result.

Source: docs/protocol.md §13.1, §14; FORMATS of ``drempel-result/1``. Every option stands as a
cell, shown or not; nothing else hints at the size of a hidden one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.field import interpolate_at_zero, on_line
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import (
    Condition,
    Key,
    MultipleTable,
    OneWayTable,
    RankingTable,
    Statistic,
    TablePlan,
    TwoWayTable,
)

SELECTED = "checked values, semi-honest selection"
SEMI_HONEST = "semi-honest"
NOT_SHOWN = "not_shown"

OwnTable = OneWayTable | MultipleTable | RankingTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Hold what was opened: plan, pattern, values by name, accepted number, texts by question.

    The values must have passed ``recheck_released``, which bounds every count. ``texts`` has
    the questions whose texts are opened only.
    """

    plan: TablePlan
    pattern: Pattern
    values: Mapping[str, int]
    accepted: int
    texts: Mapping[str, Sequence[str]]


def open_pattern(shares: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the public pattern bits from the three nodes' shares, in order of index.

    Raises InconsistentShares if lengths differ, a triple is not on a line, or a value is
    neither 0 nor 1.
    """
    if len(shares) != 3 or len({len(part) for part in shares}) != 1:
        raise InconsistentShares("pattern.length", "The nodes' patterns differ in length.")
    bits = []
    for triple in zip(*shares, strict=True):
        value = interpolate_at_zero(triple)
        if not on_line(triple) or value > 1:
            raise InconsistentShares("pattern.bit", "The shares of a pattern are not of a bit.")
        bits.append(value)
    return tuple(bits)


def tables_json(release: Release, order: Mapping[str, int]) -> list[JSON]:
    """Return every table in questionnaire order, then the declared two-way tables.

    ``order`` gives each question's place.
    """
    plan = release.plan
    own: list[OwnTable] = [*plan.one_way, *plan.multiple, *plan.ranking]
    own.sort(key=lambda table: order[_question(table.id)])
    tables = [_own_json(release, table) for table in own]
    return tables + [_two_way_json(release, table) for table in plan.two_way]


def statistics_json(release: Release) -> list[JSON]:
    """Return mean and variance of every number that has a binned table."""
    return [_statistic_json(release, statistic) for statistic in release.plan.statistics]


def texts_json(release: Release) -> list[JSON]:
    """Return the texts of every text question, in the order in which they were shuffled.

    A text that could not be read is an empty one. ``answers`` is null where none are opened.
    """
    return [
        {
            "question": item.question,
            "status": "released" if item.question in release.texts else "withheld",
            "assurance": SEMI_HONEST,
            "answers": _list(release.texts.get(item.question)),
        }
        for item in release.plan.texts
    ]


def _list(texts: Sequence[str] | None) -> list[JSON] | None:
    return None if texts is None else list(texts)


def _question(table_id: str) -> str:
    return table_id.split(".", 1)[0]


def _own_json(release: Release, table: OwnTable) -> JSON:
    flags = release.pattern.tables[table.id]
    cells = [
        _cell(key, release.values.get(f"cell/{table.id}/{place}"))
        for place, key in enumerate(table.keys)
    ]
    if not isinstance(table, OneWayTable) and table.null_slot is not None:
        cells.append(_cell((None,), release.values.get(f"null/{table.id}")))
    if table.condition is not None:
        cells.append(_cell((NOT_SHOWN,), _not_shown(release, table.condition)))
    shown = any(flags) or release.pattern.nulls.get(table.id, False)
    return _table_json(table.id, [table.id], cells, shown=shown)


def _two_way_json(release: Release, table: TwoWayTable) -> JSON:
    cells = [
        _cell(key, release.values.get(f"cell/{table.id}/{place}"))
        for place, key in enumerate(table.keys)
    ]
    shown = any(release.pattern.tables[table.id])
    return _table_json(table.id, [table.left, table.right], cells, shown=shown)


def _table_json(table_id: str, questions: list[str], cells: list[JSON], *, shown: bool) -> JSON:
    return {
        "id": table_id,
        "questions": questions,
        "status": "released" if shown else "withheld",
        "assurance": SELECTED,
        "cells": cells,
    }


def _cell(key: Key, count: int | None) -> JSON:
    status = "suppressed" if count is None else "released"
    return {"key": list(key), "count": count, "status": status}


def _not_shown(release: Release, condition: Condition) -> int | None:
    cells = [f"cell/{condition.table}/{place}" for place in condition.cells]
    if any(name not in release.values for name in cells):
        return None
    return release.accepted - sum(release.values[name] for name in cells)


def _statistic_json(release: Release, statistic: Statistic) -> JSON:
    total = release.values.get(f"sum/{statistic.question}")
    squares = release.values.get(f"squares/{statistic.question}")
    number = None if total is None else _answered(release, statistic.table)
    mean = variance = None
    if total is not None and number:
        mean = float(statistic.minimum + Fraction(total, number))
        if squares is not None and number > 1:
            spread = squares - Fraction(total * total, number)
            variance = float(spread / (number - 1))
    return {
        "question": statistic.question,
        "status": "withheld" if mean is None else "released",
        "n": None if mean is None else number,
        "mean": {"value": mean, "assurance": SELECTED},
        "variance": {"value": variance, "assurance": SEMI_HONEST},
    }


def _answered(release: Release, table_id: str) -> int:
    table = next(table for table in release.plan.one_way if table.id == table_id)
    cells = (place for place in range(len(table.slots)) if place != table.null_cell)
    return sum(release.values[f"cell/{table_id}/{place}"] for place in cells)
