"""Bring flags back through an exchange of places: one bit a pair and message.

A flag is one byte a place: bit 0 is the node's first component, bit 1 the second.
Source: docs/protocol.md §19.13.
"""

import numpy as np

from mpcengine.kernels import words_compiled as compiled
from mpcengine.kernels.words import (
    PLANE,
    Bytes,
    Message,
    Places,
    Planes,
    Segment,
    check_places,
    make_message,
)
from mpcengine.protocol.errors import MalformedMessage


class FlagBlock:
    """Own the buffers of one chunk of flags: ``capacity`` pairs, a multiple of 64."""

    def __init__(self, capacity: int) -> None:
        if capacity <= 0 or capacity % PLANE:
            raise MalformedMessage("kernel.shape", "A block must have whole planes.")
        self.capacity = capacity
        self._bytes = np.zeros(capacity, dtype=np.uint8)
        self._differences = np.zeros((2, capacity // PLANE), dtype=np.uint64)
        self._rows = np.zeros((2, capacity // PLANE), dtype=np.uint64)

    def change(
        self, flags: Bytes, segment: Segment, first: int, count: int, exchanged: Planes
    ) -> Message:
        """Write the change of both flags of every pair that was exchanged; one message.

        ``exchanged`` answers for the ``count`` pairs of the segment from number ``first``.
        """
        places = self._check(flags, segment, first, count, exchanged)
        words = exchanged.words
        compiled.gather_flags(flags, places, self._bytes)
        compiled.gather_planes(self._bytes, count, words, self._differences)
        message = make_message(self._rows, words)
        compiled.product(exchanged.rows, self._differences, 0, message.own)
        return message

    def finish(self, flags: Bytes, segment: Segment, first: int, count: int) -> None:
        """Change the flags as the message of `change` says, once both its rows are there."""
        planes = Planes(self._rows, 0, -(-count // PLANE))
        self.apply(flags, segment, first, count, planes)

    def apply(
        self, flags: Bytes, segment: Segment, first: int, count: int, planes: Planes
    ) -> None:
        """XOR the answers in ``planes`` into both flags of their pairs."""
        places = self._check(flags, segment, first, count, planes)
        compiled.spread(planes.rows, planes.first, planes.words, self._bytes)
        compiled.scatter_flags(flags, places, self._bytes)

    def _check(
        self, flags: Bytes, segment: Segment, first: int, count: int, planes: Planes
    ) -> Places:
        """Return the places, if the planes have one bit for each and fit in the buffers."""
        if planes.words != -(-count // PLANE) or planes.words * PLANE > self.capacity:
            raise MalformedMessage("kernel.shape", "A block takes as many pairs as it holds.")
        return check_places(len(flags), segment, first, count)
