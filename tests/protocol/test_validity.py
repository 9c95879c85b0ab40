"""Three nodes accept every valid record and name what is wrong with every other."""

import itertools
from typing import Any

import pytest

from mpcengine.protocol.batch import CONSTRAINT, INCONSISTENT, NOT_BITS
from mpcengine.protocol.codec import pack_vector, unpack_vector
from mpcengine.protocol.encoding import check_record, encode_answers
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.validity_check import (
    coin_weights,
    evaluate,
    judge,
    make_weights,
)
from mpcengine.protocol.validity_plan import validity_plan
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_reports import (
    COIN,
    forged,
    laid_out,
    one_of,
    report_of,
    shares_of,
    verdict,
)
from tests.protocol.made_surveys import SMALL, possible_answers

JSON = Any
PLAN = validity_plan(5, [one_of(5)], largest=3)
RECORD = [0, 0, 1, 0, 0]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("largest", [250, 4])
def test_it_accepts_every_record_of_every_kind(name: str, largest: int) -> None:
    layout, plan = laid_out(SMALL[name], largest=largest)
    weights = coin_weights(plan, COIN)
    for place, answers in enumerate(possible_answers(SMALL[name])[:40]):
        report = report_of(plan, encode_answers(layout, answers), f"{name} {place}")
        assert verdict(weights, shares_of(report, str(place))) is None


@pytest.mark.parametrize("name", SMALL)
def test_it_rejects_every_flipped_bit_of_every_kind(name: str) -> None:
    layout, plan = laid_out(SMALL[name])
    weights = coin_weights(plan, COIN)
    for answers in possible_answers(SMALL[name])[:6]:
        record = encode_answers(layout, answers)
        for slot in range(layout.width):
            wrong = [bit ^ (place == slot) for place, bit in enumerate(record)]
            report = report_of(plan, wrong, f"{name} {slot}")
            assert verdict(weights, shares_of(report, name)) == CONSTRAINT


@pytest.mark.parametrize("name", SMALL)
def test_it_notices_each_constraint_by_itself(name: str) -> None:
    """Each has a factor of its own: with all others zero it still speaks."""
    layout, plan = laid_out(SMALL[name])
    for left_out in range(len(layout.constraints)):
        factors = [int(place == left_out) for place in range(len(layout.constraints))]
        weights = make_weights(plan, 10**9, factors)
        constraint = layout.constraints[left_out]
        wrong = [0] * layout.width
        # No bits at all break a sum that is not zero, one bit breaks a sum that is.
        wrong[constraint.terms[0][0]] = int(constraint.constant == 0)
        assert not check_record(layout, wrong)
        assert verdict(weights, shares_of(report_of(plan, wrong, name), name)) == CONSTRAINT


def test_it_rejects_what_is_no_bit_although_all_sums_hold() -> None:
    weights = coin_weights(PLAN, COIN)
    for wrong in ([2, -1, 0, 0, 0], [-1, 0, 2, 0, 0], [0, 0, 0, 1000, -999]):
        report = forged(PLAN, wrong, "forged")
        assert verdict(weights, shares_of(report, "forged")) == NOT_BITS
    half = pow(2, -1, MODULUS)
    report = forged(PLAN, [half, half, 0, 0, 0], "halves")
    assert verdict(weights, shares_of(report, "halves")) == NOT_BITS


def test_it_accepts_what_the_forger_makes_of_bits() -> None:
    """The forger's own formula is right, so that what is refused above is the value."""
    report = forged(PLAN, RECORD, "honest")
    assert report == report_of(PLAN, RECORD, "honest")
    assert verdict(coin_weights(PLAN, COIN), shares_of(report, "honest")) is None


def test_it_rejects_every_changed_word_of_the_report() -> None:
    weights = coin_weights(PLAN, COIN)
    honest = report_of(PLAN, RECORD, "changed")
    for place, change in itertools.product(range(PLAN.words), (1, 2, MODULUS - 1)):
        wrong = [(x + change * (i == place)) % MODULUS for i, x in enumerate(honest)]
        assert verdict(weights, shares_of(wrong, "changed")) == NOT_BITS


