"""The basic steps on degree-1 shares: multiply, deal, random elements and random bits.

All vectors are one-dimensional ``uint64`` arrays of elements below p = 2^61 - 1; a function
returns this party's shares. Source: docs/protocol.md §11.
"""

import numpy as np

from mpcengine.circuits.products import (
    INDEXES,
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
    """Return shares of uniform bits that no party knows; one round.

    A random r and its opened square s give (r/√s + 1)/2 for any fixed root, p ≡ 3 mod 4.
    Raises ArithmeticError if a square is zero (chance 2^-61 a bit): the attempt is repeated.
    """
    elements = random_elements(runtime, count)
    squares = await reveal_masked(runtime, masked_product(runtime, elements, elements))
    if not squares.all():
        raise ArithmeticError("a random element was zero")
    signs = field61.multiply(elements, field61.square_root_inverse(squares))
    return field61.scale(field61.add_constant(signs, 1), _HALF)


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
    """Return masks of 61 shared random bits for ``count`` openings; one round.

    All ones stands for p, which is 0: of 2^61 values one is taken twice (corrections B5).
    """
    bits = await random_bits(runtime, field61.ELEMENT_BITS * count)
    return BitMask(bits.reshape(field61.ELEMENT_BITS, count))


async def reveal_under(runtime: VectorRuntime, values: Vector, mask: BitMask) -> Vector:
    """Open values + mask with three shares; raise InconsistentShares unless on the line."""
    masked = field61.add(values, mask.value())
    shares = dict(await runtime.exchange(dict.fromkeys(peers(runtime), masked)))
    shares[runtime.index] = masked
    if field61.combine(shares[1], shares[2], shares[3], (1, -2, 1)).any():
        raise InconsistentShares("shares.line", "A masked value's shares are not on a line.")
    return field61.combine(shares[1], shares[2], shares[3], (2, -1, 0))
