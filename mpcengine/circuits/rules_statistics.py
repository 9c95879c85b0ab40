"""Rule 6 on shares: means and variances; beside `protocol.disclosure_statistics`.

Source: docs/protocol.md §12 rule 6.
"""

from dataclasses import dataclass

from mpcengine.circuits.lanes import Rule, all_of, signs, times
from mpcengine.circuits.shared import Shared, joined
from mpcengine.protocol.disclosure_statistics import VARIANCE_MINIMUM, BinSpread
from mpcengine.protocol.tables import Statistic

# Totals of 2^30 or more pass outright: their square is above 3 · 2^58.
LARGE_TOTAL = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Hold the shared inputs of one statistic: Σy, Σy², answers, and the sum of offsets.

    ``room`` is the greatest value that ``offset`` could have with these bins.
    """

    statistic: Statistic
    spread: BinSpread
    answered: Shared
    total: Shared
    squares: Shared
    offset: Shared
    room: Shared
    min_count: int


def statistic_rule(moments: Moments) -> Rule[tuple[Shared, Shared]]:
    """Return the bits of mean and variance, as far as they do not hang on the bins shown."""
    totals, squares = _both_ends(moments)
    min_count = moments.min_count
    large, many, several, offsets = yield from signs(
        totals - LARGE_TOTAL,
        moments.answered - min_count,
        moments.answered - VARIANCE_MINIMUM,
        joined([moments.offset - min_count, moments.room - moments.offset - min_count]),
    )
    (small_totals,) = yield from times((totals, 1 - large))
    (powers,) = yield from times((small_totals, small_totals))
    (even,) = yield from signs(powers - squares * 3)
    (both,) = yield from times((large, even))
    conditions = [large + even - both, many]
    if moments.spread.freedom > 0:
        conditions.append(offsets)
    mean = yield from all_of(joined(conditions))
    (variance,) = yield from times((mean, several))
    return mean, variance * (0 if moments.spread.freedom == 2 else 1)


def _both_ends(moments: Moments) -> tuple[Shared, Shared]:
    """Return Σy and Σ(reach - y), and the two sums of squares."""
    reach = moments.statistic.maximum - moments.statistic.minimum
    other_total = moments.answered * reach - moments.total
    other_squares = moments.answered * reach**2 - moments.total * (2 * reach) + moments.squares
    return (
        joined([moments.total, other_total]),
        joined([moments.squares, other_squares]),
    )
