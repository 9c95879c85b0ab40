"""The little that a circuit needs from the party it runs in.

Source: docs/protocol.md §11.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.uint64]


class VectorRuntime(Protocol):
    """Hand a circuit its party index, its peers and its sources of randomness.

    ``index`` is 1, 2 or 3. All vectors are one-dimensional ``uint64`` arrays of values
    below 2^61 - 1.
    """

    index: int

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        """Send one vector to each of the two peers and return theirs, keyed by index.

        All three parties call it in the same order with equal lengths.
        """
        ...

    def stream(self, subset: tuple[int, int], count: int) -> Vector:
        """Return the next ``count`` elements of the stream that ``subset`` shares.

        Streams are fresh for each attempt; ``subset`` is an increasing pair that contains
        ``index``.
        """
        ...

    def fresh(self, count: int) -> Vector:
        """Return ``count`` field elements that only this party knows."""
        ...
