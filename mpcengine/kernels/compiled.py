"""The loops themselves, compiled ahead of their first call and unchecked.

Import ``mpcengine.kernels.field61`` instead: it checks lengths and ranges first. Every
signature is explicit, so a call never compiles; the machine code is kept in numba's cache
(``NUMBA_CACHE_DIR``), which ``python -m mpcengine.kernels.warm`` fills.

All values are canonical, 0 ≤ v < p = 2^61 - 1, on entry and on return.
Source: docs/protocol.md §4. Products are cut into 32-bit halves because compilers vectorise
32 × 32 → 64 multiplications and not the 64 × 64 → 128 one (2.4 times slower when measured).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Vector = NDArray[np.uint64]
Bounds = NDArray[np.int64]
Codes = NDArray[np.uint8]

ACCEPTED, INCONSISTENT, NOT_BITS, CONSTRAINT = 0, 1, 2, 3

P = np.uint64(2**61 - 1)
_S61 = np.uint64(61)
_S32 = np.uint64(32)
_S29 = np.uint64(29)
_S3 = np.uint64(3)
_LOW32 = np.uint64(2**32 - 1)
_LOW29 = np.uint64(2**29 - 1)
_ONE = np.uint64(1)
# Seven canonical values and one folded accumulator stay below 2^64.
_ROWS_PER_FOLD = 7
# Elements of one block of ``power``: block and source stay in the first-level cache.
_BLOCK = 512

_WORD = types.uint64
_IN = types.Array(types.uint64, 1, "C", readonly=True)
_IN2 = types.Array(types.uint64, 2, "C", readonly=True)
_OUT = types.uint64[::1]
_OUT2 = types.uint64[:, ::1]
_BOUNDS = types.Array(types.int64, 2, "C", readonly=True)
_CODES = types.uint8[::1]

F = TypeVar("F", bound=Callable[..., Any])


def _loop(signature: object, *, inline: bool = False) -> Callable[[F], F]:
    """Compile for one signature at import, cached, without the interpreter lock."""
    decorator = njit(
        cast("Any", signature),
        cache=True,
        nogil=True,
        error_model="numpy",
        inline="always" if inline else "never",
    )
    return cast("Callable[[F], F]", decorator)


@_loop(_WORD(_WORD, _WORD), inline=True)
def _loose_product(x: np.uint64, y: np.uint64) -> np.uint64:
    # x·y = ll + mid·2^32 + hh·2^64 and 2^61 = 1, 2^64 = 8: the sum of parts is below 2^63,
    # one fold brings it to at most p + 3.
    xl, xh = x & _LOW32, x >> _S32
    yl, yh = y & _LOW32, y >> _S32
    ll = xl * yl
    mid = xl * yh + xh * yl
    hh = xh * yh
    r = (ll & P) + (ll >> _S61) + ((mid & _LOW29) << _S32) + (mid >> _S29) + (hh << _S3)
    return (r & P) + (r >> _S61)


@_loop(_WORD(_WORD, _WORD), inline=True)
def _product(x: np.uint64, y: np.uint64) -> np.uint64:
    r = _loose_product(x, y)
    # Unsigned wrap-around makes r - p huge exactly when r < p.
    return min(r, r - P)


@_loop(_WORD(_WORD, _WORD), inline=True)
def _sum(x: np.uint64, y: np.uint64) -> np.uint64:
    r = x + y
    return min(r, r - P)


@_loop(_WORD(_WORD, _WORD), inline=True)
def _difference(x: np.uint64, y: np.uint64) -> np.uint64:
    r = x - y
    return min(r, r + P)


@_loop(types.void(_IN, _IN, _OUT))
def multiply(a: Vector, b: Vector, out: Vector) -> None:
    """Write a·b into ``out``, element by element."""
    for i in range(a.shape[0]):
        out[i] = _product(a[i], b[i])


@_loop(types.void(_IN, _IN, _OUT))
def add(a: Vector, b: Vector, out: Vector) -> None:
    """Write a + b into ``out``."""
    for i in range(a.shape[0]):
        out[i] = _sum(a[i], b[i])


@_loop(types.void(_IN, _IN, _OUT))
def subtract(a: Vector, b: Vector, out: Vector) -> None:
    """Write a - b into ``out``."""
    for i in range(a.shape[0]):
        out[i] = _difference(a[i], b[i])


@_loop(types.void(_IN, _WORD, _OUT))
def scale(a: Vector, factor: np.uint64, out: Vector) -> None:
    """Write factor·a into ``out``."""
    for i in range(a.shape[0]):
        out[i] = _product(a[i], factor)


@_loop(types.void(_IN, _IN, _WORD, _OUT))
def add_scaled(a: Vector, b: Vector, factor: np.uint64, out: Vector) -> None:
    """Write a + factor·b into ``out``."""
    for i in range(a.shape[0]):
        out[i] = _sum(a[i], _product(b[i], factor))


@_loop(types.void(_IN, _IN, _IN, _IN, _OUT))
def combine(a: Vector, b: Vector, c: Vector, weights: Vector, out: Vector) -> None:
    """Write w0·a + w1·b + w2·c into ``out``; three loose products fit one word."""
    w0, w1, w2 = weights[0], weights[1], weights[2]
    for i in range(a.shape[0]):
        r = _loose_product(a[i], w0) + _loose_product(b[i], w1) + _loose_product(c[i], w2)
        r = (r & P) + (r >> _S61)
        out[i] = min(r, r - P)


@_loop(_WORD(_IN, _IN))
def dot(a: Vector, b: Vector) -> np.uint64:
    """Return the sum of a·b; halves are summed apart, exact up to 2^31 elements."""
    low = np.uint64(0)
    high = np.uint64(0)
    for i in range(a.shape[0]):
        r = _loose_product(a[i], b[i])
        low += r & _LOW32
        high += r >> _S32
    return _sum(low % P, _product(high % P, _ONE << _S32))


@_loop(types.void(_IN2, _IN, _OUT))
def matrix_vector(matrix: Vector, weights: Vector, out: Vector) -> None:
    """Write matrix·weights into ``out``, one dot product a row."""
    for i in range(matrix.shape[0]):
        out[i] = dot(matrix[i], weights)


@_loop(types.void(_IN2, _OUT))
def add_columns(matrix: Vector, totals: Vector) -> None:
    """Add the sum of every column to ``totals``, folding once in seven rows."""
    rows, columns = matrix.shape
    for start in range(0, rows, _ROWS_PER_FOLD):
        for i in range(start, min(start + _ROWS_PER_FOLD, rows)):
            for j in range(columns):
                totals[j] += matrix[i, j]
        for j in range(columns):
            r = (totals[j] & P) + (totals[j] >> _S61)
            totals[j] = min(r, r - P)


@_loop(types.void(_IN, _WORD, _OUT))
def power(a: Vector, exponent: np.uint64, out: Vector) -> None:
    """Write a^exponent into ``out``; the public exponent alone decides the steps.

    Steps run outside, elements inside and in blocks, so that the inner loops vectorise.
    """
    steps = 0
    while steps < 64 and exponent >> np.uint64(steps):
        steps += 1
    for start in range(0, a.shape[0], _BLOCK):
        stop = min(start + _BLOCK, a.shape[0])
        for i in range(start, stop):
            out[i] = _ONE
        for s in range(steps - 1, -1, -1):
            for i in range(start, stop):
                out[i] = _product(out[i], out[i])
            if (exponent >> np.uint64(s)) & _ONE:
                for i in range(start, stop):
                    out[i] = _product(out[i], a[i])


@_loop(types.void(_IN, _OUT))
def running_sum(a: Vector, out: Vector) -> None:
    """Write the sums of a[0 … i] into ``out``."""
    total = np.uint64(0)
    for i in range(a.shape[0]):
        total = _sum(total, a[i])
        out[i] = total


@_loop(types.void(_IN, _OUT2))
def bits(a: Vector, out: Vector) -> None:
    """Write bit s of a[i] (least significant first) into out[s, i]."""
    for s in range(out.shape[0]):
        for i in range(a.shape[0]):
            out[s, i] = (a[i] >> np.uint64(s)) & _ONE


@_loop(types.void(_IN, _OUT))
def reduce_words(words: Vector, out: Vector) -> None:
    """Write the low 61 bits of every word into ``out``, with p itself as 0."""
    for i in range(words.shape[0]):
        r = words[i] & P
        out[i] = min(r, r - P)


@_loop(types.void(_IN2, _BOUNDS, _IN, _IN, _WORD, types.int64, _OUT2))
def evaluate(
    rows: Vector,
    bounds: Bounds,
    weights: Vector,
    line: Vector,
    constant: np.uint64,
    texts: int,
    out: Vector,
) -> None:
    """Write F and H of every block, M if there are texts, then L, of every report (§18.4).

    Row b of ``bounds``: first bit, end of the bits, the seed, end of the quotient. ``weights``
    has one weight a word, ``line`` one a bit; ``texts`` words behind the bits, the mask
    included, make M. The bits are read twice, then from the cache.
    """
    width, blocks = line.shape[0], bounds.shape[0]
    last = out.shape[1] - 1
    for i in range(rows.shape[0]):
        row = rows[i]
        for b in range(blocks):
            first, stop, seed, end = bounds[b, 0], bounds[b, 1], bounds[b, 2], bounds[b, 3]
            f = dot(row[first:stop], weights[first:stop])
            out[i, 2 * b] = _sum(f, _product(row[seed], weights[seed]))
            out[i, 2 * b + 1] = dot(row[seed + 1 : end], weights[seed + 1 : end])
        if texts:
            out[i, last - 1] = dot(row[width : width + texts], weights[width : width + texts])
        out[i, last] = _difference(dot(row[:width], line), constant)


@_loop(_WORD(_WORD, _WORD), inline=True)
def _at_zero(x: np.uint64, y: np.uint64) -> np.uint64:
    # 2x - y from the shares of nodes 1 and 2.
    return _sum(x, _difference(x, y))


@_loop(types.void(_IN2, _IN2, _IN2, _IN, _CODES))
def judge(a: Vector, b: Vector, c: Vector, vanishing: Vector, out: Codes) -> None:
    """Write for every report 0 if it is accepted, else the code of the first reason."""
    last = a.shape[1] - 1
    for i in range(a.shape[0]):
        code = ACCEPTED
        for j in range(last + 1):
            # Three points lie on one line exactly when both steps are equal.
            if _difference(a[i, j], b[i, j]) != _difference(b[i, j], c[i, j]):
                code = INCONSISTENT
        for k in range(vanishing.shape[0]):
            f = _at_zero(a[i, 2 * k], b[i, 2 * k])
            h = _at_zero(a[i, 2 * k + 1], b[i, 2 * k + 1])
            wrong = _product(f, _difference(f, _ONE)) != _product(h, vanishing[k])
            if wrong and code == ACCEPTED:
                code = NOT_BITS
        if code == ACCEPTED and _at_zero(a[i, last], b[i, last]) != 0:
            code = CONSTRAINT
        out[i] = code
