"""Open shares of degree 1, and wait until nobody has anything left to receive.

Source: docs/protocol.md §11.2. Who may call these is a list in ``tests/circuits/test_api.py``.
"""

import numpy as np

from mpcengine.circuits.products import peers
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares


async def settle(runtime: VectorRuntime) -> None:
    """Return once both peers have received everything that was sent before; one round.

    Without it a party may hold back its message to one peer until the other, who is a round
    ahead, has sent it a share of a coin or of a key: it would choose that message knowing
    them. So this comes before an opening that earlier messages must not depend on.
    """
    nothing = np.zeros(0, dtype=np.uint64)
    await runtime.exchange(dict.fromkeys(peers(runtime), nothing))


async def reveal_on_line(runtime: VectorRuntime, own: Vector) -> Vector:
    """Open degree-1 shares; the line leaves the last sender no choice but the right share.

    Raises InconsistentShares (``shares.line``) for three shares off the line.
    """
    shares = dict(await runtime.exchange(dict.fromkeys(peers(runtime), own)))
    shares[runtime.index] = own
    if field61.combine(shares[1], shares[2], shares[3], (1, -2, 1)).any():
        raise InconsistentShares("shares.line", "A masked value's shares are not on a line.")
    return field61.combine(shares[1], shares[2], shares[3], (2, -1, 0))
