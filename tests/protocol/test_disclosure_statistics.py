"""Mean and variance: what they tell about single values inside bins that are all shown."""

from collections import Counter
from collections.abc import Sequence

import pytest

from mpcengine.protocol.disclosure_recheck import recheck_released
from mpcengine.protocol.errors import DisclosureRefused
from mpcengine.protocol.pattern import Pattern
from tests.attackers.plans import Case, PlanBuilder
from tests.attackers.release import pattern_of, values_of
from tests.attackers.surveys import case_of
from tests.circuits.gate import gate_pattern

K = 10
Values = dict[int, int]


def number_case(bins: Sequence[int], maximum: int, values: Values) -> Case:
    """A survey of one number; ``values``: value to how many answered it."""
    builder = PlanBuilder()
    table = builder.add_one_way("n", bins, extremes=True)
    statistic = builder.add_statistic(table, maximum)
    counts: Counter[int] = Counter()
    for value, number in values.items():
        cell = max(index for index, low in enumerate(bins) if low <= value)
        counts[table.slots[cell]] += number
        for slot, weight in statistic.weights[len(bins) :]:
            if (value - bins[cell]) & weight:
                counts[slot] += number
    squares = sum(number * (value - bins[0]) ** 2 for value, number in values.items())
    flat = tuple(counts[slot] for slot in range(builder.width))
    return case_of(builder.plan(), flat, (squares,), sum(values.values()), K, 1)


NARROW = [
    # Two free values, or three of which an empty bin takes one: a single table fits.
    ([0, 4], 4, {0: 40, 1: 30, 2: 2, 4: 12}),
    ([0, 3], 4, {0: 25, 1: 12, 2: 3}),
    # Wide bins, but nearly everybody off a bin's start is one step off it.
    ([0, 100], 1000, {0: 60, 1: 12, 3: 1}),
    ([0, 100], 1000, {0: 60, 1: 12, 2: 1, 100: 15}),
]


@pytest.mark.parametrize(("bins", "maximum", "values"), NARROW)
def test_it_withholds_a_variance_that_tells_single_values(
    bins: list[int], maximum: int, values: Values
) -> None:
    case = number_case(bins, maximum, values)
    honest = pattern_of(case)
    assert honest.statistics == {"n": (True, False)}
    assert gate_pattern(case) == honest
    bent = Pattern(tables=honest.tables, nulls={}, statistics={"n": (True, True)})
    with pytest.raises(DisclosureRefused):
        recheck_released(case.plan, bent, values_of(case, bent), case.accepted, K)


@pytest.mark.parametrize(("bins", "maximum", "values"), NARROW[2:])
def test_it_withholds_the_same_seen_from_the_maximum(
    bins: list[int], maximum: int, values: Values
) -> None:
    starts = [maximum + 1 - end for end in (*bins[1:], maximum + 1)][::-1]
    turned = {maximum - value: number for value, number in values.items()}
    assert pattern_of(number_case(starts, maximum, turned)).statistics == {"n": (True, False)}


@pytest.mark.parametrize(("threes", "is_shown"), [(2, False), (3, False), (4, True)])
def test_it_asks_for_twice_min_count_above_the_least_squares(
    threes: int, is_shown: bool
) -> None:
    # Each three adds 9 squares for 3 steps: 6 above the least, so 24 from four on.
    case = number_case([0, 100], 1000, {0: 60, 1: 12, 3: threes})
    assert pattern_of(case).statistics["n"] == (True, is_shown)
    assert gate_pattern(case) == pattern_of(case)


@pytest.mark.parametrize(
    ("bins", "maximum", "is_shown"),
    [([0, 1, 2, 3], 3, True), ([0, 1, 2], 3, True), ([0, 2], 3, False), ([0, 6], 11, True)],
)
def test_it_shows_a_variance_by_how_much_the_bins_leave_open(
    bins: list[int], maximum: int, is_shown: bool
) -> None:
    values = dict.fromkeys(range(maximum + 1), 20)
    case = number_case(bins, maximum, values)
    assert pattern_of(case).statistics == {"n": (True, is_shown)}
    assert gate_pattern(case) == pattern_of(case)
