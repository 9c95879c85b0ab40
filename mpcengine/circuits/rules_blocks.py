"""The block rule on shares: two-way tables and rankings; beside `protocol.disclosure_blocks`.

A grid is a vector of rows after rows. Source: docs/protocol.md §12 rule 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mpcengine.circuits.draws import draw_margins
from mpcengine.circuits.lanes import Rule, signs, times
from mpcengine.circuits.rules_one_way import mark_small
from mpcengine.circuits.shared import Shared
from mpcengine.protocol.disclosure_blocks import BlockFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Hold the shared counts of a table in two directions, its draws and its flags."""

    cells: Shared
    rows: int
    columns: int
    flags: BlockFlags
    column_draw: Shared
    row_draw: Shared
    min_count: int

    def places(self, chosen: Callable[[int, int], bool]) -> list[int]:
        """Return the places of the cells that ``chosen`` (row, column) picks."""
        return [
            row * self.columns + column
            for row in range(self.rows)
            for column in range(self.columns)
            if chosen(row, column)
        ]

    def along_rows(self, columns: Shared) -> Shared:
        """Return one value a column as a grid: the same in every row."""
        return columns.repeated(self.rows)

    def along_columns(self, rows: Shared) -> Shared:
        """Return one value a row as a grid: the same in every column."""
        return rows.spread(self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Hold the state of one side (columns, or rows) while its block is grown.

    ``inside``: bits, line is in the block; ``light``: bits, crossing block line has a block sum
    below ``min_count``; ``candidates``: bits, line may be drawn; ``any_line``, ``two_lines``:
    the block has at least so many lines of this side.
    """

    inside: Shared
    light: Shared
    candidates: Shared
    any_line: Shared
    two_lines: Shared


def block_rule(grid: Grid) -> Rule[Shared]:
    """Return the flags of a grid: all of R × C is hidden, or everything."""
    large, small = yield from mark_small(
        grid.cells, grid.min_count, extremes_show=grid.flags.extremes_show
    )
    small = small.replaced(grid.places(grid.flags.is_pooled), 1 - large)
    small = small.without(grid.places(grid.flags.is_exempt))
    columns, rows = yield from _measure(grid, large, small)
    scaled_column, scaled_row = yield from times(
        (grid.column_draw, columns.candidates.total()),
        (grid.row_draw, rows.candidates.total()),
    )
    light_column, light_row, reached_column, reached_row = yield from signs(
        columns.light.total() - 1,
        rows.light.total() - 1,
        draw_margins(columns.candidates, scaled_column),
        draw_margins(rows.candidates, scaled_row),
    )
    enough_column, enough_row = yield from times(
        (columns.two_lines, 1 - light_column), (rows.two_lines, 1 - light_row)
    )
    need_column, need_row = columns.any_line - enough_column, rows.any_line - enough_row
    return (
        yield from _hide_block(
            grid, (columns, need_column, reached_column), (rows, need_row, reached_row)
        )
    )


def _measure(grid: Grid, large: Shared, small: Shared) -> Rule[tuple[Side, Side]]:
    """Find the block's lines, their sums, and which lines may be drawn."""
    in_column, in_row = yield from signs(
        small.column_totals(grid.columns) - 1, small.row_totals(grid.columns) - 1
    )
    (
        row_heavy,
        column_heavy,
        any_line,
        two_rows,
        two_columns,
        row_full,
        column_full,
    ) = yield from _weigh(grid, in_column, in_row, large)
    light_rows, light_columns, drawable_rows, drawable_columns = yield from times(
        (in_row, 1 - row_heavy),
        (in_column, 1 - column_heavy),
        (1 - in_row, row_full),
        (1 - in_column, column_full),
    )
    columns = Side(
        inside=in_column,
        light=light_rows,
        candidates=drawable_columns,
        any_line=any_line,
        two_lines=two_columns,
    )
    rows = Side(
        inside=in_row,
        light=light_columns,
        candidates=drawable_rows,
        any_line=any_line,
        two_lines=two_rows,
    )
    return columns, rows


def _weigh(grid: Grid, in_column: Shared, in_row: Shared, large: Shared) -> Rule[list[Shared]]:
    """Tell, of the block's lines: heavy rows and columns, how many, and which are full."""
    cell_column, cell_row = grid.along_rows(in_column), grid.along_columns(in_row)
    row_parts, column_parts, row_lacks, column_lacks = yield from times(
        (cell_column, grid.cells),
        (cell_row, grid.cells),
        (cell_column, 1 - large),
        (cell_row, 1 - large),
    )
    return (
        yield from signs(
            row_parts.row_totals(grid.columns) - grid.min_count,
            column_parts.column_totals(grid.columns) - grid.min_count,
            in_row.total() - 1,
            in_row.total() - 2,
            in_column.total() - 2,
            0 - row_lacks.row_totals(grid.columns),
            0 - column_lacks.column_totals(grid.columns),
        )
    )


def _hide_block(
    grid: Grid, column_side: tuple[Side, Shared, Shared], row_side: tuple[Side, Shared, Shared]
) -> Rule[Shared]:
    """Add the drawn lines and hide the block; all zero where a needed draw is impossible."""
    columns, need_column, reached_column = column_side
    rows, need_row, reached_row = row_side
    last_column = reached_column[len(reached_column) - 1]
    last_row = reached_row[len(reached_row) - 1]
    drawn_column, drawn_row, met_column, met_row = yield from times(
        (need_column.spread(grid.columns), reached_column.steps()),
        (need_row.spread(grid.rows), reached_row.steps()),
        (need_column, last_column),
        (need_row, last_row),
    )
    block_column, block_row = columns.inside + drawn_column, rows.inside + drawn_row
    hidden, fine = yield from times(
        (grid.along_rows(block_column), grid.along_columns(block_row)),
        (1 - need_column + met_column, 1 - need_row + met_row),
    )
    (shown,) = yield from times((1 - hidden, fine.spread(len(hidden))))
    return shown
