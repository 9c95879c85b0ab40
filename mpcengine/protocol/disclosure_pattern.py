"""Check a pattern for shapes that the release rules never give, before any value is opened.

Nodes do this on public flags alone, as soon as a round's pattern is open. A node that bends the
gate's verdict to leave one cell hidden alone is stopped here, with nothing opened; what needs
values is checked afterwards (`disclosure_recheck`). A violation raises DisclosureRefused, whose
sentence names the table.
"""

from collections.abc import Sequence

from mpcengine.protocol.disclosure_blocks import pooled_lines
from mpcengine.protocol.disclosure_recheck import refuse_unless
from mpcengine.protocol.disclosure_statistics import bin_spread, variance_allowed
from mpcengine.protocol.draws import is_bounded
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import (
    Condition,
    MultipleTable,
    OneWayTable,
    RankingTable,
    TablePlan,
    TwoWayTable,
)


def recheck_pattern(plan: TablePlan, pattern: Pattern, min_count: int) -> None:
    """Raise DisclosureRefused if a pattern of round one, or of both, has a forbidden shape.

    Two-way tables absent from the pattern (before round 2) are left out.
    Source: docs/protocol.md §12, "Recheck of the pattern".
    """
    lone: list[OneWayTable | MultipleTable] = [*plan.one_way, *plan.multiple]
    for line in lone:
        _recheck_lone(pattern, line)
    conditioned: list[OneWayTable | MultipleTable | RankingTable]
    conditioned = [*plan.one_way, *plan.multiple, *plan.ranking]
    for table in conditioned:
        is_shown = any(pattern.tables[table.id]) or pattern.nulls.get(table.id, False)
        if is_shown:
            _recheck_parents(pattern, table.id, table.condition)
    for ranking in plan.ranking:
        _recheck_ranking(pattern, ranking)
    for two_way in plan.two_way:
        if any(pattern.tables.get(two_way.id, ())):
            _recheck_two_way(pattern, two_way)
    _recheck_statistics(plan, pattern, min_count)


def _recheck_lone(pattern: Pattern, table: OneWayTable | MultipleTable) -> None:
    """Refuse a table whose only hidden cell follows from the others."""
    flags = pattern.tables[table.id]
    is_free = isinstance(table, MultipleTable) and not is_bounded(table)
    is_covered = is_free or not any(flags) or flags.count(False) != 1
    refuse_unless(is_covered, table.id, "complement", "one cell alone is hidden.")


def _recheck_parents(pattern: Pattern, table: str, condition: Condition | None) -> None:
    """Refuse a follow-up that shows something behind a hidden cell."""
    if condition is None:
        return
    parents = pattern.tables[condition.table]
    is_public = all(parents[cell] for cell in condition.cells)
    refuse_unless(is_public, table, "population", "its population is hidden.")


def _recheck_ranking(pattern: Pattern, table: RankingTable) -> None:
    flags = pattern.tables[table.id]
    if not any(flags):
        return
    is_public = table.null_slot is None or pattern.nulls[table.id]
    refuse_unless(is_public, table.id, "answered", "how many ranked is hidden.")
    everything = range(table.size)
    _recheck_block(table.id, _rows(flags, table.size), everything, everything, (0, 0))


def _recheck_two_way(pattern: Pattern, table: TwoWayTable) -> None:
    """Refuse cells of pooled lines, and hidden cells that are no block of two by two."""
    grid = _rows(pattern.tables[table.id], table.columns)
    left, right = pattern.tables[table.left], pattern.tables[table.right]
    for row, line in zip(left, grid, strict=True):
        is_pooled = any(
            shown and not (row and column) for shown, column in zip(line, right, strict=True)
        )
        refuse_unless(not is_pooled, table.id, "block", "a cell of a hidden option is shown.")
    has_lines = min(len(pooled_lines(left)), len(pooled_lines(right))) >= 2
    refuse_unless(has_lines, table.id, "block", "pooling leaves it one line.")
    rows = [index for index, is_shown in enumerate(left) if is_shown]
    columns = [index for index, is_shown in enumerate(right) if is_shown]
    pooled = (int(len(rows) < len(left)), int(len(columns) < len(right)))
    _recheck_block(table.id, grid, rows, columns, pooled)


def _recheck_block(
    table: str,
    grid: Sequence[Sequence[bool]],
    rows: Sequence[int],
    columns: Sequence[int],
    pooled: tuple[int, int],
) -> None:
    """Check the hidden cells of the lines ``rows`` × ``columns``, ``pooled`` more a side."""
    hidden = {(r, c) for r in rows for c in columns if not grid[r][c]}
    if not hidden:
        return
    across, down = len({r for r, _ in hidden}), len({c for _, c in hidden})
    is_block = len(hidden) == across * down
    is_block = is_block and across + pooled[0] >= 2 and down + pooled[1] >= 2
    refuse_unless(
        is_block, table, "block", "its hidden cells are no block of two lines by two."
    )


def _rows(flags: Sequence[bool], columns: int) -> list[Sequence[bool]]:
    return [flags[start : start + columns] for start in range(0, len(flags), columns)]


def _recheck_statistics(plan: TablePlan, pattern: Pattern, min_count: int) -> None:
    by_id = {table.id: table for table in plan.one_way}
    for statistic in plan.statistics:
        mean, variance = pattern.statistics[statistic.question]
        table = statistic.table
        refuse_unless(mean or not variance, table, "variance", "variance without a mean.")
        is_public = not mean or all(pattern.tables[table])
        refuse_unless(is_public, table, "bins", "a mean beside a hidden bin.")
        is_open = not variance or variance_allowed(
            bin_spread(statistic, by_id[table]), min_count
        )
        refuse_unless(
            is_open, table, "variance", "mean and variance tell what bins leave open."
        )