def test_it_rejects_every_word_that_one_node_has_otherwise() -> None:
    weights = coin_weights(PLAN, COIN)
    shares = shares_of(report_of(PLAN, RECORD, "moved"), "moved")
    for node, place in itertools.product(range(3), range(PLAN.words)):
        moved = [list(share) for share in shares]
        moved[node][place] = (moved[node][place] + 1) % MODULUS
        assert verdict(weights, moved) == INCONSISTENT


def test_it_rejects_every_value_that_one_node_opens_otherwise() -> None:
    weights = coin_weights(PLAN, COIN)
    shares = shares_of(report_of(PLAN, RECORD, "opened"), "opened")
    opened = [evaluate(weights, share) for share in shares]
    for node, place in itertools.product(range(3), range(PLAN.opened)):
        moved = [list(values) for values in opened]
        moved[node][place] = (moved[node][place] + 1) % MODULUS
        assert judge(weights, moved) == INCONSISTENT


def test_it_names_the_first_reason() -> None:
    weights = coin_weights(PLAN, COIN)
    wrong = forged(PLAN, [1, 1, 7, 0, 0], "both")
    shares = [list(share) for share in shares_of(wrong, "both")]
    assert verdict(weights, shares) == NOT_BITS
    shares[1][PLAN.words - 1] ^= 1
    assert verdict(weights, shares) == INCONSISTENT


def test_it_refuses_a_vector_of_another_form() -> None:
    weights = coin_weights(PLAN, COIN)
    share = shares_of(report_of(PLAN, RECORD, "form"), "form")[0]
    for wrong in (share[:-1], [*share, 0], []):
        with pytest.raises(ValueError, match="share vector"):
            evaluate(weights, wrong)
    data = pack_vector(share)
    assert unpack_vector(data, PLAN.words) == share
    at_p = MODULUS.to_bytes(8, "little")
    for code, wrong_data in [
        ("vector.length", data[:-1]),
        ("vector.length", data[8:]),
        ("vector.length", data + bytes(8)),
        ("vector.range", data[:-8] + at_p),
    ]:
        with pytest.raises(MalformedMessage) as refused:
            unpack_vector(wrong_data, PLAN.words)
        assert refused.value.code == code


def test_it_refuses_openings_of_another_length() -> None:
    weights = coin_weights(PLAN, COIN)
    shares = shares_of(report_of(PLAN, RECORD, "short"), "short")
    opened = [evaluate(weights, share) for share in shares]
    cut = [opened[0], opened[1], opened[2][:-1]]
    for wrong in (opened[:2], [*opened, opened[0]], cut, [values[1:] for values in opened]):
        with pytest.raises(InconsistentShares) as refused:
            judge(weights, wrong)
        assert refused.value.code == "lines.length"


@pytest.mark.parametrize(
    ("record", "seeds"),
    [
        ([0, 0, 1, 0], [1, 2]),
        ([0, 0, 2, 0, 0], [1, 2]),
        ([0, 0, -1, 0, 0], [1, 2]),
        (RECORD, [1]),
        (RECORD, [1, 2, 3]),
        (RECORD, [1, MODULUS]),
        (RECORD, [-1, 1]),
    ],
)
def test_it_proves_bits_only_with_one_seed_a_block(record: list[int], seeds: list[int]) -> None:
    with pytest.raises(ValueError, match=r"bits|seed"):
        prove(PLAN, record, seeds)


def test_it_uses_no_coin_that_opens_a_bit() -> None:
    for point in (*range(PLAN.forbidden), MODULUS, -1):
        with pytest.raises(ValueError, match="2M"):
            make_weights(PLAN, point, [1])
    assert make_weights(PLAN, PLAN.forbidden, [1]).point == 8
    with pytest.raises(ValueError, match="factor"):
        make_weights(PLAN, PLAN.forbidden, [])
