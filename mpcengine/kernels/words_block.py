"""Compare pairs of shared words and exchange their places, a chunk at a time.

A comparison sends 93 bits a pair, an exchange of places 64 more, an equality test 63. A block's
buffers stay in the cache and serve chunk after chunk. Source: docs/protocol.md §19.13.
"""

from collections.abc import Iterator

import numpy as np

from mpcengine.kernels import words_compiled as compiled
from mpcengine.kernels.words import (
    ALL_ONES,
    PLANE,
    Message,
    Planes,
    Segment,
    Words,
    aligned_rows,
    check_places,
    complement,
    make_message,
)
from mpcengine.protocol.errors import MalformedMessage

# Fields of 2·shift bits: the mask has the lower half of each.
_MASKS = {shift: np.uint64(ALL_ONES // (2**shift + 1)) for shift in (1, 2, 4, 8, 16, 32)}
# Elements for which a row of each buffer has one word.
_PARTS = {"long": 1, "second": 4, "third": 4, "even": 2, "odd": 4, "planes": 32}


class Block:
    """Own the buffers of one chunk: fill it, run steps, put the pairs back, fill it again.

    ``capacity`` pairs (a, b), a multiple of 64; ``index`` is the node's. Pairs beyond those
    filled count as a < b: they never exchange places and are never equal.
    """

    def __init__(self, capacity: int, index: int) -> None:
        if capacity <= 0 or capacity % PLANE:
            raise MalformedMessage("kernel.shape", "A block must have whole planes.")
        self.capacity = capacity
        self.count = 0
        self._size = 0
        self._ones = np.array(complement(index), dtype=np.uint64)
        sizes = (capacity // parts for parts in _PARTS.values())
        self._a, self._e, *rows = aligned_rows(capacity, capacity, *sizes)
        self._rows = dict(zip(_PARTS, rows, strict=True))

    def load(self, a: Words, b: Words, first: int, count: int) -> None:
        """Fill with ``count`` pairs from column ``first`` of two shared arrays of one shape."""
        self._check(a, b, first, count)
        self._start(count)
        compiled.load(a, b, first, count, self._ones, self._a, self._e)

    def gather(self, x: Words, segment: Segment, first: int, count: int) -> None:
        """Fill with ``count`` pairs of a segment of x, (2, length), from number ``first``."""
        if x.ndim != 2 or len(x) != 2 or count > self.capacity:
            raise MalformedMessage("kernel.shape", "A block takes as many pairs as it holds.")
        places = check_places(x.shape[1], segment, first, count)
        self._start(count)
        compiled.gather(x, places, self._ones, self._a, self._e)

    def scatter(self, x: Words, segment: Segment, first: int) -> None:
        """Put the pairs back where `gather` took them, exchanged as `exchange` decided."""
        places = check_places(x.shape[1], segment, first, self.count)
        compiled.scatter(x, places, self._ones, self._a, self._e, self._rows["long"])

    def greater(self, *, with_equal: bool = False) -> Iterator[Message]:
        """Decide a > b of every pair in seven messages; equal pairs give either answer.

        A bit p says that all places of a group are equal, a bit g is a's where a and b first
        differ. Groups of four bits first (16 + 16 + 32 bits a pair), then pairs of groups.
        """
        half, rows = self._size // 4, self._rows
        second, third = self._message("second", half), self._message("third", half)
        compiled.quarter_first(self._e, second.own)
        yield second
        compiled.quarter_next(rows["second"], self._e, np.uint64(32), third.own)
        yield third
        both = self._message("even", 2 * half)
        compiled.quarter_next(rows["third"], self._e, np.uint64(0), both.own[:half])
        before = rows["second"], rows["third"], self._e, self._a
        compiled.quarter_greater(*before, both.own[half:])
        yield both
        source = "even"
        for shift, name in ((8, "odd"), (4, "even"), (2, "odd")):
            half //= 2
            folded = self._message(name, 2 * half)
            self._fold_equal(source, shift, folded.own[:half])
            self._fold_greater(source, shift, folded.own[half:])
            yield folded
            source = name
        half //= 2
        last = self._message("planes", 2 * half if with_equal else half)
        self._fold_greater(source, 1, last.own[:half])
        if with_equal:
            self._fold_equal(source, 1, last.own[half:])
        yield last

    def equal(self) -> Iterator[Message]:
        """Decide a = b of every pair in six messages of 32, 16, 8, 4, 2 and 1 bits a pair."""
        folded = self._message("even", self._size // 2)
        compiled.fold_equal(self._e, np.uint64(32), _MASKS[32], folded.own)
        yield folded
        yield from self._equal_rest()

    def equal_of(self, a: Words, b: Words, first: int, count: int) -> Iterator[Message]:
        """Do as `load` and `equal` do, in one pass over the words less."""
        self._check(a, b, first, count)
        self._size = -(-count // PLANE) * PLANE
        folded = self._message("even", self._size // 2)
        compiled.equal_first(a, b, first, count, self._ones, folded.own)
        yield folded
        yield from self._equal_rest()

    def _equal_rest(self) -> Iterator[Message]:
        source, half = "even", self._size // 2
        for shift in (16, 8, 4, 2, 1):
            half //= 2
            name = "planes" if shift == 1 else ("even" if shift in {8, 2} else "odd")
            folded = self._message(name, half)
            self._fold_equal(source, shift, folded.own)
            yield folded
            source = name

    def swap(self) -> Message:
        """Write a ^ b where a > b, for `scatter`; one message, after `greater`."""
        out = self._message("long", self._size)
        compiled.choose(self._rows["planes"], self._e, self._ones, out.own)
        return out

    def answers(self, place: int = 0) -> Planes:
        """Return the planes of the last step; place 1 is "equal" beside "greater"."""
        words = self._size // PLANE
        return Planes(self._rows["planes"], place * words, words)

    def _check(self, a: Words, b: Words, first: int, count: int) -> None:
        if a.shape != b.shape or a.ndim != 2 or len(a) != 2:
            raise MalformedMessage("kernel.shape", "Two shared arrays must have one length.")
        if not 0 < count <= self.capacity or not 0 <= first <= a.shape[1] - count:
            raise MalformedMessage("kernel.shape", "A block takes as many pairs as it holds.")

    def _start(self, count: int) -> None:
        self.count = count
        self._size = -(-count // PLANE) * PLANE
        self._a[:, count : self._size] = 0
        self._e[:, count : self._size] = 0

    def _message(self, name: str, words: int) -> Message:
        return make_message(self._rows[name], words)

    def _fold_equal(self, source: str, shift: int, out: Words) -> None:
        compiled.fold_equal(self._rows[source], np.uint64(shift), _MASKS[shift], out)

    def _fold_greater(self, source: str, shift: int, out: Words) -> None:
        compiled.fold_greater(self._rows[source], np.uint64(shift), _MASKS[shift], out)
