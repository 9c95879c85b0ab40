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
    ``lows``: the same cells to y = lower bound - minimum; ``reach``: maximum - minimum;
    ``offsets``: the statistic's (slot, weight) pairs outside the table.
    """

    widths: dict[int, int]
    lows: dict[int, int]
    reach: int
    offsets: tuple[tuple[int, int], ...]

    @property
    def freedom(self) -> int:
        """Return how many counts of single values the binned table leaves open."""
        return sum(self.widths.values())

    @property
    def highs(self) -> dict[int, int]:
        """Return the distances from the maximum to the bins' greatest values."""
        return {cell: self.reach - low - self.widths[cell] for cell, low in self.lows.items()}

    def step(self, lows: dict[int, int]) -> int:
        """Return what the first step off a bin's end adds to Σy², where it adds least.

        ``lows`` are `lows`, or `highs` seen from the maximum; 1 without freedom.
        """
        return 1 + 2 * min(
            (lows[cell] for cell, width in self.widths.items() if width), default=0
        )


def bin_spread(statistic: Statistic, table: OneWayTable) -> BinSpread:
    """Return the spread of a statistic's bins; keys of bins are their lower bounds."""
    cells = [index for index in range(len(table.keys)) if index != table.null_cell]
    lows = [_lower_bound(table, index) for index in cells]
    ends = [*lows[1:], statistic.maximum + 1]
    own = set(table.slots)
    return BinSpread(
        widths={cell: end - low - 1 for cell, low, end in zip(cells, lows, ends, strict=True)},
        lows={cell: low - statistic.minimum for cell, low in zip(cells, lows, strict=True)},
        reach=statistic.maximum - statistic.minimum,
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
    variance also 30 answers, `variance_allowed` and `offsets_spread`.
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
    variance = (
        answered >= VARIANCE_MINIMUM
        and variance_allowed(spread, min_count)
        and offsets_spread(spread, by_cell, offset, squares, min_count)
    )
    return mean, mean and variance


def is_spread_out(statistic: Statistic, answered: int, total: int, squares: int) -> bool:
    """Say whether no one or two answers make the total, seen from either end of the range.

    (Σy)² >= 3·Σy² for y = value - minimum and for y = maximum - value.
    """
    reach = statistic.maximum - statistic.minimum
    other_total = answered * reach - total
    other_squares = squares_from_above(reach, answered, total, squares)
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


def squares_from_above(reach: int, answered: int, total: int, squares: int) -> int:
    """Return Σ(reach - y)² from Σy and Σy²."""
    return answered * reach**2 - 2 * reach * total + squares


def variance_allowed(spread: BinSpread, min_count: int) -> bool:
    """Say whether the bins, whatever the answers, leave more open than two moments solve.

    With one free count the mean tells it anyway; with fewer than ``min_count`` (and three)
    mean and variance may leave a single table.
    """
    return spread.freedom <= 1 or spread.freedom >= max(3, min_count)


def offsets_spread(
    spread: BinSpread, by_cell: Sequence[int], offset: int, squares: int, min_count: int
) -> bool:
    """Say whether Σy² exceeds its least for this sum of offsets by 2·min_count, from both ends.

    The least is reached where every answer off its bin's end is one step off it, in the bin
    where a step adds least: near it few answers can be further off, and mean and variance tell
    them. The excess is even; its half is at least ``min_count``.
    """
    if spread.freedom <= 1:
        return True
    room = sum(width * by_cell[cell] for cell, width in spread.widths.items())
    answered = sum(by_cell[cell] for cell in spread.widths)
    total = offset + sum(low * by_cell[cell] for cell, low in spread.lows.items())
    above = squares_from_above(spread.reach, answered, total, squares)
    ends = ((spread.lows, offset, squares), (spread.highs, room - offset, above))
    return all(
        powers
        - sum(low**2 * by_cell[cell] for cell, low in lows.items())
        - distance * spread.step(lows)
        >= 2 * min_count
        for lows, distance, powers in ends
    )
