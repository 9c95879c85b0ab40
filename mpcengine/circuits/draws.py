"""Secret draws on shares: the exclusive or of three nodes' bits, and an index nobody sees.

Source: docs/protocol.md §11 (draws) and §12 rule 9.
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shared import Shared
from mpcengine.circuits.shares import check_bits, deal, multiply
from mpcengine.kernels import field61
from mpcengine.protocol.draws import DRAW_BITS
from mpcengine.protocol.errors import MalformedInput


async def deal_draws(
    runtime: VectorRuntime, contributions: Sequence[Sequence[int]]
) -> list[Shared]:
    """Return shares of each label's draw in [0, 2^40) from this party's bits; ten rounds.

    ``contributions``: `node_draws` of this node, 40 bits a label. Raises MalformedInput for
    another number of bits or a value that is no bit, InconsistentShares if a peer dealt what
    is no bit: with it a draw leaves its range and picks no complement, or one that it knows.
    """
    flat = [bit for bits in contributions for bit in bits]
    if any(len(bits) != DRAW_BITS for bits in contributions) or not set(flat) <= {0, 1}:
        raise MalformedInput("gate.draws", "A draw is made of forty bits.")
    if not flat:
        return []
    first, second, third = await deal(runtime, field61.vector(flat))
    nothing_seen = np.zeros(0, dtype=np.uint64)
    await check_bits(runtime, np.concatenate([first, second, third]), nothing_seen)
    bits = await _exclusive_or(runtime, await _exclusive_or(runtime, first, second), third)
    weights = field61.vector([1 << place for place in range(DRAW_BITS)])
    values = field61.matrix_vector(bits.reshape(-1, DRAW_BITS), weights)
    return [Shared(np.array([value], dtype=np.uint64)) for value in values]


async def _exclusive_or(runtime: VectorRuntime, left: Vector, right: Vector) -> Vector:
    both = await multiply(runtime, left, right)
    return field61.combine(left, right, both, (1, 1, -2))


def draw_margins(candidates: Shared, scaled: Shared) -> Shared:
    """Return for each place a value that is not negative once the drawn one is reached.

    ``scaled`` is draw · s for s candidates; the value is prefix · 2^40 - scaled - 1, not
    negative exactly if prefix > floor(draw · s / 2^40). The signs are 0 … 0 1 … 1 with the
    first 1 at the drawn place, all 0 without candidates; `Shared.steps` of them marks the
    place. Values stay below 2^60 for fewer than 2^19 places.
    """
    reached = candidates.prefix_totals() * (1 << DRAW_BITS)
    return reached - scaled.spread(len(candidates)) - 1
