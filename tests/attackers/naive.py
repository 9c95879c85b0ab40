"""The old rules that the corrections broke: each attack must still succeed against these.

Old rule 3: hide small cells; while a line has one hidden cell, or hidden cells that sum to less
than ``min_count``, hide the smallest shown cell of that line. One line at a time, no links.
"""

from collections.abc import Callable, Sequence

from mpcengine.protocol.disclosure import Pattern
from mpcengine.protocol.pattern import tables_with_null
from tests.attackers.plans import Case

Flags = list[bool]


def naive_line(cells: Sequence[int], min_count: int, hidden: set[int]) -> set[int]:
    """Return the hidden cells of one line after smallest-first complements."""
    grown = set(hidden)
    while grown and (len(grown) == 1 or sum(cells[i] for i in grown) < min_count):
        shown = [i for i in range(len(cells)) if i not in grown]
        if not shown:
            break
        grown.add(min(shown, key=lambda index: cells[index]))
    return grown


def naive_one_way(cells: Sequence[int], min_count: int) -> Flags:
    """Apply old rule 3 to a one-way table."""
    small = {index for index, count in enumerate(cells) if count < min_count}
    hidden = naive_line(cells, min_count, small)
    return [index not in hidden for index in range(len(cells))]


def naive_two_way(grid: Sequence[Sequence[int]], min_count: int) -> list[Flags]:
    """Apply old rule 3 to rows and columns in turn until nothing changes."""
    rows, columns = range(len(grid)), range(len(grid[0]))
    hidden = {(r, c) for r in rows for c in columns if grid[r][c] < min_count}
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for r in rows:
            line = naive_line(grid[r], min_count, {c for c in columns if (r, c) in hidden})
            hidden |= {(r, c) for c in line}
        for c in columns:
            column = [grid[r][c] for r in rows]
            line = naive_line(column, min_count, {r for r in rows if (r, c) in hidden})
            hidden |= {(r, c) for r in line}
    return [[(r, c) not in hidden for c in columns] for r in rows]


def naive_pattern(case: Case) -> Pattern:
    """Apply the old rules table by table: statistics shown, multiple choice by old rule 4."""
    plan, counts, k = case.plan, case.counts, case.min_count
    tables = {
        table.id: tuple(naive_one_way([counts[slot] for slot in table.slots], k))
        for table in plan.one_way
    }
    for choice in plan.multiple:
        cells = [counts[slot] for slot in choice.slots]
        tables[choice.id] = tuple(k <= count <= case.accepted - k for count in cells)
    for ranking in plan.ranking:
        tables[ranking.id] = _grid(ranking.slots, ranking.size, counts, k)
    for two_way in plan.two_way:
        tables[two_way.id] = _grid(two_way.slots, two_way.columns, counts, k)
    return Pattern(
        tables=tables,
        nulls={
            table.id: counts[table.null_slot] >= k
            for table in tables_with_null(plan)
            if table.null_slot is not None
        },
        statistics={item.question: (True, True) for item in plan.statistics},
    )


def _grid(
    slots: Sequence[int], columns: int, counts: Sequence[int], min_count: int
) -> tuple[bool, ...]:
    cells = [counts[slot] for slot in slots]
    grid = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return tuple(flag for line in naive_two_way(grid, min_count) for flag in line)


OneWayRule = Callable[[Sequence[int], int], Flags]
