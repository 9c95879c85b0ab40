"""The gate's circuit decides exactly what the plain reference decides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.disclosure_recheck import recheck_released
from mpcengine.protocol.pattern import pattern_from_bits
from mpcengine.protocol.tables import Condition
from tests.attackers.plans import Case, PlanBuilder
from tests.attackers.release import pattern_of, values_of
from tests.attackers.surveys import case_of, random_case
from tests.circuits.gate import first_round, gate_pattern, second_round
from tests.circuits.simulated import opened

K = 5
EDGES = (0, 1, K - 1, K, K + 1, 2 * K - 1, 2 * K, 40, 10**6)


def assert_same(case: Case, seed: int = 1) -> None:
    assert gate_pattern(case, seed) == pattern_of(case)


@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("block", range(6))
def test_it_equals_the_reference_on_random_surveys(block: int, flagged: bool) -> None:
    for seed in range(block * 25, block * 25 + 25):
        case = random_case(seed, flagged=flagged)
        pattern = gate_pattern(case, seed + 1)
        assert pattern == pattern_of(case), seed
        recheck_released(
            case.plan, pattern, values_of(case, pattern), case.accepted, case.min_count
        )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_equals_the_reference_on_edges_of_one_way_tables(data: st.DataObject) -> None:
    builder = PlanBuilder()
    counts: list[int] = []
    total = data.draw(st.sampled_from([K, K + 1, 60, 10**6 + 60]))
    for index in range(3):
        cells = data.draw(st.lists(st.sampled_from(EDGES), min_size=1, max_size=5))
        required = data.draw(st.booleans())
        builder.add_one_way(
            f"q{index}",
            len(cells),
            required=required,
            extremes=data.draw(st.booleans()),
            nonresponse=data.draw(st.booleans()),
        )
        counts += cells if required else [*cells, data.draw(st.sampled_from(EDGES))]
    seed = data.draw(st.integers(0, 2**30))
    assert_same(case_of(builder.plan(), tuple(counts), (), total, K, seed))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_equals_the_reference_on_edges_of_multiple_choice(data: st.DataObject) -> None:
    builder = PlanBuilder()
    counts: list[int] = []
    total = data.draw(st.sampled_from([K, 2 * K - 1, 2 * K, 2 * K + 1, 60]))
    for index in range(3):
        options = data.draw(st.integers(2, 4))
        required = data.draw(st.booleans())
        nothing = 0 if required else data.draw(st.sampled_from(_within(EDGES, total)))
        answered = total - nothing
        near = [answered - K - 1, answered - K, answered - K + 1, answered - 1, answered]
        choices = _within((*EDGES, *near), answered)
        counts += data.draw(
            st.lists(st.sampled_from(choices), min_size=options, max_size=options)
        )
        counts += [] if required else [nothing]
        builder.add_multiple(
            f"q{index}",
            options,
            data.draw(st.integers(0, options)),
            data.draw(st.integers(1, options)),
            required=required,
            extremes=data.draw(st.booleans()),
            nonresponse=data.draw(st.booleans()),
        )
    seed = data.draw(st.integers(0, 2**30))
    assert_same(case_of(builder.plan(), tuple(counts), (), total, K, seed))


def _within(counts: tuple[int, ...], most: int) -> list[int]:
    return sorted({count for count in counts if 0 <= count <= most})


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_equals_the_reference_on_edges_of_two_way_tables(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 4))
    cells = data.draw(
        st.lists(st.sampled_from(EDGES), min_size=rows * columns, max_size=rows * columns)
    )
    builder = PlanBuilder()
    extremes, nonresponse = data.draw(st.booleans()), data.draw(st.booleans())
    left = builder.add_one_way(
        "left", rows - 1, required=False, extremes=extremes, nonresponse=nonresponse
    )
    right = builder.add_one_way("right", columns, extremes=extremes, nonresponse=nonresponse)
    builder.add_two_way(left, right)
    grid = [cells[row * columns : (row + 1) * columns] for row in range(rows)]
    margins = [sum(line) for line in grid] + [sum(line) for line in zip(*grid, strict=True)]
    seed = data.draw(st.integers(0, 2**30))
    assert_same(case_of(builder.plan(), (*margins, *cells), (), sum(cells), K, seed))


@pytest.mark.parametrize("count", [K - 1, K, K + 1])
def test_it_shows_a_cell_from_min_count_on(count: int) -> None:
    builder = PlanBuilder()
    builder.add_one_way("q", 3)
    case = case_of(builder.plan(), (count, 40, 50), (), 90 + count, K, 7)
    assert gate_pattern(case).tables["q"][0] is (count >= K)
    assert_same(case)


@pytest.mark.parametrize("accepted", [K - 1, K, K + 1])
def test_it_shows_nothing_of_too_few_answers(accepted: int) -> None:
    builder = PlanBuilder()
    builder.add_one_way("q", 1)
    case = case_of(builder.plan(), (accepted,), (), accepted, K, 7)
    assert gate_pattern(case).tables["q"] == (accepted >= K,)


@pytest.mark.parametrize("counts", [(0, 0, 20), (20, 20, 20), (5, 0, 0), (0, 0, 10**6)])
def test_it_treats_empty_equal_and_full_tables_like_the_reference(
    counts: tuple[int, ...],
) -> None:
    for extremes in (False, True):
        builder = PlanBuilder()
        builder.add_one_way("q", 3, extremes=extremes)
        assert_same(case_of(builder.plan(), counts, (), sum(counts), K, 3))


def follow_up_case(parent: tuple[int, int, int], child: tuple[int, int]) -> Case:
    """A child asked after option 0, a grandchild after the child's option 1."""
    builder = PlanBuilder()
    builder.add_one_way("parent", 3)
    builder.add_one_way("child", 2, condition=Condition(table="parent", cells=(0,)))
    builder.add_multiple("grandchild", 2, 0, 2, condition=Condition(table="child", cells=(1,)))
    half = child[1] // 2
    counts = (*parent, *child, half, half)
    return case_of(builder.plan(), counts, (), sum(parent), K, 5)


