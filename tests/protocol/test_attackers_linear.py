"""The linear-programming attacker over one joint system of everything released.

It must break the old rules on the examples of corrections A2 and A4, and leave at least
min_count values to every hidden cell under ours.
"""

from collections.abc import Callable

import numpy as np
import pytest

from mpcengine.protocol.disclosure import Pattern
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.tables import Condition
from tests.attackers.linear import (
    add_three_way,
    hidden_cells,
    joint_system,
    narrowed_cells,
    pinned,
)
from tests.attackers.naive import naive_pattern
from tests.attackers.plans import Case, PlanBuilder, two_way_case
from tests.attackers.release import release
from tests.attackers.surveys import case_of, random_case

K = 10
SPARSE = [[0, 10, 30], [30, 10, 0], [10, 30, 10]]
NEAR = [[0, 12, 41], [37, 11, 3], [13, 52, 14]]


def leaks(case: Case, pattern: Pattern | None = None) -> list[str]:
    """Return the hidden cells that are left fewer than min_count values."""
    return [item.cell for item in narrowed_cells(release(case, pattern), case.min_count)]


def assert_safe(case: Case) -> None:
    assert leaks(case) == []


def test_it_breaks_the_old_rule_on_a_table_with_known_margins() -> None:
    case = two_way_case(SPARSE, K)
    released = release(case, naive_pattern(case))
    hidden = hidden_cells(released)
    assert len(hidden) == 6
    assert pinned(hidden, joint_system(released)) == hidden
    near = two_way_case(NEAR, K)
    narrowed = narrowed_cells(release(near, naive_pattern(near)), K)
    assert [item.values for item in narrowed] == [4] * 6


