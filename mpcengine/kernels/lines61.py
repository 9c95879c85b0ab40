"""Check many reports at once over GF(2^61 - 1): the checked door to the loops of validity.

Source: docs/protocol.md §18.4; ``mpcengine.protocol.validity_check`` is the plain reference.
Arrays are as in ``field61``; every function raises MalformedMessage for anything else.
"""

import numpy as np
from numpy.typing import NDArray

from mpcengine.kernels import compiled
from mpcengine.kernels.field61 import Vector, check, check_element
from mpcengine.protocol.errors import MalformedMessage

Bounds = NDArray[np.int64]
Codes = NDArray[np.uint8]

ACCEPTED = compiled.ACCEPTED
INCONSISTENT = compiled.INCONSISTENT
NOT_BITS = compiled.NOT_BITS
CONSTRAINT = compiled.CONSTRAINT


def evaluate(
    rows: Vector, bounds: Bounds, weights: Vector, line: Vector, constant: int, texts: int = 0
) -> Vector:
    """Return one node's shares of F and H of every block, M, then L: one row a report.

    ``rows`` are share vectors, n × words. ``bounds`` has a row a block: first bit, end of the
    bits, place of the seed, end of the quotient. ``weights`` has one element a word, ``line``
    one a bit; ``constant`` is public and taken from L. ``texts`` words stand behind the bits,
    the mask included; without texts (0) there is no M.
    """
    table, factors, sums = check(rows, dimensions=2), check(weights), check(line)
    places = _check_bounds(bounds, len(sums), len(factors))
    if not 0 <= texts <= len(factors) - len(sums):
        raise MalformedMessage("kernel.range", "The texts' words must lie inside the row.")
    if table.shape[1] != len(factors):
        raise MalformedMessage("kernel.shape", "A matrix must have one column a weight.")
    out = np.empty((len(table), 2 * len(places) + (texts > 0) + 1), dtype=np.uint64)
    compiled.evaluate(table, places, factors, sums, check_element(constant), texts, out)
    return out


def judge(first: Vector, second: Vector, third: Vector, vanishing: Vector) -> Codes:
    """Return a code for every report: ``ACCEPTED``, or the first reason that holds.

    The three nodes' values from ``evaluate`` have one shape; ``vanishing`` holds Z(t) of each
    block. A value between those of the blocks and L is M: only its line is looked at.
    """
    a, b, c = (check(values, dimensions=2) for values in (first, second, third))
    zeros = check(vanishing)
    if not a.shape == b.shape == c.shape or a.shape[1] - 2 * len(zeros) not in (1, 2):
        raise MalformedMessage("kernel.shape", "A node opened another number of values.")
    out = np.empty(len(a), dtype=np.uint8)
    compiled.judge(a, b, c, zeros, out)
    return out


def _check_bounds(bounds: Bounds, width: int, words: int) -> Bounds:
    """Return ``bounds`` if every block lies inside the row; the loops do not look again."""
    if not isinstance(bounds, np.ndarray) or bounds.dtype != np.int64:
        raise MalformedMessage("kernel.type", "Bounds must be an array of whole numbers.")
    if bounds.ndim != 2 or bounds.shape[1] != 4:
        raise MalformedMessage("kernel.shape", "A block has four bounds.")
    first, stop, seed, end = bounds.T
    ordered = (first >= 0) & (first < stop) & (stop <= width) & (width <= seed)
    if not bool((ordered & (seed + 1 < end) & (end <= words)).all()):
        raise MalformedMessage("kernel.range", "A block's bounds must lie inside the row.")
    return np.ascontiguousarray(bounds)
