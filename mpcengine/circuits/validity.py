"""Check a batch's reports on arrays: a node's evaluations, and the verdict of three.

Source: docs/protocol.md §18.4. Local work only: nothing is sent here, and every result is of
degree 1 in the shares. ``mpcengine.protocol.validity_check`` is the plain reference.
"""

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61, lines61
from mpcengine.protocol.batch import PROOF_REASONS
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.validity_check import Weights


class ReportChecker:
    """Evaluate and judge reports under one coin; memory is that of one chunk of them."""

    def __init__(self, weights: Weights) -> None:
        if weights.modulus != MODULUS:
            raise ValueError("the kernels know one field only")
        plan = weights.plan
        self.plan = plan
        self._bounds = np.array(
            [
                (block.first_bit, block.places.stop, block.seed, block.quotient.stop)
                for block in plan.blocks
            ],
            dtype=np.int64,
        )
        words = np.zeros(plan.words, dtype=np.uint64)
        for block, given in zip(plan.blocks, weights.blocks, strict=True):
            words[block.first_bit : block.places.stop] = given.bits
            words[block.seed] = given.seed
            words[block.seed + 1 : block.quotient.stop] = given.quotient
        self._texts = 0
        if plan.mask is not None:
            words[plan.payload.start : plan.payload.stop] = weights.texts
            words[plan.mask] = 1
            self._texts = plan.mask + 1 - plan.width
        self._words = words
        self._line = field61.vector(list(weights.line))
        self._constant = weights.constant
        self._vanishing = field61.vector([given.vanishing for given in weights.blocks])

    def evaluate(self, rows: Vector) -> Vector:
        """Return this node's values, n × ``plan.opened``, of rows n × ``plan.words``."""
        return lines61.evaluate(
            rows, self._bounds, self._words, self._line, self._constant, self._texts
        )

    def judge(self, opened: tuple[Vector, Vector, Vector]) -> list[str | None]:
        """Return why each report is rejected, None where it is accepted.

        ``opened`` are the three nodes' values in order of index. Raises InconsistentShares
        ``lines.length`` if their shapes differ from each other or from the plan's.
        """
        if len({values.shape for values in opened}) != 1:
            raise InconsistentShares("lines.length", "A node opened another number of values.")
        if opened[0].ndim != 2 or opened[0].shape[1] != self.plan.opened:
            raise InconsistentShares("lines.length", "A node opened another number of values.")
        names = (None, *PROOF_REASONS)
        return [names[code] for code in lines61.judge(*opened, self._vanishing).tolist()]