@pytest.mark.parametrize("small", [K - 1, K, K + 1])
def test_it_hides_what_stands_behind_a_hidden_cell_two_levels_deep(small: int) -> None:
    shown = gate_pattern(follow_up_case((40, small, 50), (20, 20)))
    hidden = gate_pattern(follow_up_case((small, 40, 50), (0, small)))
    is_open = small >= K
    # With the parent's option hidden nothing behind it is shown; the draw may hide it too.
    assert all(shown.tables["grandchild"]) is all(shown.tables["child"])
    assert any(hidden.tables["child"]) is False or is_open
    assert any(hidden.tables["grandchild"]) is False
    assert_same(follow_up_case((40, small, 50), (20, 20)))
    assert_same(follow_up_case((small, 40, 50), (0, small)))


def statistic_case(bins: tuple[int, ...], offset: int, squares: int, top: int = 9) -> Case:
    builder = PlanBuilder()
    table = builder.add_one_way("n", [0, 5])
    statistic = builder.add_statistic(table, top)
    bits = [pair[0] for pair in statistic.weights if pair[0] not in table.slots]
    counts = [*bins, *(0 for _ in bits)]
    counts[bits[0]] = offset % 2
    counts[bits[1]] = offset // 2
    return case_of(builder.plan(), tuple(counts), (squares,), sum(bins), K, 5)


@pytest.mark.parametrize("answered", [29, 30, 31])
def test_it_shows_a_variance_from_thirty_answers_on(answered: int) -> None:
    case = statistic_case((answered - 10, 10), 30, 400)
    assert gate_pattern(case).statistics["n"] == (True, answered >= 30)
    assert_same(case)


@pytest.mark.parametrize("change", [-1, 0, 1])
def test_it_shows_a_mean_unless_one_or_two_answers_make_the_total(change: int) -> None:
    # y sums to 5·20 + 20 = 120; 3·4800 = 120².
    case = statistic_case((20, 20), 20, 4800 + change, top=200)
    assert gate_pattern(case).statistics["n"][0] is (change <= 0)
    assert_same(case)


@pytest.mark.parametrize("offset", [K - 1, K, K + 1])
def test_it_shows_a_mean_only_if_enough_lies_off_the_bins_ends(offset: int) -> None:
    case = statistic_case((20, 20), offset, 600)
    assert gate_pattern(case).statistics["n"][0] is (offset >= K)
    assert_same(case)


def test_it_decides_dominance_of_totals_beyond_the_square_root_of_the_field() -> None:
    builder = PlanBuilder()
    table = builder.add_one_way("n", [0, 1000])
    builder.add_statistic(table, 2000)
    offsets = [10**6] * (builder.width - 2)
    counts = (10**6, 10**6, *offsets)
    total = 10**9 + sum(10**6 << place for place in range(len(offsets)))
    assert total > 2**30
    for squares in (2**57, 3 * 10**12):
        case = case_of(builder.plan(), counts, (squares,), 2 * 10**6, 10, 5)
        assert_same(case)


def test_its_rounds_do_not_grow_with_the_number_of_tables() -> None:
    def rounds(tables: int) -> tuple[int, int]:
        builder = PlanBuilder()
        for index in range(tables):
            left = builder.add_one_way(f"a{index}", 3)
            right = builder.add_one_way(f"b{index}", 3)
            builder.add_two_way(left, right)
        one = (30, 30, 30, 30, 30, 30, *(10 for _ in range(9)))
        case = case_of(builder.plan(), one * tables, (), 90, K, 1)
        shares, runtimes = first_round(case)
        first = pattern_from_bits(case.plan, 1, opened(shares))
        return runtimes[0].rounds, second_round(case, first)[1][0].rounds

    assert rounds(1) == rounds(8)


def test_it_hides_no_more_than_the_reference_on_two_hundred_random_tables() -> None:
    tables = shown = reference = 0
    for seed in range(1000, 1050):
        case = random_case(seed, min_count=K)
        expected, decided = pattern_of(case), gate_pattern(case, seed)
        tables += len(expected.tables)
        reference += sum(sum(flags) for flags in expected.tables.values())
        shown += sum(sum(flags) for flags in decided.tables.values())
    assert tables >= 200
    assert shown == reference > 0
