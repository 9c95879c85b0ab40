"""Patterns flatten in a fixed order, and name exactly the values to open."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.pattern import (
    Pattern,
    merge_patterns,
    pattern_from_bits,
    pattern_size,
    pattern_to_bits,
    released_values,
)
from mpcengine.protocol.tables import TablePlan
from tests.attackers.plans import PlanBuilder
from tests.attackers.surveys import random_case


def small_plan() -> TablePlan:
    builder = PlanBuilder()
    number = builder.add_one_way("n", [0, 2], required=False)
    builder.add_statistic(number, 3)
    other = builder.add_one_way("o", 2)
    builder.add_multiple("m", 2, 1, 2, required=False)
    builder.add_ranking("r", 2)
    builder.add_two_way(number, other)
    return builder.plan()


def test_it_flattens_round_one_in_its_order() -> None:
    number, other, multiple, ranking = [1, 0, 1], [0, 1], [1, 0, 1], [1, 1, 0, 0]
    bits = [*number, *other, *multiple, *ranking, 1, 0]
    pattern = pattern_from_bits(small_plan(), 1, bits)
    assert pattern == Pattern(
        tables={
            "n": (True, False, True),
            "o": (False, True),
            "m": (True, False),
            "r": (True, True, False, False),
        },
        nulls={"m": True},
        statistics={"n": (True, False)},
    )
    assert pattern_to_bits(small_plan(), 1, pattern) == bits
    assert pattern_size(small_plan(), 1) == len(bits)


def test_it_flattens_round_two_on_original_cells() -> None:
    pattern = pattern_from_bits(small_plan(), 2, [1, 0, 0, 1, 0, 0])
    assert pattern.tables == {"n*o": (True, False, False, True, False, False)}
    assert pattern_size(small_plan(), 2) == 6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**64 - 1))
def test_it_rebuilds_what_it_flattens(seed: int, source: int) -> None:
    plan = random_case(seed).plan
    for number in (1, 2):
        size = pattern_size(plan, number)
        bits = [source >> (place % 64) & 1 for place in range(size)]
        assert pattern_to_bits(plan, number, pattern_from_bits(plan, number, bits)) == bits


@pytest.mark.parametrize("bits", [[0] * 13, [0] * 15, [0] * 13 + [2], [-1] + [0] * 13])
def test_it_refuses_other_lengths_and_values(bits: list[int]) -> None:
    assert pattern_size(small_plan(), 1) == 14
    with pytest.raises(MalformedMessage):
        pattern_from_bits(small_plan(), 1, bits)


def test_it_names_the_values_to_open_and_no_others() -> None:
    plan = small_plan()
    first = pattern_from_bits(plan, 1, [1, 0, 1] + [0, 1] + [1, 0, 1] + [0] * 4 + [1, 1])
    second = pattern_from_bits(plan, 2, [0, 0, 0, 1, 0, 0])
    values = released_values(plan, merge_patterns(first, second))
    number, multiple = plan.one_way[0], plan.multiple[0]
    assert [(value.name, value.form, value.squares) for value in values] == [
        ("cell/n/0", ((number.slots[0], 1),), None),
        ("cell/n/2", ((number.slots[2], 1),), None),
        ("cell/o/1", ((plan.one_way[1].slots[1], 1),), None),
        ("cell/m/0", ((multiple.slots[0], 1),), None),
        ("cell/n*o/3", ((plan.two_way[0].slots[3], 1),), None),
        ("null/m", ((multiple.null_slot, 1),), None),
        ("sum/n", plan.statistics[0].weights, None),
        ("squares/n", (), 0),
    ]
    assert [value.name for value in released_values(plan, first)] == [
        "cell/n/0",
        "cell/n/2",
        "cell/o/1",
        "cell/m/0",
        "null/m",
        "sum/n",
        "squares/n",
    ]


def test_it_names_nothing_of_an_empty_pattern() -> None:
    plan = small_plan()
    nothing = pattern_from_bits(plan, 1, [0] * 14)
    assert released_values(plan, nothing) == []
