"""What our rules publish of one table, over every outcome of the secret draws."""

from collections.abc import Iterator, Sequence

from mpcengine.protocol.disclosure_blocks import BlockFlags, block_shown
from mpcengine.protocol.disclosure_tables import multiple_shown, null_shown, one_way_shown
from mpcengine.protocol.tables import MultipleTable, OneWayTable
from tests.attackers.inverter import Shown, all_draws, shown_cells
from tests.attackers.naive import naive_two_way
from tests.attackers.plans import PlanBuilder


class OneWayOutcomes:
    """Rule 3 of a required question of ``parts`` options."""

    def __init__(
        self, parts: int, *, extremes: bool = False, nonresponse: bool = False
    ) -> None:
        self._table: OneWayTable = PlanBuilder().add_one_way(
            "q",
            parts - 1 if nonresponse else parts,
            required=not nonresponse,
            extremes=extremes,
            nonresponse=nonresponse,
        )
        self._draws = all_draws(parts)

    def __call__(self, cells: Sequence[int], min_count: int) -> Iterator[Shown]:
        for draw in self._draws:
            yield shown_cells(
                cells, one_way_shown(self._table, cells, sum(cells), min_count, draw)
            )


class BlockOutcomes:
    """Rule 4 of a grid whose margins are all public."""

    def __init__(self, rows: int, columns: int) -> None:
        self._columns = columns
        self._draws = [(c, r) for c in all_draws(columns) for r in all_draws(rows)]

    def __call__(self, cells: Sequence[int], min_count: int) -> Iterator[Shown]:
        grid = in_rows(cells, self._columns)
        if min(cells) >= min_count:
            yield tuple(cells)
            return
        for column_draw, row_draw in self._draws:
            flags = block_shown(grid, min_count, BlockFlags(), column_draw, row_draw)
            yield shown_cells(cells, (flag for line in flags for flag in line))


class MultipleOutcomes:
    """Rule 5 of a required or optional question; ``cells`` are its options, then no answer."""

    def __init__(
        self, options: int, minimum: int, maximum: int, accepted: int, *, required: bool
    ) -> None:
        self._table: MultipleTable = PlanBuilder().add_multiple(
            "m", options, minimum, maximum, required=required
        )
        self._accepted = accepted
        self._draws = all_draws(options)

    def tables(self) -> Iterator[tuple[int, ...]]:
        """Return every vector of counts that some answers give."""
        table, size = self._table, len(self._table.slots)
        least = max(1, table.minimum)
        for nothing in range(self._accepted + 1 if table.null_slot is not None else 1):
            answered = self._accepted - nothing
            for cells in _boxes(answered, size):
                if least * answered <= sum(cells) <= table.maximum * answered:
                    yield cells if table.null_slot is None else (*cells, nothing)

    def __call__(self, cells: Sequence[int], min_count: int) -> Iterator[Shown]:
        is_null_shown = null_shown(self._table, cells, self._accepted, min_count)
        null = [] if self._table.null_slot is None else [is_null_shown]
        for draw in self._draws:
            flags = multiple_shown(
                self._table, cells, self._accepted, min_count, draw, is_null_shown=is_null_shown
            )
            yield shown_cells(cells, (*flags, *null))


def _boxes(most: int, size: int) -> Iterator[tuple[int, ...]]:
    if size == 0:
        yield ()
        return
    for first in range(most + 1):
        for rest in _boxes(most, size - 1):
            yield (first, *rest)


def in_rows(cells: Sequence[int], columns: int) -> list[Sequence[int]]:
    """Cut a vector into rows."""
    return [cells[start : start + columns] for start in range(0, len(cells), columns)]


def naive_block(columns: int, cells: Sequence[int], min_count: int) -> list[bool]:
    """Apply old rule 3 to a grid given as a vector."""
    flags = naive_two_way(in_rows(cells, columns), min_count)
    return [flag for line in flags for flag in line]
