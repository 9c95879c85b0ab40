"""Loops over shared words, compiled ahead of their first call and unchecked.

Import ``mpcengine.kernels.words`` instead: it checks lengths first. As in ``compiled``, every
signature is explicit, so a call never compiles. Source: docs/protocol.md §19 (circuits).

A shared array is two rows, ``x0`` and ``x1``: the components that this node holds. The product
of a and b that a node computes alone is (a0 & b0) ^ (a0 & b1) ^ (a1 & b0).

Narrow results are packed without a single gather: with n elements (a multiple of 64), a fold
puts element j beside element j + n/2, then those beside j + n/4, and so on. At the end bit b of
word j belongs to element b·n/64 + j ("planes"). So every loop runs over whole words.

Places are unsigned where a loop adds to them: a signed one is looked at for being negative,
as in Python, and that keeps a loop from working on many words at a time.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

_LOW16 = np.uint64(0xFFFF)
_LOW32 = np.uint64(0xFFFFFFFF)
_S16 = np.uint64(16)
_S32 = np.uint64(32)
_S48 = np.uint64(48)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)

_WORD = types.uint64
_COUNT = types.int64
_OUT = types.uint64[::1]
_ROWS = types.Array(types.uint64, 2, "C", readonly=True)
_OUT_ROWS = types.uint64[:, ::1]
_BYTES = types.uint8[::1]
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_ONES = types.Array(types.uint64, 1, "C", readonly=True)

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


@_loop(types.void(_ROWS, _ROWS, _COUNT, _OUT))
def product(x: Words, y: Words, first: int, out: Words) -> None:
    """Write this node's part of x & y, not masked, from column ``first`` on."""
    start = np.uint64(first)
    for i in range(np.uint64(out.shape[0])):
        k = start + i
        out[i] = (x[0, k] & (y[0, k] ^ y[1, k])) ^ (x[1, k] & y[0, k])


@_loop(types.void(_ROWS, _OUT))
def quarter_first(e: Words, out: Words) -> None:
    """Write quarter 3 & quarter 1 of the equal bits, four elements a word."""
    n = np.uint64(out.shape[0])
    for j in range(n):
        l0, l1, r0, r1 = _ZERO, _ZERO, _ZERO, _ZERO
        for k in range(np.uint64(4)):
            shift = _S16 * k
            v0, v1 = e[0, j + k * n], e[1, j + k * n]
            l0 |= (v0 >> _S48) << shift
            l1 |= (v1 >> _S48) << shift
            r0 |= ((v0 >> _S16) & _LOW16) << shift
            r1 |= ((v1 >> _S16) & _LOW16) << shift
        out[j] = (l0 & (r0 ^ r1)) ^ (l1 & r0)


@_loop(types.void(_ROWS, _ROWS, _WORD, _OUT))
def quarter_next(p: Words, e: Words, shift: np.uint64, out: Words) -> None:
    """Write p & the quarter of the equal bits that starts at ``shift``."""
    n = np.uint64(out.shape[0])
    for j in range(n):
        r0, r1 = _ZERO, _ZERO
        for k in range(np.uint64(4)):
            up = _S16 * k
            r0 |= ((e[0, j + k * n] >> shift) & _LOW16) << up
            r1 |= ((e[1, j + k * n] >> shift) & _LOW16) << up
        out[j] = (p[0, j] & (r0 ^ r1)) ^ (p[1, j] & r0)


