"""Opened values are checked in the clear: every honest release passes, changed ones do not."""

from collections.abc import Mapping

import pytest

from mpcengine.protocol.disclosure_recheck import recheck_released
from mpcengine.protocol.errors import DisclosureRefused
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import Condition
from tests.attackers.plans import Case, PlanBuilder, one_way_case, two_way_case
from tests.attackers.release import pattern_of, values_of
from tests.attackers.surveys import case_of, random_case

K = 10


def recheck(case: Case, pattern: Pattern, values: Mapping[str, int] | None = None) -> None:
    opened = values_of(case, pattern) if values is None else values
    recheck_released(case.plan, pattern, opened, case.accepted, case.min_count)


def refusal(case: Case, pattern: Pattern, values: Mapping[str, int] | None = None) -> str:
    with pytest.raises(DisclosureRefused) as refused:
        recheck(case, pattern, values)
    assert not any(character.isdigit() for character in refused.value.sentence)
    return refused.value.code


def with_table(case: Case, table: str, flags: tuple[bool, ...]) -> Pattern:
    """Return the honest pattern with one table's flags changed."""
    honest = pattern_of(case)
    return Pattern(
        tables=honest.tables | {table: flags},
        nulls=honest.nulls,
        statistics=honest.statistics,
    )


@pytest.mark.parametrize("flagged", [False, True])
def test_it_passes_every_honest_release(flagged: bool) -> None:
    for seed in range(200, 320):
        case = random_case(seed, flagged=flagged)
        recheck(case, pattern_of(case))


@pytest.mark.parametrize("count", [K - 1, K, K + 1])
def test_it_refuses_a_shown_count_below_min_count(count: int) -> None:
    case = one_way_case((count, 40, 50), K)
    everything = with_table(case, "q", (True, True, True))
    if count >= K:
        recheck(case, everything)
    else:
        assert refusal(case, everything) == "recheck.small"


def test_it_refuses_hidden_cells_that_can_be_worked_out() -> None:
    case = one_way_case((3, 40, 50, 4), K)
    assert refusal(case, with_table(case, "q", (False, True, True, False))) == (
        "recheck.complement"
    )
    alone = one_way_case((30, 40, 50), K)
    assert refusal(alone, with_table(alone, "q", (False, True, True))) == "recheck.complement"


def test_it_refuses_missing_added_and_changed_values() -> None:
    case = one_way_case((30, 40, 50), K)
    pattern = pattern_of(case)
    values = values_of(case, pattern)
    recheck(case, pattern, values)
    assert refusal(case, pattern, {**values, "cell/q/9": 1}) == "recheck.names"
    assert refusal(case, pattern, dict(list(values.items())[1:])) == "recheck.names"
    assert refusal(case, pattern, {**values, "cell/q/0": 31}) == "recheck.complement"


def test_it_refuses_any_value_of_too_few_answers() -> None:
    case = one_way_case((9, 0), K)
    assert refusal(case, with_table(case, "q", (True, True))) == "recheck.accepted"


def follow_up_case(parent: tuple[int, ...], child: tuple[int, ...]) -> Case:
    builder = PlanBuilder()
    builder.add_one_way("parent", len(parent))
    builder.add_one_way("child", len(child), condition=Condition(table="parent", cells=(0,)))
    return case_of(builder.plan(), (*parent, *child), (), sum(parent), K, 1)


def test_it_refuses_a_follow_up_of_a_hidden_cell() -> None:
    case = follow_up_case((40, 3, 50), (20, 20))
    pattern = Pattern(
        tables={"parent": (False, False, True), "child": (True, True)}, nulls={}, statistics={}
    )
    assert refusal(case, pattern) == "recheck.population"


GRID = [[30, 10, 30], [30, 12, 30], [30, 30, 30]]


@pytest.mark.parametrize(
    ("hidden", "passes"),
    [
        ([], True),
        ([(0, 0), (0, 1), (1, 0), (1, 1)], True),
        ([(0, 0)], False),
        ([(0, 0), (0, 1)], False),
        ([(0, 0), (1, 1)], False),
        ([(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)], False),
    ],
)
def test_it_lets_a_two_way_table_hide_blocks_only(
    hidden: list[tuple[int, int]], passes: bool
) -> None:
    case = two_way_case(GRID, K)
    flags = tuple((r, c) not in hidden for r in range(3) for c in range(3))
    pattern = with_table(case, "left*right", flags)
    if passes:
        recheck(case, pattern)
    else:
        assert refusal(case, pattern) == "recheck.block"


