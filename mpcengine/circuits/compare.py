"""Compare shared values with zero: sixteen rounds whatever the number of values.

[z >= 0] for |z| < 2^60 is 1 - (lowest bit of 2z mod p): 2z is even below p exactly when z is
not negative (Nishide, Ohta 2007). The lowest bit follows from the opened c = 2z + r, r made of
61 shared random bits, and from [c < r], a comparison of a public number with shared bits.
Source: docs/protocol.md §11 (comparison), corrections B5.
"""

from collections.abc import Callable

import numpy as np

from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shares import bit_mask, multiply, reveal_under
from mpcengine.kernels import field61

Operation = Callable[[Vector, Vector], Vector]


async def is_not_negative(runtime: VectorRuntime, values: Vector) -> Vector:
    """Return shares of [z >= 0] for every z of ``values``.

    The caller guarantees |z| < 2^60 as integers; outside that range the bit means nothing.
    """
    count = len(values)
    if count == 0:
        return values
    mask = await bit_mask(runtime, count)
    opened = await reveal_under(runtime, field61.scale(values, 2), mask)
    public = field61.bits(opened)
    wrapped = await _is_below(runtime, public, mask.bits)
    lowest = mask.bits[0]
    both = await multiply(runtime, lowest, wrapped)
    odd = _exclusive_or(lowest, wrapped, both)
    # Exclusive or with the public lowest bit of c, then "not": c even gives 1 - odd, c odd odd.
    return _select(public[0], odd, _complement(odd))


async def _is_below(runtime: VectorRuntime, public: Vector, bits: Vector) -> Vector:
    """Return shares of [public < bits], both as 61 × n matrices, lowest bit first.

    A tree of (below, equal) pairs: below = below_high + equal_high · below_low.
    """
    ones = np.ones_like(bits)
    flipped = _matrix(field61.subtract, ones, bits)
    below = np.where(public == 1, np.zeros_like(bits), bits)
    equal = np.where(public == 1, bits, flipped)
    while len(below) > 1:
        below, equal = await _fold(runtime, below, equal)
    return np.ascontiguousarray(below[0])


async def _fold(runtime: VectorRuntime, below: Vector, equal: Vector) -> tuple[Vector, Vector]:
    """Join neighbouring pairs of rows; an odd last (highest) row goes up unchanged."""
    half = len(below) // 2
    lows, highs = slice(0, 2 * half, 2), slice(1, 2 * half, 2)
    equal_high = equal[highs].ravel()
    left = np.concatenate([equal_high, equal_high])
    right = np.concatenate([below[lows].ravel(), equal[lows].ravel()])
    products = (await multiply(runtime, left, right)).reshape(2, half, -1)
    below_joined = _matrix(field61.add, below[highs], products[0])
    rest = slice(2 * half, None)
    return (
        np.concatenate([below_joined, below[rest]]),
        np.concatenate([products[1], equal[rest]]),
    )


def _matrix(operation: Operation, left: Vector, right: Vector) -> Vector:
    """Apply an element-wise operation of vectors to two matrices of one shape."""
    return operation(left.ravel(), right.ravel()).reshape(left.shape)


def _exclusive_or(left: Vector, right: Vector, product: Vector) -> Vector:
    """Return left + right - 2·product."""
    return field61.combine(left, right, product, (1, 1, -2))


def _complement(bits: Vector) -> Vector:
    return field61.add_constant(field61.negate(bits), 1)


def _select(public: Vector, where_one: Vector, where_zero: Vector) -> Vector:
    return np.where(public == 1, where_one, where_zero)
