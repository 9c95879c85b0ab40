"""The basic steps on degree-1 shares: multiply, deal, random elements and random bits.

All vectors are one-dimensional ``uint64`` arrays of elements below p = 2^61 - 1; a function
returns this party's shares. Source: docs/protocol.md §11.

Why `check_bits` holds against one deviating party, which sends last. A value is what the two
other shares say; in a product the deviating party adds an error that it chooses without α,
because before α is opened all it sees is independent of α.

1. Tags t_i = α·b_i + δ_i for one random α that nobody knows; the δ_i are now fixed.
2. Only then a coin ρ, opened on the line. "Then" is when both peers have confirmed that they
   hold all messages of step 1 (`settle`): who is a round ahead would else show ρ to a party
   that still holds back its message to the other. The same before α in step 4.
3. T = Σ ρ^i·t_i·(b_i - 1) + ε, reshared: fixed, with an ε chosen without α. So T is α·A(ρ)
   and a part without α, A(ρ) = Σ ρ^i·b_i·(b_i - 1). If some b_i is no bit, A(ρ) = 0 for at
   most n of p coins, and otherwise T = 0 for one α of p: it passes with at most (n + 1)/p.
4. α is opened; it is spent. V = Σ ρ^i·(t_i - α·b_i) = Σ ρ^i·δ_i is linear, so nobody adds to
   it: a wrong tag passes with at most n/p, *whatever* the bit. T alone lets δ_i pass where
   b_i = 1, which tells one bit of a mask at the price of one failure in two.
5. T = V = 0, and F = Σ ρ^i·(what was seen)_i is the same for all. Who shows two parties
   different squares can choose the bit between their shares; that passes with at most n/p.

Opening a spent key for a linear check is due to Chida et al. 2018.
"""

import numpy as np

from mpcengine.circuits.openings import reveal_on_line, settle
from mpcengine.circuits.products import (
    INDEXES,
    inner_product,
    masked_product,
    pairs,
    peers,
    reshare,
    reveal_masked,
)
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares

_HALF = pow(2, -1, field61.MODULUS)


async def multiply(runtime: VectorRuntime, left: Vector, right: Vector) -> Vector:
    """Return degree-1 shares of the element-wise product; one round."""
    return await reshare(runtime, masked_product(runtime, left, right))


async def deal(runtime: VectorRuntime, values: Vector) -> list[Vector]:
    """Share this party's own ``values``; return the shares of parties 1, 2, 3's vectors.

    All three vectors have one length; one round.
    """
    slopes = runtime.fresh(len(values))
    outgoing = {peer: field61.share_at(values, slopes, peer) for peer in peers(runtime)}
    dealt = dict(await runtime.exchange(outgoing))
    dealt[runtime.index] = field61.share_at(values, slopes, runtime.index)
    return [dealt[index] for index in INDEXES]


def random_elements(runtime: VectorRuntime, count: int) -> Vector:
    """Return shares of uniform elements that no party knows, without a message.

    Each pair contributes s·(k - x)/k: s at zero, 0 at the node k outside it
    (Cramer, Damgård, Ishai 2005).
    """
    share = np.zeros(count, dtype=np.uint64)
    for subset, outside in pairs(runtime):
        weight = (outside - runtime.index) * pow(outside, -1, field61.MODULUS)
        share = field61.add(share, field61.scale(runtime.stream(subset, count), weight))
    return share


async def random_bits(runtime: VectorRuntime, count: int) -> Vector:
    """Return shares of uniform bits that no party knows, checked to be bits; eight rounds.

    A random r and its opened square s give (r/√s + 1)/2 for any fixed root, p ≡ 3 mod 4. The
    squares have degree 2, so whoever sends last chooses what is seen: with s·(2^i/e)² for s the
    bit of weight 2^i becomes (1 ± e/2^i)/2 and a mask of 61 of them takes 62 values. Hence
    `check_bits`, here, so that no unchecked bit gets out.
    Raises ArithmeticError if a square is zero (chance 2^-61 a bit): the attempt is repeated;
    InconsistentShares if a party deviated.
    """
    elements = random_elements(runtime, count)
    squares = await reveal_masked(runtime, masked_product(runtime, elements, elements))
    if not squares.all():
        raise ArithmeticError("a random element was zero")
    signs = field61.multiply(elements, field61.square_root_inverse(squares))
    bits = field61.scale(field61.add_constant(signs, 1), _HALF)
    await check_bits(runtime, bits, squares)
    return bits


async def check_bits(runtime: VectorRuntime, bits: Vector, seen: Vector) -> None:
    """Refuse shared values b_i that are not all 0 or 1; seven rounds for any number of them.

    ``seen`` holds opened values of degree 2 that the bits were made with (at most one a bit).
    Raises InconsistentShares: ``shares.bits`` if a value is no bit, a tag is wrong or two
    parties saw different values; ``shares.line`` for an opening off the line.

    The order of the steps is the argument, see the head of this module. Source:
    docs/protocol.md §11 (mask bits).
    """
    factor = random_elements(runtime, 1)
    tags = await multiply(runtime, np.repeat(factor, len(bits)), bits)
    await settle(runtime)
    coin = await reveal_on_line(runtime, random_elements(runtime, 1))
    weights = powers(int(coin[0]), len(bits))
    weighted = field61.multiply(tags, weights)
    rest = inner_product(runtime, [weighted], [field61.add_constant(bits, -1)])
    not_bits = await reshare(runtime, rest)
    await settle(runtime)
    spent = int((await reveal_on_line(runtime, factor))[0])
    wrong_tags = field61.dot(tags, weights) - spent * field61.dot(bits, weights)
    fingerprint = field61.dot(seen, weights[: len(seen)])
    last = np.concatenate([not_bits, field61.vector([wrong_tags, fingerprint])])
    opened = await reveal_on_line(runtime, last)
    if [int(value) for value in opened] != [0, 0, fingerprint]:
        raise InconsistentShares("shares.bits", "A mask or a draw holds what is no bit.")


def powers(base: int, count: int) -> Vector:
    """Return base, base², …, base^count for a public base, by doubling."""
    powers = field61.vector([base])
    while len(powers) < count:
        powers = np.concatenate([powers, field61.scale(powers, int(powers[-1]))])
    return powers[:count]


class BitMask:
    """Hold shares of uniform 61-bit numbers and of their bits; each hides one opening.

    ``bits`` is a matrix of 61 rows, least significant first, one column a number.
    """

    __slots__ = ("_is_used", "bits")

    def __init__(self, bits: Vector) -> None:
        self.bits = bits
        self._is_used = False

    def value(self) -> Vector:
        """Return shares of the numbers modulo p, once: one mask hides one opening."""
        if self._is_used:
            raise RuntimeError("a mask is used once")
        self._is_used = True
        weights = field61.vector([1 << place for place in range(len(self.bits))])
        columns = np.ascontiguousarray(self.bits.T)
        return field61.matrix_vector(columns, weights)


async def bit_mask(runtime: VectorRuntime, count: int) -> BitMask:
    """Return masks of 61 shared random bits for ``count`` openings; eight rounds.

    All ones stands for p, which is 0: of 2^61 values one is taken twice (corrections B5).
    """
    bits = await random_bits(runtime, field61.ELEMENT_BITS * count)
    return BitMask(bits.reshape(field61.ELEMENT_BITS, count))


async def reveal_under(runtime: VectorRuntime, values: Vector, mask: BitMask) -> Vector:
    """Open values + mask with three shares; raise InconsistentShares unless on the line."""
    return await reveal_on_line(runtime, field61.add(values, mask.value()))
