"""The exhaustive attacker, who knows the rules and inverts what they published.

One-way tables keep at least min_count values, and one more where zeros are hidden too. Two-way
tables and multiple choice are measured: the bounds asserted here are the figures in
docs/protocol.md §12.
"""

from functools import partial

import pytest

from tests.attackers.inverter import (
    Inversion,
    Rule,
    by_margins,
    invert,
    invert_totals,
    without_draws,
)
from tests.attackers.naive import naive_one_way
from tests.attackers.outcomes import (
    BlockOutcomes,
    MultipleOutcomes,
    OneWayOutcomes,
    naive_block,
)


def test_it_reads_three_nines_from_the_old_rule() -> None:
    """Corrections A3: 12, 9, 9, 9 with min_count 10."""
    rule = without_draws(naive_one_way)
    inversion = invert_totals([39], 4, rule, 10)
    assert ((12, None, None, None), 1) in inversion.worst
    assert invert_totals([39], 4, OneWayOutcomes(4), 10).narrowed == 0


@pytest.mark.parametrize("min_count", [2, 3, 4, 5])
@pytest.mark.parametrize("parts", [2, 3, 4])
def test_one_way_tables_keep_min_count_values(min_count: int, parts: int) -> None:
    most = 7 * min_count if parts < 4 else min(4 * min_count, 17)
    inversion = invert_totals(range(min_count, most), parts, OneWayOutcomes(parts), min_count)
    assert inversion.outcomes > 0
    assert inversion.narrowed == 0
    assert inversion.fewest == min_count + 1


@pytest.mark.slow
@pytest.mark.parametrize("min_count", [2, 3, 4, 5])
def test_one_way_tables_of_four_keep_min_count_values(min_count: int) -> None:
    inversion = invert_totals(range(min_count, 7 * min_count), 4, OneWayOutcomes(4), min_count)
    assert inversion.narrowed == 0
    assert inversion.fewest == min_count + 1


@pytest.mark.parametrize(("min_count", "parts", "least"), [(3, 3, 0.05), (3, 4, 0.15)])
def test_the_old_rule_is_narrowed_in_many_outcomes(
    min_count: int, parts: int, least: float
) -> None:
    rule = without_draws(naive_one_way)
    inversion = invert_totals(range(min_count, 5 * min_count), parts, rule, min_count)
    assert inversion.narrowed_share > least
    assert inversion.fewest == 1


@pytest.mark.parametrize("min_count", [2, 3, 4])
def test_one_way_tables_that_show_nonresponse_keep_min_count_values(min_count: int) -> None:
    """A shown "no answer" takes no cover away from the others."""
    rule = OneWayOutcomes(4, nonresponse=True)
    assert invert_totals(range(min_count, 4 * min_count), 4, rule, min_count).narrowed == 0


@pytest.mark.parametrize("min_count", [2, 3, 4, 5])
@pytest.mark.parametrize("parts", [2, 3, 4])
def test_one_way_tables_that_show_zeros_keep_min_count_values(
    min_count: int, parts: int
) -> None:
    """A hidden cell is known not to be zero, so that sums count from 1 a cell."""
    rule = OneWayOutcomes(parts, extremes=True)
    most = 7 * min_count if parts < 4 else min(4 * min_count, 17)
    inversion = invert_totals(range(min_count, most), parts, rule, min_count)
    assert inversion.outcomes > 0
    assert inversion.narrowed == 0
    assert inversion.fewest == min_count


@pytest.mark.parametrize("min_count", [2, 3, 4])
def test_one_way_tables_that_show_zeros_and_nonresponse_keep_min_count_values(
    min_count: int,
) -> None:
    rule = OneWayOutcomes(3, extremes=True, nonresponse=True)
    assert invert_totals(range(min_count, 7 * min_count), 3, rule, min_count).narrowed == 0


def test_one_bin_that_shows_zeros_and_nonresponse_keeps_one_value_less() -> None:
    """Not promised: one cell beside a "no answer" shown on purpose, so 1 to min_count - 1."""
    rule = OneWayOutcomes(2, extremes=True, nonresponse=True)
    assert invert_totals(range(5, 35), 2, rule, 5).fewest == 4


def two_way(rows: int, columns: int, min_count: int, most: int, rule: Rule) -> Inversion:
    inversion = Inversion()
    for total in range(max(rows, columns) * min_count, most):
        for grids in by_margins(total, rows, columns, min_count).values():
            invert(grids, rule, min_count, inversion)
    return inversion


@pytest.mark.parametrize(
    ("rows", "columns", "min_count", "most"), [(2, 2, 3, 14), (2, 3, 2, 10)]
)
def test_two_way_tables_are_measured(
    rows: int, columns: int, min_count: int, most: int
) -> None:
    ours = two_way(rows, columns, min_count, most, BlockOutcomes(rows, columns))
    assert ours.narrowed_share == 0.0


def test_the_old_rule_is_narrowed_in_two_way_tables() -> None:
    rule = without_draws(partial(naive_block, 3))
    assert two_way(2, 3, 2, 10, rule).narrowed_share > 0.03


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "columns", "min_count", "most"), [(2, 3, 2, 13), (2, 3, 3, 14), (3, 3, 2, 9)]
)
def test_larger_two_way_tables_are_measured(
    rows: int, columns: int, min_count: int, most: int
) -> None:
    ours = two_way(rows, columns, min_count, most, BlockOutcomes(rows, columns))
    assert ours.narrowed_share == 0.0


def multiple(
    options: int, bounds: tuple[int, int], min_count: int, *, required: bool
) -> Inversion:
    inversion = Inversion()
    for accepted in range(min_count, 4 * min_count + 1):
        outcomes = MultipleOutcomes(options, *bounds, accepted, required=required)
        invert(outcomes.tables(), outcomes, min_count, inversion)
    return inversion


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("bounds", [(1, 3), (1, 1), (2, 2), (1, 2)])
def test_multiple_choice_is_measured(bounds: tuple[int, int], required: bool) -> None:
    inversion = multiple(3, bounds, 3, required=required)
    assert inversion.outcomes > 0
    assert inversion.narrowed_share == 0.0


def test_multiple_choice_is_narrowed_where_all_but_one_must_be_ticked() -> None:
    """Not promised: an optional question, at least two of three, hidden number of answers."""
    assert 0 < multiple(3, (2, 3), 3, required=False).narrowed_share < 0.15
    assert multiple(3, (2, 3), 3, required=True).narrowed_share == 0.0
