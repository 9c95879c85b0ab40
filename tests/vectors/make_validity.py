"""Vectors of proofs: coins, reports with their shares and evaluations, and reports refused.

Share vectors and values are the bytes that travel: 8-byte little-endian words, in hexadecimal.
``opened`` holds, node by node, F and H of every block, M if there are texts, then L. The last
seed of a survey with texts is the mask.
"""

from collections.abc import Sequence

from mpcengine.protocol.canonical import JSON, digest
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.encoding import encode_answers, encode_texts
from mpcengine.protocol.field import MODULUS, POINTS
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.sharing import split
from mpcengine.protocol.signing import LABEL_COIN, LABEL_TOSS, public_bytes, sign
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_check import coin_weights, evaluate, judge
from mpcengine.protocol.validity_coin import (
    coin_factors,
    coin_point,
    coin_text_factors,
    joint_coin,
    toss_commitment,
)
from mpcengine.protocol.validity_messages import (
    CoinSeed,
    Lines,
    SignedToss,
    Toss,
    build_coin,
    build_lines,
    build_toss,
    build_transcript,
    lines_digest,
    tosses_digest,
)
from mpcengine.protocol.validity_plan import ValidityPlan
from mpcengine.protocol.validity_points import weights_at
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_reports import forged
from tests.vectors.cast import ed25519, element, seed
from tests.vectors.make_survey import ENCODED, GOOD
from tests.vectors.survey_cases import with_questions

ORIGIN = "made by tests/vectors/generate.py from seeds that are derived from names"
MANIFEST, ROOT = digest(b"a manifest"), digest(b"a root")
SEEDS = [seed(f"coin of {node}") for node in NODE_NAMES]
# 260 slots: two blocks of 130.
LONG = with_questions(
    {
        "id": "grid",
        "kind": "matrix",
        "rows": [f"r{row}" for row in range(52)],
        "options": ["a", "b", "c", "d"],
    }
)
LONG_ANSWERS = {"grid": {f"r{row}": "abcd"[row % 4] for row in range(0, 52, 3)}}


def validity() -> JSON:
    """Return everything another implementation needs to prove, and to check."""
    return {
        "origin": ORIGIN,
        "modulus": str(MODULUS),
        "lagrange": [_lagrange(*case) for case in ((1, 4), (3, 8), (3, MODULUS - 1), (7, 16))],
        "coins": [_coin_vector(round_number) for round_number in (1, 4)],
        "transcript": _transcript(),
        "lines": _lines(),
        "good": [_good(*case) for case in _cases()],
        "bad": _bad(),
        "bad_vectors": _bad_vectors(),
    }


def _lagrange(degree: int, point: int) -> JSON:
    weights = weights_at(degree, point)
    return {"degree": degree, "point": str(point), "weights": _decimals(weights)}


def _commitments(round_number: int) -> list[str]:
    return [
        toss_commitment(
            manifest=MANIFEST, root=ROOT, round_number=round_number, index=index, seed=own
        )
        for index, own in zip(POINTS, SEEDS, strict=True)
    ]


def _coin(round_number: int) -> bytes:
    return joint_coin(
        manifest=MANIFEST,
        root=ROOT,
        round_number=round_number,
        commitments=_commitments(round_number),
        seeds=SEEDS,
    )


def _coin_vector(round_number: int) -> JSON:
    coin = _coin(round_number)
    return {
        "manifest": MANIFEST,
        "root": ROOT,
        "round": round_number,
        "seeds": [one.hex() for one in SEEDS],
        "commitments": list(_commitments(round_number)),
        "coin": coin.hex(),
        "largest_block": 250,
        "point": str(coin_point(coin, 502)),
        "factors": _decimals(coin_factors(coin, 5)),
        "text_factors": _decimals(coin_text_factors(coin, 5)),
        "small_field": {
            "modulus": "11",
            "largest_block": 1,
            "point": str(coin_point(coin, 4, modulus=11)),
            "factors": _decimals(coin_factors(coin, 8, modulus=11)),
        },
    }


def _transcript() -> JSON:
    keys = [ed25519(f"identity {node}") for node in NODE_NAMES]
    tosses = [
        build_toss(Toss(manifest=MANIFEST, node=node, root=ROOT, round=1, commitment=made))
        for node, made in zip(NODE_NAMES, _commitments(1), strict=True)
    ]
    held = tosses_digest(tosses)
    signed = []
    for node, own, toss, key in zip(NODE_NAMES, SEEDS, tosses, keys, strict=True):
        message = CoinSeed(
            manifest=MANIFEST, node=node, root=ROOT, round=1, seed=own, tosses=held
        )
        coin = build_coin(message)
        one = SignedToss(
            toss=toss,
            toss_signature=sign(key, LABEL_TOSS, toss),
            coin=coin,
            coin_signature=sign(key, LABEL_COIN, coin),
        )
        signed.append(one)
    data = build_transcript(manifest=MANIFEST, root=ROOT, round_number=1, signed=signed)
    return {
        "manifest": MANIFEST,
        "root": ROOT,
        "identity_keys": [public_bytes(key).hex() for key in keys],
        "bytes": data.hex(),
        "coin": _coin(1).hex(),
    }


