"""Check opened two-way tables and rankings against the block rule, in the clear.

Source: docs/protocol.md §12 rule 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.disclosure_tables import is_small
from mpcengine.protocol.errors import DisclosureRefused

Line = Sequence[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """Hold the margins of one side: a count a line, None where it is hidden (pooled).

    ``exempt``: indexes of lines that are shown whatever their counts.
    """

    totals: tuple[int | None, ...]
    exempt: frozenset[int]

    @property
    def visible(self) -> list[int]:
        """Return the indexes of lines with a public margin."""
        return [index for index, total in enumerate(self.totals) if total is not None]


def recheck_block(
    table: str,
    grid: Sequence[Line],
    rows: LineCounts,
    columns: LineCounts,
    min_count: int,
    *,
    extremes_show: bool,
) -> None:
    """Raise DisclosureRefused unless a table that shows something obeys the block rule.

    ``grid`` holds counts, None where hidden. Cells of pooled lines must be hidden; the hidden
    cells of the other lines must be all cells of some rows × columns; every line must keep at
    least ``min_count`` hidden, or nothing.
    """
    _refuse_unless(_only_visible(grid, rows, columns), table, "pooled line shown in part.")
    is_large = _none_small(grid, rows, columns, min_count, extremes_show=extremes_show)
    _refuse_unless(is_large, table, "a shown count is below min_count.")
    _refuse_unless(_is_block(grid, rows, columns), table, "its hidden cells are no block.")
    transposed = list(zip(*grid, strict=True))
    for lines, margins, across in ((grid, rows, columns), (transposed, columns, rows)):
        is_open = _lines_hold(lines, margins, across, min_count)
        _refuse_unless(is_open, table, "hidden cells can be worked out.")


def _refuse_unless(is_held: bool, table: str, sentence: str) -> None:  # noqa: FBT001 - the condition is the subject of the call
    if not is_held:
        raise DisclosureRefused("recheck.block", f"Table {table}: {sentence}")


def _only_visible(grid: Sequence[Line], rows: LineCounts, columns: LineCounts) -> bool:
    """Say whether every shown cell lies on two lines with public margins."""
    return all(
        count is None or (rows.totals[r] is not None and columns.totals[c] is not None)
        for r, line in enumerate(grid)
        for c, count in enumerate(line)
    )


def _none_small(
    grid: Sequence[Line],
    rows: LineCounts,
    columns: LineCounts,
    min_count: int,
    *,
    extremes_show: bool,
) -> bool:
    return not any(
        count is not None
        and is_small(count, min_count, extremes_show=extremes_show)
        and r not in rows.exempt
        and c not in columns.exempt
        for r, line in enumerate(grid)
        for c, count in enumerate(line)
    )


def _is_block(grid: Sequence[Line], rows: LineCounts, columns: LineCounts) -> bool:
    """Say whether the hidden cells of lines with public margins are all of some R × C."""
    hidden = {(r, c) for r in rows.visible for c in columns.visible if grid[r][c] is None}
    return len(hidden) == len({r for r, _ in hidden}) * len({c for _, c in hidden})


def _lines_hold(
    lines: Sequence[Line],
    margins: LineCounts,
    across: LineCounts,
    min_count: int,
) -> bool:
    """Check each line with a public margin against what it hides.

    ``across`` are the lines that cross it. What a line hides besides visible cells is one cell
    of the pooled line, whose value follows where nothing else is hidden.
    """
    is_pooled = None in across.totals
    for index in margins.visible:
        line = lines[index]
        rest = (margins.totals[index] or 0) - sum(count or 0 for count in line)
        hidden = sum(line[c] is None for c in across.visible)
        if hidden:
            is_open = rest >= min_count and hidden + is_pooled > 1
        elif is_pooled:
            is_open = rest >= min_count
        else:
            is_open = rest == 0
        if not is_open:
            return False
    return True
