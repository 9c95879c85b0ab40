"""Sum the rows of a survey: counts of every slot, and masked sums of squares.

Source: docs/protocol.md §11 (tally).
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.products import MaskedProduct, mask_sums
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.tables import Statistic


class Tally:
    """Gather rows chunk by chunk; memory stays that of one chunk.

    ``counts`` are this node's degree-1 shares of the count of every slot. Local sums of squares
    are private and leave through `masked_squares` only.
    """

    def __init__(self, width: int, statistics: Sequence[Statistic]) -> None:
        self.counts = np.zeros(width, dtype=np.uint64)
        self._statistics = tuple(statistics)
        self._squares = np.zeros(len(statistics), dtype=np.uint64)

    def add(self, rows: Vector) -> None:
        """Add a chunk of rows, ``uint64`` of shape (rows, width), elements below p."""
        field61.add_column_sums(rows, self.counts)
        squares = []
        for statistic in self._statistics:
            slots = [slot for slot, _ in statistic.weights]
            weights = field61.vector([weight for _, weight in statistic.weights])
            values = field61.matrix_vector(np.ascontiguousarray(rows[:, slots]), weights)
            squares.append(field61.dot(values, values))
        self._squares = field61.add(self._squares, field61.vector(squares))

    def masked_squares(self, runtime: VectorRuntime) -> MaskedProduct:
        """Return Σy² of every statistic, masked; `products.reshare` makes it degree 1."""
        return mask_sums(runtime, self._squares)


def tally(rows: Vector) -> Vector:
    """Return the sums of all columns of rows (n × width): shares of the counts."""
    return field61.column_sums(rows)