def _lines() -> JSON:
    """Return three ``lines`` bodies of two reports of one block, and their digest."""
    bodies = [
        build_lines(
            Lines(
                manifest=MANIFEST,
                node=node,
                root=ROOT,
                coin=digest(b"a transcript"),
                verdict=digest(b"a verdict"),
                count=2,
                opened=3,
                values=pack_vector([element(f"{node} {place}") for place in range(6)]),
            )
        )
        for node in NODE_NAMES
    ]
    return {"bodies": [body.hex() for body in bodies], "digest": lines_digest(bodies)}


def _cases() -> list[tuple[str, JSON, JSON]]:
    """Return name, definition and answers of every report; the long one has two blocks."""
    short = [(name, GOOD[survey], answers) for name, survey, answers in ENCODED]
    return [*short, ("two blocks", LONG, LONG_ANSWERS)]


def _plan(definition: JSON) -> ValidityPlan:
    layout = build_layout(parse_survey(definition))
    return layout.proof


def _good(name: str, definition: JSON, answers: JSON) -> JSON:
    survey = parse_survey(definition)
    plan, record = _plan(definition), encode_answers(survey, answers)
    seeds = [element(f"{name} seed {place}") for place in range(plan.seeds)]
    texts = encode_texts(build_layout(survey), answers)
    report = prove(plan, record, seeds, texts)
    slopes = _slopes(name, plan)
    return {
        "name": name,
        "survey": survey.to_json(),
        "width": plan.width,
        "blocks": [block.bits for block in plan.blocks],
        "words": plan.words,
        "record": "".join(str(bit) for bit in record),
        "texts": _decimals(texts),
        "seeds": _decimals(seeds),
        "slopes": pack_vector(slopes).hex(),
        "report": pack_vector(report).hex(),
        **_evaluated(plan, split(report, slopes)),
    }


def _evaluated(plan: ValidityPlan, shares: Sequence[Sequence[int]]) -> dict[str, JSON]:
    coin = _coin(1)
    weights = coin_weights(plan, coin)
    opened = [evaluate(weights, share) for share in shares]
    return {
        "coin": coin.hex(),
        "shares": [pack_vector(share).hex() for share in shares],
        "opened": [pack_vector(values).hex() for values in opened],
        "reason": judge(weights, opened),
    }


def _bad() -> JSON:
    """Return reports that must be rejected, with the reason; what was done is the name."""
    definition = GOOD["follow-ups"]
    plan = _plan(definition)
    record = encode_answers(parse_survey(definition), {"sector": "y"})
    report = prove(plan, record, [element("bad seed")])
    cell = record.index(1)
    values: dict[str, list[int]] = {
        "a bit plus one": _moved(report, cell, 1),
        "a seed plus one": _moved(report, plan.blocks[0].seed, 1),
        "the last quotient minus one": _moved(report, plan.words - 1, -1),
        "a proof whose words moved up by one": report[: plan.width]
        + report[plan.width + 1 :]
        + [0],
        "2 and -1 with the quotient's formula": forged(
            plan, [2, -1, *([0] * (plan.width - 2))], "bad"
        ),
        "a bit flipped, then proven": prove(plan, _flipped(record, cell), [element("flip")]),
        "no bits at all, proven": prove(plan, [0] * plan.width, [element("none")]),
    }
    found: list[JSON] = [
        {"name": name, **_evaluated(plan, split(words, _slopes(name, plan)))}
        for name, words in values.items()
    ]
    for node, place in ((0, 0), (1, plan.width), (2, plan.words - 1)):
        shares = [list(share) for share in split(report, _slopes("moved", plan))]
        shares[node] = _moved(shares[node], place, 1)
        name = f"word {place} of node {node + 1} plus one"
        found.append({"name": name, **_evaluated(plan, shares)})
    return {"survey": parse_survey(definition).to_json(), "cases": found}


def _bad_vectors() -> JSON:
    """Return bytes that are no share vector of three words."""
    good = pack_vector([1, 2, 3])
    at_p = MODULUS.to_bytes(8, "little")
    return [
        {"code": "vector.length", "words": 3, "bytes": good[:-1].hex()},
        {"code": "vector.length", "words": 3, "bytes": good[:-8].hex()},
        {"code": "vector.length", "words": 3, "bytes": good.hex() + "00" * 8},
        {"code": "vector.range", "words": 3, "bytes": (good[:-8] + at_p).hex()},
    ]


def _slopes(name: str, plan: ValidityPlan) -> list[int]:
    return [element(f"{name} slope {place}") for place in range(plan.words)]


def _moved(words: Sequence[int], place: int, by: int) -> list[int]:
    return [(word + by * (at == place)) % MODULUS for at, word in enumerate(words)]


def _flipped(record: Sequence[int], place: int) -> list[int]:
    return [bit ^ (at == place) for at, bit in enumerate(record)]


def _decimals(values: Sequence[int]) -> list[str]:
    return [str(value) for value in values]