@_loop(types.void(_ROWS, _ROWS, _ROWS, _ROWS, _OUT))
def quarter_greater(p2: Words, p3: Words, e: Words, a: Words, out: Words) -> None:
    """Write the bit of a where a and b first differ within each group of four.

    a3 ^ e3·(a3 ^ a2) ^ p2·(a2 ^ a1) ^ p3·(a1 ^ a0): three products, one sum, one bit sent.
    Significance 3, 2, 1, 0 of a group stands in quarter 3, 1, 2, 0.
    """
    n = np.uint64(out.shape[0])
    for j in range(n):
        q0, q1, linear = _ZERO, _ZERO, _ZERO
        s0, s1, t0, t1, u0, u1 = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
        for k in range(np.uint64(4)):
            up, i = _S16 * k, j + k * n
            v0, v1 = a[0, i], a[1, i]
            q0 |= (e[0, i] >> _S48) << up
            q1 |= (e[1, i] >> _S48) << up
            linear |= (v0 >> _S48) << up
            s0 |= ((v0 >> _S48) ^ ((v0 >> _S16) & _LOW16)) << up
            s1 |= ((v1 >> _S48) ^ ((v1 >> _S16) & _LOW16)) << up
            t0 |= (((v0 >> _S16) ^ (v0 >> _S32)) & _LOW16) << up
            t1 |= (((v1 >> _S16) ^ (v1 >> _S32)) & _LOW16) << up
            u0 |= (((v0 >> _S32) ^ v0) & _LOW16) << up
            u1 |= (((v1 >> _S32) ^ v1) & _LOW16) << up
        z = linear ^ (q0 & (s0 ^ s1)) ^ (q1 & s0)
        z ^= (p2[0, j] & (t0 ^ t1)) ^ (p2[1, j] & t0)
        out[j] = z ^ (p3[0, j] & (u0 ^ u1)) ^ (p3[1, j] & u0)


@_loop(_WORD(_WORD, _WORD, _WORD, _WORD), inline=True)
def _packed(low: np.uint64, high: np.uint64, shift: np.uint64, mask: np.uint64) -> np.uint64:
    return (low & mask) | ((high & mask) << shift)


@_loop(types.void(_ROWS, _WORD, _WORD, _OUT))
def fold_equal(p: Words, shift: np.uint64, mask: np.uint64, out: Words) -> None:
    """Write upper & lower half of every field of 2·shift bits, two inputs a word."""
    n = np.uint64(out.shape[0])
    for j in range(n):
        l0 = _packed(p[0, j] >> shift, p[0, j + n] >> shift, shift, mask)
        l1 = _packed(p[1, j] >> shift, p[1, j + n] >> shift, shift, mask)
        r0 = _packed(p[0, j], p[0, j + n], shift, mask)
        r1 = _packed(p[1, j], p[1, j + n], shift, mask)
        out[j] = (l0 & (r0 ^ r1)) ^ (l1 & r0)


@_loop(types.void(_ROWS, _WORD, _WORD, _OUT))
def fold_greater(both: Words, shift: np.uint64, mask: np.uint64, out: Words) -> None:
    """Write g of the upper half, or of the lower half where the upper half is equal.

    ``both`` has twice as many words of p as ``out``, then as many of g.
    """
    n = np.uint64(out.shape[0])
    for j in range(n):
        low, high = j + n + n, j + n + n + n
        l0 = _packed(both[0, j] >> shift, both[0, j + n] >> shift, shift, mask)
        l1 = _packed(both[1, j] >> shift, both[1, j + n] >> shift, shift, mask)
        v0, w0, v1, w1 = both[0, low], both[0, high], both[1, low], both[1, high]
        r0 = _packed(v0 ^ (v0 >> shift), w0 ^ (w0 >> shift), shift, mask)
        r1 = _packed(v1 ^ (v1 >> shift), w1 ^ (w1 >> shift), shift, mask)
        linear = _packed(v0 >> shift, w0 >> shift, shift, mask)
        out[j] = linear ^ (l0 & (r0 ^ r1)) ^ (l1 & r0)


