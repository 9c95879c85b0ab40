"""Check hidden reports: what a node evaluates on its own shares, and what all conclude.

Source: docs/protocol.md §18.4. This is the plain reference; ``mpcengine.circuits.validity``
does the same on arrays. Every opened value is of degree 1 in the shares, so one lying node is
always noticed and can help no respondent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.batch import CONSTRAINT, INCONSISTENT, NOT_BITS
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.field import MODULUS, POINTS, interpolate_at_zero, on_line
from mpcengine.protocol.validity_coin import coin_factors, coin_point, coin_text_factors
from mpcengine.protocol.validity_plan import ProofBlock, ValidityPlan
from mpcengine.protocol.validity_points import vanishing_at, weights_at


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWeights:
    """Give f(t) from seed and bits, h(t) from the quotient's values, and Z(t)."""

    seed: int
    bits: tuple[int, ...]
    quotient: tuple[int, ...]
    vanishing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Hold everything that follows from plan and coin; the same for every report and node."""

    plan: ValidityPlan
    point: int
    blocks: tuple[BlockWeights, ...]
    texts: tuple[int, ...]
    line: tuple[int, ...]
    constant: int
    modulus: int


def coin_weights(plan: ValidityPlan, coin: bytes, *, modulus: int = MODULUS) -> Weights:
    """Return the weights of a batch under its coin (32 bytes)."""
    point = coin_point(coin, plan.forbidden, modulus=modulus)
    factors = coin_factors(coin, len(plan.constraints), modulus=modulus)
    texts = coin_text_factors(coin, len(plan.payload), modulus=modulus)
    return make_weights(plan, point, factors, texts, modulus=modulus)


def make_weights(
    plan: ValidityPlan,
    point: int,
    factors: Sequence[int],
    texts: Sequence[int] = (),
    *,
    modulus: int = MODULUS,
) -> Weights:
    """Return the weights at ``point``, with one factor a constraint and a word of ``texts``.

    Raises ValueError for a point below 2M + 2 (it would open a bit, or be one of the points
    that define the polynomials) or not below p, or another number of factors.
    """
    if not plan.forbidden <= point < modulus or len(factors) != len(plan.constraints):
        raise ValueError("a coin's point is at least 2M + 2, with one factor a constraint")
    if len(texts) != len(plan.payload):
        raise ValueError("a coin has one factor for every word of the texts")
    line = [0] * plan.width
    constant = 0
    for factor, constraint in zip(factors, plan.constraints, strict=True):
        constant += factor * constraint.constant
        for slot, coefficient in constraint.terms:
            line[slot] += factor * coefficient
    return Weights(
        plan=plan,
        point=point,
        blocks=tuple(_block_weights(block, point, modulus) for block in plan.blocks),
        texts=tuple(texts),
        line=tuple(weight % modulus for weight in line),
        constant=constant % modulus,
        modulus=modulus,
    )


def evaluate(weights: Weights, share: Sequence[int]) -> list[int]:
    """Return one node's shares of F and H of every block, M if there are texts, then L.

    These are ``plan.opened`` values. M is the mask plus the texts' words, each times its
    factor. ``share`` is the node's share vector of one report, ``plan.words`` field elements.
    Raises ValueError for another length.
    """
    plan, modulus = weights.plan, weights.modulus
    if len(share) != plan.words:
        raise ValueError("a share vector has plan.words elements")
    values = []
    for block, given in zip(plan.blocks, weights.blocks, strict=True):
        f = given.seed * share[block.seed]
        f += sum(w * share[place] for w, place in zip(given.bits, block.places, strict=True))
        pairs = zip(given.quotient, block.quotient, strict=True)
        values += [f % modulus, sum(w * share[place] for w, place in pairs) % modulus]
    if plan.mask is not None:
        words = share[plan.payload.start : plan.payload.stop]
        masked = sum(w * x for w, x in zip(weights.texts, words, strict=True))
        values.append((masked + share[plan.mask]) % modulus)
    line = sum(w * x for w, x in zip(weights.line, share[: plan.width], strict=True))
    return [*values, (line - weights.constant) % modulus]


def judge(weights: Weights, opened: Sequence[Sequence[int]]) -> str | None:
    """Return why a report is rejected, or None if it is accepted.

    ``opened`` are the three nodes' values from ``evaluate``, in order of index. The first of
    ``inconsistent``, ``not bits`` and ``constraint`` that holds is the reason. M is looked at
    on the line only: its value says nothing. Raises InconsistentShares ``lines.length`` if a
    node gives another number of values.
    """
    if len(opened) != len(POINTS) or any(len(v) != weights.plan.opened for v in opened):
        raise InconsistentShares("lines.length", "A node opened another number of values.")
    modulus = weights.modulus
    triples = list(zip(*opened, strict=True))
    if not all(on_line(triple, modulus=modulus) for triple in triples):
        return INCONSISTENT
    values = [interpolate_at_zero(triple, modulus=modulus) for triple in triples]
    for place, block in enumerate(weights.blocks):
        f, h = values[2 * place], values[2 * place + 1]
        if (f * f - f - block.vanishing * h) % modulus:
            return NOT_BITS
    return CONSTRAINT if values[-1] else None


def _block_weights(block: ProofBlock, point: int, modulus: int) -> BlockWeights:
    size = block.bits
    seed, *bits = weights_at(size, point, modulus=modulus)
    return BlockWeights(
        seed=seed,
        bits=tuple(bits),
        quotient=tuple(weights_at(size, point - size - 1, modulus=modulus)),
        vanishing=vanishing_at(size, point, modulus=modulus),
    )
