"""Rules 2, 3 and the no-answer table on shares; beside `protocol.disclosure_tables`.

A rule here gives raw flags: whether the population is public and large enough is multiplied in
by `gates`. Source: docs/protocol.md §12 rules 2, 3 and 5.
"""

from dataclasses import dataclass

from mpcengine.circuits.draws import draw_margins
from mpcengine.circuits.lanes import Rule, signs, times
from mpcengine.circuits.shared import Shared, joined
from mpcengine.protocol.disclosure_tables import least_asked
from mpcengine.protocol.tables import MultipleTable, OneWayTable, RankingTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWayFlags:
    """Hold the raw flags of a one-way table, and the bit "no cell is small"."""

    shown: Shared
    none_small: Shared


def one_way_rule(
    table: OneWayTable, cells: Shared, population: Shared, draw: Shared, min_count: int
) -> Rule[OneWayFlags]:
    """Hide small cells and, if they could be worked out, one drawn shown cell (rule 3)."""
    large, small = yield from mark_small(cells, min_count, extremes_show=table.extremes_show)
    if table.nonresponse_show and table.null_cell is not None:
        small, large = small.without([table.null_cell]), large.without([table.null_cell])
    hidden_cells, scaled = yield from times((small, cells), (draw, large.total()))
    number, hidden_sum = small.total(), hidden_cells.total()
    some, two, covered, reached, asked = yield from signs(
        number - 1,
        number - 2,
        above_light(hidden_sum, number, min_count, extremes_show=table.extremes_show),
        draw_margins(large, scaled),
        population - least_asked(table, min_count),
    )
    enough = (yield from times((two, covered)))[0]
    shown = yield from hide_drawn(
        small, some - enough, reached, may_fail=shows_on_purpose(table)
    )
    if not table.extremes_show:
        return OneWayFlags(shown=shown, none_small=1 - some)
    kept, none_small = yield from times((shown, asked.spread(len(shown))), (1 - some, asked))
    return OneWayFlags(shown=kept, none_small=none_small)


def shows_on_purpose(table: OneWayTable | MultipleTable) -> bool:
    """Say whether a cell may be shown that is no candidate for a draw."""
    return table.extremes_show or table.nonresponse_show


def above_light(
    hidden_sum: Shared, number: Shared, min_count: int, *, extremes_show: bool
) -> Shared:
    """Return a value that is negative exactly if `is_light`."""
    if extremes_show:
        return hidden_sum - number - (min_count - 1)
    return hidden_sum - min_count


def mark_small(
    cells: Shared, min_count: int, *, extremes_show: bool
) -> Rule[tuple[Shared, Shared]]:
    """Return the bits [count >= min_count], and "small" by rule 2; ``min_count`` >= 1."""
    if not extremes_show:
        (large,) = yield from signs(cells - min_count)
        return large, 1 - large
    large, positive = yield from signs(cells - min_count, cells - 1)
    return large, positive - large


def hide_drawn(small: Shared, need: Shared, reached: Shared, *, may_fail: bool) -> Rule[Shared]:
    """Return 1 - small - need · drawn; all zero where a draw is needed and none is possible.

    ``reached`` are the signs of `draw_margins`. Without cells shown on purpose every shown cell
    is a candidate, so a draw fails only where nothing is shown anyway (``may_fail`` False).
    """
    picked = reached.steps()
    last = reached[len(reached) - 1]
    wanted = need.spread(len(picked))
    if not may_fail:
        (drawn,) = yield from times((wanted, picked))
        return 1 - small - drawn
    drawn, met = yield from times((wanted, picked), (need, last))
    (kept,) = yield from times((1 - small, (1 - need + met).spread(len(small))))
    return kept - drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class NullBits:
    """Hold two bits: answered / no answer is shown; at least ``min_count`` answered."""

    shown: Shared
    answered_large: Shared


def null_rule(
    table: MultipleTable | RankingTable, nothing: Shared, answered: Shared, min_count: int
) -> Rule[NullBits]:
    """Show answered / no answer if neither of the two cells is small."""
    both = joined([nothing, answered])
    large, small = yield from mark_small(both, min_count, extremes_show=table.extremes_show)
    if table.nonresponse_show:
        small = small.without([0])
    (shown,) = yield from times((1 - small[0], 1 - small[1]))
    return NullBits(shown=shown, answered_large=large[1])
