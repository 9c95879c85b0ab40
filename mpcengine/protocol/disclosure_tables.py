"""One small function for each release rule, in plain integers (docs/protocol.md §12).

Counts are one a slot, draws are `combine_draws` of the nodes' contributions, a result is one
flag a cell: True is shown.
"""

from collections.abc import Mapping, Sequence

from mpcengine.protocol.disclosure_blocks import (
    BlockFlags,
    block_shown,
    pooled_lines,
    pooled_places,
)
from mpcengine.protocol.draws import chosen_index, draw_of, is_bounded
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import (
    Condition,
    MultipleTable,
    OneWayTable,
    RankingTable,
    TwoWayTable,
)

Counts = Sequence[int]
Draws = Mapping[str, int]


def population(
    condition: Condition | None,
    by_id: Mapping[str, OneWayTable],
    shown: Mapping[str, tuple[bool, ...]],
    counts: Counts,
    accepted: int,
) -> int:
    """Return how many were asked; 0, so that nothing is shown, if that is not public.

    A follow-up's population is the released cells its condition names; if one of them is
    hidden, so is everything behind it (docs/protocol.md §12, first paragraph).
    """
    if condition is None:
        return accepted
    if not all(shown[condition.table][cell] for cell in condition.cells):
        return 0
    slots = by_id[condition.table].slots
    return sum(counts[slots[cell]] for cell in condition.cells)


def is_small(count: int, min_count: int, *, extremes_show: bool) -> bool:
    """Say whether a cell is hidden for its own count (rule 2)."""
    return count < min_count and not (extremes_show and count == 0)


def least_asked(table: OneWayTable, min_count: int) -> int:
    """Return the smallest population of which a one-way table shows anything.

    Where zeros are shown, a table without one must have room for cells of 1 and as much again
    as `is_light` asks for: withheld for being smaller, it would tell that none is zero.
    """
    return min_count + (len(table.slots) - 1 if table.extremes_show else 0)


def is_light(hidden_sum: int, hidden: int, min_count: int, *, extremes_show: bool) -> bool:
    """Say whether hidden cells add up to too little to leave min_count values to each.

    Where zeros are shown each hidden cell is at least 1, so that only what lies above counts.
    """
    if extremes_show:
        return hidden_sum - hidden < min_count - 1
    return hidden_sum < min_count


def one_way_shown(
    table: OneWayTable, counts: Counts, population: int, min_count: int, draw: int
) -> tuple[bool, ...]:
    """Apply rule 3 to a table whose total is public.

    A "no answer" that is shown on purpose is never drawn: hidden, it would tell that it was.
    """
    cells = [counts[slot] for slot in table.slots]
    if population < least_asked(table, min_count):
        return (False,) * len(cells)
    exempt = table.null_cell if table.nonresponse_show else None
    hidden = {
        index
        for index, count in enumerate(cells)
        if index != exempt and is_small(count, min_count, extremes_show=table.extremes_show)
    }
    hidden_sum = sum(cells[index] for index in hidden)
    extremes_show = table.extremes_show
    if len(hidden) == 1 or (
        hidden and is_light(hidden_sum, len(hidden), min_count, extremes_show=extremes_show)
    ):
        candidates = [count >= min_count for count in cells]
        if exempt is not None:
            candidates[exempt] = False
        drawn = chosen_index(candidates, draw)
        if drawn is None:
            return (False,) * len(cells)
        hidden.add(drawn)
    return tuple(index not in hidden for index in range(len(cells)))


def null_shown(
    table: MultipleTable | RankingTable, counts: Counts, population: int, min_count: int
) -> bool:
    """Apply rule 5's last sentence: answered / no answer is a table of two cells.

    Hiding one of two cells hides both, so it is shown if neither is small.
    """
    if table.null_slot is None or population < min_count:
        return False
    nothing = counts[table.null_slot]
    answered = population - nothing
    is_nothing_small = is_small(nothing, min_count, extremes_show=table.extremes_show)
    is_answered_small = is_small(answered, min_count, extremes_show=table.extremes_show)
    return (table.nonresponse_show or not is_nothing_small) and not is_answered_small


def multiple_shown(
    table: MultipleTable,
    counts: Counts,
    population: int,
    min_count: int,
    draw: int,
    *,
    is_null_shown: bool,
) -> tuple[bool, ...]:
    """Apply rule 5: both ticked and not ticked must be large, with complements under bounds.

    While the number who answered is hidden, the fewest it could be stands for it, so that
    nothing shown depends on it.
    """
    cells = [counts[slot] for slot in table.slots]
    nothing = (False,) * len(cells)
    is_public = table.null_slot is None or is_null_shown
    answered = population - (0 if table.null_slot is None else counts[table.null_slot])
    fewest = answered if is_public else population - min_count + 1
    if population < min_count or not (
        is_public or ticks_open(table, cells, population, fewest)
    ):
        return nothing
    large = [min_count <= count <= fewest - min_count for count in cells]
    hidden = {
        index
        for index, count in enumerate(cells)
        if not large[index]
        and not (table.extremes_show and count == 0)
        and not (table.extremes_show and is_public and count == answered)
    }
    ticked = sum(cells[index] for index in hidden)
    if is_bounded(table) and _needs_complement(table, ticked, len(hidden), fewest, min_count):
        drawn = chosen_index(large, draw)
        if drawn is None:
            return nothing
        hidden.add(drawn)
    return tuple(index not in hidden for index in range(len(cells)))


