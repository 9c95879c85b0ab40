"""Rule 6 on shares: means and variances; beside `protocol.disclosure_statistics`.

Source: docs/protocol.md §12 rule 6.
"""

from dataclasses import dataclass

from mpcengine.circuits.lanes import Rule, all_of, signs, times
from mpcengine.circuits.shared import Shared, joined
from mpcengine.protocol.disclosure_statistics import (
    VARIANCE_MINIMUM,
    BinSpread,
    variance_allowed,
)
from mpcengine.protocol.tables import Statistic

# Totals of 2^30 or more pass outright: their square is above 3 · 2^58.
LARGE_TOTAL = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Hold the shared inputs of one statistic: counts of bins, Σy, Σy², and Σ of offsets."""

    statistic: Statistic
    spread: BinSpread
    bins: Shared
    total: Shared
    squares: Shared
    offset: Shared
    min_count: int

    @property
    def answered(self) -> Shared:
        """Return how many answered."""
        return self.bins.total()

    @property
    def room(self) -> Shared:
        """Return the greatest value that ``offset`` could have with these bins."""
        return self.bins.weighted(list(self.spread.widths.values()))


def statistic_rule(moments: Moments) -> Rule[tuple[Shared, Shared]]:
    """Return the bits of mean and variance, as far as they do not hang on the bins shown."""
    totals, squares = _both_ends(moments)
    min_count = moments.min_count
    large, many, several, offsets, excess = yield from signs(
        totals - LARGE_TOTAL,
        moments.answered - min_count,
        moments.answered - VARIANCE_MINIMUM,
        joined([moments.offset - min_count, moments.room - moments.offset - min_count]),
        _excess(moments, squares) - 2 * min_count,
    )
    small_totals, wide = yield from times((totals, 1 - large), (excess[0], excess[1]))
    powers, wide_several = yield from times((small_totals, small_totals), (several, wide))
    (even,) = yield from signs(powers - squares * 3)
    (both,) = yield from times((large, even))
    conditions = [large + even - both, many]
    if moments.spread.freedom > 0:
        conditions.append(offsets)
    mean = yield from all_of(joined(conditions))
    is_free = moments.spread.freedom > 1
    (variance,) = yield from times((mean, wide_several if is_free else several))
    return mean, variance * int(variance_allowed(moments.spread, min_count))


def _excess(moments: Moments, squares: Shared) -> Shared:
    """Return, from both ends, how far Σy² lies above its least for this sum of offsets."""
    spread = moments.spread
    return joined(
        [
            squares[end]
            - moments.bins.weighted([low**2 for low in lows.values()])
            - distance * spread.step(lows)
            for end, lows, distance in (
                (0, spread.lows, moments.offset),
                (1, spread.highs, moments.room - moments.offset),
            )
        ]
    )


def _both_ends(moments: Moments) -> tuple[Shared, Shared]:
    """Return Σy and Σ(reach - y), and the two sums of squares."""
    reach = moments.statistic.maximum - moments.statistic.minimum
    other_total = moments.answered * reach - moments.total
    other_squares = moments.answered * reach**2 - moments.total * (2 * reach) + moments.squares
    return (
        joined([moments.total, other_total]),
        joined([moments.squares, other_squares]),
    )
