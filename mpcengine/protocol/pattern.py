"""The public pattern: which cells of which tables are released, and the values behind it.

Source: docs/protocol.md §12 (order of the bits) and §13 (values opened).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.tables import (
    MultipleTable,
    OneWayTable,
    RankingTable,
    TablePlan,
    TextItem,
    TwoWayTable,
)

Form = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Say for every cell, no-answer table and statistic whether it is released.

    ``tables``: table id to one flag a cell (options only for multiple choice); ``nulls``: id of
    a multiple-choice or ranking table with a no-answer slot to one flag; ``statistics``:
    question to (mean, variance). A pattern of one round holds that round's tables only.
    """

    tables: dict[str, tuple[bool, ...]]
    nulls: dict[str, bool]
    statistics: dict[str, tuple[bool, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedValue:
    """Name one value to open and how each node forms its share of it.

    The share is the sum of weight times the share of the count of slot, over ``form``; where
    ``squares`` is set it is the share of that statistic's sum of squares; ``form`` is empty.
    """

    name: str
    form: Form
    squares: int | None = None


def tables_with_null(plan: TablePlan) -> tuple[MultipleTable | RankingTable, ...]:
    """Return the tables whose "no answer" is a table of its own, in pattern order."""
    return (*plan.multiple, *plan.ranking)


def _first_round(plan: TablePlan) -> tuple[OneWayTable | MultipleTable | RankingTable, ...]:
    return (*plan.one_way, *plan.multiple, *plan.ranking)


def _all_tables(
    plan: TablePlan,
) -> tuple[OneWayTable | MultipleTable | RankingTable | TwoWayTable, ...]:
    return (*plan.one_way, *plan.multiple, *plan.ranking, *plan.two_way)


def pattern_size(plan: TablePlan, round_number: int) -> int:
    """Return the number of pattern bits of round 1 or 2."""
    if round_number == 2:
        return sum(len(table.slots) for table in plan.two_way)
    nulls = sum(table.null_slot is not None for table in tables_with_null(plan))
    cells = sum(len(table.slots) for table in _first_round(plan))
    return cells + nulls + 2 * len(plan.statistics)


def pattern_to_bits(plan: TablePlan, round_number: int, pattern: Pattern) -> list[int]:
    """Flatten one round of a pattern in the fixed order of docs/protocol.md §12.

    Round 1: every one-way table; every multiple-choice table, then its no-answer flag; every
    ranking likewise; every statistic's mean, then variance. Round 2: every two-way table.
    """
    if round_number == 2:
        return [int(bit) for table in plan.two_way for bit in pattern.tables[table.id]]
    bits = [bit for table in plan.one_way for bit in pattern.tables[table.id]]
    for table in tables_with_null(plan):
        bits += pattern.tables[table.id]
        if table.null_slot is not None:
            bits.append(pattern.nulls[table.id])
    for statistic in plan.statistics:
        bits += pattern.statistics[statistic.question]
    return [int(bit) for bit in bits]


def pattern_from_bits(plan: TablePlan, round_number: int, bits: Sequence[int]) -> Pattern:
    """Rebuild one round of a pattern; raise MalformedMessage unless every element is 0 or 1.

    The inverse of `pattern_to_bits`; the number of bits must be `pattern_size`.
    """
    if len(bits) != pattern_size(plan, round_number):
        raise MalformedMessage("pattern.length", "The pattern does not have its plan's length.")
    if any(bit not in (0, 1) for bit in bits):
        raise MalformedMessage("pattern.not_bits", "The pattern holds a value that is no bit.")
    reader = iter([bool(bit) for bit in bits])
    tables: dict[str, tuple[bool, ...]] = {}
    nulls: dict[str, bool] = {}
    if round_number == 2:
        for two_way in plan.two_way:
            tables[two_way.id] = _take(reader, len(two_way.slots))
        return Pattern(tables=tables, nulls={}, statistics={})
    for one_way in plan.one_way:
        tables[one_way.id] = _take(reader, len(one_way.slots))
    for table in tables_with_null(plan):
        tables[table.id] = _take(reader, len(table.slots))
        if table.null_slot is not None:
            nulls[table.id] = next(reader)
    statistics = {item.question: (next(reader), next(reader)) for item in plan.statistics}
    return Pattern(tables=tables, nulls=nulls, statistics=statistics)


def _take(reader: Iterator[bool], count: int) -> tuple[bool, ...]:
    return tuple(next(reader) for _ in range(count))


def merge_patterns(first: Pattern, second: Pattern) -> Pattern:
    """Join the patterns of round 1 and round 2 to the survey's pattern."""
    return Pattern(
        tables=first.tables | second.tables,
        nulls=first.nulls | second.nulls,
        statistics=first.statistics | second.statistics,
    )


def released_values(plan: TablePlan, pattern: Pattern) -> list[ReleasedValue]:
    """List what the nodes open under a pattern, in plan order; nothing else is ever opened.

    Names: ``cell/<table>/<index>``, ``null/<table>``, ``sum/<question>`` (of y = value -
    minimum) and ``squares/<question>`` (of y²). Two-way tables absent from the pattern (before
    round 2) are left out. Source: docs/protocol.md §13.
    """
    values = []
    for table in _all_tables(plan):
        flags = pattern.tables.get(table.id, ())
        values += [
            ReleasedValue(name=f"cell/{table.id}/{index}", form=((table.slots[index], 1),))
            for index, is_shown in enumerate(flags)
            if is_shown
        ]
    for optional in tables_with_null(plan):
        if optional.null_slot is not None and pattern.nulls.get(optional.id, False):
            values.append(
                ReleasedValue(name=f"null/{optional.id}", form=((optional.null_slot, 1),))
            )
    for index, statistic in enumerate(plan.statistics):
        mean, variance = pattern.statistics.get(statistic.question, (False, False))
        if mean:
            values.append(
                ReleasedValue(name=f"sum/{statistic.question}", form=statistic.weights)
            )
        if variance:
            name = f"squares/{statistic.question}"
            values.append(ReleasedValue(name=name, form=(), squares=index))
    return values


def opened_texts(plan: TablePlan, pattern: Pattern) -> tuple[TextItem, ...]:
    """Return the text questions whose texts are opened under a pattern (rule 7), in plan order.

    Where ``answered`` is shown, or the question is required and its population is public. At
    least ``min_count`` answers were accepted: with fewer nothing is released at all.
    """
    return tuple(item for item in plan.texts if _is_opened(item, pattern))


def _is_opened(item: TextItem, pattern: Pattern) -> bool:
    if item.has_table:
        return pattern.tables[item.question][0]
    if item.condition is None:
        return True
    shown = pattern.tables[item.condition.table]
    return all(shown[cell] for cell in item.condition.cells)
