"""Rule 5 on shares: multiple choice; beside `protocol.disclosure_tables.multiple_shown`.

Source: docs/protocol.md §12 rule 5.
"""

from dataclasses import dataclass

from mpcengine.circuits.draws import draw_margins
from mpcengine.circuits.lanes import Rule, all_of, signs, times
from mpcengine.circuits.rules_one_way import above_light, hide_drawn, null_rule
from mpcengine.circuits.shared import Shared, constant, joined
from mpcengine.protocol.draws import is_bounded
from mpcengine.protocol.tables import MultipleTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFlags:
    """Hold raw flags of the options, and of answered / no answer where there is such a cell."""

    shown: Shared
    null_shown: Shared | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Hold the shared inputs of one multiple-choice table.

    ``answered`` is population - no answer; ``nothing`` is None without a no-answer slot;
    ``draw`` is None where the number of ticks is not bounded.
    """

    table: MultipleTable
    cells: Shared
    population: Shared
    nothing: Shared | None
    draw: Shared | None
    min_count: int

    @property
    def answered(self) -> Shared:
        """Return how many answered."""
        return self.population if self.nothing is None else self.population - self.nothing


def multiple_rule(choice: Choice) -> Rule[ChoiceFlags]:
    """Hide options that too few ticked or left, complements under bounds, or everything."""
    table = choice.table
    if choice.nothing is None:
        shown = yield from _options_rule(choice, choice.answered, constant(1))
        return ChoiceFlags(shown=shown, null_shown=None)
    bits = yield from null_rule(table, choice.nothing, choice.answered, choice.min_count)
    # The number who answered where it is shown, the fewest it could be where it is not.
    spare = choice.min_count - 1
    (correction,) = yield from times((bits.shown, spare - choice.nothing))
    fewest = choice.population - spare + correction
    shown = yield from _options_rule(choice, fewest, bits.shown)
    kept = yield from _hide_pinned(choice, shown, bits.shown)
    return ChoiceFlags(shown=kept, null_shown=bits.shown)


def _options_rule(choice: Choice, fewest: Shared, is_public: Shared) -> Rule[Shared]:
    large, small = yield from _mark_options(choice, fewest, is_public)
    if is_bounded(choice.table) and choice.draw is not None:
        return (yield from _hide_complement(choice, fewest, large, small, choice.draw))
    return 1 - small


def _mark_options(
    choice: Choice, fewest: Shared, is_public: Shared
) -> Rule[tuple[Shared, Shared]]:
    """Return the bits [k <= c <= fewest - k], and "hidden for its own count"."""
    cells, min_count, size = choice.cells, choice.min_count, len(choice.cells)
    unticked = fewest.spread(size) - cells
    if not choice.table.extremes_show:
        ticked_large, left_large = yield from signs(cells - min_count, unticked - min_count)
        (large,) = yield from times((ticked_large, left_large))
        return large, 1 - large
    ticked_large, left_large, some, not_all = yield from signs(
        cells - min_count, unticked - min_count, cells - 1, unticked - 1
    )
    large, everybody = yield from times(
        (ticked_large, left_large), (1 - not_all, is_public.spread(size))
    )
    (both,) = yield from times((1 - some, everybody))
    on_purpose = (1 - some) + everybody - both
    return large, 1 - large - on_purpose


def _hide_complement(
    choice: Choice, fewest: Shared, large: Shared, small: Shared, draw: Shared
) -> Rule[Shared]:
    """Hide one drawn option more if the bounds on ticks would tell the hidden ones."""
    number, min_count = small.total(), choice.min_count
    hidden_cells, everyone, scaled = yield from times(
        (small, choice.cells), (number, fewest), (draw, large.total())
    )
    ticked = hidden_cells.total()
    extremes_show = choice.table.extremes_show
    some, two, ticked_large, left_large, reached = yield from signs(
        number - 1,
        number - 2,
        above_light(ticked, number, min_count, extremes_show=extremes_show),
        above_light(everyone - ticked, number, min_count, extremes_show=extremes_show),
        draw_margins(large, scaled),
    )
    (covered,) = yield from times((ticked_large, left_large))
    (enough,) = yield from times((two, covered))
    return (yield from hide_drawn(small, some - enough, reached, may_fail=extremes_show))


def _hide_pinned(choice: Choice, shown: Shared, null_shown: Shared) -> Rule[Shared]:
    """Hide all options if their ticks do not fit every hidden number of answers."""
    table, ticks = choice.table, choice.cells.total()
    from_above = ticks - choice.population * max(1, table.minimum)
    from_below = (choice.population - choice.min_count + 1) * table.maximum - ticks
    bounds = [from_above] if table.maximum >= len(table.slots) else [from_above, from_below]
    (fits,) = yield from signs(joined(bounds))
    is_open = yield from all_of(fits)
    (shut,) = yield from times((1 - null_shown, 1 - is_open))
    (kept,) = yield from times((shown, (1 - shut).spread(len(shown))))
    return kept