@_loop(types.void(_ROWS, _ROWS, _ONES, _OUT))
def choose(s: Words, e: Words, ones: Words, out: Words) -> None:
    """Write (a ^ b) where the bit in planes s is 1; e is the complement of a ^ b."""
    ones0, ones1 = ones[0], ones[1]
    n = np.uint64(out.shape[0] // 64)
    for shift in range(np.uint64(64)):
        for j in range(n):
            i = shift * n + j
            m0 = _ZERO - ((s[0, j] >> shift) & _ONE)
            m1 = _ZERO - ((s[1, j] >> shift) & _ONE)
            x0, x1 = e[0, i] ^ ones0, e[1, i] ^ ones1
            out[i] = (m0 & (x0 ^ x1)) ^ (m1 & x0)


@_loop(types.void(_ROWS, _ROWS, _COUNT, _COUNT, _ONES, _OUT_ROWS, _OUT_ROWS))
def load(a: Words, b: Words, first: int, count: int, ones: Words, low: Words, e: Words) -> None:
    """Copy a from column ``first`` on to ``low`` and write the equal bits of a and b to e."""
    ones0, ones1 = ones[0], ones[1]
    start = np.uint64(first)
    for i in range(np.uint64(count)):
        k = start + i
        a0, a1 = a[0, k], a[1, k]
        low[0, i] = a0
        low[1, i] = a1
        e[0, i] = a0 ^ b[0, k] ^ ones0
        e[1, i] = a1 ^ b[1, k] ^ ones1


@_loop(types.void(_ROWS, _ROWS, _COUNT, _COUNT, _ONES, _OUT))
def equal_first(a: Words, b: Words, first: int, count: int, ones: Words, out: Words) -> None:
    """Write upper & lower half of the equal bits of a and b, two pairs a word.

    The ``count`` pairs from column ``first`` on; pairs beyond them are not equal.
    """
    ones0, ones1 = ones[0], ones[1]
    n, begin = out.shape[0], np.uint64(first)
    whole, half = max(min(n, count - n), 0), np.uint64(n)
    for j in range(np.uint64(whole)):
        i, k = begin + j, begin + j + half
        v0, w0 = a[0, i] ^ b[0, i] ^ ones0, a[0, k] ^ b[0, k] ^ ones0
        v1, w1 = a[1, i] ^ b[1, i] ^ ones1, a[1, k] ^ b[1, k] ^ ones1
        l0, r0 = (v0 >> _S32) | ((w0 >> _S32) << _S32), (v0 & _LOW32) | (w0 << _S32)
        l1, r1 = (v1 >> _S32) | ((w1 >> _S32) << _S32), (v1 & _LOW32) | (w1 << _S32)
        out[j] = (l0 & (r0 ^ r1)) ^ (l1 & r0)
    for j in range(whole, n):
        out[j] = _ZERO
    for j in range(whole, min(n, count)):
        i = begin + np.uint64(j)
        v0, v1 = a[0, i] ^ b[0, i] ^ ones0, a[1, i] ^ b[1, i] ^ ones1
        l0, r0, l1, r1 = v0 >> _S32, v0 & _LOW32, v1 >> _S32, v1 & _LOW32
        out[j] = (l0 & (r0 ^ r1)) ^ (l1 & r0)


@_loop(types.void(_ROWS, _PLACES, _ONES, _OUT_ROWS, _OUT_ROWS))
def gather(x: Words, places: Places, ones: Words, a: Words, e: Words) -> None:
    """Copy lower elements to a and write the equal bits of lower and upper ones to e.

    ``places``: first pair and number of pairs; then base, run, step, groups, batch stride
    and offset of the upper element (see `words.Segment`).
    """
    ones0, ones1 = ones[0], ones[1]
    first, count, base, run, step, groups, stride, offset = places
    far = np.uint64(offset)
    batch, rest = first // (run * groups), first % (run * groups)
    group, t = rest // run, rest % run
    i = 0
    while i < count:
        length = min(run - t, count - i)
        low, here = np.uint64(batch * stride + base + group * step + t), np.uint64(i)
        for k in range(np.uint64(length)):
            a0, a1 = x[0, low + k], x[1, low + k]
            a[0, here + k] = a0
            a[1, here + k] = a1
            e[0, here + k] = a0 ^ x[0, low + far + k] ^ ones0
            e[1, here + k] = a1 ^ x[1, low + far + k] ^ ones1
        i += length
        t = 0
        group += 1
        if group == groups:
            group = 0
            batch += 1


@_loop(types.void(_OUT_ROWS, _PLACES, _ONES, _ROWS, _ROWS, _ROWS))
def scatter(x: Words, places: Places, ones: Words, a: Words, e: Words, change: Words) -> None:
    """Write a ^ change to the lower and b ^ change to the upper elements."""
    ones0, ones1 = ones[0], ones[1]
    first, count, base, run, step, groups, stride, offset = places
    far = np.uint64(offset)
    batch, rest = first // (run * groups), first % (run * groups)
    group, t = rest // run, rest % run
    i = 0
    while i < count:
        length = min(run - t, count - i)
        low, here = np.uint64(batch * stride + base + group * step + t), np.uint64(i)
        for k in range(np.uint64(length)):
            at = here + k
            a0, a1 = a[0, at] ^ change[0, at], a[1, at] ^ change[1, at]
            x[0, low + k] = a0
            x[1, low + k] = a1
            x[0, low + far + k] = a0 ^ e[0, at] ^ ones0
            x[1, low + far + k] = a1 ^ e[1, at] ^ ones1
        i += length
        t = 0
        group += 1
        if group == groups:
            group = 0
            batch += 1


@_loop(types.void(_BYTES, _PLACES, _BYTES))
def gather_flags(flags: Bytes, places: Places, out: Bytes) -> None:
    """Write lower ^ upper flag of every pair; bit 0 and 1 of a flag are its components."""
    first, count, base, run, step, groups, stride, offset = places
    far = np.uint64(offset)
    batch, rest = first // (run * groups), first % (run * groups)
    group, t = rest // run, rest % run
    i = 0
    while i < count:
        length = min(run - t, count - i)
        low, here = np.uint64(batch * stride + base + group * step + t), np.uint64(i)
        for k in range(np.uint64(length)):
            out[here + k] = flags[low + k] ^ flags[low + far + k]
        i += length
        t = 0
        group += 1
        if group == groups:
            group = 0
            batch += 1


@_loop(types.void(_BYTES, _PLACES, _BYTES))
def scatter_flags(flags: Bytes, places: Places, changes: Bytes) -> None:
    """XOR a change to the lower and the upper flag of every pair."""
    first, count, base, run, step, groups, stride, offset = places
    far = np.uint64(offset)
    batch, rest = first // (run * groups), first % (run * groups)
    group, t = rest // run, rest % run
    i = 0
    while i < count:
        length = min(run - t, count - i)
        low, here = np.uint64(batch * stride + base + group * step + t), np.uint64(i)
        for k in range(np.uint64(length)):
            flags[low + k] ^= changes[here + k]
        for k in range(np.uint64(length)):
            flags[low + far + k] ^= changes[here + k]
        i += length
        t = 0
        group += 1
        if group == groups:
            group = 0
            batch += 1


@_loop(types.void(_BYTES, _COUNT, _COUNT, _OUT_ROWS))
def gather_planes(flags: Bytes, count: int, words: int, out: Words) -> None:
    """Write flags as two rows of planes of ``words`` words; flags from ``count`` on are 0."""
    for j in range(words):
        out[0, j] = _ZERO
        out[1, j] = _ZERO
    for b in range(64):
        shift, start = np.uint64(b), np.uint64(b * words)
        for j in range(np.uint64(max(min(words, count - b * words), 0))):
            value = np.uint64(flags[start + j])
            out[0, j] |= (value & _ONE) << shift
            out[1, j] |= (value >> _ONE) << shift


@_loop(types.void(_ROWS, _COUNT, _COUNT, _BYTES))
def spread(planes: Words, first: int, words: int, out: Bytes) -> None:
    """Write planes, ``words`` from column ``first``, as flags in the order of elements."""
    start, n = np.uint64(first), np.uint64(words)
    for shift in range(np.uint64(64)):
        for j in range(n):
            one0 = (planes[0, start + j] >> shift) & _ONE
            one1 = (planes[1, start + j] >> shift) & _ONE
            out[shift * n + j] = one0 | (one1 << _ONE)
