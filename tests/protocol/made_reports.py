"""Reports for tests: plans of made-up records, repeatable randomness, shares of three nodes."""

import hashlib
from collections.abc import Sequence

from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.layout_parts import Constraint
from mpcengine.protocol.sharing import ShareVectors, split
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_check import Weights, evaluate, judge
from mpcengine.protocol.validity_plan import LARGEST_BLOCK, ValidityPlan, validity_plan
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_surveys import JSON

COIN = hashlib.sha256(b"a coin for tests").digest()


def elements(name: str, count: int, modulus: int = MODULUS) -> list[int]:
    """Return field elements that follow from a name; never used outside tests."""
    stream = hashlib.shake_256(name.encode()).digest(16 * count)
    words = (stream[at : at + 16] for at in range(0, len(stream), 16))
    return [int.from_bytes(word, "big") % modulus for word in words]


def one_of(width: int) -> Constraint:
    """Demand that exactly one of ``width`` bits is set."""
    return Constraint(terms=tuple((slot, 1) for slot in range(width)), constant=1)


def laid_out(survey: JSON, *, largest: int = LARGEST_BLOCK) -> tuple[Layout, ValidityPlan]:
    """Return a survey's layout and the plan of its proofs."""
    layout = build_layout(parse_survey(survey))
    return layout, validity_plan(
        layout.width, layout.constraints, layout.texts, largest=largest
    )


def report_of(
    plan: ValidityPlan,
    record: Sequence[int],
    name: str,
    modulus: int = MODULUS,
    texts: Sequence[int] = (),
) -> list[int]:
    """Return the honest report of a record and texts, its seeds and keys made from a name."""
    seeds = elements(f"seeds {name}", plan.seeds, modulus)
    return prove(plan, record, seeds, texts, modulus=modulus)


def shares_of(report: Sequence[int], name: str, modulus: int = MODULUS) -> ShareVectors:
    """Return the three share vectors of a report, its slopes made from a name."""
    slopes = elements(f"slopes {name}", len(report), modulus)
    return split(report, slopes, modulus=modulus)


def verdict(weights: Weights, shares: Sequence[Sequence[int]]) -> str | None:
    """Let three honest nodes evaluate their shares, and judge."""
    return judge(weights, [evaluate(weights, share) for share in shares])


def forged(
    plan: ValidityPlan, record: Sequence[int], name: str, texts: Sequence[int] = ()
) -> list[int]:
    """Return what a client sends for words that are no bits: the quotient's formula anyway."""
    stand_in = [value if value in (0, 1) else 0 for value in record]
    report = report_of(plan, stand_in, name, texts=texts)
    for block in plan.blocks:
        values = [report[block.seed], *(record[place] for place in block.places)]
        report[block.first_bit : block.places.stop] = record[
            block.first_bit : block.places.stop
        ]
        for x, place in enumerate(block.quotient, start=block.bits + 1):
            f, z = _interpolated(values, x), 1
            for k in range(1, block.bits + 1):
                z = z * (x - k) % MODULUS
            report[place] = (f * f - f) * pow(z, -1, MODULUS) % MODULUS
    return [value % MODULUS for value in report]


def _interpolated(values: Sequence[int], x: int, modulus: int = MODULUS) -> int:
    """Return f(x) by Lagrange's formula as in a textbook, f(k) = values[k]."""
    total = 0
    for k, value in enumerate(values):
        above = below = 1
        for j in range(len(values)):
            if j != k:
                above, below = above * (x - j) % modulus, below * (k - j) % modulus
        total += value * above * pow(below, -1, modulus)
    return total % modulus
