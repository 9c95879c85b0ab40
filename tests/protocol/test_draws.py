"""Secret draws: reproducible per node and label, and read the same way by everybody."""

import hashlib

import pytest

from mpcengine.protocol.draws import (
    DRAW_BITS,
    chosen_index,
    combine_draws,
    draw_bits,
    draw_labels,
    is_bounded,
    node_draws,
)
from tests.attackers.plans import PlanBuilder

SEED = bytes(range(32))


def builder() -> PlanBuilder:
    made = PlanBuilder()
    left, right = made.add_one_way("left", 2), made.add_one_way("right", 3)
    made.add_two_way(left, right)
    made.add_multiple("free", 3, 1, 3)
    made.add_multiple("bound", 3, 1, 2)
    made.add_ranking("rank", 2)
    return made


def test_it_expands_a_seed_by_label() -> None:
    stream = hashlib.shake_256(b"drempel/draw/1\x00" + SEED + b"one-way/q").digest(5)
    expected = [stream[place // 8] >> (place % 8) & 1 for place in range(40)]
    assert draw_bits(SEED, "one-way/q", 40) == expected
    assert draw_bits(SEED, "one-way/p", 40) != expected
    assert draw_bits(bytes(32), "one-way/q", 40) != expected


@pytest.mark.parametrize("length", [0, 31, 33])
def test_it_refuses_a_seed_of_another_length(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        draw_bits(bytes(length), "one-way/q", 40)


def test_it_lists_labels_in_the_order_of_the_gate() -> None:
    plan = builder().plan()
    assert draw_labels(plan, 1) == [
        "one-way/left",
        "one-way/right",
        "multiple/bound",
        "ranking/rank/column",
        "ranking/rank/row",
    ]
    assert draw_labels(plan, 2) == ["two-way/left*right/column", "two-way/left*right/row"]
    assert [len(bits) for bits in node_draws(SEED, plan, 1)] == [DRAW_BITS] * 5


@pytest.mark.parametrize(
    ("minimum", "maximum", "bounded"),
    [(0, 3, False), (1, 3, False), (2, 3, True), (1, 2, True)],
)
def test_it_draws_in_multiple_choice_only_under_bounds(
    minimum: int, maximum: int, bounded: bool
) -> None:
    table = PlanBuilder().add_multiple("q", 3, minimum, maximum)
    assert is_bounded(table) is bounded


def test_it_joins_contributions_by_exclusive_or() -> None:
    plan = builder().plan()
    seeds = [SEED, bytes(32), bytes([7] * 32)]
    contributions = [node_draws(seed, plan, 2) for seed in seeds]
    draws = combine_draws(plan, 2, contributions)
    for place, label in enumerate(draw_labels(plan, 2)):
        bits = [
            a ^ b ^ c for a, b, c in zip(*(node[place] for node in contributions), strict=True)
        ]
        assert draws[label] == sum(bit << i for i, bit in enumerate(bits))


def test_it_picks_candidates_evenly_and_nothing_else() -> None:
    candidates = [False, True, True, False, True]
    picks = [chosen_index(candidates, (step << 40) // 300 + 1) for step in range(300)]
    assert {place: picks.count(place) for place in set(picks)} == {1: 100, 2: 100, 4: 100}
    assert chosen_index(candidates, 0) == 1
    assert chosen_index(candidates, 2**40 - 1) == 4
    assert chosen_index([False] * 4, 2**40 - 1) is None
