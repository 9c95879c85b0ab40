"""Compute on shared 64-bit words: the checked door to the loops of `words_compiled`.

Here is what all share: places, messages, products, the order of bits. `words_block` compares
and exchanges, `words_flags` brings flags back. Each step writes the first row of a `Message`;
the caller masks that row, sends it, and fills the second row with what arrives: then both rows
are shares again. Source: docs/protocol.md §19.13.

Words are compared in bit-reversed significance: the bit of significance s stands at position
bitrev6(s). So every fold combines whole halves, or quarters, of a word.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpcengine.kernels import words_compiled as compiled
from mpcengine.protocol.errors import MalformedMessage

Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

# Elements of a chunk are padded to whole planes.
PLANE = 64
ALL_ONES = 2**64 - 1
# Words of a cache line and of a page.
_LINE, _PAGE = 8, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Name pairs of places in an array: runs of lower places, the upper ones at an offset.

    In each of ``batches``, ``stride`` apart, ``groups`` runs start at ``base``, ``step`` apart,
    and have ``run`` places each.
    """

    base: int
    run: int
    step: int
    groups: int
    offset: int
    batches: int = 1
    stride: int = 0

    @property
    def count(self) -> int:
        """Return the number of pairs."""
        return self.run * self.groups * self.batches

    @property
    def end(self) -> int:
        """Return one more than the highest place."""
        first = self.base + (self.groups - 1) * self.step + self.run + self.offset
        return first + (self.batches - 1) * self.stride


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """Hold what one exchange sends and receives: two rows of words, and the rows as bytes."""

    own: Words
    got: Words
    own_bytes: Bytes
    got_bytes: Bytes


@dataclass(frozen=True, slots=True, repr=False)
class Planes:
    """Name shared bits, packed: bit b of word ``first`` + j belongs to element b·words + j.

    ``rows`` has two rows, of which columns ``first`` … ``first + words - 1`` are meant.
    """

    rows: Words
    first: int
    words: int

    def copy(self) -> "Planes":
        """Return a copy of the columns meant, alone."""
        chosen = self.rows[:, self.first : self.first + self.words]
        return Planes(np.ascontiguousarray(chosen), 0, self.words)


def aligned_rows(*columns: int) -> list[Words]:
    """Return two rows of at least so many zeros each, for loops that use many rows at once.

    Rows begin at whole cache lines, and rows of different buffers at different offsets in a
    page: rows at one offset wait for each other and crowd the same cache lines. All lie in one
    piece of memory: a large one has large pages, which cost less to touch.
    """
    pitches = [-(-each // _LINE) * _LINE + 5 * _LINE for each in columns]
    flat = np.zeros(sum(2 * pitch + _PAGE for pitch in pitches), dtype=np.uint64)
    buffers, at = [], 0
    for place, pitch in enumerate(pitches):
        start = at + (-(flat.ctypes.data // 8 + at) + 11 * _LINE * place) % _PAGE
        buffers.append(flat[start : start + 2 * pitch].reshape(2, pitch))
        at += 2 * pitch + _PAGE
    return buffers


def make_message(rows: Words, words: int) -> Message:
    """Return the first ``words`` of two rows as a message."""
    own, got = rows[0, :words], rows[1, :words]
    return Message(own, got, own.view(np.uint8), got.view(np.uint8))


def check_places(length: int, segment: Segment, first: int, count: int) -> Places:
    """Return a part of a segment for the loops, if all of it lies in an array of ``length``.

    Raises MalformedMessage ``kernel.range`` otherwise; the loops do not look again.
    """
    s = segment
    sizes = (s.run, s.groups, s.batches, count)
    starts = (s.base, s.step, s.offset, s.stride, first)
    if min(sizes) < 1 or min(starts) < 0 or first + count > s.count or s.end > length:
        raise MalformedMessage("kernel.range", "Pairs must lie inside their array.")
    return np.array(
        [first, count, s.base, s.run, s.step, s.groups, s.stride, s.offset], dtype=np.int64
    )


def flags_of(planes: Planes, count: int) -> Bytes:
    """Return planes as one byte an element: bit 0 and 1 are the components."""
    out = np.empty(planes.words * PLANE, dtype=np.uint8)
    compiled.spread(planes.rows, planes.first, planes.words, out)
    return out[:count]


def packed(flags: Bytes) -> Words:
    """Return flags, (n,), as shared words, (2, ⌈n / 64⌉).

    Flag i stands in bit i mod 64 of word ⌊i / 64⌋ (§16.8); what fills the last word is 0.
    """
    words = np.zeros((2, -(-len(flags) // PLANE)), dtype=np.uint64)
    rows = words.view(np.uint8)
    for place in (0, 1):
        bits = np.packbits(flags >> place & 1, bitorder="little")
        rows[place, : len(bits)] = bits
    return words


def complement(index: int) -> tuple[int, int]:
    """Return the words to XOR into the two components of node ``index`` for "not".

    A public constant changes component c0, which nodes 1 and 3 hold.
    """
    return (ALL_ONES if index == 1 else 0, ALL_ONES if index == 3 else 0)


def inverted(x: Words, index: int) -> Words:
    """Return "not" of shared words, (2, n), at node ``index``, without a message."""
    turned: Words = x ^ np.array(complement(index), dtype=np.uint64)[:, None]
    return turned


def public(words: Words, index: int) -> Words:
    """Return public words as shares, (2, n), at node ``index``: they are component c0."""
    rows = np.array(complement(index), dtype=np.uint64)
    return rows[:, None] & np.asarray(words, dtype=np.uint64)


def moved(words: Words) -> Words:
    """Return words with the bit at position s moved to bitrev6(s), and back again."""
    out = np.array(words, dtype=np.uint64)
    for low, high in ((0, 5), (1, 4), (2, 3)):
        shift = np.uint64((1 << high) - (1 << low))
        chosen = sum(1 << s for s in range(64) if s >> low & 1 and not s >> high & 1)
        swapped = (out ^ (out >> shift)) & np.uint64(chosen)
        out ^= swapped ^ (swapped << shift)
    return out


def product(x: Words, y: Words, first: int, out: Words) -> None:
    """Write this node's unmasked part of x & y, from column ``first`` on, to ``out``.

    x and y are shares of one shape, (2, n).
    """
    if x.shape != y.shape or len(x) != 2 or not 0 <= first <= x.shape[1] - len(out):
        raise MalformedMessage("kernel.shape", "Two shared arrays must have one length.")
    compiled.product(x, y, first, out)
