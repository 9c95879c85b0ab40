"""Rule 6 in plain integers: when the mean and the variance of a number are released.

Source: docs/protocol.md §12 rule 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.tables import OneWayTable, Statistic

VARIANCE_MINIMUM = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BinSpread:
    """Hold how far values can lie above their bin's lower bound.

    ``widths``: cell index to (number of values in the bin - 1), for cells that are bins;
    ``offsets``: the statistic's (slot, weight) pairs outside the table.
    """

    widths: dict[int, int]
    offsets: tuple[tuple[int, int], ...]

    @property
    def freedom(self) -> int:
        """Return how many counts of single values the binned table leaves open."""
        return sum(self.widths.values())


def bin_spread(statistic: Statistic, table: OneWayTable) -> BinSpread:
    """Return the spread of a statistic's bins; keys of bins are their lower bounds."""
    cells = [index for index in range(len(table.keys)) if index != table.null_cell]
    lows = [_lower_bound(table, index) for index in cells]
    ends = [*lows[1:], statistic.maximum + 1]
    own = set(table.slots)
    return BinSpread(
        widths={cell: end - low - 1 for cell, low, end in zip(cells, lows, ends, strict=True)},
        offsets=tuple(pair for pair in statistic.weights if pair[0] not in own),
    )


def _lower_bound(table: OneWayTable, index: int) -> int:
    low = table.keys[index][0]
    if not isinstance(low, int):
        raise TypeError(f"cell {index} of {table.id} is no bin of numbers")
    return low


def statistic_shown(
    statistic: Statistic,
    table: OneWayTable,
    counts: Sequence[int],
    squares: int,
    min_count: int,
    shown: Sequence[bool],
) -> tuple[bool, bool]:
    """Return whether the mean and the variance are shown.

    ``squares`` is Σy², ``shown`` the flags of the question's own table. The mean needs every
    cell shown, ``min_count`` answers, no dominance from either end, and `offsets_large`; the
    variance also 30 answers and more freedom inside the bins than mean and variance take away.
    """
    spread = bin_spread(statistic, table)
    by_cell = [counts[slot] for slot in table.slots]
    answered = sum(by_cell[cell] for cell in spread.widths)
    total = sum(weight * counts[slot] for slot, weight in statistic.weights)
    offset = sum(weight * counts[slot] for slot, weight in spread.offsets)
    mean = (
        all(shown)
        and answered >= min_count
        and is_spread_out(statistic, answered, total, squares)
        and offsets_large(spread, by_cell, offset, min_count)
    )
    return mean, mean and answered >= VARIANCE_MINIMUM and spread.freedom != 2


def is_spread_out(statistic: Statistic, answered: int, total: int, squares: int) -> bool:
    """Say whether no one or two answers make the total, seen from either end of the range.

    (Σy)² >= 3·Σy² for y = value - minimum and for y = maximum - value.
    """
    reach = statistic.maximum - statistic.minimum
    other_total = answered * reach - total
    other_squares = answered * reach**2 - 2 * reach * total + squares
    return total**2 >= 3 * squares and other_total**2 >= 3 * other_squares


def offsets_large(
    spread: BinSpread, by_cell: Sequence[int], offset: int, min_count: int
) -> bool:
    """Say whether the distances above the bins' lower bounds hide single values.

    Table and mean together tell the sum of these distances; where it, or what it lacks to its
    greatest value, is below ``min_count``, fewer than that many answers lie off a bin's end.
    """
    if spread.freedom == 0:
        return True
    room = sum(width * by_cell[cell] for cell, width in spread.widths.items())
    return offset >= min_count and room - offset >= min_count
