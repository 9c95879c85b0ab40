"""The vectors that another implementation reads, read by this one."""

from typing import Any

import pytest

from mpcengine.protocol.batch import PROOF_REASONS
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.sharing import split
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_check import coin_weights, evaluate, judge
from mpcengine.protocol.validity_coin import (
    coin_factors,
    coin_point,
    coin_text_factors,
    joint_coin,
)
from mpcengine.protocol.validity_messages import (
    check_same_terms,
    lines_digest,
    open_transcript,
    parse_lines,
)
from mpcengine.protocol.validity_plan import ValidityPlan
from mpcengine.protocol.validity_points import weights_at
from mpcengine.protocol.validity_prover import prove
from tests.protocol.vectors import load, names, refused

VECTORS = load("validity")
BAD = VECTORS["bad"]["cases"]


def plan_of(survey: Any) -> ValidityPlan:
    layout = build_layout(parse_survey(survey))
    return layout.proof


def words(text: str) -> list[int]:
    data = bytes.fromhex(text)
    return unpack_vector(data, len(data) // 8)


def check_opened(plan: ValidityPlan, case: Any) -> None:
    weights = coin_weights(plan, bytes.fromhex(case["coin"]))
    opened = [evaluate(weights, words(share)) for share in case["shares"]]
    assert opened == [words(values) for values in case["opened"]]
    assert judge(weights, opened) == case["reason"]


@pytest.mark.parametrize("case", VECTORS["good"], ids=names(VECTORS["good"]))
def test_it_proves_shares_and_accepts(case: Any) -> None:
    plan = plan_of(case["survey"])
    sizes = [block.bits for block in plan.blocks]
    assert (plan.width, plan.words, sizes) == (case["width"], case["words"], case["blocks"])
    texts = [int(word) for word in case["texts"]]
    seeds = [int(seed) for seed in case["seeds"]]
    report = prove(plan, [int(bit) for bit in case["record"]], seeds, texts)
    assert report == words(case["report"])
    shares = split(report, words(case["slopes"]))
    assert list(shares) == [words(share) for share in case["shares"]]
    assert case["reason"] is None
    check_opened(plan, case)


@pytest.mark.parametrize("case", BAD, ids=names(BAD))
def test_it_rejects_for_the_reason_named(case: Any) -> None:
    assert case["reason"] in PROOF_REASONS
    check_opened(plan_of(VECTORS["bad"]["survey"]), case)


def test_it_names_every_reason() -> None:
    assert {case["reason"] for case in BAD} == set(PROOF_REASONS)
    assert max(len(case["blocks"]) for case in VECTORS["good"]) == 2


@pytest.mark.parametrize("case", VECTORS["bad_vectors"])
def test_it_refuses_bytes_that_are_no_vector(case: Any) -> None:
    with pytest.raises(MalformedMessage, check=refused(case["code"])):
        unpack_vector(bytes.fromhex(case["bytes"]), case["words"])


@pytest.mark.parametrize("case", VECTORS["coins"])
def test_it_expands_the_coin(case: Any) -> None:
    coin = joint_coin(
        manifest=case["manifest"],
        root=case["root"],
        round_number=case["round"],
        commitments=case["commitments"],
        seeds=[bytes.fromhex(one) for one in case["seeds"]],
    )
    assert coin.hex() == case["coin"]
    for given in ({"modulus": str(MODULUS), **case}, case["small_field"]):
        modulus, forbidden = int(given["modulus"]), 2 * given["largest_block"] + 2
        assert str(coin_point(coin, forbidden, modulus=modulus)) == given["point"]
        factors = coin_factors(coin, len(given["factors"]), modulus=modulus)
        assert [str(factor) for factor in factors] == given["factors"]
    of_texts = coin_text_factors(coin, len(case["text_factors"]))
    assert [str(factor) for factor in of_texts] == case["text_factors"]


@pytest.mark.parametrize("case", VECTORS["lagrange"])
def test_it_weighs_points(case: Any) -> None:
    weights = weights_at(case["degree"], int(case["point"]))
    assert [str(weight) for weight in weights] == case["weights"]


def test_it_opens_the_transcript_and_reads_the_lines() -> None:
    case = VECTORS["transcript"]
    coin = open_transcript(
        bytes.fromhex(case["bytes"]),
        manifest=case["manifest"],
        root=case["root"],
        identity_keys=[bytes.fromhex(key) for key in case["identity_keys"]],
    )
    assert coin.hex() == case["coin"]
    bodies = [bytes.fromhex(body) for body in VECTORS["lines"]["bodies"]]
    check_same_terms([parse_lines(body) for body in bodies])
    assert lines_digest(bodies) == VECTORS["lines"]["digest"]