def ticks_open(
    table: MultipleTable, cells: Sequence[int], population: int, fewest: int
) -> bool:
    """Say whether the ticks fit every hidden number of answers from ``fewest`` to all asked.

    Each of them ticked at least ``minimum`` and at most ``maximum`` options; the first bound
    must allow that all answered, the second that ``fewest`` did.
    """
    ticks = sum(cells)
    is_open_below = table.maximum >= len(cells) or ticks <= table.maximum * fewest
    return is_open_below and ticks >= max(1, table.minimum) * population


def _needs_complement(
    table: MultipleTable, ticked: int, hidden: int, answered: int, min_count: int
) -> bool:
    """Say whether bounds on ticks would tell the hidden options, ticked so often together."""
    return hidden == 1 or any(
        hidden and is_light(total, hidden, min_count, extremes_show=table.extremes_show)
        for total in (ticked, hidden * answered - ticked)
    )


def ranking_shown(
    table: RankingTable,
    counts: Counts,
    population: int,
    min_count: int,
    draws: Draws,
    *,
    is_null_shown: bool,
) -> tuple[bool, ...]:
    """Apply the block rule to options × ranks, whose lines all sum to the answered.

    Shown only if the number who answered is public and at least ``min_count``.
    """
    cells = [counts[slot] for slot in table.slots]
    answered = population - (0 if table.null_slot is None else counts[table.null_slot])
    is_public = population >= min_count and (table.null_slot is None or is_null_shown)
    if not is_public or answered < min_count:
        return (False,) * len(cells)
    grid = [cells[row * table.size : (row + 1) * table.size] for row in range(table.size)]
    shown = block_shown(
        grid,
        min_count,
        BlockFlags(extremes_show=table.extremes_show),
        draw_of(draws, "ranking", table.id, "column"),
        draw_of(draws, "ranking", table.id, "row"),
    )
    return tuple(flag for line in shown for flag in line)


def two_way_shown(
    table: TwoWayTable,
    by_id: Mapping[str, OneWayTable],
    counts: Counts,
    first: Pattern,
    min_count: int,
    draws: Draws,
) -> tuple[bool, ...]:
    """Apply rule 4: pool the hidden options of both questions, then the block rule."""
    rows = pooled_lines(first.tables[table.left])
    columns = pooled_lines(first.tables[table.right])
    shown = [[False] * table.columns for _ in range(table.rows)]
    if len(rows) < 2 or len(columns) < 2:
        return (False,) * len(table.slots)
    grid = [
        [
            sum(counts[table.slots[r * table.columns + c]] for r in row for c in column)
            for column in columns
        ]
        for row in rows
    ]
    flags = two_way_flags(table, by_id, rows, columns)
    column_draw = draw_of(draws, "two-way", table.id, "column")
    row_draw = draw_of(draws, "two-way", table.id, "row")
    for row, line in zip(
        rows, block_shown(grid, min_count, flags, column_draw, row_draw), strict=True
    ):
        for column, is_shown in zip(columns, line, strict=True):
            if len(row) == 1 and len(column) == 1:
                shown[row[0]][column[0]] = is_shown
    return tuple(flag for line in shown for flag in line)


def two_way_flags(
    table: TwoWayTable,
    by_id: Mapping[str, OneWayTable],
    rows: Sequence[tuple[int, ...]],
    columns: Sequence[tuple[int, ...]],
) -> BlockFlags:
    """Return what a two-way table shows on purpose, after pooling to these lines."""
    return BlockFlags(
        extremes_show=table.extremes_show,
        exempt_rows=_exempt_lines(table, by_id[table.left], rows),
        exempt_columns=_exempt_lines(table, by_id[table.right], columns),
        pooled_rows=pooled_places(rows),
        pooled_columns=pooled_places(columns),
    )


def _exempt_lines(
    table: TwoWayTable, side: OneWayTable, lines: Sequence[tuple[int, ...]]
) -> frozenset[int]:
    """Return the index of the "no answer" line if the table shows it whatever its counts."""
    if not table.nonresponse_show or side.null_cell is None:
        return frozenset()
    return frozenset(i for i, line in enumerate(lines) if line == (side.null_cell,))
