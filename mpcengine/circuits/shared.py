"""Shared integers with the operators that shares allow without a message.

`Shared` adds, subtracts and scales by public integers; it has no product of two secrets and no
way to its value. Rules (`rules_*`) are written with it so that they read like the plain
reference. Source: docs/protocol.md §4 (linear operations).
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61


class Shared:
    """Hold this party's degree-1 shares of a vector of integers (modulo p)."""

    __slots__ = ("vector",)

    def __init__(self, vector: Vector) -> None:
        self.vector = vector

    def __len__(self) -> int:
        """Return the number of integers."""
        return len(self.vector)

    def __getitem__(self, index: int | slice | list[int]) -> "Shared":
        """Return the chosen integers; one index gives a vector of one."""
        chosen = [index] if isinstance(index, int) else index
        return Shared(np.ascontiguousarray(self.vector[chosen]))

    def __add__(self, other: "Shared | int") -> "Shared":
        """Add another vector of this length, or a public integer to each."""
        if isinstance(other, int):
            return Shared(field61.add_constant(self.vector, other))
        return Shared(field61.add(self.vector, other.vector))

    def __sub__(self, other: "Shared | int") -> "Shared":
        """Subtract another vector of this length, or a public integer from each."""
        if isinstance(other, int):
            return Shared(field61.add_constant(self.vector, -other))
        return Shared(field61.subtract(self.vector, other.vector))

    def __rsub__(self, other: int) -> "Shared":
        """Return public - self; 1 - bits is "not"."""
        return Shared(field61.add_constant(field61.negate(self.vector), other))

    def __mul__(self, factor: int) -> "Shared":
        """Multiply by a public integer."""
        return Shared(field61.scale(self.vector, factor))

    __rmul__ = __mul__

    def weighted(self, weights: Sequence[int]) -> "Shared":
        """Return the one sum of public weight · integer."""
        total = field61.dot(self.vector, field61.vector(list(weights)))
        return Shared(field61.vector([total]))

    def total(self) -> "Shared":
        """Return the one sum of all integers."""
        return Shared(field61.column_sums(self.vector.reshape(-1, 1)))

    def prefix_totals(self) -> "Shared":
        """Return the sums of the first 1, 2, … integers."""
        return Shared(field61.running_sum(self.vector))

    def steps(self) -> "Shared":
        """Return each integer minus the one before it: the inverse of `prefix_totals`."""
        before = np.concatenate([np.zeros(1, dtype=np.uint64), self.vector[:-1]])
        return Shared(field61.subtract(self.vector, before))

    def repeated(self, count: int) -> "Shared":
        """Return the whole vector ``count`` times in a row."""
        return Shared(np.tile(self.vector, count))

    def spread(self, count: int) -> "Shared":
        """Return each integer ``count`` times in a row."""
        return Shared(np.repeat(self.vector, count))

    def row_totals(self, columns: int) -> "Shared":
        """Read the vector as rows of ``columns`` integers and return each row's sum."""
        turned = np.ascontiguousarray(self.vector.reshape(-1, columns).T)
        return Shared(field61.column_sums(turned))

    def column_totals(self, columns: int) -> "Shared":
        """Read the vector as rows of ``columns`` integers and return each column's sum."""
        return Shared(field61.column_sums(self.vector.reshape(-1, columns)))

    def without(self, indexes: Sequence[int]) -> "Shared":
        """Return a copy with the integers at public ``indexes`` set to zero."""
        copy = self.vector.copy()
        copy[list(indexes)] = 0
        return Shared(copy)

    def replaced(self, indexes: Sequence[int], other: "Shared") -> "Shared":
        """Return a copy with the integers at public ``indexes`` taken from ``other``."""
        copy = self.vector.copy()
        copy[list(indexes)] = other.vector[list(indexes)]
        return Shared(copy)


def joined(parts: Sequence[Shared]) -> Shared:
    """Return the vectors one after another."""
    if not parts:
        return Shared(np.zeros(0, dtype=np.uint64))
    return Shared(np.concatenate([part.vector for part in parts]))


def constant(value: int) -> Shared:
    """Return a public integer as a vector of one: every party's share is the integer."""
    return Shared(field61.vector([value]))
