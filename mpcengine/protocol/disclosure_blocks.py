"""The block rule for tables in two directions, in plain integers (rule 4; rankings too).

All cells of R × C are hidden, R and C being the lines with a small cell, grown by at most one
drawn row and one drawn column until it has two rows, two columns and line sums of at least
``min_count``. Then every hidden cell keeps at least ``min_count`` + 1 values for anyone who
knows all margins (docs/protocol.md §12 rule 4 has the proof).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.draws import chosen_index

Grid = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFlags:
    """Say what a table shows on purpose: zeros, and lines (rows, columns) of "no answer".

    Nothing is shown on purpose in a pooled line: its cells can be worked out, and each stands
    for several hidden cells, which a small one would narrow down.
    """

    extremes_show: bool = False
    exempt_rows: frozenset[int] = frozenset()
    exempt_columns: frozenset[int] = frozenset()
    pooled_rows: frozenset[int] = frozenset()
    pooled_columns: frozenset[int] = frozenset()

    def is_pooled(self, row: int, column: int) -> bool:
        """Say whether a cell lies in a pooled line."""
        return row in self.pooled_rows or column in self.pooled_columns

    def is_exempt(self, row: int, column: int) -> bool:
        """Say whether a cell is shown whatever its count."""
        is_in_line = row in self.exempt_rows or column in self.exempt_columns
        return is_in_line and not self.is_pooled(row, column)


def block_shown(
    grid: Grid, min_count: int, flags: BlockFlags, column_draw: int, row_draw: int
) -> list[list[bool]]:
    """Return which cells of ``grid`` (rows of counts) are shown; all False: withheld.

    Draws are in [0, 2^40). Source: docs/protocol.md §12 rule 4 (b) to (d).
    """
    small = _small_cells(grid, min_count, flags)
    rows = {r for r, line in enumerate(small) if any(line)}
    columns = {c for c in range(len(grid[0])) if any(line[c] for line in small)}
    transposed = list(zip(*grid, strict=True))
    more_columns = _grow(grid, rows, columns, min_count, column_draw)
    more_rows = _grow(transposed, columns, rows, min_count, row_draw)
    if more_columns is None or more_rows is None:
        return [[False] * len(line) for line in grid]
    return [
        [r not in more_rows or c not in more_columns for c in range(len(line))]
        for r, line in enumerate(grid)
    ]


def _small_cells(grid: Grid, min_count: int, flags: BlockFlags) -> list[list[bool]]:
    """Mark the cells below ``min_count`` that are not shown on purpose."""
    return [
        [
            count < min_count
            and not (flags.extremes_show and count == 0 and not flags.is_pooled(r, c))
            and not flags.is_exempt(r, c)
            for c, count in enumerate(line)
        ]
        for r, line in enumerate(grid)
    ]


def _grow(
    grid: Grid, rows: set[int], columns: set[int], min_count: int, draw: int
) -> set[int] | None:
    """Return the block's columns, one drawn in if it needs one; None if none can be drawn.

    Needed if there is one column only or a block row sums to less than ``min_count``. A
    candidate has at least ``min_count`` in every block row, so one is enough.
    """
    if not rows:
        return columns
    is_light = any(sum(grid[r][c] for c in columns) < min_count for r in rows)
    if len(columns) > 1 and not is_light:
        return columns
    candidates = [
        c not in columns and all(grid[r][c] >= min_count for r in rows)
        for c in range(len(grid[0]))
    ]
    drawn = chosen_index(candidates, draw)
    return None if drawn is None else columns | {drawn}


def pooled_lines(shown: Sequence[bool]) -> list[tuple[int, ...]]:
    """Return the lines after pooling: each shown option alone, then all hidden ones as one.

    Source: docs/protocol.md §12 rule 4 (a).
    """
    alone: list[tuple[int, ...]] = [
        (index,) for index, is_shown in enumerate(shown) if is_shown
    ]
    hidden = tuple(index for index, is_shown in enumerate(shown) if not is_shown)
    return [*alone, hidden] if hidden else alone


def pooled_places(lines: Sequence[tuple[int, ...]]) -> frozenset[int]:
    """Return the index of the pooled line among `pooled_lines`, if there is one.

    A pooled line has two options or more: where one option is hidden, so is another.
    """
    return frozenset(index for index, line in enumerate(lines) if len(line) > 1)