def test_it_refuses_small_pooled_and_light_cells_of_two_way_tables() -> None:
    small = two_way_case([[30, 9, 30], [30, 30, 30], [30, 30, 30]], K)
    assert refusal(small, with_table(small, "left*right", (True,) * 9)) == "recheck.block"
    light = two_way_case([[4, 4, 30], [30, 30, 30], [30, 30, 30]], K)
    block = (False, False, True, False, False, True, True, True, True)
    assert refusal(light, with_table(light, "left*right", block)) == "recheck.block"
    pooled = two_way_case([[2, 3], [1, 2], [40, 40], [40, 40]], K)
    assert refusal(pooled, with_table(pooled, "left*right", (True,) * 8)) == "recheck.block"


def multiple_case(counts: tuple[int, ...], minimum: int, maximum: int, nothing: int) -> Case:
    builder = PlanBuilder()
    builder.add_multiple("m", len(counts), minimum, maximum, required=False)
    return case_of(builder.plan(), (*counts, nothing), (), 100, K, 1)


def multiple_pattern(flags: tuple[bool, ...], *, null: bool) -> Pattern:
    return Pattern(tables={"m": flags}, nulls={"m": null}, statistics={})


def test_it_refuses_multiple_choice_that_tells_hidden_options() -> None:
    case = multiple_case((40, 40, 9), 1, 1, 11)
    recheck(case, pattern_of(case))
    lone = multiple_pattern((True, True, False), null=True)
    assert refusal(case, lone) == "recheck.complement"
    few_left = multiple_case((85, 40), 1, 2, 11)
    assert refusal(few_left, multiple_pattern((True, True), null=True)) == "recheck.upper"
    pinned = multiple_case((30, 30, 31), 1, 1, 9)
    everything = multiple_pattern((True, True, True), null=False)
    assert refusal(pinned, everything) == "recheck.pinned"


def test_it_refuses_a_shown_no_answer_that_is_small() -> None:
    case = multiple_case((40, 40), 1, 2, 9)
    assert refusal(case, multiple_pattern((True, True), null=True)) == "recheck.small"


def test_it_refuses_a_ranking_without_a_public_total() -> None:
    builder = PlanBuilder()
    builder.add_ranking("r", 2, required=False)
    case = case_of(builder.plan(), (30, 40, 40, 30, 20), (), 90, K, 1)
    recheck(case, pattern_of(case))
    pattern = Pattern(tables={"r": (True,) * 4}, nulls={"r": False}, statistics={})
    assert refusal(case, pattern) == "recheck.answered"


def statistic_case(bins: tuple[int, ...], offset: int, squares: int) -> Case:
    builder = PlanBuilder()
    table = builder.add_one_way("n", [0, 8])
    statistic = builder.add_statistic(table, 15)
    lowest = next(slot for slot, _ in statistic.weights if slot not in table.slots)
    counts = [*bins, *(0 for _ in range(builder.width - 2))]
    counts[lowest] = offset
    return case_of(builder.plan(), tuple(counts), (squares,), sum(bins), K, 1)


def statistic_pattern(*, bins: bool = True, mean: bool, variance: bool) -> Pattern:
    return Pattern(tables={"n": (bins, bins)}, nulls={}, statistics={"n": (mean, variance)})


def test_it_refuses_statistics_beyond_their_rules() -> None:
    # 20 answers from 0 on and 20 from 8 on, 40 steps above in all: Σy² is 1280 + 40 at least.
    case = statistic_case((20, 20), 40, 2000)
    recheck(case, pattern_of(case))
    assert pattern_of(case).statistics["n"] == (True, True)
    hidden = statistic_pattern(bins=False, mean=True, variance=False)
    assert refusal(case, hidden) == "recheck.bins"
    assert refusal(case, statistic_pattern(mean=False, variance=True)) == "recheck.variance"
    near = statistic_case((20, 20), K - 1, 1500)
    assert refusal(near, statistic_pattern(mean=True, variance=False)) == "recheck.offsets"
    both = statistic_pattern(mean=True, variance=True)
    assert refusal(statistic_case((20, 20), 40, 20000), both) == "recheck.dominance"
    assert refusal(statistic_case((14, 15), 40, 2000), both) == "recheck.variance"
    assert refusal(statistic_case((20, 20), 40, 1280 + 40 + 18), both) == "recheck.spread"
    recheck(statistic_case((20, 20), 40, 1280 + 40 + 20), both)


def test_it_refuses_hidden_cells_that_are_one_each_where_zero_is_shown() -> None:
    case = one_way_case((100, 0, 50, *(1,) * K), K, extremes=True)
    recheck(case, pattern_of(case))
    flags = (True, True, True, *(False,) * K)
    assert refusal(case, with_table(case, "q", flags)) == "recheck.complement"
    few = one_way_case((K, 0), K, extremes=True)
    assert refusal(few, with_table(few, "q", (True, True))) == "recheck.population"
