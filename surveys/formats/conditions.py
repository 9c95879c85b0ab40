"""Settle what a condition means here: one earlier question, and which of its answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Value
from surveys.formats.logic import (
    Node,
    conjuncts,
    constants,
    is_true,
    variables,
    whole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Hold an earlier question (or matrix row) that conditions may look at.

    ``names``: what the file calls an answer, where we call it something else.
    """

    table: str
    owner: str
    cells: tuple[Value, ...]
    highest: int | None
    last_day: str | None
    required: bool
    names: Mapping[Value, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Say which answers of a table meet a condition; ``with_none``: no answer would too."""

    table: str
    owner: str
    cells: tuple[Value, ...]
    all_cells: tuple[Value, ...]
    with_none: bool
    always: bool


def settle(node: Node | None, known: Mapping[str, Known]) -> Iterator[Met | None]:
    """Yield for every part that must hold what meets it, or None where that cannot be told."""
    if node is None:
        yield None
        return
    for part in conjuncts(node):
        names = variables(part)
        name = next(iter(names))
        if len(names) != 1 or name not in known:
            yield None
            continue
        yield _met(part, known[name])


def join_all(found: Sequence[Met], before: Mapping[str, Met]) -> tuple[Met | None, set[str]]:
    """Return one condition for all, and the tables of those that could not be joined to it.

    Conditions on one question meet in its common answers. One on another question goes
    without saying if the question looked at is itself asked only then.
    """
    by_table: dict[str, Met] = {}
    for met in found:
        other = by_table.pop(met.table, None)
        by_table[met.table] = met if other is None else _both(other, met)
    if not by_table:
        return None, set()
    *others, kept = by_table.values()
    dropped = {met.table for met in others if not _goes_without(met, kept, before)}
    return kept, dropped


def written(met: Met) -> dict[str, JSON]:
    """Return a condition as ``show_if`` has it, in the one form that these answers have."""
    rest = [cell for cell in met.all_cells if cell not in met.cells]
    if len(met.cells) == 1:
        return {"var": met.table, "op": "=", "value": met.cells[0]}
    if len(rest) == 1:
        return {"var": met.table, "op": "!=", "value": rest[0]}
    return {"var": met.table, "op": "in", "value": list(met.cells)}


def _both(one: Met, other: Met) -> Met:
    return replace(
        other,
        cells=tuple(cell for cell in one.cells if cell in other.cells),
        with_none=one.with_none and other.with_none,
        always=one.always and other.always,
    )


def _goes_without(met: Met, kept: Met, before: Mapping[str, Met]) -> bool:
    owner: str | None = kept.owner
    while owner is not None and owner in before:
        higher = before[owner]
        if higher.table == met.table and set(higher.cells) <= set(met.cells):
            return True
        owner = higher.owner
    return False


def _met(part: Node, known: Known) -> Met | None:
    cells = []
    for place, cell in enumerate(known.cells):
        answers = {is_true(part, one) for one in _samples(part, known, place)}
        if len(answers) != 1:
            return None
        if answers == {True}:
            cells.append(cell)
    with_none = is_true(part, None)
    return Met(
        table=known.table,
        owner=known.owner,
        cells=tuple(cells),
        all_cells=known.cells,
        with_none=with_none and not known.required,
        always=with_none and len(cells) == len(known.cells),
    )


def _samples(part: Node, known: Known, place: int) -> set[Value]:
    """Return answers of a cell between which a comparison could change its mind."""
    low = known.cells[place]
    after = known.cells[place + 1] if place + 1 < len(known.cells) else None
    if known.highest is not None and isinstance(low, int):
        high = known.highest if after is None else int(after) - 1
        marks = [mark for text in constants(part) if (mark := whole(text)) is not None]
        tried = {low, high, *(mark + step for mark in marks for step in (-1, 0, 1))}
        return {one for one in tried if low <= one <= high}
    if known.last_day is not None:
        last = known.last_day if after is None else _day_before(str(after))
        days = {str(low), last, *constants(part)}
        return {day for day in days if str(low) <= day <= last}
    return {known.names.get(low, low)}


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
