"""Every word of a report lies in one proof, and the chance of error is what is promised."""

from fractions import Fraction
from math import log2

import pytest

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import LARGEST_WIDTH
from mpcengine.protocol.layout_parts import Constraint
from mpcengine.protocol.validity_plan import (
    COIN_ROUNDS,
    LARGEST_BLOCK,
    soundness_error,
    validity_plan,
)


@pytest.mark.parametrize("width", [1, 2, 249, 250, 251, 500, 501, 2501, LARGEST_WIDTH])
def test_it_puts_every_word_into_one_block(width: int) -> None:
    plan = validity_plan(width, ())
    covered = [p for b in plan.blocks for p in (*b.places, b.seed, *b.quotient)]
    assert sorted(covered) == list(range(plan.words))
    assert plan.words == 2 * width + 2 * len(plan.blocks)
    assert plan.opened == 2 * len(plan.blocks) + 1
    assert plan.largest_block <= LARGEST_BLOCK
    assert len({block.bits for block in plan.blocks[:-1]}) <= 1


def test_it_covers_any_width_and_any_block() -> None:
    for width in range(1, 60):
        for largest in range(1, 30):
            if (-(-width // largest) - 1) ** 2 < width:
                plan = validity_plan(width, (), largest=largest)
                assert plan.words == 2 * width + 2 * -(-width // largest)


def test_it_keeps_the_record_at_the_front_for_the_tally() -> None:
    plan = validity_plan(600, ())
    assert [block.first_bit for block in plan.blocks] == [0, 200, 400]
    assert [block.seed for block in plan.blocks] == [600, 802, 1004]


def test_it_refuses_nothing_to_prove_and_a_slot_outside() -> None:
    with pytest.raises(MalformedInput) as refused:
        validity_plan(0, ())
    assert refused.value.code == "survey.empty"
    outside = Constraint(terms=((0, 1), (3, 1)), constant=1)
    with pytest.raises(MalformedInput) as refused:
        validity_plan(3, [outside])
    assert refused.value.code == "survey.unproven"
    assert validity_plan(4, [outside]).width == 4


def test_it_states_the_error_of_the_widest_survey() -> None:
    widest = validity_plan(LARGEST_WIDTH, ())
    assert len(widest.blocks) == 80
    assert soundness_error(widest) == Fraction(500, MODULUS - 502)
    assert -52.04 < log2(soundness_error(widest)) < -52.03
    assert log2(soundness_error(widest, reports=1_000_000, coins=COIN_ROUNDS)) < -30
    assert soundness_error(widest) > Fraction(1, MODULUS), "a constraint alone is caught better"


def test_it_never_states_more_than_certainty() -> None:
    assert soundness_error(validity_plan(2, ()), modulus=7) == 1
