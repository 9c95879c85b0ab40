"""The release rules in the clear, rule by rule, with the edges of min_count."""

import pytest

from mpcengine.protocol.disclosure_blocks import BlockFlags, block_shown, pooled_lines
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import Condition
from tests.attackers.plans import PlanBuilder, one_way_case, two_way_case
from tests.attackers.release import pattern_of
from tests.attackers.surveys import case_of

K = 10
EARLY, LATE = 0, 2**40 - 1
EDGES = [K - 1, K, K + 1]


def shown(*cells: int, draw: int = EARLY, extremes: bool = False) -> tuple[bool, ...]:
    case = one_way_case(cells, K, draw, extremes=extremes)
    return pattern_of(case).tables["q"]


@pytest.mark.parametrize("accepted", EDGES)
def test_it_shows_nothing_of_fewer_than_min_count_answers(accepted: int) -> None:
    assert shown(accepted) == (accepted >= K,)
    # With zeros shown, a table of two cells needs one more: it could hold 1 and min_count - 1.
    assert shown(accepted, 0, extremes=True) == (accepted >= K + 1,) * 2


@pytest.mark.parametrize("count", EDGES)
def test_it_hides_a_small_cell_and_one_drawn_cell(count: int) -> None:
    expected = count >= K
    assert shown(count, 40, 50) == (expected, expected, True)
    assert shown(count, 40, 50, draw=LATE) == (expected, True, expected)


@pytest.mark.parametrize("hidden_sum", EDGES)
def test_it_draws_where_hidden_cells_sum_to_too_little(hidden_sum: int) -> None:
    expected = hidden_sum >= K
    assert shown(5, hidden_sum - 5, 40, 50) == (False, False, expected, True)


def test_it_withholds_a_table_without_a_cell_to_draw() -> None:
    assert shown(3, 97) == (False, False)
    assert shown(3, 4, 3) == (False, False, False)


def test_it_draws_once_at_most() -> None:
    for draw in (EARLY, LATE):
        assert sum(shown(0, 0, 30, 30, 40, draw=draw)) == 2


def test_it_shows_zero_only_where_extremes_are_shown() -> None:
    assert shown(0, 40, 60) == (False, False, True)
    assert shown(0, 40, 60, extremes=True) == (True, True, True)
    # A zero that is shown is no candidate: it would add nothing to the hidden sum.
    assert shown(0, 4, 60, extremes=True) == (True, False, False)
    assert shown(0, 0, 4, extremes=True) == (False, False, False)


@pytest.mark.parametrize("hidden", [(1, 1, 9), (2, 9), (1, 2, 3, 4), (1,) * 10])
def test_it_counts_hidden_cells_from_one_where_zero_is_shown(hidden: tuple[int, ...]) -> None:
    above = sum(hidden) - len(hidden)
    flags = shown(0, 40, 50, *hidden, extremes=True)
    assert flags[0]
    assert sum(flags) == (3 if above >= K - 1 else 2)
    assert sum(shown(40, 50, *hidden)) == 2


def test_it_counts_hidden_options_from_one_where_zero_is_shown() -> None:
    # Exactly one tick: 5 and 6 are 9 above one each, 5 and 5 only 8.
    assert sum(choice((50, 39, 5, 6), 1, 1, extremes=True)[0]) == 2
    assert sum(choice((50, 40, 5, 5), 1, 1, extremes=True)[0]) == 1
    assert sum(choice((50, 40, 5, 5), 1, 1)[0]) == 2


@pytest.mark.parametrize("nonresponse", [False, True])
def test_it_shows_few_without_an_answer_only_where_nonresponse_is_shown(
    nonresponse: bool,
) -> None:
    builder = PlanBuilder()
    builder.add_one_way("q", 2, required=False, nonresponse=nonresponse)
    case = case_of(builder.plan(), (40, 57, 3), (), 100, K, 1)
    assert pattern_of(case).tables["q"][2] is nonresponse
    assert sum(pattern_of(case).tables["q"]) == (3 if nonresponse else 1)


def follow_up(parent: tuple[int, ...], child: tuple[int, ...]) -> Pattern:
    builder = PlanBuilder()
    builder.add_one_way("parent", len(parent))
    builder.add_one_way("child", len(child), condition=Condition(table="parent", cells=(0, 1)))
    case = case_of(builder.plan(), (*parent, *child), (), sum(parent), K, 1)
    return pattern_of(case)


@pytest.mark.parametrize("count", EDGES)
def test_it_hides_a_follow_up_of_a_hidden_cell(count: int) -> None:
    pattern = follow_up((40, count, 50), (20, 20 + count))
    assert pattern.tables["child"] == (count >= K,) * 2


def test_it_hides_a_follow_up_asked_to_too_few() -> None:
    builder = PlanBuilder()
    builder.add_one_way("parent", 2, extremes=True)
    builder.add_one_way(
        "child", 2, extremes=True, condition=Condition(table="parent", cells=(0,))
    )
    case = case_of(builder.plan(), (0, 50, 0, 0), (), 50, K, 1)
    assert pattern_of(case).tables == {"parent": (True, True), "child": (False, False)}


def choice(
    counts: tuple[int, ...],
    minimum: int,
    maximum: int,
    *,
    nothing: int | None = None,
    accepted: int = 100,
    extremes: bool = False,
    seed: int = 1,
) -> tuple[tuple[bool, ...], dict[str, bool]]:
    builder = PlanBuilder()
    builder.add_multiple(
        "m", len(counts), minimum, maximum, required=nothing is None, extremes=extremes
    )
    all_counts = counts if nothing is None else (*counts, nothing)
    case = case_of(builder.plan(), all_counts, (), accepted, K, seed)
    pattern = pattern_of(case)
    return pattern.tables["m"], pattern.nulls