@pytest.mark.parametrize("grid", [SPARSE, NEAR])
def test_our_rule_leaves_that_table_open_for_every_draw(grid: list[list[int]]) -> None:
    for column in range(3):
        for row in range(3):
            assert_safe(two_way_case(grid, K, (column << 40) // 3 + 1, (row << 40) // 3 + 1))


def routed_case(seed: int = 1) -> Case:
    """Hospitals 40, gp 3, other 60; hospitals answer a follow-up, 25 and 15."""
    builder = PlanBuilder()
    builder.add_one_way("sector", 3)
    builder.add_one_way("beds", 2, condition=Condition(table="sector", cells=(0,)))
    return case_of(builder.plan(), (40, 3, 60, 25, 15), (), 103, K, seed)


def test_it_breaks_the_old_rule_on_a_follow_up_of_a_hidden_option() -> None:
    case = routed_case()
    released = release(case, naive_pattern(case))
    assert "cell/sector/1" in pinned(hidden_cells(released), joint_system(released))


def ticks_case(seed: int = 1) -> Case:
    """Exactly two of three ticked by 60."""
    builder = PlanBuilder()
    builder.add_multiple("tools", 3, 2, 2)
    return case_of(builder.plan(), (50, 52, 18), (), 60, K, seed)


def test_it_breaks_the_old_rule_on_an_exact_number_of_ticks() -> None:
    case = ticks_case()
    released = release(case, naive_pattern(case))
    assert pinned(hidden_cells(released), joint_system(released)) == ["cell/tools/1"]


def scale_case(seed: int = 1) -> Case:
    """A scale of five points with counts 2, 7, 28, 40, 20 and its moments."""
    builder = PlanBuilder()
    table = builder.add_one_way("scale", [1, 2, 3, 4, 5])
    builder.add_statistic(table, 5)
    counts = (2, 7, 28, 40, 20)
    squares = sum(count * place**2 for place, count in enumerate(counts))
    return case_of(builder.plan(), counts, (squares,), sum(counts), K, seed)


def test_it_breaks_moments_beside_hidden_cells() -> None:
    case = scale_case()
    honest = release(case).pattern
    shown = (False, False, True, True, False)
    left = {}
    for variance in (False, True):
        pattern = Pattern(
            tables={"scale": shown}, nulls={}, statistics={"scale": (True, variance)}
        )
        system = joint_system(release(case, pattern))
        left[variance] = [system.values_left(f"cell/scale/{cell}") for cell in (0, 1, 4)]
    # As integers the mean alone leaves two tables: linear programming sees a little more.
    assert left == {False: [8, 10, 2], True: [1, 1, 1]}
    assert honest.statistics == {"scale": (False, False)}


def margin_case(seed: int = 1) -> Case:
    """Option a (24) is hidden beside c (3), but a's row of the cross-table is all shown."""
    grid = [[12, 12], [11, 30], [1, 2], [30, 11]]
    case = two_way_case(grid, K)
    return case_of(case.plan, case.counts, (), case.accepted, K, seed)


def test_it_breaks_the_old_rule_on_margins_that_a_cross_table_tells() -> None:
    case = margin_case()
    pattern = naive_pattern(case)
    assert pattern.tables["left"] == (False, True, False, True)
    released = release(case, pattern)
    assert "cell/left/2" in pinned(hidden_cells(released), joint_system(released))


def ranking_case(seed: int = 1) -> Case:
    """A ranking of three by 50: every row and column sums to 50."""
    builder = PlanBuilder()
    builder.add_ranking("rank", 3)
    return case_of(builder.plan(), (0, 10, 40, 40, 10, 0, 10, 30, 10), (), 50, K, seed)


def test_it_breaks_the_old_rule_on_a_ranking() -> None:
    case = ranking_case()
    released = release(case, naive_pattern(case))
    assert pinned(hidden_cells(released), joint_system(released))


@pytest.mark.parametrize(
    "make", [routed_case, ticks_case, scale_case, margin_case, ranking_case]
)
def test_our_rules_leave_those_surveys_open_for_every_draw(
    make: Callable[[int], Case],
) -> None:
    for seed in range(12):
        assert_safe(make(seed))


def test_it_sees_a_hidden_number_of_answers_behind_the_ticks() -> None:
    # One tick each, all options shown, no answer hidden: the ticks are the answers.
    builder = PlanBuilder()
    builder.add_multiple("m", 3, 1, 1, required=False)
    case = case_of(builder.plan(), (30, 30, 37, 3), (), 100, K, 1)
    open_table = Pattern(tables={"m": (True, True, True)}, nulls={"m": False}, statistics={})
    assert leaks(case, open_table) == ["null/m"]
    assert_safe(case)


def test_it_sees_a_pooled_cell_that_is_shown_on_purpose() -> None:
    # The case that mended rule 4: with zeros shown, a pooled zero tells both cells behind it.
    builder = PlanBuilder()
    left = builder.add_one_way("left", 4, extremes=True)
    right = builder.add_one_way("right", 3, extremes=True)
    builder.add_two_way(left, right)
    grid = [[0, 3, 3], [0, 4, 4], [40, 40, 40], [40, 40, 40]]
    margins = [sum(line) for line in grid] + [sum(line) for line in zip(*grid, strict=True)]
    cells = [count for line in grid for count in line]
    case = case_of(builder.plan(), (*margins, *cells), (), sum(cells), K, 1)
    honest = release(case).pattern
    flags = (*(False,) * 6, *(True,) * 6)
    open_table = Pattern(tables=honest.tables | {"left*right": flags}, nulls={}, statistics={})
    assert leaks(case, open_table)
    assert_safe(case)


# Answers to three questions a, b, c, as a × b × c: the validator refuses all three tables.
TRIANGLE = (
    ((10, 10, 20), (4, 6, 0)),
    ((0, 0, 15), (3, 14, 13)),
    ((0, 0, 15), (20, 20, 20)),
)


def triangle_case(seed: int) -> Case:
    """The three two-way tables of `TRIANGLE`, in a plan made by hand."""
    cube = np.array(TRIANGLE)
    builder = PlanBuilder()
    a, b, c = (
        builder.add_one_way(name, size) for name, size in zip("abc", cube.shape, strict=True)
    )
    for pair in ((a, b), (b, c), (a, c)):
        builder.add_two_way(*pair)
    hidden_axes: list[tuple[int, ...]] = [(1, 2), (0, 2), (0, 1), (2,), (0,), (1,)]
    sums = [cube.sum(axis=axes).ravel() for axes in hidden_axes]
    counts = tuple(int(count) for count in np.concatenate(sums))
    return case_of(builder.plan(), counts, (), int(cube.sum()), K, seed)


def test_it_breaks_a_triangle_of_tables() -> None:
    """Corrections A4.6: a×c is safe alone; a×b and b×c, all shown, narrow its hidden block."""
    block = (False, False, True, False, False, True, True, True, True)
    found = (release(triangle_case(seed)) for seed in range(100))
    released = next(one for one in found if one.pattern.tables["a*c"] == block)
    assert all(released.pattern.tables["a*b"])
    assert all(released.pattern.tables["b*c"])
    assert joint_system(released).values_left("cell/a*c/3") == 18
    system = joint_system(released)
    add_three_way(system, released.plan, ("a", "b", "c"))
    assert system.values_left("cell/a*c/3") == 8


def test_the_validator_refuses_a_triangle_of_tables() -> None:
    questions = [
        {"id": name, "kind": "single", "required": True, "options": ["x", "y", "z"]}
        for name in "abc"
    ]
    pairs = [["a", "b"], ["b", "c"], ["a", "c"]]
    definition = {
        "format": "drempel-survey/1",
        "title": {"en": "t"},
        "min_count": K,
        "questions": questions,
    }
    parse_survey(definition | {"tables": [{"questions": pair} for pair in pairs[:2]]})
    with pytest.raises(MalformedInput) as refused:
        parse_survey(definition | {"tables": [{"questions": pair} for pair in pairs]})
    assert refused.value.code == "survey.cycle"


@pytest.mark.parametrize("block", range(4))
def test_it_leaves_min_count_values_to_every_hidden_cell(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        assert_safe(random_case(seed))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4, 20))
def test_it_leaves_min_count_values_on_five_hundred_surveys(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        assert_safe(random_case(seed))


@pytest.mark.parametrize(
    "block", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in range(1, 20))]
)
def test_it_leaves_min_count_values_where_some_is_shown_on_purpose(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        case = random_case(seed, flagged=True)
        assert narrowed_cells(release(case), case.min_count, on_purpose=True) == [], seed