@pytest.mark.parametrize("count", EDGES)
def test_it_hides_an_option_that_few_ticked_or_few_left(count: int) -> None:
    flags, _ = choice((count, 100 - count, 50), 1, 3)
    assert flags == (count >= K, count >= K, True)


def test_it_measures_few_left_against_those_who_answered() -> None:
    assert choice((55, 30), 1, 2, nothing=40) == ((False, True), {"m": True})


def test_it_hides_two_options_where_the_number_of_ticks_is_bounded() -> None:
    for seed in range(8):
        flags, _ = choice((40, 52, 8), 1, 1, seed=seed)
        assert sum(flags) == 1
        assert flags[2] is False
    # Exactly two of three ticked: the third option follows from the others.
    assert sum(choice((50, 52, 18), 2, 2, accepted=60)[0]) == 1


@pytest.mark.parametrize("nothing", EDGES)
def test_it_shows_answered_or_not_as_two_cells(nothing: int) -> None:
    assert choice((40, 40), 1, 2, nothing=nothing)[1] == {"m": nothing >= K}
    answered = 100 - nothing
    assert choice((0, 0), 1, 2, nothing=answered)[1] == {"m": nothing >= K}


@pytest.mark.parametrize(
    ("counts", "is_open"),
    [
        # 100 asked, 91 to 100 may have answered, each with one or two ticks.
        ((33, 33, 33), False),
        ((33, 33, 34), True),
        ((61, 61, 60), True),
        ((61, 61, 61), False),
    ],
)
def test_it_hides_ticks_that_tell_a_hidden_number_of_answers(
    counts: tuple[int, int, int], is_open: bool
) -> None:
    assert choice(counts, 1, 2, nothing=3) == ((is_open,) * 3, {"m": False})


@pytest.mark.parametrize("nothing", range(K))
def test_it_decides_the_same_for_every_hidden_number_of_answers(nothing: int) -> None:
    for counts in ((81, 40), (82, 40), (91, 90), (9, 95)):
        assert choice(counts, 1, 2, nothing=nothing) == choice(counts, 1, 2, nothing=0)
    assert choice((81, 40), 1, 2, nothing=nothing)[0] == (True, True)
    assert choice((82, 40), 1, 2, nothing=nothing)[0] == (False, True)


def test_it_shows_everybody_as_an_extreme_only_if_the_answers_are_public() -> None:
    assert choice((97, 50), 1, 2, nothing=3, extremes=True)[0] == (False, True)
    assert choice((80, 50), 1, 2, nothing=20, extremes=True)[0] == (True, True)


def test_it_hides_a_block_with_two_rows_and_columns() -> None:
    grid = [[0, 10, 30], [30, 10, 0], [10, 30, 10]]
    flags = block_shown(grid, K, BlockFlags(), EARLY, EARLY)
    assert flags == [[False, True, False], [False, True, False], [True, True, True]]


def test_it_draws_a_row_or_column_for_a_block_of_one_line() -> None:
    grid = [[5, 20, 20], [20, 20, 20], [20, 20, 20]]
    early = block_shown(grid, K, BlockFlags(), EARLY, EARLY)
    late = block_shown(grid, K, BlockFlags(), LATE, LATE)
    assert early == [[False, False, True], [False, False, True], [True, True, True]]
    assert late == [[False, True, False], [True, True, True], [False, True, False]]


@pytest.mark.parametrize("line_sum", EDGES)
def test_it_draws_a_column_where_a_block_row_sums_to_too_little(line_sum: int) -> None:
    grid = [[5, line_sum - 5, 20], [9, 9, 20], [20, 20, 20]]
    flags = block_shown(grid, K, BlockFlags(), EARLY, EARLY)
    assert flags[0][2] is (line_sum >= K)
    assert flags[2] == [True] * 3


def test_it_withholds_a_block_that_cannot_grow() -> None:
    assert block_shown([[5, 20], [20, 20]], K, BlockFlags(), 0, 0) == [[False] * 2] * 2
    assert block_shown([[5, 2, 20], [20, 20, 2]], K, BlockFlags(), 0, 0)[0][2] is False


def test_it_pools_hidden_options_and_never_shows_their_cells() -> None:
    assert pooled_lines((True, False, True, False)) == [(0,), (2,), (1, 3)]
    assert pooled_lines((True, True)) == [(0,), (1,)]
    case = two_way_case([[4, 4], [4, 4], [4, 4], [40, 40], [40, 40]], K)
    assert pattern_of(case).tables["left*right"] == (
        *(False,) * 6,
        *(True,) * 4,
    )


def test_it_withholds_a_table_that_pooling_leaves_one_line() -> None:
    case = two_way_case([[2, 3], [1, 2], [40, 40]], K, LATE, LATE)
    assert pattern_of(case).tables["left*right"] == (False,) * 6


def ranking(cells: tuple[int, ...], nothing: int | None, accepted: int) -> Pattern:
    builder = PlanBuilder()
    builder.add_ranking("r", 2, required=nothing is None)
    counts = cells if nothing is None else (*cells, nothing)
    return pattern_of(case_of(builder.plan(), counts, (), accepted, K, 1))


def test_it_shows_a_ranking_only_beside_the_number_who_ranked() -> None:
    assert all(ranking((30, 40, 40, 30), None, 70).tables["r"])
    assert all(ranking((30, 40, 40, 30), 20, 90).tables["r"])
    assert not any(ranking((30, 40, 40, 30), 3, 73).tables["r"])
    assert not any(ranking((9, 61, 61, 9), None, 70).tables["r"])
